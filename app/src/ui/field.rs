//! A text field: label above, help under it, error under that.

use leptos::html;
use leptos::prelude::*;

use super::{Form, Icon, IconName};

/// A one-line field.
#[component]
pub fn Field(
    /// Name in the form and JSON pointer of its errors.
    name: &'static str,
    /// What it is, in a word or two.
    #[prop(into)]
    label: String,
    /// What is typed.
    value: RwSignal<String>,
    /// `text`, `email`, `password`, `date`, `search`, `tel`.
    #[prop(default = "text")]
    kind: &'static str,
    /// The form that knows what is wrong with it.
    #[prop(optional)]
    form: Option<Form>,
    /// What is wrong, when no form says so.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What to enter, and why.
    #[prop(optional, into)]
    help: Option<String>,
    /// An example of what to enter.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Has to be filled in; others are marked “optional”.
    #[prop(optional)]
    required: bool,
    /// Says “optional” beside the label.
    #[prop(optional)]
    optional: bool,
    /// What browsers may fill in.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Which keyboard a telephone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Id of the control, where two forms of a page have a field of this name.
    #[prop(optional, into)]
    id: Option<String>,
    /// The control itself.
    #[prop(optional)]
    node_ref: NodeRef<html::Input>,
    /// The field was left.
    #[prop(optional, into)]
    on_leave: Option<Callback<()>>,
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
            <input
                class="input"
                node_ref=node_ref
                id=id
                name=name
                type=kind
                required=required
                autocomplete=autocomplete
                inputmode=inputmode
                placeholder=placeholder
                autofocus=autofocus
                prop:value=move || value.get()
                value=value.get_untracked()
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
                    if let Some(on_leave) = on_leave {
                        on_leave.run(());
                    }
                }
            />
            <FieldNotes help help_id error error_id />
        </div>
    }
}

/// The ids of what describes a control: its help and, when there is one, its error.
pub(super) fn described_by(
    help_id: &str,
    error_id: &str,
    has_help: bool,
    error: Signal<Option<String>>,
) -> Signal<Option<String>> {
    let (help_id, error_id) = (help_id.to_owned(), error_id.to_owned());
    Signal::derive(move || {
        let wrong = error.with(Option::is_some);
        match (has_help, wrong) {
            (true, true) => Some(format!("{help_id} {error_id}")),
            (true, false) => Some(help_id.clone()),
            (false, true) => Some(error_id.clone()),
            (false, false) => None,
        }
    })
}

/// Help and error under a control.
#[component]
pub(super) fn FieldNotes(
    help: Option<String>,
    help_id: String,
    error: Signal<Option<String>>,
    error_id: String,
) -> impl IntoView {
    view! {
        {help.map(|help| view! { <p class="field-help" id=help_id>{help}</p> })}
        {move || {
            let error_id = error_id.clone();
            error.get().map(|message| view! {
                <p class="field-error" id=error_id>
                    <Icon name=IconName::Warning size=14 />
                    <span>{message}</span>
                </p>
            })
        }}
    }
}
