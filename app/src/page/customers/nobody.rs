//! Nobody to show.

use leptos::prelude::*;

use super::IMPORTING;
use super::view::View;
use crate::live::{CatchUp, Live};
use crate::timing::throttled;
use crate::ui::{Button, ButtonKind, EmptyState, Icon, IconName, LinkButton};

/// Nobody to show: because there is nobody, or because nobody matches.
#[component]
pub(super) fn Nobody(
    view: Memo<View>,
    seq: i64,
    read_again: Callback<()>,
    may_import: bool,
    may_create: bool,
    creating: RwSignal<bool>,
) -> impl IntoView {
    let live = Live::expect();
    let soon = throttled(IMPORTING, move || read_again.run(()));
    // There is nothing here that could move under the pointer: whatever comes is shown at once.
    live.on_event(move |event| {
        if event.seq > seq {
            soon.run(());
        }
    });
    live.on_resync(move || soon.run(()));
    Effect::new(move |_| match live.catch_up(seq) {
        CatchUp::Events(events) if events.is_empty() => {}
        _ => soon.run(()),
    });
    if view.with_untracked(|view| view.is_filtered() || view.cursor.is_some()) {
        return view! {
            <EmptyState icon=IconName::Search title="Nothing matches" text="No customer fits this search and these filters.">
                <LinkButton href=Signal::derive(move || view.with(|view| view.cleared().address()))>"Clear filters"</LinkButton>
            </EmptyState>
        }
        .into_any();
    }
    let text = if may_import {
        "Bring them in from a spreadsheet: names, contacts, what each owes and when it is due. The template shows the columns."
    } else {
        "A manager can import them from a spreadsheet; they appear here as soon as that has happened."
    };
    view! {
        <div class="card nobody">
            <EmptyState icon=IconName::Customers title="No customers yet" text>
                {may_import.then(|| view! {
                    <LinkButton href="/import" kind=ButtonKind::Primary>
                        <Icon name=IconName::Import size=16 />
                        "Import a spreadsheet"
                    </LinkButton>
                    <LinkButton href="/api/v1/imports/template.xlsx?kind=customers" download=true>
                        <Icon name=IconName::Download size=16 />
                        "Download the template"
                    </LinkButton>
                })}
                {(may_create && !may_import).then(|| view! {
                    <Button kind=ButtonKind::Primary on_click=move |_| creating.set(true)>"Add the first one"</Button>
                })}
            </EmptyState>
        </div>
    }
    .into_any()
}
