//! Who looks at the page, and on which business date: the same value on the server and in the browser.

use chrono::NaiveDate;
use domain::{Action, Currency, Role, UserId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::live::Live;

/// What every page may know without asking. Holds for one page load: signing in or out loads a fresh page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The signed-in person.
    pub user: Option<Viewer>,
    /// The organisation's calendar date when the page was rendered.
    pub business_date: NaiveDate,
    /// The organisation's name.
    pub organisation: String,
    /// What amounts without a currency are in.
    pub currency: Currency,
    /// Whether these are sample books, whose date an admin may move.
    pub demonstration: bool,
    /// `light` or `dark` when the person chose; otherwise the system decides.
    pub theme: Option<String>,
}

/// The signed-in person, as far as screens care.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Viewer {
    /// Opaque id.
    pub id: UserId,
    /// Display name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Session {
    /// Whether the viewer's role may do `action`. Only hides buttons; the ledger decides.
    pub fn may(&self, action: Action) -> bool {
        self.user.as_ref().is_some_and(|user| user.role.may(action))
    }
}

/// The session of this page, for any component under `App`.
pub fn use_session() -> Session {
    use_context::<Session>().unwrap_or_else(absent)
}

/// The organisation's calendar date: that of the page at first, then of each day that begins while it is open.
pub fn use_today() -> Signal<NaiveDate> {
    let drawn = use_session().business_date;
    let live = Live::expect();
    Signal::derive(move || live.today_since(drawn))
}

/// Reads the session from the request on the server; the browser gets the same value from the page.
pub(crate) fn provide_session() {
    let session = SharedValue::new(read).into_inner();
    provide_context(session);
}

#[cfg(feature = "ssr")]
fn read() -> Session {
    use crate::host::{Host, Visitor};
    let visitor = use_context::<Visitor>();
    let Some(host) = use_context::<Host>() else { return absent() };
    let organisation = host.ledger.organisation();
    Session {
        user: visitor.as_ref().and_then(|visitor| visitor.caller.as_ref()).map(|caller| Viewer {
            id: caller.id.clone(),
            name: caller.name.clone(),
            role: caller.role,
        }),
        business_date: host.ledger.business_date(),
        organisation: organisation.name.clone(),
        currency: organisation.currency,
        demonstration: host.ledger.is_demonstration(),
        theme: visitor.and_then(|visitor| visitor.theme),
    }
}

#[cfg(not(feature = "ssr"))]
fn read() -> Session {
    absent()
}

/// Nobody, nowhere: what is shown when routes are listed without a request.
fn absent() -> Session {
    Session {
        user: None,
        business_date: NaiveDate::default(),
        organisation: "Duebook".to_owned(),
        currency: Currency::USD,
        demonstration: false,
        theme: None,
    }
}
