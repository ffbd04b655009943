//! Notifications of the browser itself, for a desk that nobody looks at. On the server none of this happens.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::ev;
use leptos::leptos_dom::helpers::document;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// The lock that the telling tab holds.
const LOCK: &str = "duebook-tells";

/// Whether the browser may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// This browser can't, or not at this address.
    Unavailable,
    /// Nobody asked yet.
    NotAsked,
    /// It may.
    Allowed,
    /// It was refused, and only the browser's settings help.
    Blocked,
}

/// Whether the browser may tell now.
pub fn permission() -> Permission {
    if !is_available() {
        return Permission::Unavailable;
    }
    match Notification::permission() {
        NotificationPermission::Granted => Permission::Allowed,
        NotificationPermission::Denied => Permission::Blocked,
        _ => Permission::NotAsked,
    }
}

/// Has the browser ask.
pub async fn ask() -> Permission {
    if is_available()
        && let Ok(answer) = Notification::request_permission()
    {
        // Dismissed, it is as if nobody had asked.
        let _ = JsFuture::from(answer).await;
    }
    permission()
}

fn is_available() -> bool {
    // Both exist only where the page came over a secure connection.
    cfg!(target_arch = "wasm32")
        && Reflect::has(&window(), &"Notification".into()).unwrap_or_default()
        && locks().is_some()
}

/// What is told.
pub struct Notice {
    /// A few words.
    pub title: String,
    /// A sentence; may be empty.
    pub text: String,
    /// One of this name takes the place of the one before.
    pub tag: String,
}

/// Lets one tab of a browser tell: the one that was looked at last. Copy.
#[derive(Clone, Copy)]
pub struct Teller {
    leads: StoredValue<bool>,
}

impl Teller {
    /// From now on this tab takes the lead when it is looked at, and when the leading one is closed.
    pub fn start() -> Self {
        let teller = Self { leads: StoredValue::new(false) };
        Effect::new(move |_| {
            teller.take_the_lead();
            spawn_local(teller.stand_in_line());
            let looked_at = [
                window_event_listener(ev::visibilitychange, move |_| teller.take_the_lead()),
                window_event_listener(ev::focus, move |_| teller.take_the_lead()),
            ];
            on_cleanup(move || looked_at.into_iter().for_each(|handle| handle.remove()));
        });
        teller
    }

    /// Tells, if that is for this tab to do and nobody looks at it. `open` is called when the notice is clicked.
    pub fn tell(self, notice: &Notice, open: impl FnOnce() + 'static) {
        if self.leads.try_get_value() != Some(true)
            || !document().hidden()
            || permission() != Permission::Allowed
        {
            return;
        }
        let options = NotificationOptions::new();
        options.set_body(&notice.text);
        options.set_tag(&notice.tag);
        options.set_icon("/icons/icon-192.png");
        // Browsers of telephones refuse: they show none but those of a service worker.
        let Ok(shown) = Notification::new_with_options(&notice.title, &options) else { return };
        let clicked = {
            let shown = shown.clone();
            Closure::once_into_js(move || {
                // A tab that can't be brought to the front opens the page all the same.
                let _ = window().focus();
                shown.close();
                open();
            })
        };
        shown.set_onclick(Some(clicked.unchecked_ref()));
    }

    fn take_the_lead(self) {
        if document().hidden() || self.leads.try_get_value() != Some(false) {
            return;
        }
        spawn_local(async move {
            self.lead(true).await;
        });
    }

    /// Waits for the lead, again whenever it is taken away.
    async fn stand_in_line(self) {
        while self.lead(false).await {}
    }

    /// Leads until another tab takes over; whether one did. With `steal` at once, else when the others are gone.
    async fn lead(self, steal: bool) -> bool {
        let Some(held) = self.request(steal) else { return false };
        let ended = JsFuture::from(held).await;
        let stolen = ended.is_err_and(|error| {
            Reflect::get(&error, &"name".into())
                .is_ok_and(|name| name.as_string().as_deref() == Some("AbortError"))
        });
        self.leads.try_update_value(|leads| *leads = false).is_some() && stolen
    }

    /// Asks for the lock. The promise ends when it is taken away again.
    fn request(self, steal: bool) -> Option<Promise> {
        let locks = locks()?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"steal".into(), &steal.into()).ok()?;
        let granted = Closure::once_into_js(move |_: JsValue| {
            self.leads.try_update_value(|leads| *leads = true);
            // Held for as long as the tab lives.
            Promise::new(&mut |_, _| {})
        });
        request.call3(&locks, &LOCK.into(), &options, &granted).ok()?.dyn_into().ok()
    }
}

/// The browser's Web Locks: not stable in web-sys, so found by name.
fn locks() -> Option<JsValue> {
    Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)
}
