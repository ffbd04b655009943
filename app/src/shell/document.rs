//! The HTML document.

use axum::http::HeaderValue;
use axum::http::header::CONTENT_SECURITY_POLICY;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::host::Visitor;
use crate::route::App;

/// Says which scripts and styles the browser may run on this page: files of ours, and what carries this answer's nonce. All
/// else, however it came into the page, is left dead.
fn guard() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
}

/// The document that every page is sent in.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    // Where nobody chose, the attribute is absent and the system decides, in the style sheet.
    let theme = use_context::<Visitor>()
        .and_then(|visitor| visitor.theme)
        .filter(|theme| matches!(theme.as_str(), "light" | "dark"));
    guard();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content="Duebook: who owes, what is overdue, and what came in, as it happens." />
                <meta name="theme-color" content="#f7f8fa" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#10141c" media="(prefers-color-scheme: dark)" />
                <link rel="preload" href="/fonts/inter-latin.woff2" r#as="font" type="font/woff2" crossorigin="anonymous" />
                <link rel="icon" href="/icons/icon.svg" type="image/svg+xml" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet id="leptos" options=options.clone() />
                <AutoReload options=options.clone() />
                <HydrationScripts options=options.clone() />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
