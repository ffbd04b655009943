//! The imports so far, the last first.

use domain::import::{Import, ImportState};
use domain::{EventKind, Page};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::number;
use crate::api::import::list_imports;
use crate::error::Fault;
use crate::format;
use crate::live::Live;
use crate::ui::{Button, ErrorState, Skeleton, StatusBadge, TableFrame, Tone};

/// Imports read at a time.
const IMPORTS: u32 = 20;

#[component]
pub(super) fn History() -> impl IntoView {
    let first = Resource::new(|| (), |()| list_imports(Some(IMPORTS), None));
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=3 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(page) => view! { <Imports page /> }.into_any(),
                    Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Imports(page: Page<Import>) -> impl IntoView {
    let rows = RwSignal::new(page.data);
    let next = RwSignal::new(page.page.next_cursor);
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let read_again = move || {
        spawn_local(async move {
            if let Ok(page) = list_imports(Some(IMPORTS), None).await {
                let _ = rows.try_set(page.data);
                let _ = next.try_set(page.page.next_cursor);
            }
        });
    };
    let live = Live::expect();
    live.on_event(move |event| {
        if event.kind == EventKind::ImportFinished {
            read_again();
        }
    });
    live.on_resync(read_again);
    let more = move |_| {
        let Some(cursor) = next.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        busy.set(true);
        spawn_local(async move {
            let answer = list_imports(Some(IMPORTS), Some(cursor)).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(page) => {
                    let _ = fault.try_set(None);
                    let _ = rows.try_update(|rows| rows.extend(page.data));
                    let _ = next.try_set(page.page.next_cursor);
                }
                Err(refused) => {
                    let _ = fault.try_set(Some(refused));
                }
            }
        });
    };
    view! {
        <Show when=move || !rows.with(Vec::is_empty)>
            <section class="history">
                <h2 class="section-title">"Imports so far"</h2>
                <TableFrame label="Imports" cards=true>
                    <thead>
                        <tr>
                            <th scope="col">"File"</th>
                            <th scope="col">"When"</th>
                            <th scope="col" class="numeric">"Rows"</th>
                            <th scope="col" class="numeric">"New"</th>
                            <th scope="col" class="numeric">"Changed"</th>
                            <th scope="col" class="numeric">"Rejected"</th>
                            <th scope="col">"State"</th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || rows.get() key=|row| (row.id.clone(), row.updated_at) let:row>
                            <Row row />
                        </For>
                    </tbody>
                </TableFrame>
                {move || fault.get().map(|fault| view! { <p class="field-error" role="alert">{fault.0.detail}</p> })}
                <Show when=move || next.with(Option::is_some)>
                    <div class="more"><Button busy on_click=more>"Show earlier imports"</Button></div>
                </Show>
            </section>
        </Show>
    }
}

#[component]
fn Row(row: Import) -> impl IntoView {
    let (tone, label) = match row.state {
        ImportState::Uploaded | ImportState::Mapped | ImportState::Validated => (Tone::Waiting, "Checking"),
        ImportState::Committing => (Tone::Waiting, "Saving"),
        ImportState::Completed => (Tone::Good, "Done"),
        ImportState::CompletedWithErrors => (Tone::Good, "Done, rows rejected"),
        ImportState::Failed => (Tone::Bad, "Stopped"),
        ImportState::Canceled => (Tone::Neutral, "Canceled"),
        ImportState::Undone => (Tone::Neutral, "Taken back"),
    };
    view! {
        <tr>
            <td data-label="File" class="cell-main"><A href=format!("/import/{}", row.id)>{row.file_name}</A></td>
            <td data-label="When"><time class="when" datetime=row.created_at.to_rfc3339()>{format::instant(row.created_at)}</time></td>
            <td data-label="Rows" class="numeric">{number(row.rows)}</td>
            <td data-label="New" class="numeric">{number(row.created)}</td>
            <td data-label="Changed" class="numeric">{number(row.updated)}</td>
            <td data-label="Rejected" class="numeric">{number(row.invalid)}</td>
            <td data-label="State"><StatusBadge tone label /></td>
        </tr>
    }
}
