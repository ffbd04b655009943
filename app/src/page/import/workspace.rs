//! The page of one import: its steps, and the part that is looked at.

use domain::import::{Import, ImportState, MappingView};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::check::Check;
use super::choice;
use super::columns::Columns;
use super::result::Outcome;
use super::steps::{Step, Steps};
use super::work::{Work, can_be_mapped};
use super::{number, rows};
use crate::ui::When;

#[component]
pub(super) fn Workspace(import: Import, mapping: Option<MappingView>) -> impl IntoView {
    let work = Work::new(import, mapping);
    let query = use_query_map();
    let wanted = Memo::new(move |_| query.with(|query| query.get("step").and_then(|step| Step::of(&step))));
    let unattended = go_on_unattended(work);
    let state = work.state();
    let clear = work.has_clear_columns();
    let shown = Memo::new(move |_| {
        wanted.get().unwrap_or_else(|| step_to_show(state.get(), clear.get(), unattended.get()))
    });
    view! {
        <Steps import=work.import clear shown />
        {move || match shown.get() {
            Step::File => view! { <TheFile work /> }.into_any(),
            Step::Columns => view! { <Columns work /> }.into_any(),
            Step::Check => view! { <Check work /> }.into_any(),
            Step::Result => view! { <Outcome work /> }.into_any(),
        }}
    }
}

/// The step that needs somebody, or tells what happens.
fn step_to_show(state: ImportState, clear: bool, unattended: bool) -> Step {
    match state {
        ImportState::Uploaded => Step::Columns,
        ImportState::Mapped | ImportState::Validated if unattended => Step::Result,
        ImportState::Validated if !clear => Step::Columns,
        ImportState::Mapped | ImportState::Validated => Step::Check,
        _ => Step::Result,
    }
}

/// Saves an import by itself that its user left to itself, once it is checked, unless something has to be asked. Answers
/// whether it is such a one.
fn go_on_unattended(work: Work) -> RwSignal<bool> {
    let unattended = RwSignal::new(false);
    let state = work.state();
    // The server doesn't know what this browser remembers.
    Effect::new(move |_| unattended.set(choice::is_unattended(&work.id())));
    Effect::new(move |_| {
        if !unattended.get() || !can_be_mapped(state.get()) {
            return;
        }
        let Some(certain) = work.mapping.with(|view| view.as_ref().map(|view| view.certain)) else { return };
        choice::attend();
        if certain && state.get_untracked() == ImportState::Validated {
            work.commit(move |_| {
                let _ = unattended.try_set(false);
            });
        } else {
            unattended.set(false);
        }
    });
    unattended
}

/// The way to another step of the import at hand, or to the one that needs somebody. Try it: who asks may have left.
pub(super) fn use_step(work: Work) -> Callback<Option<Step>> {
    let navigate = use_navigate();
    Callback::new(move |step: Option<Step>| {
        let id = work.id();
        let address = step.map_or_else(|| format!("/import/{id}"), |step| step.address(&id));
        navigate(&address, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    })
}

#[component]
fn TheFile(work: Work) -> impl IntoView {
    let import = work.import.get_untracked();
    let short = import.file_hash.chars().take(12).collect::<String>();
    let who = import.created_by_name.clone().unwrap_or_else(|| "Someone".to_owned());
    let fact = |label: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <div class="fact"><dt>{label}</dt><dd>{value}</dd></div> })
    };
    view! {
        <section class="panel import-panel" aria-labelledby="step-file">
            <h2 class="panel-title" id="step-file">"File"</h2>
            <dl class="facts file-facts">
                {fact("Name", import.file_name.clone())}
                {fact("Sheet", import.sheet.clone())}
                <div class="fact"><dt>"Rows"</dt><dd>{move || work.import.with(|import| number(import.rows))}</dd></div>
                {fact("Taken as", import.kind.label().to_owned())}
                <div class="fact"><dt>"Imported"</dt><dd>{who}", "<When at=import.created_at /></dd></div>
                <div class="fact">
                    <dt>"SHA-256"</dt>
                    <dd><code class="hash" title=import.file_hash.clone()>{short}</code></dd>
                </div>
            </dl>
            <p class="step-note">
                {format!(
                    "{} under the headings. The same file a second time changes nothing: rows are recognised by their references.",
                    rows(import.rows),
                )}
            </p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_step_that_needs_somebody_is_shown() {
        assert_eq!(step_to_show(ImportState::Uploaded, true, true), Step::Columns);
        assert_eq!(step_to_show(ImportState::Validated, false, false), Step::Columns);
        assert_eq!(step_to_show(ImportState::Validated, true, false), Step::Check);
        assert_eq!(step_to_show(ImportState::Validated, true, true), Step::Result);
        assert_eq!(step_to_show(ImportState::Completed, true, false), Step::Result);
    }
}
