//! The page before there is a file: where to drop it, what it may be, and templates to begin with.

use domain::import::Kind;
use leptos::prelude::*;

use super::choice::ReviewChoice;
use super::limits::import_limits;
use super::steps::StepsAhead;
use super::template;
use super::upload::{DropZone, Upload};

#[component]
pub(super) fn Start(upload: Upload) -> impl IntoView {
    let limits = Resource::new(|| (), |()| import_limits());
    let templates = Kind::ALL
        .into_iter()
        .map(|kind| {
            view! {
                <li>
                    // A download isn't a page: the router has to leave it to the browser.
                    <a class="link" href=template(kind.as_str()) download="" rel="external">{kind.label()}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <StepsAhead />
        <section class="panel" aria-label="File">
            <DropZone upload />
            <div class="start">
                <div class="start-part">
                    <Suspense>
                        {move || Suspend::new(async move {
                            limits.await.ok().map(|limits| view! { <p class="step-note">{limits.in_words()}</p> })
                        })}
                    </Suspense>
                    <ReviewChoice />
                </div>
                <div class="start-part">
                    <p class="step-note">"Customers, invoices or payments, in any order of columns. Templates with examples:"</p>
                    <ul class="start-templates">{templates}</ul>
                </div>
            </div>
        </section>
    }
}
