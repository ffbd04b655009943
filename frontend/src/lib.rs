//! The WASM entry: hydrate, panic banner, service-worker registration.

// Views are nested types; laying out their futures for the browser goes deeper than the default of 128.
#![recursion_limit = "512"]
#![cfg_attr(
    not(target_arch = "wasm32"),
    expect(
        unused,
        reason = "nothing of this runs anywhere but in a browser; there it is checked by the wasm32 build"
    )
)]

mod early;

use std::panic::{self, PanicHookInfo};
use std::time::Duration;

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, ServiceWorkerRegistration};

/// Brings the page that the server sent to life.
#[wasm_bindgen]
pub fn hydrate() {
    panic::set_hook(Box::new(on_panic));
    spawn_local(async {
        let Some(body) = document().body() else { return };
        let early = early::Early::watch();
        let page = leptos::mount::hydrate_from_async(body, app::App).await;
        page.forget();
        // What waits for its data comes to life a moment after the page.
        let typed = early.taken();
        set_timeout(|| typed.put_back(), Duration::from_millis(50));
        if let Some(root) = document().document_element().and_then(|root| root.dyn_into::<HtmlElement>().ok())
        {
            // Tests, and the style sheet, wait for it.
            let _ = root.dataset().set("hydrated", "true");
        }
        register_service_worker().await;
    });
}

/// A panic ends the program in this page for good: every button is dead from here on, so the page says so.
fn on_panic(info: &PanicHookInfo<'_>) {
    console_error_panic_hook::hook(info);
    banner(
        "alert",
        "Something broke on this page. What you saved is safe; reload to go on.",
        Closure::new(|| {
            // A page that can't be reloaded can't be helped from here.
            let _ = window().location().reload();
        }),
    );
}

/// A bar over everything with one button, “Reload”. Made by hand: it has to work when nothing else does.
fn banner(role: &str, text: &str, on_click: Closure<dyn Fn()>) {
    let draw = || -> Result<(), JsValue> {
        let document = document();
        if document.get_element_by_id("reload-banner").is_some() {
            return Ok(());
        }
        let bar = document.create_element("div")?;
        bar.set_id("reload-banner");
        bar.set_class_name("reload-banner");
        bar.set_attribute("role", role)?;
        let words = document.create_element("p")?;
        words.set_text_content(Some(text));
        let button = document.create_element("button")?;
        button.set_class_name("button button-primary button-small");
        button.set_attribute("type", "button")?;
        button.set_text_content(Some("Reload"));
        button.add_event_listener_with_callback("click", on_click.as_ref().unchecked_ref())?;
        bar.append_child(&words)?;
        bar.append_child(&button)?;
        if let Some(body) = document.body() {
            body.append_child(&bar)?;
        }
        Ok(())
    };
    // Without a document there is nobody to tell.
    let _ = draw();
    on_click.forget();
}

/// The service worker keeps the built front end and the offline page. Where it can't be (plain HTTP, private windows),
/// Duebook works without it.
async fn register_service_worker() {
    let navigator = window().navigator();
    // Absent outside of secure contexts, whatever the binding's type says.
    let Ok(true) = js_has(&navigator, "serviceWorker") else { return };
    let registration =
        wasm_bindgen_futures::JsFuture::from(navigator.service_worker().register("/sw.js")).await;
    let Some(registration) =
        registration.ok().and_then(|value| value.dyn_into::<ServiceWorkerRegistration>().ok())
    else {
        return;
    };
    let controlled = navigator.service_worker().controller().is_some();
    if controlled && registration.waiting().is_some() {
        hint_update(registration.clone());
    }
    let on_found = {
        let registration = registration.clone();
        Closure::<dyn Fn()>::new(move || watch(&registration))
    };
    registration.set_onupdatefound(Some(on_found.as_ref().unchecked_ref()));
    on_found.forget();
}

/// A new worker is being installed: once it waits, the page offers to change over.
fn watch(registration: &ServiceWorkerRegistration) {
    let Some(worker) = registration.installing() else { return };
    let registration = registration.clone();
    let on_change = Closure::<dyn Fn()>::new(move || {
        let controlled = window().navigator().service_worker().controller().is_some();
        if controlled && registration.waiting().is_some() {
            hint_update(registration.clone());
        }
    });
    worker.set_onstatechange(Some(on_change.as_ref().unchecked_ref()));
    on_change.forget();
}

fn hint_update(registration: ServiceWorkerRegistration) {
    banner(
        "status",
        "A new version of Duebook is ready.",
        Closure::new(move || {
            if let Some(waiting) = registration.waiting() {
                let _ = waiting.post_message(&"skip-waiting".into());
            }
            let _ = window().location().reload();
        }),
    );
}

fn js_has(object: &JsValue, name: &str) -> Result<bool, JsValue> {
    Ok(!js_sys::Reflect::get(object, &name.into())?.is_undefined())
}
