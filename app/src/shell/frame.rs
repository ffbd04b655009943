//! The frame around every page of a signed-in person: rail, top bar, messages.

use domain::{Action, Role};
use leptos::prelude::*;
use leptos_router::components::{A, Outlet, Redirect};
use leptos_router::hooks::use_location;

use super::demo::DemoBar;
use super::keys::Keys;
use super::news::tell_news;
use super::theme::ThemeToggle;
use crate::api::notification;
use crate::live::{Inbox, Live, LiveStatus};
use crate::page::customers::LastPlace;
use crate::session::{Viewer, use_session};
use crate::ui::{Icon, IconName, Menu, ToastRegion};
use crate::{browser, format};

/// Set when the search box should get the focus as soon as its page is there.
#[derive(Clone, Copy)]
pub(crate) struct WantsSearch(pub RwSignal<bool>);

impl WantsSearch {
    pub(crate) fn expect() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::new(false)))
    }
}

/// The frame; leads to the sign-in page where nobody is signed in.
#[component]
pub(crate) fn Frame() -> impl IntoView {
    match use_session().user {
        None => {
            let location = use_location();
            let here = location.pathname.get_untracked();
            let query = location.search.get_untracked();
            let next =
                if query.is_empty() { here } else { format!("{here}?{}", query.trim_start_matches('?')) };
            let path = match next.as_str() {
                "/" | "/customers" => "/sign-in".to_owned(),
                _ => format::address("/sign-in", [("next", next)]),
            };
            view! { <Redirect path /> }.into_any()
        }
        Some(viewer) => view! { <SignedInFrame viewer /> }.into_any(),
    }
}

#[component]
fn SignedInFrame(viewer: Viewer) -> impl IntoView {
    provide_context(WantsSearch(RwSignal::new(false)));
    LastPlace::provide();
    let live = Live::expect();
    tell_news(live, viewer.role);
    Effect::new(move |_| live.start());
    focus_main_after_navigation();
    let role = viewer.role;
    let demonstration = use_session().demonstration;
    view! {
        <a
            class="skip-link"
            href="#main"
            on:click=move |event| {
                // The router would scroll there and leave the focus behind.
                event.prevent_default();
                crate::browser::focus("#main");
            }
        >
            "Skip to content"
        </a>
        <div class="frame">
            <aside class="rail">
                <a class="brand" href="/customers" aria-label="Duebook">
                    <Mark />
                    <span class="brand-name">"Duebook"</span>
                </a>
                <Rail role />
            </aside>
            <div class="desk">
                <header class="top-bar">
                    <SearchLink />
                    <div class="top-bar-tools">
                        <LiveBadge />
                        <Bell />
                        <ThemeToggle />
                        <AccountMenu viewer />
                    </div>
                </header>
                <SignedOutBanner />
                {demonstration.then(|| view! { <DemoBar /> })}
                <main id="main" class="main" tabindex="-1">
                    <Outlet />
                </main>
            </div>
        </div>
        <ToastRegion />
        <Keys />
    }
}

/// Duebook's mark, as in the icons: a D that is a ledger's page.
#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <rect width="24" height="24" rx="5.5" class="mark-ground" />
            <path d="M7.7 6h4.5a6 6 0 0 1 0 12h-4.5z" class="mark-letter" />
            <path d="M10.5 10.5h4.3M11.8 13.5h3" class="mark-line" />
        </svg>
    }
}

/// Where one of the rail's links leads.
#[derive(Clone, Copy)]
struct Place {
    href: &'static str,
    icon: IconName,
    label: &'static str,
    /// The least that one has to be allowed to go there.
    action: Action,
    /// Has a place of its own at the foot of a telephone, where five fit; the others are under “More”.
    at_hand: bool,
}

const PLACES: [Place; 8] = {
    const fn place(href: &'static str, icon: IconName, label: &'static str) -> Place {
        Place { href, icon, label, action: Action::Read, at_hand: true }
    }
    [
        Place { at_hand: false, ..place("/desk", IconName::Desk, "Desk") },
        place("/customers", IconName::Customers, "Customers"),
        place("/invoices", IconName::File, "Invoices"),
        place("/payments", IconName::Payments, "Payments"),
        Place { at_hand: false, ..place("/reports/ageing", IconName::Clock, "Ageing") },
        Place { at_hand: false, action: Action::Import, ..place("/import", IconName::Import, "Import") },
        place("/inbox", IconName::Inbox, "Inbox"),
        Place { at_hand: false, action: Action::ManageUsers, ..place("/users", IconName::Users, "Users") },
    ]
};

/// The main navigation: a rail at the side, a bar at the foot of a telephone.
#[component]
fn Rail(role: Role) -> impl IntoView {
    let places = PLACES.into_iter().filter(move |place| role.may(place.action));
    let rest = places.clone().filter(|place| !place.at_hand).collect::<Vec<_>>();
    // One link more needs no menu to hide in.
    let folds = rest.len() > 1;
    let links = places
        .map(|place| {
            let Place { href, icon, label, at_hand, .. } = place;
            let class = if at_hand || !folds { "rail-link" } else { "rail-link rail-folded" };
            view! {
                <A href=href attr:class=class attr:title=label>
                    <Icon name=icon size=20 />
                    <span class="rail-label">{label}</span>
                </A>
            }
        })
        .collect_view();
    let more = folds.then(|| {
        let links = rest
            .into_iter()
            .map(|Place { href, icon, label, .. }| {
                view! { <A href=href attr:class="menu-item"><Icon name=icon size=20 />{label}</A> }
            })
            .collect_view();
        view! {
            <div class="rail-more">
                <Menu label="More" face=|| view! { <Icon name=IconName::More size=20 /><span class="rail-label">"More"</span> }>
                    {links}
                </Menu>
            </div>
        }
    });
    view! { <nav class="rail-nav" aria-label="Main">{links}{more}</nav> }
}

#[component]
fn SearchLink() -> impl IntoView {
    let WantsSearch(wants_search) = WantsSearch::expect();
    view! {
        <a
            class="search-link"
            href="/customers"
            aria-label="Go to search"
            on:click=move |event| {
                // Where the search box is in sight, the focus goes there and the list stays as it is.
                if browser::focus("#customer-search") {
                    event.prevent_default();
                } else {
                    wants_search.set(true);
                }
            }
        >
            <Icon name=IconName::Search size=16 />
            <span class="search-link-text">"Search customers"</span>
            <kbd>"/"</kbd>
        </a>
    }
}

#[component]
fn LiveBadge() -> impl IntoView {
    let status = Live::expect().status;
    let shown = move || match status.get() {
        LiveStatus::Live => ("live live-on", "Live"),
        LiveStatus::Connecting => ("live live-waiting", "Connecting…"),
        LiveStatus::Reconnecting => ("live live-waiting", "Reconnecting…"),
        LiveStatus::Offline => ("live live-off", "Offline"),
        LiveStatus::SignedOut => ("live live-off", "Signed out"),
    };
    view! {
        <span class=move || shown().0 role="status">
            <span class="live-dot" aria-hidden="true"></span>
            <span class="live-text">{move || shown().1}</span>
        </span>
    }
}

#[component]
fn Bell() -> impl IntoView {
    let inbox = Inbox::expect();
    let first = Resource::new(|| (), |()| notification::read_inbox());
    let waiting = move |first: u64| inbox.unread().unwrap_or(first);
    view! {
        <Transition fallback=move || view! { <BellLink count=waiting(0) /> }>
            {move || Suspend::new(async move {
                let known = first.await.unwrap_or_default();
                let first = known.unread;
                // From here on the socket tells.
                Effect::new(move |_| inbox.learn(known.clone()));
                view! { {move || view! { <BellLink count=waiting(first) /> }} }
            })}
        </Transition>
    }
}

#[component]
fn BellLink(count: u64) -> impl IntoView {
    let label =
        if count == 0 { "Notifications".to_owned() } else { format!("Notifications, {count} unread") };
    view! {
        <a class="button button-quiet button-icon bell" href="/inbox" aria-label=label title="Notifications">
            <Icon name=IconName::Bell />
            {(count > 0).then(|| view! {
                <span class="bell-count" aria-hidden="true">{if count > 99 { "99+".to_owned() } else { count.to_string() }}</span>
            })}
        </a>
    }
}

#[component]
fn AccountMenu(viewer: Viewer) -> impl IntoView {
    let initials = format::initials(&viewer.name);
    view! {
        <Menu label="Account" face=move || view! { <span class="avatar" aria-hidden="true">{initials.clone()}</span> }>
            <div class="menu-head">
                <p class="menu-name">{viewer.name}</p>
                <p class="menu-role">{viewer.role.to_string()}</p>
            </div>
            <a class="menu-item" href="/settings"><Icon name=IconName::Edit />"Your account"</a>
            // A plain form: it works before the page is interactive, and a fresh page is what one wants after it.
            <form method="post" action="/fn/auth/sign-out">
                <button type="submit" class="menu-item"><Icon name=IconName::SignOut />"Sign out"</button>
            </form>
        </Menu>
    }
}

#[component]
fn SignedOutBanner() -> impl IntoView {
    let status = Live::expect().status;
    view! {
        <Show when=move || status.get() == LiveStatus::SignedOut>
            <div class="notice notice-waiting notice-bar" role="alert">
                <Icon name=IconName::Warning />
                <p>
                    "Your session has ended. "
                    <a class="link" href="/sign-in" target="_blank" rel="external">"Sign in in a new tab"</a>
                    " and come back: what you typed stays here."
                </p>
            </div>
        </Show>
    }
}

/// After a change of page the focus is on the new page, not on a link that may be gone; screen readers read on from there.
fn focus_main_after_navigation() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(|| {
                let busy = document().active_element().is_some_and(|active| {
                    matches!(active.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
                });
                if !busy {
                    browser::focus("#main");
                }
            });
        }
        now
    });
}
