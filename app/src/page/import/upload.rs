//! Choosing a file and sending it. By XMLHttpRequest, the only way a browser tells how far an upload is.
//!
//! Every file is sent for review: only when its columns are known for certain, and nobody asked for a look, the page goes
//! on by itself (see [`super::workspace`]).

use domain::Problem;
use domain::import::Import;
use leptos::html;
use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::choice;
use crate::format;
use crate::ui::{ButtonKind, Icon, IconName, LabelButton, ProgressBar};

/// Where a file is on its way to the server. Copy.
#[derive(Clone, Copy)]
pub(super) struct Upload {
    /// The file on its way: its name and how many of a hundred parts are there.
    sending: RwSignal<Option<(String, u32)>>,
    /// Why the last one was refused.
    pub refused: RwSignal<Option<(String, Problem)>>,
    /// The import that the last one became.
    pub started: RwSignal<Option<Import>>,
}

impl Upload {
    pub(super) fn new() -> Self {
        Self { sending: RwSignal::new(None), refused: RwSignal::new(None), started: RwSignal::new(None) }
    }

    /// Whether a file is on its way.
    pub(super) fn is_sending(&self) -> bool {
        self.sending.with(Option::is_some)
    }

    /// Sends `file`, unless another is on its way.
    fn send(self, file: web_sys::File) {
        if self.sending.with_untracked(Option::is_some) {
            return;
        }
        let name = file.name();
        self.refused.set(None);
        self.sending.set(Some((name.clone(), 0)));
        if self.start(&file).is_err() {
            self.refuse(&name, unreachable());
        }
    }

    fn start(self, file: &web_sys::File) -> Result<(), wasm_bindgen::JsValue> {
        let form = web_sys::FormData::new()?;
        form.append_with_blob_and_filename("file", file, &file.name())?;
        form.append_with_str("commit", "review")?;
        let request = web_sys::XmlHttpRequest::new()?;
        request.open("POST", "/api/v1/imports")?;
        request.set_request_header("Accept", "application/json, application/problem+json")?;

        let on_progress =
            Closure::<dyn Fn(web_sys::ProgressEvent)>::new(move |event: web_sys::ProgressEvent| {
                let share =
                    if event.total() > 0.0 { (event.loaded() * 100.0 / event.total()) as u32 } else { 0 };
                let _ = self.sending.try_update(|sending| {
                    if let Some((_, sent)) = sending {
                        *sent = share.min(100);
                    }
                });
            });
        request.upload()?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
        on_progress.forget();

        let (answered, name) = (request.clone(), file.name());
        let on_end = Closure::once_into_js(move || self.end(&name, &answered));
        request.set_onloadend(Some(on_end.unchecked_ref()));
        request.send_with_opt_form_data(Some(&form))
    }

    /// The request is over, answered or not.
    fn end(self, name: &str, request: &web_sys::XmlHttpRequest) {
        let text = request.response_text().ok().flatten().unwrap_or_default();
        match request.status().unwrap_or(0) {
            200..=299 => match serde_json::from_str::<Import>(&text) {
                Ok(import) => {
                    if choice::wants_review() {
                        choice::attend();
                    } else {
                        choice::leave_unattended(&import.id);
                    }
                    let _ = self.started.try_set(Some(import));
                    let _ = self.sending.try_set(None);
                }
                Err(_) => self.refuse(
                    name,
                    Problem::new(
                        502,
                        "unreadable",
                        "Unexpected answer",
                        "The answer can't be read; perhaps Duebook was updated. Reload the page: the import may be listed \
                         below.",
                    ),
                ),
            },
            0 => self.refuse(name, unreachable()),
            status => {
                let problem = serde_json::from_str(&text).unwrap_or_else(|_| {
                    Problem::new(status, "refused", "This file can't be imported", "The server refused it; nothing was saved.")
                });
                self.refuse(name, problem);
            }
        }
    }

    fn refuse(self, name: &str, problem: Problem) {
        let _ = self.sending.try_set(None);
        let _ = self.refused.try_set(Some((name.to_owned(), problem)));
    }
}

fn unreachable() -> Problem {
    Problem::new(
        503,
        "unreachable",
        "The file did not arrive",
        "The connection broke before it was read; nothing was saved. Choose it again when the connection is back.",
    )
}

/// The first of the files that were dropped, and how many there were.
fn dropped(event: &web_sys::DragEvent) -> Option<(web_sys::File, u32)> {
    let files = event.data_transfer()?.files()?;
    Some((files.get(0)?, files.length()))
}

/// Whether what is dragged over the page is files, not a word or a link.
fn brings_files(event: &web_sys::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| {
        js_sys::Array::from(&data.types()).iter().any(|kind| kind.as_string().as_deref() == Some("Files"))
    })
}

/// Takes a file that was chosen or dropped, the only one.
fn take(upload: Upload, file: web_sys::File, count: u32) {
    if count > 1 {
        let others = format::counted(u64::from(count - 1), "other file", "other files");
        let problem = Problem::new(
            422,
            "several_files",
            "One file at a time",
            "Drop one spreadsheet; import the next after it.",
        );
        upload.refuse(&format!("{} and {others}", file.name()), problem);
    } else {
        upload.send(file);
    }
}

/// Takes files that are dropped anywhere on the page; answers whether one is over it.
fn take_drops(upload: Upload) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    Effect::new(move |_| {
        let dragging = window_event_listener(ev::dragover, move |event| {
            if brings_files(&event) {
                // Without this the browser would open the file in place of the page.
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }
        });
        let leaving = window_event_listener(ev::dragleave, move |event| {
            // Leaving the window, not one element for another.
            if event.related_target().is_none() {
                over.set(false);
            }
        });
        let dropping = window_event_listener(ev::drop, move |event| {
            over.set(false);
            if brings_files(&event) {
                event.prevent_default();
                if let Some((file, count)) = dropped(&event) {
                    take(upload, file, count);
                }
            }
        });
        on_cleanup(move || {
            dragging.remove();
            leaving.remove();
            dropping.remove();
        });
    });
    over
}

/// The button that opens the file chooser.
#[component]
fn Chooser(upload: Upload, kind: ButtonKind, words: &'static str) -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let chosen = move || {
        let Some(input) = input.get_untracked() else { return };
        let Some((file, count)) = input.files().and_then(|files| Some((files.get(0)?, files.length())))
        else {
            return;
        };
        // Choosing the same file again, mended in the meantime, has to count as a change.
        input.set_value("");
        take(upload, file, count);
    };
    // Whoever was quicker than the script is not asked twice.
    Effect::new(move |_| chosen());
    view! {
        <input
            class="sr-only field-behind"
            id="spreadsheet"
            type="file"
            accept=".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"
            autocomplete="off"
            node_ref=input
            on:change=move |_| chosen()
        />
        <LabelButton field="spreadsheet" kind>{words}</LabelButton>
    }
}

/// Where a file is dropped or chosen. A drop anywhere on the page counts.
#[component]
pub(super) fn DropZone(upload: Upload) -> impl IntoView {
    let over = take_drops(upload);
    view! {
        <div class="drop-zone" class:drop-zone-over=move || over.get()>
            <Show when=move || !upload.is_sending() fallback=move || view! { <Sending upload /> }>
                <span class="drop-icon" aria-hidden="true"><Icon name=IconName::Import size=24 /></span>
                <p class="drop-words">
                    {move || {
                        if over.get() { "Let go to import it" } else { "Drop a spreadsheet anywhere on this page" }
                    }}
                </p>
                <Chooser upload kind=ButtonKind::Primary words="Choose a file" />
            </Show>
        </div>
        <WhyRefused upload />
    }
}

/// The same where an import is at hand already: small, for the next file.
#[component]
pub(super) fn NextFile(upload: Upload) -> impl IntoView {
    let over = take_drops(upload);
    view! {
        <div class="next-file" class:drop-zone-over=move || over.get()>
            <Show when=move || !upload.is_sending() fallback=move || view! { <Sending upload /> }>
                <p class="drop-words">
                    {move || if over.get() { "Let go to import it" } else { "Another file? Drop it anywhere on this page." }}
                </p>
                <Chooser upload kind=ButtonKind::Secondary words="Choose another file" />
            </Show>
        </div>
        <WhyRefused upload />
    }
}

#[component]
fn WhyRefused(upload: Upload) -> impl IntoView {
    move || upload.refused.get().map(|(name, problem)| view! { <Refused name problem /> })
}

#[component]
fn Sending(upload: Upload) -> impl IntoView {
    let share = move || upload.sending.with(|sending| sending.as_ref().map_or(0, |(_, share)| *share));
    let name = move || {
        upload.sending.with(|sending| sending.as_ref().map(|(name, _)| name.clone()).unwrap_or_default())
    };
    let words = move || {
        if share() < 100 { format!("Uploading {}…", name()) } else { format!("Reading {}…", name()) }
    };
    view! {
        <p class="drop-words" role="status">{words}</p>
        <ProgressBar label=Signal::derive(words) percent=Signal::derive(move || Some(i64::from(share()))) />
    }
}

#[component]
fn Refused(name: String, problem: Problem) -> impl IntoView {
    let signed_out = problem.status == 401;
    view! {
        <div class="notice notice-bad" role="alert">
            <Icon name=IconName::Warning />
            <div>
                <p class="notice-title">{format!("{name}: {}", problem.title)}</p>
                <p>{problem.detail}</p>
                <ul class="plain">
                    {problem.errors.0.into_iter().map(|error| view! { <li>{error.message}</li> }).collect_view()}
                </ul>
                <p>"Nothing was saved."</p>
                {signed_out.then(|| view! { <p><a class="link" href="/sign-in" target="_blank" rel="external">"Sign in in a new tab"</a></p> })}
                {problem.request_id.map(|id| view! { <p class="request-id">"Request " <code>{id}</code></p> })}
            </div>
        </div>
    }
}
