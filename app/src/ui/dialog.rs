//! Dialogs: the browser's own `<dialog>`, so that the rest of the page is inert, Escape closes, and the focus goes back to
//! where it was.

use leptos::html;
use leptos::prelude::*;

use super::{Icon, IconName};

/// A modal dialog in the middle, or a sheet at the side that keeps the page in sight. What is inside exists while it is
/// open; signals that hold what was typed belong outside, so that closing loses nothing.
#[component]
pub fn Dialog(
    /// What it is about; its accessible name.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open. Set it to open; closing sets it back.
    open: RwSignal<bool>,
    /// A sheet at the side.
    #[prop(optional)]
    side: bool,
    /// It closed, by whatever way.
    #[prop(optional, into)]
    on_close: Option<Callback<()>>,
    /// What is inside.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        let Some(dialog) = node.get() else { return };
        if wanted && !dialog.open() {
            // After the content has been drawn, so that its first field can get the focus.
            request_animation_frame(move || {
                if open.try_get_untracked() == Some(true) && !dialog.open() {
                    // Fails only when it is open already.
                    let _ = dialog.show_modal();
                }
            });
        } else if !wanted && dialog.open() {
            dialog.close();
        }
    });
    let children = StoredValue::new(children);
    view! {
        <dialog
            node_ref=node
            class=if side { "dialog dialog-side" } else { "dialog" }
            aria-label=move || title.get()
            on:close=move |_| {
                open.set(false);
                if let Some(on_close) = on_close {
                    on_close.run(());
                }
            }
        >
            <Show when=move || open.get()>
                <div class="dialog-frame">
                    <header class="dialog-head">
                        <h2 class="dialog-title">{move || title.get()}</h2>
                        <button
                            type="button"
                            class="button button-quiet button-icon"
                            aria-label="Close"
                            on:click=move |_| open.set(false)
                        >
                            <Icon name=IconName::Close />
                        </button>
                    </header>
                    {children.with_value(|children| children())}
                </div>
            </Show>
        </dialog>
    }
}
