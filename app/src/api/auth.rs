//! Signing in and out. These three also work as plain form posts, without JavaScript: a redirect answers, and what was
//! wrong stands in the address of the page it leads back to (never the password).

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use super::{host, refuse, visitor};
use crate::error::Fault;

/// Where to go now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Admitted {
    /// Signed in; go to this path of ours.
    Go(String),
    /// Registered, and an admin has to approve first.
    Waiting,
}

/// Starts a session.
#[server(prefix = "/fn", endpoint = "auth/sign-in")]
pub async fn sign_in(
    email: String,
    password: String,
    code: Option<String>,
    next: Option<String>,
) -> Result<Admitted, Fault> {
    let host = host()?;
    let credentials = ledger::Credentials { email, password, code };
    let email = &credentials.email;
    match host.ledger.sign_in(&credentials, &visitor().client).await {
        Ok(signed_in) => Ok(ssr::admit(&host, &signed_in, next)),
        Err(error) => ssr::send_back(
            "/sign-in",
            refuse(error),
            &[("email", email), ("next", next.as_deref().unwrap_or_default())],
        ),
    }
}

/// Registers; the first person is signed in at once as the admin.
#[server(prefix = "/fn", endpoint = "auth/register")]
pub async fn register(name: String, email: String, password: String) -> Result<Admitted, Fault> {
    let host = host()?;
    let visitor = visitor();
    let registration = domain::user::Registration { name, email, password };
    let user = match host.ledger.register(&registration, visitor.request_id.clone()).await {
        Ok(user) => user,
        Err(error) => {
            let typed = [("name", registration.name.as_str()), ("email", registration.email.as_str())];
            return ssr::send_back("/register", refuse(error), &typed);
        }
    };
    if !user.active {
        return Ok(ssr::wait());
    }
    let credentials = ledger::Credentials::new(&registration.email, &registration.password);
    match host.ledger.sign_in(&credentials, &visitor.client).await {
        Ok(signed_in) => Ok(ssr::admit(&host, &signed_in, None)),
        Err(error) => ssr::send_back("/sign-in", refuse(error), &[("email", &registration.email)]),
    }
}

/// Whose one-time link it is.
#[server(prefix = "/fn", endpoint = "auth/invitation", input = Json)]
pub async fn invitation(token: String) -> Result<domain::User, Fault> {
    host()?.ledger.link_owner(&token).await.map_err(refuse)
}

/// Chooses a password by a one-time link, and signs in.
#[server(prefix = "/fn", endpoint = "auth/join")]
pub async fn join(token: String, password: String) -> Result<Admitted, Fault> {
    let host = host()?;
    let visitor = visitor();
    let back = |fault| ssr::send_back("/join", fault, &[("token", &token)]);
    let user = match host.ledger.follow_link(&token, &password, visitor.request_id.clone()).await {
        Ok(user) => user,
        Err(error) => return back(refuse(error)),
    };
    let credentials = ledger::Credentials::new(user.email, &password);
    match host.ledger.sign_in(&credentials, &visitor.client).await {
        Ok(signed_in) => Ok(ssr::admit(&host, &signed_in, None)),
        Err(error) => ssr::send_back("/sign-in", refuse(error), &[("email", &credentials.email)]),
    }
}

/// Ends the session.
#[server(prefix = "/fn", endpoint = "auth/sign-out")]
pub async fn sign_out() -> Result<(), Fault> {
    let host = host()?;
    if let Some(caller) = visitor().caller {
        host.ledger.end_session(&caller).await.map_err(refuse)?;
    }
    ssr::set_cookies(host.cookies.signed_out());
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// A path of ours to go to after signing in; anything that could lead elsewhere becomes the customers page.
pub fn safe_next(next: Option<&str>) -> String {
    let ours = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['\\', '\r', '\n', '\t'])
            && !path.chars().any(char::is_control)
            && path.is_ascii()
            && !path.starts_with("/sign-in")
            && !path.starts_with("/register")
            && !path.starts_with("/join")
            && !path.starts_with("/fn/")
    };
    next.filter(ours).unwrap_or("/customers").to_owned()
}

#[cfg(feature = "ssr")]
mod ssr {
    use axum::http::HeaderValue;
    use axum::http::header::{ACCEPT, SET_COOKIE};
    use axum::http::request::Parts;
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use super::{Admitted, safe_next};
    use crate::error::Fault;
    use crate::host::Host;

    /// Keeps the session and says where to go.
    pub(super) fn admit(host: &Host, signed_in: &ledger::SignedIn, next: Option<String>) -> Admitted {
        set_cookies(host.cookies.signed_in(signed_in));
        let next = safe_next(next.as_deref());
        if is_plain_form() {
            leptos_axum::redirect(&next);
        }
        Admitted::Go(next)
    }

    /// Says that an admin has to approve first.
    pub(super) fn wait() -> Admitted {
        if is_plain_form() {
            leptos_axum::redirect("/sign-in?problem=awaiting_approval");
        }
        Admitted::Waiting
    }

    /// Answers with the fault; a plain form is led back to its page, which says what was wrong and keeps what was typed.
    pub(super) fn send_back(page: &str, fault: Fault, typed: &[(&str, &str)]) -> Result<Admitted, Fault> {
        if is_plain_form() {
            let mut address = format!("{page}?problem={}", crate::format::query_encode(fault.code()));
            for (name, value) in typed.iter().filter(|(_, value)| !value.is_empty()) {
                address.push_str(&format!("&{name}={}", crate::format::query_encode(value)));
            }
            leptos_axum::redirect(&address);
        }
        Err(fault)
    }

    pub(super) fn set_cookies(cookies: Vec<HeaderValue>) {
        if let Some(options) = use_context::<ResponseOptions>() {
            for cookie in cookies {
                options.append_header(SET_COOKIE, cookie);
            }
        }
    }

    /// Whether a browser without JavaScript posted the form.
    fn is_plain_form() -> bool {
        use_context::<Parts>().is_some_and(|parts| {
            parts
                .headers
                .get(ACCEPT)
                .and_then(|value| value.to_str().ok())
                .is_some_and(|text| text.contains("text/html"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::safe_next;

    #[test]
    fn goes_on_only_within_duebook() {
        assert_eq!(safe_next(Some("/customers/cus_1?tab=payments")), "/customers/cus_1?tab=payments");
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nSet-Cookie: x",
            "",
            "/sign-in",
            "/fn/auth/sign-out",
        ] {
            assert_eq!(safe_next(Some(elsewhere)), "/customers", "{elsewhere:?}");
        }
        assert_eq!(safe_next(None), "/customers");
    }
}
