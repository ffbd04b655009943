//! Importing a spreadsheet: one page of four steps in sight, so that one always sees where the file is and what comes
//! next. Going on happens by itself: nothing has to be confirmed for rows that are right.

mod history;
mod limits;
mod progress;
mod rejected;
mod upload;

use domain::import::{Import, ImportState};
use domain::{Action, ImportId};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

use self::history::History;
use self::limits::import_limits;
use self::progress::follow;
use self::rejected::RejectedCells;
use self::upload::{DropZone, Upload};
use crate::api::import::import_status;
use crate::format;
use crate::session::use_session;
use crate::ui::{Amount, ButtonKind, EmptyState, ErrorState, Icon, IconName, LinkButton, PageHead, Skeleton};

/// Where the template is.
const TEMPLATE: &str = "/api/v1/imports/template.xlsx?kind=customers";

/// Importing, with or without an import to look at.
#[component]
pub fn ImportPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")));
    let may_import = use_session().may(Action::Import);
    let current = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => import_status(ImportId::from(id)).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <PageHead title="Import">
            <LinkButton href=TEMPLATE download=true><Icon name=IconName::Download size=16 />"Download the template"</LinkButton>
        </PageHead>
        {if may_import {
            view! {
                <Suspense fallback=|| view! { <Skeleton rows=6 /> }>
                    {move || Suspend::new(async move {
                        match current.await {
                            Ok(import) => view! { <Steps import /> }.into_any(),
                            Err(fault) => {
                                #[cfg(feature = "ssr")]
                                crate::api::answer_status(fault.0.status);
                                view! {
                                    <ErrorState fault retry=move |()| current.refetch() />
                                    <Steps import=None />
                                }
                                .into_any()
                            }
                        }
                    })}
                </Suspense>
            }
            .into_any()
        } else {
            view! {
                <EmptyState
                    icon=IconName::Import
                    title="Your role can't import files"
                    text="A manager or an admin can. You see what they imported among the customers."
                >
                    <LinkButton href="/customers">"Go to customers"</LinkButton>
                </EmptyState>
            }
            .into_any()
        }}
        <History />
    }
}

/// How far one of the four steps is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Comes later.
    Ahead,
    /// Going on now.
    Now,
    /// Done.
    Done,
    /// Stopped here.
    Failed,
}

/// The marks of file, columns, check and result.
fn marks(import: Option<&Import>, uploading: bool, refused: bool) -> [Mark; 4] {
    use Mark::{Ahead, Done, Failed, Now};
    if uploading {
        return [Now, Ahead, Ahead, Ahead];
    }
    if refused {
        return [Failed, Ahead, Ahead, Ahead];
    }
    match import.map(|import| import.state) {
        None => [Now, Ahead, Ahead, Ahead],
        Some(ImportState::Uploaded) => [Done, Now, Ahead, Ahead],
        Some(ImportState::Mapped) => [Done, Done, Now, Ahead],
        Some(ImportState::Validated | ImportState::Committing) => [Done, Done, Done, Now],
        Some(ImportState::Completed | ImportState::CompletedWithErrors | ImportState::Undone) => [Done; 4],
        Some(ImportState::Failed | ImportState::Canceled) => [Done, Done, Failed, Failed],
    }
}

#[component]
fn Steps(import: Option<Import>) -> impl IntoView {
    let import = RwSignal::new(import);
    let upload = Upload::new();
    follow(import);
    let navigate = use_navigate();
    Effect::new(move |_| {
        // The import has an address of its own from the moment it exists.
        if let Some(started) = upload.started.get() {
            upload.started.set(None);
            let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/import/{}", started.id), options);
        }
    });
    let marks = Memo::new(move |_| {
        import
            .with(|import| marks(import.as_ref(), upload.is_sending(), upload.refused.with(Option::is_some)))
    });
    let limits = Resource::new(|| (), |()| import_limits());
    let mark = move |step: usize| Signal::derive(move || marks.get()[step]);
    view! {
        <ol class="steps">
            <Step number=1 title="File" mark=mark(0)>
                <DropZone upload again=Signal::derive(move || import.with(Option::is_some)) />
                {move || import.get().filter(|_| !upload.is_sending()).map(|import| view! { <TheFile import /> })}
                <Suspense>
                    {move || Suspend::new(async move {
                        limits.await.ok().map(|limits| view! { <p class="step-note">{limits.in_words()}</p> })
                    })}
                </Suspense>
            </Step>
            <Step number=2 title="Columns" mark=mark(1)>
                {move || match import.with(|import| import.as_ref().map(|import| import.mapping.clone())) {
                    Some(mapping) => view! { <Columns mapping /> }.into_any(),
                    None => view! {
                        <p class="step-note">
                            "Found by their headings: name, contact information, outstanding payment amount, payment due date \
                             and payment status. E-mail, phone, reference, currency, tags and notes are taken too."
                        </p>
                    }
                    .into_any(),
                }}
            </Step>
            <Step number=3 title="Check" mark=mark(2)>
                {move || match import.get() {
                    Some(import) => view! { <Checked import /> }.into_any(),
                    None => view! {
                        <p class="step-note">
                            "Every cell is read and judged. A wrong cell rejects its row, not the file, and is named with what \
                             would be right."
                        </p>
                    }
                    .into_any(),
                }}
            </Step>
            <Step number=4 title="Result" mark=mark(3)>
                {move || match import.get() {
                    Some(import) => view! { <Outcome import /> }.into_any(),
                    None => view! {
                        <p class="step-note">
                            "Rows that are right are saved at once. A row with a reference that is known changes that customer, \
                             so the same file can be imported again."
                        </p>
                    }
                    .into_any(),
                }}
            </Step>
        </ol>
        {move || {
            let import = import.get().filter(|import| import.state.is_final())?;
            (import.errors_url.is_some() || import.invalid > 0).then(|| view! { <RejectedCells id=import.id /> })
        }}
    }
}

#[component]
fn Step(number: u8, title: &'static str, mark: Signal<Mark>, children: Children) -> impl IntoView {
    let (class, word) = (
        move || match mark.get() {
            Mark::Ahead => "step step-ahead",
            Mark::Now => "step step-now",
            Mark::Done => "step step-done",
            Mark::Failed => "step step-failed",
        },
        move || match mark.get() {
            Mark::Ahead => "",
            Mark::Now => " (now)",
            Mark::Done => " (done)",
            Mark::Failed => " (stopped)",
        },
    );
    view! {
        <li class=class aria-current=move || (mark.get() == Mark::Now).then_some("step")>
            <div class="step-head">
                <span class="step-number" aria-hidden="true">
                    {move || match mark.get() {
                        Mark::Done => view! { <Icon name=IconName::Check size=14 /> }.into_any(),
                        Mark::Failed => view! { <Icon name=IconName::Close size=14 /> }.into_any(),
                        _ => number.to_string().into_any(),
                    }}
                </span>
                <h2 class="step-title">{title}<span class="sr-only">{word}</span></h2>
            </div>
            <div class="step-body">{children()}</div>
        </li>
    }
}

#[component]
fn TheFile(import: Import) -> impl IntoView {
    view! {
        <p class="the-file">
            <Icon name=IconName::File size=16 />
            <span class="the-file-name">{import.file_name}</span>
            <time class="faint" datetime=import.created_at.to_rfc3339()>{format::instant(import.created_at)}</time>
        </p>
    }
}

#[component]
fn Columns(mapping: Vec<(String, String)>) -> impl IntoView {
    let rows = mapping
        .into_iter()
        .map(|(header, field)| {
            view! {
                <tr>
                    <td>{header}</td>
                    <td>{words_of(&field)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="columns" aria-label="Columns">
            <thead><tr><th scope="col">"In the file"</th><th scope="col">"Taken as"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// A field's name on the wire, as people say it.
fn words_of(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn number(count: i64) -> String {
    format::count(count.max(0).unsigned_abs())
}

#[component]
fn Checked(import: Import) -> impl IntoView {
    if matches!(import.state, ImportState::Uploaded | ImportState::Mapped) {
        let words = format!("Checking {} rows…", number(import.rows));
        return view! {
            <p>{words.clone()}</p>
            <div class="progress" role="progressbar" aria-label=words><span class="progress-fill progress-unknown"></span></div>
        }
        .into_any();
    }
    view! {
        <dl class="counts">
            <div><dt>"Rows"</dt><dd>{number(import.rows)}</dd></div>
            <div><dt>"Right"</dt><dd>{number(import.valid)}</dd></div>
            <div class:count-bad=import.invalid != 0><dt>"Wrong"</dt><dd>{number(import.invalid)}</dd></div>
        </dl>
    }
    .into_any()
}

#[component]
fn Outcome(import: Import) -> impl IntoView {
    let saved = import.created + import.updated + import.skipped;
    match import.state {
        ImportState::Uploaded | ImportState::Mapped => {
            view! { <p class="step-note">"Saving begins when every row is checked."</p> }.into_any()
        }
        ImportState::Validated | ImportState::Committing => {
            let share = if import.valid > 0 { saved * 100 / import.valid } else { 0 };
            let words = format!("{} of {} rows saved", number(saved), number(import.valid));
            view! {
                <p>{words.clone()}</p>
                <div
                    class="progress"
                    role="progressbar"
                    aria-label="Saving"
                    aria-valuemin="0"
                    aria-valuemax="100"
                    aria-valuenow=share.to_string()
                    aria-valuetext=words
                >
                    <span class="progress-fill" style:width=format!("{share}%")></span>
                </div>
                <p class="step-note">"You can leave this page: the import goes on, and the bell says when it is done."</p>
            }
            .into_any()
        }
        ImportState::Completed | ImportState::CompletedWithErrors => view! { <Finished import /> }.into_any(),
        ImportState::Failed => view! {
            <div class="notice notice-bad" role="alert">
                <Icon name=IconName::Warning />
                <div>
                    <p class="notice-title">"The import stopped"</p>
                    <p>{import.failure.unwrap_or_else(|| "It could not go on.".to_owned())}</p>
                    <p>{format!("{} rows are saved. Importing the same file again changes nothing twice where rows have a reference.", number(saved))}</p>
                </div>
            </div>
        }
        .into_any(),
        ImportState::Canceled => {
            view! { <p>{format!("Stopped by hand; {} rows are saved.", number(saved))}</p> }.into_any()
        }
        ImportState::Undone => view! { <p>"Taken back: what it saved is gone."</p> }.into_any(),
    }
}

#[component]
fn Finished(import: Import) -> impl IntoView {
    let heading =
        format!("{} imported, {} rejected", number(import.created + import.updated), number(import.invalid));
    let parts = [(import.created, "new"), (import.updated, "changed"), (import.skipped, "unchanged")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", number(count)))
        .collect::<Vec<_>>()
        .join(", ");
    view! {
        <h3 class="outcome" tabindex="-1">{heading}</h3>
        {(!parts.is_empty()).then(|| view! { <p class="step-note">{parts}"."</p> })}
        {(!import.totals.is_empty()).then(|| view! {
            <dl class="totals">
                <dt>"Outstanding in these rows"</dt>
                {import.totals.into_iter().map(|total| view! { <dd><Amount money=total /></dd> }).collect_view()}
            </dl>
        })}
        <div class="row">
            <LinkButton href="/customers" kind=ButtonKind::Primary>"Show customers"</LinkButton>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_said_as_people_say_them() {
        assert_eq!(words_of("due_date"), "Due date");
        assert_eq!(words_of(""), "");
    }

    #[test]
    fn the_step_that_goes_on_is_marked() {
        assert_eq!(marks(None, false, false)[0], Mark::Now);
        assert_eq!(marks(None, false, true)[0], Mark::Failed);
        assert_eq!(marks(None, true, false), [Mark::Now, Mark::Ahead, Mark::Ahead, Mark::Ahead]);
    }
}
