//! The third step: what a commit would do, what is wrong, and the button that does it. Nothing is saved before.

use domain::import::{Import, ImportState, PreviewCounts};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::confirm::Confirm;
use super::preview::Preview;
use super::problems::Problems;
use super::progress::ProgressBar;
use super::steps::Step;
use super::totals::Totals;
use super::work::Work;
use super::workspace::use_step;
use super::{number, rows};
use crate::api::import::cancel_import;
use crate::ui::{Button, ButtonKind, FormFault, LinkButton, Tab, Tabs};

/// The part of the check that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Problems,
    Preview,
}

#[component]
pub(super) fn Check(work: Work) -> impl IntoView {
    let state = work.state();
    view! {
        <section class="panel import-panel" aria-labelledby="step-check">
            <div class="import-head">
                <h2 class="panel-title" id="step-check">"Check"</h2>
                <Actions work />
            </div>
            <FormFault fault=work.fault />
            <Show when=move || state.get() == ImportState::Mapped>
                <ProgressBar label="Checking" progress=Signal::derive(move || work.import.with(|import| import.progress)) />
            </Show>
            {move || if state.get() == ImportState::Uploaded {
                view! {
                    <p>"The rows can be checked once the columns are known."</p>
                    <div class="row">
                        <LinkButton kind=ButtonKind::Primary href=Step::Columns.address(&work.id())>"Go to columns"</LinkButton>
                    </div>
                }
                .into_any()
            } else {
                view! {
                    <Counts work />
                    <Totals work />
                    <Parts work />
                }
                .into_any()
            }}
        </section>
    }
}

/// How many rows do what.
#[component]
fn Counts(work: Work) -> impl IntoView {
    let counts = Memo::new(move |_| work.import.with(counts_of));
    let before = Memo::new(move |_| work.import.with(|import| !import.state.is_final()));
    let figure = move |words: &'static str, count: fn(&PreviewCounts) -> i64, bad: bool| {
        let value = move || counts.get().as_ref().map_or(0, count);
        view! {
            <div class:count-bad=move || bad && (value() > 0)>
                <dt>{words}</dt>
                <dd>{move || number(value())}</dd>
            </div>
        }
    };
    move || {
        if counts.with(Option::is_some) {
            view! {
                <dl class="counts" aria-label=move || if before.get() { "What would be saved" } else { "What was saved" }>
                    {figure("New", |counts| counts.created, false)}
                    {figure("Changed", |counts| counts.updated, false)}
                    {figure("Unchanged", |counts| counts.skipped, false)}
                    {figure("Rejected", |counts| counts.rejected, true)}
                </dl>
            }
            .into_any()
        } else {
            let count = move |of: fn(&Import) -> i64| move || work.import.with(|import| number(of(import)));
            view! {
                <dl class="counts">
                    <div><dt>"Rows"</dt><dd>{count(|import| import.rows)}</dd></div>
                    <div><dt>"Right so far"</dt><dd>{count(|import| import.valid)}</dd></div>
                    <div class:count-bad=move || work.import.with(|import| import.invalid > 0)>
                        <dt>"Rejected so far"</dt>
                        <dd>{count(|import| import.invalid)}</dd>
                    </div>
                </dl>
            }
            .into_any()
        }
    }
}

/// What a commit would do, or did.
fn counts_of(import: &Import) -> Option<PreviewCounts> {
    if import.state.is_final() {
        let Import { created, updated, skipped, invalid: rejected, .. } = *import;
        return Some(PreviewCounts { created, updated, skipped, rejected });
    }
    import.preview.filter(|_| import.state != ImportState::Mapped)
}

/// Rows that a commit would save.
fn to_save(import: &Import) -> i64 {
    import.preview.map_or(import.valid, |counts| counts.created + counts.updated)
}

#[component]
fn Actions(work: Work) -> impl IntoView {
    let state = work.state();
    let stopping = RwSignal::new(false);
    let go = use_step(work);
    let count = Memo::new(move |_| work.import.with(to_save));
    let words = move || match count.get() {
        0 => "Nothing to import".to_owned(),
        count => format!("Import {}", rows(count)),
    };
    view! {
        <Show when=move || matches!(state.get(), ImportState::Mapped | ImportState::Validated)>
            <div class="import-actions">
                <Button on_click=move |_| stopping.set(true)>"Cancel import"</Button>
                <Button
                    kind=ButtonKind::Primary
                    busy=work.busy
                    disabled=Signal::derive(move || state.get() != ImportState::Validated || count.get() == 0)
                    on_click=move |_| work.commit(move |_| {
                        go.try_run(None);
                    })
                >
                    {words}
                </Button>
            </div>
        </Show>
        <Stop work open=stopping />
    }
}

/// Asks whether to stop, and says what stays.
#[component]
pub(super) fn Stop(work: Work, open: RwSignal<bool>) -> impl IntoView {
    let go = use_step(work);
    let saving = move || work.import.with(|import| import.state == ImportState::Committing);
    view! {
        <Confirm
            title="Cancel this import"
            open
            action="Cancel import"
            busy=work.busy
            fault=work.fault
            on_confirm=Callback::new(move |()| work.send(cancel_import(work.id()), move |_| {
                let _ = open.try_set(false);
                go.try_run(None);
            }))
        >
            <p class="consequence">
                {move || if saving() {
                    let saved = work.import.with(|import| import.created + import.updated);
                    format!("{} are saved and stay; they can be taken back afterwards. The rest is left out.", rows(saved))
                } else {
                    "Nothing of it is saved. What you mended here goes with it; the file can be imported again.".to_owned()
                }}
            </p>
        </Confirm>
    }
}

/// Problems and preview, each with an address.
#[component]
fn Parts(work: Work) -> impl IntoView {
    let query = use_query_map();
    let none_wrong = Memo::new(move |_| work.import.with(|import| import.errors_url.is_none()));
    let part = Memo::new(move |_| match query.with(|query| query.get("view")).as_deref() {
        Some("preview") => Part::Preview,
        Some("problems") => Part::Problems,
        _ if none_wrong.get() && work.import.with(|import| import.state != ImportState::Mapped) => {
            Part::Preview
        }
        _ => Part::Problems,
    });
    let address = move |part: &str| format!("{}&view={part}", Step::Check.address(&work.id()));
    let wrong = Signal::derive(move || work.import.with(|import| Some(import.invalid.max(0).unsigned_abs())));
    view! {
        <Tabs label="Parts of the check">
            <Tab label="Problems" href=address("problems") current=Signal::derive(move || part.get() == Part::Problems) count=wrong />
            <Tab label="Row by row" href=address("preview") current=Signal::derive(move || part.get() == Part::Preview) />
        </Tabs>
        {move || match part.get() {
            Part::Problems => view! { <Problems work /> }.into_any(),
            Part::Preview => view! { <Preview work /> }.into_any(),
        }}
    }
}

/// A field's name on the wire, as people say it.
pub(super) fn words_of(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_said_as_people_say_them() {
        assert_eq!(words_of("due_date"), "Due date");
        assert_eq!(words_of(""), "");
    }
}
