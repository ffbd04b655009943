//! The few things asked of the browser itself. On the server each of them does nothing.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain::Problem;
use leptos::ev;
use leptos::prelude::{WindowListenerHandle, request_animation_frame, window_event_listener};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::error::Fault;

/// A key for a money command, made once per opened dialog: `crypto.randomUUID`, or its like where the page is not served
/// over a secure origin.
pub fn new_key() -> String {
    let unique = |_| {
        // `randomUUID` exists only in secure contexts; a self-hosted desk may be opened by address over plain HTTP.
        let random = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        format!("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random())
    };
    if cfg!(not(target_arch = "wasm32")) {
        return String::new();
    }
    let crypto = js_sys::Reflect::get(&js_sys::global(), &"crypto".into());
    crypto
        .and_then(|crypto| {
            let make = js_sys::Reflect::get(&crypto, &"randomUUID".into())?;
            make.dyn_into::<js_sys::Function>()?.call0(&crypto)
        })
        .ok()
        .and_then(|key| key.as_string())
        .unwrap_or_else(|| unique(()))
}

/// Loads `path` as a fresh page.
pub fn load(path: &str) {
    if cfg!(target_arch = "wasm32")
        && let Some(window) = web_sys::window()
    {
        // Refused only for addresses that aren't ours, and `path` always is.
        let _ = window.location().set_href(path);
    }
}

/// Loads this page again.
pub fn reload() {
    if cfg!(target_arch = "wasm32")
        && let Some(window) = web_sys::window()
    {
        let _ = window.location().reload();
    }
}

/// While it lives, the browser asks before it leaves the page: something is not saved yet.
pub struct Unsaved(Option<WindowListenerHandle>);

impl Unsaved {
    /// From now on.
    pub fn begin() -> Self {
        Self(Some(window_event_listener(ev::beforeunload, |event| event.prevent_default())))
    }
}

impl Drop for Unsaved {
    fn drop(&mut self) {
        if let Some(listener) = self.0.take() {
            listener.remove();
        }
    }
}

/// Puts the keyboard focus on the first element that matches the CSS selector, once the screen has been drawn.
pub fn focus_soon(selector: impl Into<String>) {
    let selector = selector.into();
    request_animation_frame(move || {
        focus(&selector);
    });
}

/// Puts the keyboard focus on the first element that matches; says whether there was one.
pub fn focus(selector: &str) -> bool {
    query(selector).is_some_and(|element| element.focus().is_ok())
}

/// The first element that matches the CSS selector.
pub fn query(selector: &str) -> Option<web_sys::HtmlElement> {
    if cfg!(not(target_arch = "wasm32")) {
        return None;
    }
    web_sys::window()?.document()?.query_selector(selector).ok()??.dyn_into().ok()
}

/// The element that has the keyboard focus, or the nearest around it that matches the CSS selector.
pub fn focused(selector: &str) -> Option<web_sys::HtmlElement> {
    if cfg!(not(target_arch = "wasm32")) {
        return None;
    }
    web_sys::window()?.document()?.active_element()?.closest(selector).ok()??.dyn_into().ok()
}

/// Does something once no mouse button or finger is down, after what that clicks: what moves while it is down is missed.
pub fn after_press(act: impl FnOnce() + 'static) {
    if query(":active").is_none() {
        return act();
    }
    let act = Rc::new(Cell::new(Some(act)));
    let listeners = Rc::new(RefCell::new(Vec::new()));
    let released = {
        let listeners = Rc::clone(&listeners);
        move || {
            listeners.take().into_iter().for_each(WindowListenerHandle::remove);
            if let Some(act) = act.take() {
                request_animation_frame(act);
            }
        }
    };
    let canceled = released.clone();
    *listeners.borrow_mut() = vec![
        window_event_listener(ev::pointerup, move |_| released()),
        window_event_listener(ev::pointercancel, move |_| canceled()),
    ];
}

/// Whether the key was pressed where letters are typed, so that it is no shortcut.
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| {
        let is_box = element.get_attribute("type").is_some_and(|kind| kind == "checkbox" || kind == "radio");
        (matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") && !is_box)
            || element.closest("[contenteditable=true]").ok().flatten().is_some()
    })
}

/// Whether a dialog lies over the page, so that the page's shortcuts are off.
pub fn has_open_dialog() -> bool {
    query("dialog[open]").is_some()
}

/// Where this desk is: `https://desk.example.com`.
pub fn origin() -> String {
    if cfg!(not(target_arch = "wasm32")) {
        return String::new();
    }
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Puts `text` on the clipboard; says whether the browser allowed it.
pub async fn copy(text: &str) -> bool {
    let write = || {
        let navigator = web_sys::window().ok_or(JsValue::NULL)?.navigator();
        // Absent where the page is not served over a secure origin.
        let clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into())?;
        let write = js_sys::Reflect::get(&clipboard, &"writeText".into())?.dyn_into::<js_sys::Function>()?;
        write.call1(&clipboard, &text.into())?.dyn_into::<js_sys::Promise>()
    };
    match write() {
        Ok(writing) => JsFuture::from(writing).await.is_ok(),
        Err(_) => false,
    }
}

/// Marks all that stands in the field that got the focus.
pub fn select(event: &web_sys::FocusEvent) {
    if let Some(field) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok())
    {
        field.select();
    }
}

/// Asks the API with a JSON body, and saves what it answers as a file.
pub async fn download(path: &str, body: &serde_json::Value, name: &str) -> Result<(), Fault> {
    let answer = ask(path, body).await.map_err(|_| unreachable())?;
    if !answer.ok() {
        let text = match answer.text().map(JsFuture::from) {
            Ok(text) => text.await.ok().and_then(|text| text.as_string()),
            Err(_) => None,
        };
        let told = text.and_then(|text| serde_json::from_str::<Problem>(&text).ok());
        return Err(told.map_or_else(unreachable, Fault));
    }
    keep(&answer, name).await.map_err(|_| unreachable())
}

async fn ask(path: &str, body: &serde_json::Value) -> Result<web_sys::Response, JsValue> {
    let wanted = web_sys::RequestInit::new();
    wanted.set_method("POST");
    wanted.set_body(&body.to_string().into());
    let request = web_sys::Request::new_with_str_and_init(path, &wanted)?;
    request.headers().set("content-type", "application/json")?;
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()
}

/// Hands the body of an answer to the person, as a link to a file would.
async fn keep(answer: &web_sys::Response, name: &str) -> Result<(), JsValue> {
    let blob: web_sys::Blob = JsFuture::from(answer.blob()?).await?.dyn_into()?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::NULL)?;
    let link: web_sys::HtmlElement = document.create_element("a")?.dyn_into()?;
    link.set_attribute("href", &url)?;
    link.set_attribute("download", name)?;
    link.click();
    web_sys::Url::revoke_object_url(&url)
}

fn unreachable() -> Fault {
    Fault::from_server_fn_error(ServerFnErrorErr::Request(String::new()))
}
