//! Putting a customer away, and deleting one on whom nothing hangs.

use domain::{Action, CustomerId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::desk::Desk;
use crate::api::customer::{archive_customer, delete_customer, unarchive_customer};
use crate::session::use_session;
use crate::ui::{Button, ButtonKind, Dialog, Form, FormFault, Icon, IconName, Menu, Toast, Toasts, Tone};

/// The rarer actions, behind “More”.
#[component]
pub(super) fn Dangers(desk: Desk) -> impl IntoView {
    let toasts = Toasts::expect();
    let may_archive = use_session().may(Action::ArchiveCustomer);
    let deleting = RwSignal::new(false);
    let archived = Memo::new(move |_| desk.customer.with(|customer| customer.archived_at.is_some()));
    let bare = Memo::new(move |_| desk.invoices.total.get() == 0 && desk.payments.total.get() == 0);
    let any = move || may_archive && (!archived.get() || bare.get());
    view! {
        <Show when=any>
            <Menu
                label="More actions"
                face=|| view! { <span class="button button-secondary"><Icon name=IconName::More size=16 />"More"</span> }
            >
                <Show when=move || !archived.get()>
                    <button type="button" class="menu-item" on:click=move |_| archive(desk, toasts)>
                        <Icon name=IconName::Archive />
                        "Archive"
                    </button>
                </Show>
                <Show when=move || bare.get()>
                    <button type="button" class="menu-item menu-item-danger" on:click=move |_| deleting.set(true)>
                        <Icon name=IconName::Close />
                        "Delete"
                    </button>
                </Show>
            </Menu>
        </Show>
        <DeleteDialog desk open=deleting />
    }
}

/// Archives, and offers to take it back.
fn archive(desk: Desk, toasts: Toasts) {
    let id = desk.id.get_value();
    spawn_local(async move {
        match archive_customer(id).await {
            Ok(customer) => {
                let text = format!("{} no longer shows among the customers.", customer.name);
                let undo = customer.id.clone();
                desk.put_customer(customer);
                toasts.push(
                    Toast::new(Tone::Neutral, "Archived", text)
                        .with_action("Undo", move || restore_one(undo.clone(), desk, toasts)),
                );
            }
            Err(fault) => toasts.refuse(fault),
        }
    });
}

/// Takes the customer out again.
pub(super) fn restore(desk: Desk, toasts: Toasts) {
    restore_one(desk.id.get_value(), desk, toasts);
}

/// Takes `id` out again, even when its page was left in the meantime: the toast with “Undo” outlives it.
fn restore_one(id: CustomerId, desk: Desk, toasts: Toasts) {
    spawn_local(async move {
        match unarchive_customer(id).await {
            Ok(customer) => {
                let text = format!("{} is back among the customers.", customer.name);
                desk.put_customer(customer);
                toasts.say(Tone::Neutral, "Restored", text);
            }
            Err(fault) => toasts.refuse(fault),
        }
    });
}

#[component]
fn DeleteDialog(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let form = Form::new(Default::default);
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let toasts = Toasts::expect();
    let name = move || desk.customer.with(|customer| customer.name.clone());
    let delete = StoredValue::new(move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (id, gone, navigate) = (desk.id.get_value(), name(), navigate.clone());
        spawn_local(async move {
            let answer = delete_customer(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(()) => {
                    let _ = open.try_set(false);
                    toasts.say(Tone::Neutral, "Deleted", format!("{gone} is gone for good."));
                    navigate("/customers", Default::default());
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    });
    view! {
        <Dialog title="Delete customer" open on_close=move |()| form.reset()>
            <div class="dialog-body">
                <FormFault fault=form.fault() />
                <p>{move || format!("{} will be gone for good, with its notes. This can't be undone.", name())}</p>
            </div>
            <footer class="dialog-foot">
                <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                <Button kind=ButtonKind::Danger busy on_click=move |_| delete.with_value(|delete| delete())>
                    {move || format!("Delete {}", name())}
                </Button>
            </footer>
        </Dialog>
    }
}
