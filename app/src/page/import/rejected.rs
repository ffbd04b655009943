//! The cells that were wrong, where the spreadsheet has them, and what would be right.

use domain::import::ImportError;
use domain::{ImportId, Page};
use leptos::prelude::*;

use super::pieces::{More, Pieces};
use crate::api::import::import_errors;
use crate::ui::{ErrorState, Skeleton, TableFrame};

/// Cells read at a time.
const CELLS: u32 = 100;

#[component]
pub(super) fn RejectedCells(id: ImportId) -> impl IntoView {
    let first = Resource::new(|| (), {
        let id = id.clone();
        move |()| import_errors(id.clone(), Some(CELLS), None)
    });
    view! {
        <Suspense fallback=|| view! { <Skeleton rows=4 /> }>
            {move || {
                let id = id.clone();
                Suspend::new(async move {
                    match first.await {
                        Ok(page) => view! { <Cells id page /> }.into_any(),
                        Err(fault) => view! { <ErrorState fault retry=move |()| first.refetch() /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Cells(id: ImportId, page: Page<ImportError>) -> impl IntoView {
    let pieces = Pieces::of(page);
    let rows = pieces.rows;
    let of = move |warnings: bool| {
        rows.with(|rows| rows.iter().filter(|row| row.warning == warnings).cloned().collect::<Vec<_>>())
    };
    let table = move |label: &'static str, warnings: bool| {
        let cells = of(warnings);
        (!cells.is_empty()).then(|| view! { <Table label cells /> })
    };
    let wrong = move || rows.with(|rows| rows.iter().any(|row| !row.warning));
    let doubtful = move || rows.with(|rows| rows.iter().any(|row| row.warning));
    view! {
        <section class="rejected">
            <Show when=wrong>
                <div class="section-head">
                    <div>
                        <h2 class="section-title">"Rejected cells"</h2>
                        <p class="muted">"Their rows were not saved. Mend them in the workbook with the errors marked and drop it here: only those rows are taken."</p>
                    </div>
                </div>
                {move || table("Rejected cells", false)}
            </Show>
            <Show when=doubtful>
                <div class="section-head">
                    <div>
                        <h2 class="section-title">"Cells to look at"</h2>
                        <p class="muted">"Their rows are saved; this may not be what was meant."</p>
                    </div>
                </div>
                {move || table("Cells to look at", true)}
            </Show>
            <More pieces read=move |cursor| import_errors(id.clone(), Some(CELLS), cursor) />
        </section>
    }
}

#[component]
fn Table(label: &'static str, cells: Vec<ImportError>) -> impl IntoView {
    view! {
        <TableFrame label cards=true>
            <thead>
                <tr>
                    <th scope="col">"Sheet"</th>
                    <th scope="col" class="numeric">"Row"</th>
                    <th scope="col">"Column"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"What to do"</th>
                </tr>
            </thead>
            <tbody>
                {cells
                    .into_iter()
                    .map(|cell| view! {
                        <tr>
                            <td data-label="Sheet">{cell.sheet}</td>
                            <td data-label="Row" class="numeric">{cell.row.to_string()}</td>
                            <td data-label="Column">{cell.column}</td>
                            <td data-label="Value" class="cell-value">{cell.value}</td>
                            <td data-label="What to do" class="cell-wide">{cell.message}</td>
                        </tr>
                    })
                    .collect_view()}
            </tbody>
        </TableFrame>
    }
}
