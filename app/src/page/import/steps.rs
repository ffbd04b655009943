//! The four steps, all in sight: where the file is, what was found there, and the way to each.

use domain::import::{Import, ImportState};
use leptos::prelude::*;

use super::number;
use crate::format;
use crate::ui::{Icon, IconName};

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    File,
    Columns,
    Check,
    Result,
}

impl Step {
    const ALL: [Step; 4] = [Step::File, Step::Columns, Step::Check, Step::Result];

    /// As it stands in an address.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Step::File => "file",
            Step::Columns => "columns",
            Step::Check => "check",
            Step::Result => "result",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Step::ALL.into_iter().find(|step| step.as_str() == text)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Step::File => "File",
            Step::Columns => "Columns",
            Step::Check => "Check",
            Step::Result => "Result",
        }
    }

    /// What it is for, before there is anything to say of it.
    fn purpose(self) -> &'static str {
        match self {
            Step::File => "Drop or choose a spreadsheet",
            Step::Columns => "Matched by headings and values",
            Step::Check => "Every cell is read and judged",
            Step::Result => "What was saved, and undo",
        }
    }

    /// The address of this step of an import.
    pub(super) fn address(self, id: &domain::ImportId) -> String {
        format!("/import/{id}?step={}", self.as_str())
    }
}

/// How far one of the four steps is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// Comes later.
    Ahead,
    /// Going on now, or waiting for somebody.
    Now,
    /// Done.
    Done,
    /// Stopped here.
    Failed,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Mark::Ahead => "step step-ahead",
            Mark::Now => "step step-now",
            Mark::Done => "step step-done",
            Mark::Failed => "step step-failed",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Mark::Ahead => "",
            Mark::Now => " (now)",
            Mark::Done => " (done)",
            Mark::Failed => " (stopped)",
        }
    }
}

/// The marks of file, columns, check and result; whether the columns need a look is not in the state.
fn marks(state: ImportState, clear: bool) -> [Mark; 4] {
    use Mark::{Ahead, Done, Failed, Now};
    match state {
        ImportState::Uploaded => [Done, Now, Ahead, Ahead],
        ImportState::Validated if !clear => [Done, Now, Ahead, Ahead],
        ImportState::Mapped | ImportState::Validated => [Done, Done, Now, Ahead],
        ImportState::Committing => [Done, Done, Done, Now],
        ImportState::Completed | ImportState::CompletedWithErrors | ImportState::Undone => [Done; 4],
        ImportState::Failed | ImportState::Canceled => [Done, Done, Done, Failed],
    }
}

/// What is to be said of a step in a few words.
fn summary(step: Step, import: &Import, clear: bool) -> String {
    let rows = |count: i64| format::counted(count.max(0).unsigned_abs(), "row", "rows");
    match step {
        Step::File => format!("{}, {}", import.file_name, rows(import.rows)),
        Step::Columns if marks(import.state, clear)[1] == Mark::Now => "Need a look".to_owned(),
        Step::Columns => {
            format!("{} taken as {}", import.mapping.len(), import.kind.label().to_lowercase())
        }
        Step::Check => match import.state {
            ImportState::Uploaded => "Once the columns are known".to_owned(),
            ImportState::Mapped => "Going on".to_owned(),
            _ if import.invalid == 0 => format!("{} right", rows(import.valid)),
            _ => format!("{} right, {} wrong", number(import.valid), number(import.invalid)),
        },
        Step::Result => match import.state {
            ImportState::Uploaded | ImportState::Mapped | ImportState::Validated => {
                "Nothing is saved yet".to_owned()
            }
            ImportState::Committing => "Saving".to_owned(),
            ImportState::Completed | ImportState::CompletedWithErrors => {
                format!("{} saved", rows(import.created + import.updated))
            }
            ImportState::Failed => "Stopped".to_owned(),
            ImportState::Canceled => "Canceled".to_owned(),
            ImportState::Undone => "Taken back".to_owned(),
        },
    }
}

/// The steps of an import, each leading to its part of the page.
#[component]
pub(super) fn Steps(import: RwSignal<Import>, clear: Memo<bool>, shown: Memo<Step>) -> impl IntoView {
    let steps = Step::ALL
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let mark = Memo::new(move |_| import.with(|import| marks(import.state, clear.get())[at]));
            let note = Memo::new(move |_| import.with(|import| summary(step, import, clear.get())));
            let href = import.with_untracked(|import| step.address(&import.id));
            view! {
                <li class=move || mark.get().class()>
                    <a class="step-link" href=href aria-current=move || (shown.get() == step).then_some("step")>
                        <Number at mark />
                        <span class="step-words">
                            <span class="step-title">{step.title()}<span class="sr-only">{move || mark.get().word()}</span></span>
                            <span class="step-note">{note}</span>
                        </span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <nav aria-label="Steps"><ol class="steps">{steps}</ol></nav> }
}

/// The steps before there is a file.
#[component]
pub(super) fn StepsAhead() -> impl IntoView {
    let steps = Step::ALL
        .into_iter()
        .enumerate()
        .map(|(at, step)| {
            let first = step == Step::File;
            let mark = Memo::new(move |_| if first { Mark::Now } else { Mark::Ahead });
            view! {
                <li class=move || mark.get().class() aria-current=first.then_some("step")>
                    <span class="step-link">
                        <Number at mark />
                        <span class="step-words">
                            <span class="step-title">{step.title()}</span>
                            <span class="step-note">{step.purpose()}</span>
                        </span>
                    </span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="steps" aria-label="Steps">{steps}</ol> }
}

#[component]
fn Number(at: usize, mark: Memo<Mark>) -> impl IntoView {
    view! {
        <span class="step-number" aria-hidden="true">
            {move || match mark.get() {
                Mark::Done => view! { <Icon name=IconName::Check size=14 /> }.into_any(),
                Mark::Failed => view! { <Icon name=IconName::Close size=14 /> }.into_any(),
                Mark::Ahead | Mark::Now => (at + 1).to_string().into_any(),
            }}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_that_goes_on_is_marked() {
        assert_eq!(marks(ImportState::Uploaded, false)[1], Mark::Now);
        assert_eq!(marks(ImportState::Validated, false)[1], Mark::Now);
        assert_eq!(marks(ImportState::Validated, true)[2], Mark::Now);
        assert_eq!(marks(ImportState::Committing, true)[3], Mark::Now);
        assert_eq!(marks(ImportState::CompletedWithErrors, true), [Mark::Done; 4]);
    }

    #[test]
    fn a_step_is_found_by_its_address() {
        for step in Step::ALL {
            assert_eq!(Step::of(step.as_str()), Some(step));
        }
        assert_eq!(Step::of("wizard"), None);
    }
}
