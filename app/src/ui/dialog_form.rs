//! A form in a dialog.

use leptos::prelude::*;

use super::{Form, FormFault};

/// The buttons under a dialog's form.
#[slot]
pub struct DialogFoot {
    children: Children,
}

/// A form that fills a dialog: its fields, which scroll under what the server refused, and its buttons, which stay.
#[component]
pub fn DialogForm(
    /// Where the server's refusal is told.
    form: Form,
    /// It is being sent.
    #[prop(into)]
    on_submit: Callback<()>,
    /// Its buttons.
    dialog_foot: DialogFoot,
    /// Its fields.
    children: Children,
) -> impl IntoView {
    view! {
        <form
            class="dialog-form"
            novalidate=true
            on:submit=move |event| {
                event.prevent_default();
                on_submit.run(());
            }
        >
            <div class="dialog-body">
                <FormFault fault=form.fault() />
                {children()}
            </div>
            <footer class="dialog-foot">{(dialog_foot.children)()}</footer>
        </form>
    }
}
