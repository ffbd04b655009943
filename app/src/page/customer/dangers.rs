//! Putting a customer away, deleting one on whom nothing hangs, and forgetting who one was.

use domain::customer::ERASED_NAME;
use domain::{Action, CustomerId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::desk::Desk;
use crate::api::customer::{archive_customer, delete_customer, erase_customer, unarchive_customer};
use crate::error::Fault;
use crate::session::use_session;
use crate::ui::{Button, ButtonKind, Dialog, Form, FormFault, Icon, IconName, Menu, Toast, Toasts, Tone};

/// The rarer actions, behind “More”.
#[component]
pub(super) fn Dangers(desk: Desk) -> impl IntoView {
    let toasts = Toasts::expect();
    let may_archive = use_session().may(Action::ArchiveCustomer);
    let may_erase = use_session().may(Action::ErasePersonalData);
    let (deleting, erasing) = (RwSignal::new(false), RwSignal::new(false));
    let archived = Memo::new(move |_| desk.customer.with(|customer| customer.archived_at.is_some()));
    let bare = Memo::new(move |_| desk.invoices.total.get() == 0 && desk.payments.total.get() == 0);
    // Of whom something is owed, one has to know who they are.
    let erasable = Memo::new(move |_| {
        may_erase
            && desk.customer.with(|customer| {
                customer.outstanding.is_zero() && customer.unapplied.is_zero() && customer.name != ERASED_NAME
            })
    });
    let any = move || may_archive && (!archived.get() || bare.get() || erasable.get());
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
                <Show when=move || erasable.get()>
                    <button type="button" class="menu-item menu-item-danger" on:click=move |_| erasing.set(true)>
                        <Icon name=IconName::Close />
                        "Erase personal data"
                    </button>
                </Show>
            </Menu>
        </Show>
        <DeleteDialog desk open=deleting />
        <EraseDialog desk open=erasing />
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
    let navigate = use_navigate();
    let toasts = Toasts::expect();
    let name = Signal::derive(move || desk.customer.with(|customer| customer.name.clone()));
    let delete = move |done: Callback<Option<Fault>>| {
        let (id, gone, navigate) = (desk.id.get_value(), name.get_untracked(), navigate.clone());
        spawn_local(async move {
            let answer = delete_customer(id).await;
            let _ = done.try_run(answer.as_ref().err().cloned());
            if answer.is_ok() {
                toasts.say(Tone::Neutral, "Deleted", format!("{gone} is gone for good."));
                navigate("/customers", Default::default());
            }
        });
    };
    view! {
        <Sure
            title="Delete customer"
            open
            text=Signal::derive(move || {
                format!("{} will be gone for good, with its notes. This can't be undone.", name.get())
            })
            verb=Signal::derive(move || format!("Delete {}", name.get()))
            act=delete
        />
    }
}

#[component]
fn EraseDialog(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let toasts = Toasts::expect();
    let name = Signal::derive(move || desk.customer.with(|customer| customer.name.clone()));
    let erase = move |done: Callback<Option<Fault>>| {
        let id = desk.id.get_value();
        spawn_local(async move {
            let answer = erase_customer(id).await;
            let _ = done.try_run(answer.as_ref().err().cloned());
            if let Ok(customer) = answer {
                desk.put_customer(customer);
                toasts.say(
                    Tone::Neutral,
                    "Personal data erased",
                    "What was owed and paid stays, without a name.",
                );
            }
        });
    };
    view! {
        <Sure
            title="Erase personal data"
            open
            text=Signal::derive(move || format!(
                "Name, contact, notes and tags of {} will be gone, here and in all that was ever logged; what was owed and paid \
                 stays. The customer is archived. This can't be undone.",
                name.get(),
            ))
            verb=Signal::derive(|| "Erase for good".to_owned())
            act=erase
        />
    }
}

/// Asks once more before something that can't be taken back.
#[component]
fn Sure(
    title: &'static str,
    open: RwSignal<bool>,
    /// What will be.
    text: Signal<String>,
    /// What the button says.
    verb: Signal<String>,
    /// Does it, and says what was refused.
    #[prop(into)]
    act: Callback<Callback<Option<Fault>>>,
) -> impl IntoView {
    let form = Form::new(Default::default);
    let busy = RwSignal::new(false);
    let done = Callback::new(move |refused: Option<Fault>| {
        let _ = busy.try_set(false);
        match refused {
            None => open.set(false),
            Some(fault) => form.refuse(fault.0),
        }
    });
    let go = move |_| {
        if !busy.get_untracked() {
            busy.set(true);
            act.run(done);
        }
    };
    view! {
        <Dialog title open on_close=move |()| form.reset()>
            <div class="dialog-body">
                <FormFault fault=form.fault() />
                <p>{move || text.get()}</p>
            </div>
            <footer class="dialog-foot">
                <Button on_click=move |_| open.set(false)>"Keep it"</Button>
                <Button kind=ButtonKind::Danger busy on_click=go>{move || verb.get()}</Button>
            </footer>
        </Dialog>
    }
}
