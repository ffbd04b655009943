//! How often one may ask: what costs a lot, or can be abused, is counted by address on this node. Wrong passwords are counted
//! in the database, by the ledger.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State as AxumState};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Problem;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::api::problem::Refusal;
use crate::application::State;
use crate::proxies::ClientAddress;

/// Addresses remembered before those that may ask freely again are forgotten.
const MANY: usize = 10_000;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Costly {
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

/// How often a minute each may be asked for by one address; twice as often at once.
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
    passwords: DefaultKeyedRateLimiter<IpAddr>,
    registrations: DefaultKeyedRateLimiter<IpAddr>,
    refreshes: DefaultKeyedRateLimiter<IpAddr>,
    imports: DefaultKeyedRateLimiter<IpAddr>,
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
    fn check(&self, what: Costly, address: IpAddr) -> Result<(), i64> {
        let limiter = match what {
            Costly::Password => &self.passwords,
            Costly::Register => &self.registrations,
            Costly::Refresh => &self.refreshes,
            Costly::Import => &self.imports,
        };
        if limiter.len() > MANY {
            limiter.retain_recent();
        }
        limiter.check_key(&address).map_err(|not_yet| {
            let wait = not_yet.wait_time_from(DefaultClock::default().now());
            i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).saturating_add(1)
        })
    }
}

/// Refuses (429) who asks for something costly too often.
pub(crate) async fn check(AxumState(state): AxumState<State>, request: Request, next: Next) -> Response {
    let address = request.extensions().get::<ClientAddress>().map(|address| address.0);
    let costly = Costly::of(request.method(), request.uri().path());
    if let (Some(what), Some(address)) = (costly, address)
        && let Err(seconds) = state.limits.check(what, address)
    {
        tracing::warn!(limit = ?what, "asked too often");
        return Refusal::from(Problem {
            retry_after: Some(seconds),
            ..Problem::new(
                429,
                "too_many_requests",
                "Too many requests",
                "This was asked for too often from your address; wait a little and try again.",
            )
        })
        .into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_limited_and_others_are_not() {
        let two = NonZeroU32::new(2).unwrap();
        let limits =
            Limits::new(RequestLimits { passwords: two, registrations: two, refreshes: two, imports: two });
        let (one, other): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        for _ in 0..4 {
            limits.check(Costly::Register, one).unwrap();
        }
        let wait = limits.check(Costly::Register, one).unwrap_err();
        assert!((1..=31).contains(&wait), "{wait}");
        limits.check(Costly::Register, other).unwrap();
        limits.check(Costly::Import, one).unwrap();
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
