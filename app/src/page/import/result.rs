//! The last step: how saving goes, what came of it, the way back to the file, and taking it all back.

use domain::import::{Import, ImportState, UndoRefusal, UndoState};
use leptos::prelude::*;

use super::check::Stop;
use super::confirm::Confirm;
use super::progress::ProgressBar;
use super::rejected::RejectedCells;
use super::steps::Step;
use super::work::{Work, is_moving};
use super::{number, rows};
use crate::api::import::undo_import;
use crate::format;
use crate::ui::{Amount, Button, ButtonKind, FormFault, Icon, IconName, LinkButton};

#[component]
pub(super) fn Outcome(work: Work) -> impl IntoView {
    let state = work.state();
    let progress = Signal::derive(move || work.import.with(|import| import.progress));
    let moving = Memo::new(move |_| work.import.with(is_moving));
    let undoing = Memo::new(move |_| state.get().is_final() && moving.get());
    view! {
        <section class="panel import-panel" aria-labelledby="step-result">
            <h2 class="panel-title" id="step-result">"Result"</h2>
            <FormFault fault=work.fault />
            <Show when=move || undoing.get()><ProgressBar label="Taking back" progress /></Show>
            {move || match state.get() {
                ImportState::Uploaded => view! { <p>"Nothing is saved before the columns are known."</p> }.into_any(),
                ImportState::Mapped => view! {
                    <ProgressBar label="Checking" progress />
                    <p class="step-note">"Nothing is saved before every row is checked."</p>
                }
                .into_any(),
                ImportState::Validated => view! { <NotYet work /> }.into_any(),
                ImportState::Committing => view! { <Saving work /> }.into_any(),
                ImportState::Completed | ImportState::CompletedWithErrors => view! { <Finished work /> }.into_any(),
                ImportState::Failed => view! { <Failed work /> }.into_any(),
                ImportState::Canceled => view! { <Canceled work /> }.into_any(),
                ImportState::Undone => view! {
                    <h3 class="outcome">"Taken back"</h3>
                    <p>"What this import brought is gone again; the history of each customer says so."</p>
                }
                .into_any(),
            }}
            <Show when=move || work.import.with(|import| import.undo == UndoState::Possible) && !undoing.get()>
                <Undo work />
            </Show>
        </section>
        <Show when=move || state.get().is_final() && work.import.with(|import| import.errors_url.is_some())>
            <RejectedCells id=work.id() />
        </Show>
    }
}

#[component]
fn NotYet(work: Work) -> impl IntoView {
    view! {
        <Show
            when=move || work.busy.get()
            fallback=move || view! {
                <p>"Nothing is saved yet: the rows wait for your agreement."</p>
                <div class="row">
                    <LinkButton kind=ButtonKind::Primary href=Step::Check.address(&work.id())>"Go to check"</LinkButton>
                </div>
            }
        >
            <ProgressBar label="Saving" progress=Signal::stored(None) />
        </Show>
    }
}

#[component]
fn Saving(work: Work) -> impl IntoView {
    let stopping = RwSignal::new(false);
    let progress = Signal::derive(move || work.import.with(|import| import.progress));
    view! {
        <ProgressBar label="Saving" progress />
        <p class="step-note">"You can leave this page: the import goes on, and the bell says when it is done."</p>
        <div class="row"><Button on_click=move |_| stopping.set(true)>"Cancel import"</Button></div>
        <Stop work open=stopping />
    }
}

#[component]
fn Finished(work: Work) -> impl IntoView {
    let import = work.import.get_untracked();
    let heading =
        format!("{} imported, {} rejected", number(import.created + import.updated), number(import.invalid));
    let parts = parts(&import);
    view! {
        <div>
            <h3 class="outcome" tabindex="-1">{heading}</h3>
            {(!parts.is_empty()).then(|| view! { <p class="step-note">{parts}"."</p> })}
        </div>
        {(!import.totals.is_empty()).then(|| view! {
            <dl class="totals">
                <dt>"Total of these rows"</dt>
                {import.totals.iter().map(|total| view! { <dd><Amount money=*total /></dd> }).collect_view()}
            </dl>
        })}
        <div class="row">
            <LinkButton href="/customers" kind=ButtonKind::Primary>"Show customers"</LinkButton>
            <LinkButton href=format!("{}&view=preview", Step::Check.address(&import.id))>"Row by row"</LinkButton>
            <OwnWorkbook import=import.clone() />
        </div>
    }
}

/// The user's own file back, with what is wrong in it.
#[component]
fn OwnWorkbook(import: Import) -> impl IntoView {
    (import.invalid > 0).then(|| {
        view! {
            <LinkButton href=format!("/api/v1/imports/{}/errors.xlsx", import.id) download=true>
                <Icon name=IconName::Download size=16 />
                "Download your workbook with the errors marked"
            </LinkButton>
        }
    })
}

/// `3 new, 1 changed`.
fn parts(import: &Import) -> String {
    [(import.created, "new"), (import.updated, "changed"), (import.skipped, "unchanged")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", number(count)))
        .collect::<Vec<_>>()
        .join(", ")
}

#[component]
fn Failed(work: Work) -> impl IntoView {
    let import = work.import.get_untracked();
    let saved = import.created + import.updated + import.skipped;
    view! {
        <div class="notice notice-bad" role="alert">
            <Icon name=IconName::Warning />
            <div>
                <p class="notice-title">"The import stopped"</p>
                <p>{import.failure.unwrap_or_else(|| "It could not go on.".to_owned())}</p>
                <p>
                    {format!(
                        "{} are saved. Importing the same file again changes nothing twice where rows have a reference.",
                        rows(saved),
                    )}
                </p>
            </div>
        </div>
    }
}

#[component]
fn Canceled(work: Work) -> impl IntoView {
    let saved = work.import.with_untracked(|import| import.created + import.updated);
    let words = match saved {
        0 => "Nothing of it was saved.".to_owned(),
        saved => format!("{} were saved before and stay.", rows(saved)),
    };
    view! {
        <div>
            <h3 class="outcome">"Canceled"</h3>
            <p>{words}</p>
        </div>
    }
}

#[component]
fn Undo(work: Work) -> impl IntoView {
    let open = RwSignal::new(false);
    let refusal = Memo::new(move |_| work.fault.with(|fault| fault.as_ref().and_then(refusal_of)));
    let consequence = move || {
        work.import.with(|import| {
            format!(
                "What {} brought is taken out of the books: {}. It stays in the history. Nothing is taken back if any of it has been \
                 used since.",
                import.file_name,
                parts(import)
            )
        })
    };
    view! {
        <div class="undo">
            <p class="step-note">"Not what you wanted? The whole import can be taken back as long as nothing of it has been used."</p>
            <Button kind=ButtonKind::Danger on_click=move |_| open.set(true)>"Take back this import"</Button>
        </div>
        <Confirm
            title="Take back this import"
            open
            action="Take it back"
            busy=work.busy
            fault=work.fault
            on_confirm=Callback::new(move |()| work.send(undo_import(work.id()), move |_| {
                let _ = open.try_set(false);
            }))
        >
            <p class="consequence">{consequence}</p>
            {move || refusal.get().map(|refusal| view! { <Refused refusal /> })}
        </Confirm>
    }
}

/// What keeps an import from being taken back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
struct Refusal {
    reasons: Vec<UndoRefusal>,
    total: u64,
}

fn refusal_of(problem: &domain::Problem) -> Option<Refusal> {
    serde::Deserialize::deserialize(problem.current.as_ref()?).ok()
}

#[component]
fn Refused(refusal: Refusal) -> impl IntoView {
    let unnamed = refusal.total.saturating_sub(refusal.reasons.len() as u64);
    let reasons = refusal
        .reasons
        .into_iter()
        .map(|reason| {
            let row = format!("Row {}", reason.row);
            let link = match reason.subject.as_str() {
                "customer" => {
                    view! { <a class="link" href=format!("/customers/{}", reason.id)>{row}</a> }.into_any()
                }
                _ => row.into_any(),
            };
            view! { <li>{link}": "{reason.reason}</li> }
        })
        .collect_view();
    view! {
        <ul class="refusals" aria-label="Why not">{reasons}</ul>
        {(unnamed > 0).then(|| view! { <p class="step-note">{format!("And {}.", format::counted(unnamed, "more row", "more rows"))}</p> })}
    }
}
