//! Asking before something that can't be undone, with what follows from it.

use domain::Problem;
use leptos::prelude::*;

use crate::ui::{Button, ButtonKind, Dialog, FormFault};

/// A question with two answers.
#[component]
pub(super) fn Confirm(
    /// What is asked for; the dialog's name.
    title: &'static str,
    open: RwSignal<bool>,
    /// What the button that does it says.
    action: &'static str,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Problem>>,
    on_confirm: Callback<()>,
    /// What follows.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Dialog title open on_close=move |()| fault.set(None)>
            <form
                class="dialog-form"
                novalidate=true
                on:submit=move |event| {
                    event.prevent_default();
                    on_confirm.run(());
                }
            >
                <div class="dialog-body">
                    <FormFault fault />
                    {children.with_value(|children| children())}
                </div>
                <footer class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                    <Button kind=ButtonKind::Danger submit=true busy>{action}</Button>
                </footer>
            </form>
        </Dialog>
    }
}
