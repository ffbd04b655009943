//! How far something is.

use leptos::prelude::*;

/// A bar; while nobody knows how far it is, it wanders.
#[component]
pub fn ProgressBar(
    /// What is going on; its accessible name.
    #[prop(into)]
    label: Signal<String>,
    /// How many of a hundred parts are done, when that is known.
    #[prop(into)]
    percent: Signal<Option<i64>>,
    /// What it shows, in words, where the label doesn't say it.
    #[prop(optional, into)]
    words: Option<Signal<String>>,
) -> impl IntoView {
    view! {
        <div
            class="progress"
            role="progressbar"
            aria-label=move || label.get()
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent.get().map(|percent| percent.to_string())
            aria-valuetext=words.map(|words| move || words.get())
        >
            // Drawn, not styled: pages may not carry styles of their own.
            <svg class="progress-fill" class:progress-unknown=move || percent.get().is_none() viewBox="0 0 100 1" preserveAspectRatio="none">
                <rect height="1" width=move || percent.get().unwrap_or(100).to_string() />
            </svg>
        </div>
    }
}
