//! A choice among a few.

use leptos::prelude::*;

use super::Form;
use super::field::{FieldNotes, described_by};

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name on the wire.
    pub value: String,
    /// For people.
    pub label: String,
}

impl Choice {
    /// `value` on the wire, `label` for people.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A choice among a few.
#[component]
pub fn Select(
    /// Name in the form and JSON pointer of its errors.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: String,
    /// What is chosen.
    value: RwSignal<String>,
    /// What can be chosen.
    choices: Vec<Choice>,
    /// The form that knows what is wrong with it.
    #[prop(optional)]
    form: Option<Form>,
    /// What the choice means.
    #[prop(optional, into)]
    help: Option<String>,
    /// The label is for screen readers only.
    #[prop(optional)]
    label_hidden: bool,
    /// Can't be changed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Another was chosen.
    #[prop(optional, into)]
    on_change: Option<Callback<String>>,
    /// Id of the control, where two forms of a page have a field of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| format!("field-{name}"));
    let error = form.map_or_else(|| Signal::stored(None), |form| form.error(name));
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let described = described_by(&help_id, &error_id, help.is_some(), error);
    let options = choices
        .into_iter()
        .map(|choice| {
            let own = choice.value.clone();
            view! {
                <option value=choice.value selected=move || value.with(|value| *value == own)>
                    {choice.label}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="field-label" class:sr-only=label_hidden for=id.clone()>{label}</label>
            <span class="select">
                <select
                    class="input"
                    id=id
                    name=name
                    disabled=move || disabled.get()
                    prop:value=move || value.get()
                    aria-invalid=move || error.with(Option::is_some).then_some("true")
                    aria-describedby=described
                    on:change=move |event| {
                        let chosen = event_target_value(&event);
                        value.set(chosen.clone());
                        if let Some(form) = form {
                            form.mend(name);
                        }
                        if let Some(on_change) = on_change {
                            on_change.run(chosen);
                        }
                    }
                >
                    {options}
                </select>
            </span>
            <FieldNotes help help_id error error_id />
        </div>
    }
}
