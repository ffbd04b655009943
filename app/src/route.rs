//! Addresses and what stands there. Pages that aren't needed first are loaded when they are.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::{Lazy, LazyRoute, SsrMode, lazy_route, path};

use crate::live::{Inbox, Live, Presence};
use crate::page::customers::CustomersPage;
use crate::page::join::JoinPage;
use crate::page::not_found::NotFoundPage;
use crate::page::register::RegisterPage;
use crate::page::sign_in::SignInPage;
use crate::session::{provide_session, use_session};
use crate::shell::frame::Frame;
use crate::ui::Toasts;

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session();
    provide_context(Live::default());
    provide_context(Inbox::default());
    provide_context(Presence::default());
    provide_context(Toasts::default());
    let organisation = use_session().organisation;
    // Pages are sent whole, with their data in place: they can be read before (and without) any script.
    view! {
        <Title formatter=move |title: String| {
            if title.is_empty() { organisation.clone() } else { format!("{title} · {organisation}") }
        } />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/register") view=RegisterPage ssr=SsrMode::Async />
                <Route path=path!("/join") view=JoinPage ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=|| view! { <Redirect path="/customers" /> } />
                    <Route path=path!("/desk") view={Lazy::<DeskRoute>::new()} />
                    <Route path=path!("/customers") view=CustomersPage />
                    <Route path=path!("/customers/:id") view={Lazy::<CustomerRoute>::new()} />
                    <Route path=path!("/invoices") view={Lazy::<InvoicesRoute>::new()} />
                    <Route path=path!("/payments") view={Lazy::<PaymentsRoute>::new()} />
                    <Route path=path!("/reports/ageing") view={Lazy::<AgeingRoute>::new()} />
                    <Route path=path!("/import") view={Lazy::<ImportRoute>::new()} />
                    <Route path=path!("/import/:id") view={Lazy::<ImportRoute>::new()} />
                    <Route path=path!("/inbox") view={Lazy::<InboxRoute>::new()} />
                    <Route path=path!("/users") view={Lazy::<UsersRoute>::new()} />
                    <Route path=path!("/settings") view={Lazy::<SettingsRoute>::new()} />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

struct DeskRoute;

#[lazy_route]
impl LazyRoute for DeskRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::desk::DeskPage /> }.into_any()
    }
}

struct CustomerRoute;

#[lazy_route]
impl LazyRoute for CustomerRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::customer::CustomerPage /> }.into_any()
    }
}

struct InvoicesRoute;

#[lazy_route]
impl LazyRoute for InvoicesRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::invoices::InvoicesPage /> }.into_any()
    }
}

struct PaymentsRoute;

#[lazy_route]
impl LazyRoute for PaymentsRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::payments::PaymentsPage /> }.into_any()
    }
}

struct AgeingRoute;

#[lazy_route]
impl LazyRoute for AgeingRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::ageing::AgeingPage /> }.into_any()
    }
}

struct ImportRoute;

#[lazy_route]
impl LazyRoute for ImportRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::import::ImportPage /> }.into_any()
    }
}

struct InboxRoute;

#[lazy_route]
impl LazyRoute for InboxRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::notifications::InboxPage /> }.into_any()
    }
}

struct UsersRoute;

#[lazy_route]
impl LazyRoute for UsersRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::users::UsersPage /> }.into_any()
    }
}

struct SettingsRoute;

#[lazy_route]
impl LazyRoute for SettingsRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <crate::page::settings::SettingsPage /> }.into_any()
    }
}
