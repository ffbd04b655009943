//! How often one may ask: what costs a lot, or can be abused, is counted by address and by account on this node. Wrong
//! passwords are counted in the database, by the ledger.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State as AxumState};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Problem, UserId};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::api::problem::Refusal;
use crate::application::State;
use crate::proxies::ClientAddress;
use crate::session::Visitor;

/// Askers remembered before those that may ask freely again are forgotten.
const MANY: usize = 10_000;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Costly {
    /// Signing in and all that checks a password: each takes a core for tens of milliseconds.
    Password,
    /// Registering: makes rows and wakes admins.
    Register,
    /// Renewing a session.
    Refresh,
    /// A file to import.
    Import,
}

impl Costly {
    fn of(method: &Method, path: &str) -> Option<Self> {
        if method != Method::POST {
            return None;
        }
        match path {
            "/api/v1/auth/login" | "/fn/auth/sign-in" | "/api/v1/auth/link" | "/fn/auth/join" => {
                Some(Self::Password)
            }
            "/api/v1/me/password" | "/fn/user/password" => Some(Self::Password),
            "/api/v1/auth/register" | "/fn/auth/register" => Some(Self::Register),
            "/api/v1/auth/refresh" => Some(Self::Refresh),
            "/api/v1/imports" => Some(Self::Import),
            path if path.contains("second-factor") => Some(Self::Password),
            _ => None,
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    Address(IpAddr),
    Account(UserId),
    /// A session that is renewed, whose account is not known yet.
    Session(String),
}

/// How often a minute each may be asked for by one address, and by one account; twice as often at once.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Sign-ins and whatever else checks a password.
    pub passwords: NonZeroU32,
    /// Registrations.
    pub registrations: NonZeroU32,
    /// Renewed sessions.
    pub refreshes: NonZeroU32,
    /// Files to import.
    pub imports: NonZeroU32,
}

/// The counts.
pub(crate) struct Limits {
    passwords: DefaultKeyedRateLimiter<Asker>,
    registrations: DefaultKeyedRateLimiter<Asker>,
    refreshes: DefaultKeyedRateLimiter<Asker>,
    imports: DefaultKeyedRateLimiter<Asker>,
}

impl Limits {
    pub(crate) fn new(most: RequestLimits) -> Arc<Self> {
        let keyed = |a_minute: NonZeroU32| {
            RateLimiter::keyed(
                Quota::per_minute(a_minute).allow_burst(a_minute.saturating_add(a_minute.get())),
            )
        };
        Arc::new(Self {
            passwords: keyed(most.passwords),
            registrations: keyed(most.registrations),
            refreshes: keyed(most.refreshes),
            imports: keyed(most.imports),
        })
    }

    /// `Err` with the seconds to wait.
    pub(crate) fn check(&self, what: Costly, asker: &Asker) -> Result<(), i64> {
        let limiter = match what {
            Costly::Password => &self.passwords,
            Costly::Register => &self.registrations,
            Costly::Refresh => &self.refreshes,
            Costly::Import => &self.imports,
        };
        if limiter.len() > MANY {
            limiter.retain_recent();
        }
        limiter.check_key(asker).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(DefaultClock::default().now());
            i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).saturating_add(1)
        })
    }
}

/// Refuses (429) an address that asks for something costly too often; before anybody is recognised.
pub(crate) async fn check(AxumState(state): AxumState<State>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().map(|address| Asker::Address(address.0));
    pass(&state, address, request, next).await
}

/// The same for an account, wherever it asks from.
pub(crate) async fn check_account(
    AxumState(state): AxumState<State>,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Visitor>().and_then(|Visitor(caller)| caller.as_ref());
    let account = caller.map(|caller| Asker::Account(caller.id.clone()));
    pass(&state, account, request, next).await
}

async fn pass(state: &State, asker: Option<Asker>, request: Request, next: Next) -> Response {
    let costly = Costly::of(request.method(), request.uri().path());
    match (costly, asker) {
        (Some(what), Some(asker)) => match state.limits.check(what, &asker) {
            Ok(()) => next.run(request).await,
            Err(seconds) => refused(what, seconds).into_response(),
        },
        _ => next.run(request).await,
    }
}

/// Tells to come again in so many seconds.
pub(crate) fn refused(what: Costly, seconds: i64) -> Refusal {
    tracing::warn!(limit = ?what, "asked too often");
    Refusal::from(Problem {
        retry_after: Some(seconds),
        ..Problem::new(
            429,
            "too_many_requests",
            "Too many requests",
            "This was asked for too often, from your address or by your account; wait a little and try again.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_asker_is_limited_and_others_are_not() {
        let two = NonZeroU32::new(2).unwrap();
        let limits =
            Limits::new(RequestLimits { passwords: two, registrations: two, refreshes: two, imports: two });
        let address = |text: &str| Asker::Address(text.parse().unwrap());
        let (one, other) = (address("10.0.0.1"), address("10.0.0.2"));
        for _ in 0..4 {
            limits.check(Costly::Register, &one).unwrap();
        }
        let wait = limits.check(Costly::Register, &one).unwrap_err();
        assert!((1..=31).contains(&wait), "{wait}");
        limits.check(Costly::Register, &other).unwrap();
        limits.check(Costly::Register, &Asker::Account("usr_1".to_owned().into())).unwrap();
        limits.check(Costly::Import, &one).unwrap();
    }

    #[test]
    fn what_is_costly_is_known_by_its_path() {
        let of = |method: Method, path: &str| Costly::of(&method, path);
        assert_eq!(of(Method::POST, "/api/v1/auth/login"), Some(Costly::Password));
        assert_eq!(of(Method::POST, "/api/v1/me/second-factor/remove"), Some(Costly::Password));
        assert_eq!(of(Method::GET, "/api/v1/me/second-factor"), None);
        assert_eq!(of(Method::POST, "/api/v1/customers"), None);
    }
}
