//! A field of several lines.

use leptos::prelude::*;

use super::Form;
use super::field::{FieldNotes, described_by};

/// A field of several lines.
#[component]
pub fn TextArea(
    /// Name in the form and JSON pointer of its errors.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// The form that knows what is wrong with it.
    #[prop(optional)]
    form: Option<Form>,
    /// What is wrong, when no form says so.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What to enter, and why.
    #[prop(optional, into)]
    help: Option<String>,
    /// Lines in sight.
    #[prop(default = 3)]
    rows: u8,
    /// Says “optional” beside the label.
    #[prop(optional)]
    optional: bool,
    /// Gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Id of the control, where two forms of a page have a field of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("field-{name}"));
    let error = form.map_or(error, |form| form.error(name));
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let described = described_by(&help_id, &error_id, help.is_some(), error);
    view! {
        <div class="field">
            <label class="field-label" for=id.clone()>
                {label}
                {optional.then(|| view! { <span class="field-optional">" (optional)"</span> })}
            </label>
            <textarea
                class="input input-area"
                id=id
                name=name
                rows=rows
                autofocus=autofocus
                prop:value=move || value.get()
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    if let Some(form) = form {
                        form.mend(name);
                    }
                }
                on:blur=move |_| {
                    if let Some(form) = form {
                        form.leave(name);
                    }
                }
            >
                {value.get_untracked()}
            </textarea>
            <FieldNotes help help_id error error_id />
        </div>
    }
}
