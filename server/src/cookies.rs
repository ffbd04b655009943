//! The cookies a sign-in lives in.

use app::host::SessionCookies;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use ledger::SignedIn;

/// Names and attributes. Over TLS the `__Host-` prefix makes browsers refuse them from any other host or path.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    secure: bool,
}

impl Cookies {
    pub(crate) fn new(secure: bool) -> Self {
        Self { secure }
    }

    pub(crate) fn access<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, self.name("__Host-duebook_access", "duebook_access"))
    }

    pub(crate) fn refresh<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, self.name("__Host-duebook_refresh", "duebook_refresh"))
    }

    fn name(&self, secure: &'static str, plain: &'static str) -> &'static str {
        if self.secure { secure } else { plain }
    }

    fn cookie(&self, name: &str, value: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).ok()
    }

    fn both(&self, access: (&str, i64), refresh: (&str, i64)) -> Vec<HeaderValue> {
        [
            self.cookie(self.name("__Host-duebook_access", "duebook_access"), access.0, access.1),
            self.cookie(self.name("__Host-duebook_refresh", "duebook_refresh"), refresh.0, refresh.1),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl SessionCookies for Cookies {
    fn signed_in(&self, signed_in: &SignedIn) -> Vec<HeaderValue> {
        self.both(
            (&signed_in.access_token, signed_in.expires_in),
            (&signed_in.refresh_token, signed_in.refresh_expires_in),
        )
    }

    fn signed_out(&self) -> Vec<HeaderValue> {
        self.both(("", 0), ("", 0))
    }
}

/// The value of one cookie of a request.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(given, _)| *given == name)
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
}
