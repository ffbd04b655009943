//! Who may come in, and what each may do; what programs may. For admins.

mod invite;
mod tokens;

use domain::{Action, Page, Role, User, UserId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use self::invite::{InviteButton, LinkDialog};
use self::tokens::Tokens;
use crate::api::user::{Link, list_users, new_link, update_user};
use crate::error::Fault;
use crate::live::Live;
use crate::session::use_session;
use crate::ui::{
    Button, ButtonKind, ButtonSize, Choice, EmptyState, ErrorState, Icon, IconName, LinkButton, PageHead,
    Select, Skeleton, StatusBadge, TableFrame, Tone,
};

/// Who may come in.
#[component]
pub fn UsersPage() -> impl IntoView {
    let may = use_session().may(Action::ManageUsers);
    let first = Resource::new(
        || (),
        move |()| async move { if may { list_users().await.map(Some) } else { Ok(None) } },
    );
    view! {
        <PageHead title="Users" />
        <Suspense fallback=|| view! { <Skeleton rows=5 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(Some(page)) => view! { <Users page /> }.into_any(),
                    Ok(None) => view! {
                        <EmptyState
                            icon=IconName::Users
                            title="Your role can't manage users"
                            text="An admin can change roles and let people in."
                        >
                            <LinkButton href="/customers">"Go to customers"</LinkButton>
                        </EmptyState>
                    }
                    .into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Users(page: Page<User>) -> impl IntoView {
    let users = RwSignal::new(page.data);
    let live = Live::expect();
    live.on_event(move |event| {
        if let Some(user) = event.part("user") {
            put(users, user);
        }
    });
    live.on_resync(move || read_again(users));
    // A snapshot of users has no event it was read after: what happened between reading and listening is read again.
    Effect::new(move |_| read_again(users));
    let ids =
        Memo::new(move |_| users.with(|users| users.iter().map(|user| user.id.clone()).collect::<Vec<_>>()));
    let waiting =
        Memo::new(move |_| users.with(|users| users.iter().filter(|user| is_waiting(user)).count() as u64));
    let told = RwSignal::new(None::<(String, Link)>);
    let invited = Callback::new(move |(user, link): (User, Link)| {
        let name = user.name.clone();
        put(users, user);
        told.set(Some((name, link)));
    });
    view! {
        <LinkDialog told />
        <div class="section-head lead-head">
            <p class="page-lead">
            "Each role may do all that the one before it may: a viewer reads, a collector works with customers and payments, a \
             manager also imports and archives, an admin also decides who comes in."
            </p>
            <InviteButton invited />
        </div>
        <Show when=move || { waiting.get() > 0 }>
            <div class="notice notice-waiting" role="status">
                <Icon name=IconName::Clock />
                <p>
                    {move || match waiting.get() {
                        1 => "One person can't sign in until you approve them.".to_owned(),
                        many => format!("{many} people can't sign in until you approve them."),
                    }}
                </p>
            </div>
        </Show>
        <TableFrame label="Users" cards=true>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"State"</th>
                    <th scope="col"><span class="sr-only">"Actions"</span></th>
                </tr>
            </thead>
            <tbody>
                <For each=move || ids.get() key=Clone::clone let:id>
                    <Row users id told />
                </For>
            </tbody>
        </TableFrame>
        <Tokens />
    }
}

/// Registered and never let in. Someone who was shut out later has been changed since.
fn is_waiting(user: &User) -> bool {
    !user.active && user.version == 1
}

fn put(users: RwSignal<Vec<User>>, user: User) {
    let _ = users.try_update(|users| match users.iter_mut().find(|known| known.id == user.id) {
        Some(known) if known.version <= user.version => *known = user,
        Some(_) => {}
        None => {
            let at = users.partition_point(|known| known.name.to_lowercase() <= user.name.to_lowercase());
            users.insert(at, user);
        }
    });
}

fn read_again(users: RwSignal<Vec<User>>) {
    spawn_local(async move {
        if let Ok(page) = list_users().await {
            let _ = users.try_set(page.data);
        }
    });
}

fn role_choices() -> Vec<Choice> {
    Role::ALL.iter().map(|role| Choice::new(role.as_str(), words(*role))).collect()
}

fn words(role: Role) -> &'static str {
    match role {
        Role::Viewer => "Viewer",
        Role::Collector => "Collector",
        Role::Manager => "Manager",
        Role::Admin => "Admin",
    }
}

/// A person and what can be changed about them.
#[component]
fn Row(users: RwSignal<Vec<User>>, id: UserId, told: RwSignal<Option<(String, Link)>>) -> impl IntoView {
    let me = use_session().user.is_some_and(|user| user.id == id);
    let element = format!("role-{id}");
    let key = StoredValue::new(id.clone());
    let user = Memo::new(move |_| users.with(|users| users.iter().find(|user| user.id == id).cloned()));
    let role = RwSignal::new(String::new());
    let show_role = move |user: Option<&User>| {
        if let Some(user) = user {
            role.set(user.role.as_str().to_owned());
        }
    };
    user.with_untracked(|user| show_role(user.as_ref()));
    Effect::new(move |_| user.with(|user| show_role(user.as_ref())));
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let change = move |role: Option<Role>, active: Option<bool>| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(None);
        let version = user.with_untracked(|user| user.as_ref().map(|user| user.version));
        let id = key.get_value();
        spawn_local(async move {
            let answer = update_user(id, role, active, None, version).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(user) => put(users, user),
                Err(refused) => {
                    match refused.current::<User>() {
                        Some(now) => put(users, now),
                        // What was chosen didn't happen: show what holds.
                        None => user.try_with_untracked(|user| show_role(user.as_ref())).unwrap_or_default(),
                    }
                    let _ = fault.try_set(Some(refused));
                }
            }
        });
    };
    let name = Signal::derive(move || {
        user.with(|user| user.as_ref().map(|user| user.name.clone()).unwrap_or_default())
    });
    let make_link = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(None);
        let (id, name) = (key.get_value(), name.get_untracked());
        spawn_local(async move {
            let answer = new_link(id).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(link) => {
                    let _ = told.try_set(Some((name, link)));
                }
                Err(refused) => {
                    let _ = fault.try_set(Some(refused));
                }
            }
        });
    };
    let choose = move |chosen: String| change(chosen.parse().ok(), None);
    let active = move || user.with(|user| user.as_ref().is_some_and(|user| user.active));
    view! {
        <tr>
            <td data-label="Name" class="cell-main">
                {move || name.get()}
                {me.then(|| view! { <span class="tag">"you"</span> })}
            </td>
            <td data-label="E-mail">{move || user.with(|user| user.as_ref().map(|user| user.email.clone()))}</td>
            <td data-label="Role" class="cell-field">
                <Select
                    name="role"
                    label=format!("Role of {}", name.get_untracked())
                    label_hidden=true
                    id=element
                    value=role
                    disabled=busy
                    on_change=choose
                    choices=role_choices()
                />
            </td>
            <td data-label="State">
                {move || user.with(|user| match user.as_ref() {
                    Some(user) if user.active && user.invited => {
                        view! { <StatusBadge tone=Tone::Waiting label="Invited" /> }
                    }
                    Some(user) if user.active => view! { <StatusBadge tone=Tone::Good label="Active" /> },
                    Some(user) if is_waiting(user) => view! { <StatusBadge tone=Tone::Waiting label="Waiting" /> },
                    _ => view! { <StatusBadge tone=Tone::Neutral label="Deactivated" /> },
                })}
            </td>
            <td class="cell-actions">
                {move || active().then(|| view! {
                    <Button kind=ButtonKind::Quiet size=ButtonSize::Small busy on_click=move |_| make_link()>"New link"</Button>
                })}
                {move || if active() {
                    view! {
                        <Button kind=ButtonKind::Quiet size=ButtonSize::Small busy on_click=move |_| change(None, Some(false))>
                            "Deactivate"
                        </Button>
                    }
                    .into_any()
                } else {
                    view! {
                        <Button kind=ButtonKind::Primary size=ButtonSize::Small busy on_click=move |_| change(None, Some(true))>
                            "Approve"
                        </Button>
                    }
                    .into_any()
                }}
                {move || fault.get().map(|fault| view! { <p class="field-error" role="alert">{fault.0.detail}</p> })}
            </td>
        </tr>
    }
}
