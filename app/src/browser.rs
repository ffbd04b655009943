//! The few things asked of the browser itself. On the server each of them does nothing.

use wasm_bindgen::JsCast;

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

/// Puts the keyboard focus on the first element that matches the CSS selector, once the screen has been drawn.
pub fn focus_soon(selector: &'static str) {
    leptos::prelude::request_animation_frame(move || {
        focus(selector);
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

/// Moves the focus to the link of the next (1) or the previous (−1) row of the page's table.
pub fn focus_row(step: i32) {
    let Some(links) = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector_all("main tbody tr td:first-child a").ok())
    else {
        return;
    };
    let link = |at: u32| links.item(at).and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok());
    let current = (0_u32..links.length())
        .find(|at| link(*at).and_then(|link| link.closest("tr:focus-within").ok().flatten()).is_some());
    let next = match current {
        None => 0_u32,
        Some(at) => at.saturating_add_signed(step).min(links.length().saturating_sub(1)),
    };
    if let Some(link) = link(next) {
        // A link in the page takes the focus.
        let _ = link.focus();
    }
}

/// Whether the key was pressed where letters are typed, so that it is no shortcut.
pub fn is_typing(event: &web_sys::KeyboardEvent) -> bool {
    event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.closest("[contenteditable=true]").ok().flatten().is_some()
    })
}

/// Whether a dialog lies over the page, so that the page's shortcuts are off.
pub fn has_open_dialog() -> bool {
    query("dialog[open]").is_some()
}
