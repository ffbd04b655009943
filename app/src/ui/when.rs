//! Instants. The server doesn't know the reader's time zone, so the page arrives in UTC and becomes local in the browser.

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;

use crate::format;

/// When something happened: `just now`, `5 min ago`, `14:05`, `20 Mar 2025, 14:05`; the exact instant on hover.
#[component]
pub fn When(
    /// The instant.
    at: DateTime<Utc>,
) -> impl IntoView {
    let exact = format::instant(at);
    let text = RwSignal::new(exact.clone());
    Effect::new(move |_| text.set(local(at)));
    view! {
        <time class="when" datetime=at.to_rfc3339() title=exact>{move || text.get()}</time>
    }
}

fn local(at: DateTime<Utc>) -> String {
    let now = js_sys::Date::now() as i64;
    let minutes = (now - at.timestamp_millis()) / 60_000;
    let offset = |millis: i64| {
        let date = js_sys::Date::new(&(millis as f64).into());
        TimeDelta::minutes(-(date.get_timezone_offset() as i64))
    };
    let here = at.naive_utc() + offset(at.timestamp_millis());
    let today =
        DateTime::from_timestamp_millis(now).map(|now_utc| (now_utc.naive_utc() + offset(now)).date());
    match minutes {
        ..1 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        _ if today == Some(here.date()) => format!("today, {}", here.format("%H:%M")),
        _ => here.format("%-d %b %Y, %H:%M").to_string(),
    }
}
