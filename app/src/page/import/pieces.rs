//! Lists that are read piece by piece, as far as one wants to see.

use std::future::Future;

use domain::Page;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::error::Fault;
use crate::format;
use crate::ui::Button;

/// The rows read so far. Copy.
pub(super) struct Pieces<T: Send + Sync + 'static> {
    pub rows: RwSignal<Vec<T>>,
    next: RwSignal<Option<String>>,
    total: RwSignal<u64>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<Fault>>,
}

impl<T: Send + Sync + 'static> Clone for Pieces<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Pieces<T> {}

impl<T: Send + Sync + 'static> Pieces<T> {
    pub(super) fn of(first: Page<T>) -> Self {
        Self {
            rows: RwSignal::new(first.data),
            next: RwSignal::new(first.page.next_cursor),
            total: RwSignal::new(first.page.total),
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
        }
    }

    /// Begins again with this piece.
    pub(super) fn begin(self, first: Page<T>) {
        let _ = self.rows.try_set(first.data);
        let _ = self.next.try_set(first.page.next_cursor);
        let _ = self.total.try_set(first.page.total);
        let _ = self.fault.try_set(None);
    }

    /// Reads the next piece, by its cursor.
    fn more<F>(self, read: impl FnOnce(Option<String>) -> F)
    where
        F: Future<Output = Result<Page<T>, Fault>> + 'static,
    {
        let Some(cursor) = self.next.get_untracked().filter(|_| !self.busy.get_untracked()) else { return };
        self.busy.set(true);
        let answer = read(Some(cursor));
        spawn_local(async move {
            let answer = answer.await;
            let _ = self.busy.try_set(false);
            match answer {
                Ok(page) => {
                    let _ = self.fault.try_set(None);
                    let _ = self.rows.try_update(|rows| rows.extend(page.data));
                    let _ = self.next.try_set(page.page.next_cursor);
                }
                Err(refused) => {
                    let _ = self.fault.try_set(Some(refused));
                }
            }
        });
    }
}

/// How much of a list is shown, and the way to more of it.
#[component]
pub(super) fn More<T, R, F>(
    pieces: Pieces<T>,
    /// Reads the piece at a cursor.
    read: R,
    #[prop(default = "Show more")] label: &'static str,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    R: Fn(Option<String>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Page<T>, Fault>> + 'static,
{
    let shown = move || {
        let rows = pieces.rows.with(|rows| rows.len() as u64);
        format!("{} of {}", format::count(rows), format::count(pieces.total.get()))
    };
    view! {
        {move || pieces.fault.get().map(|fault| view! { <p class="field-error" role="alert">{fault.0.detail}</p> })}
        <Show when=move || pieces.next.with(Option::is_some)>
            <div class="more">
                <span class="muted">{shown}</span>
                <Button
                    busy=pieces.busy
                    on_click={
                        let read = read.clone();
                        move |_| pieces.more(&read)
                    }
                >
                    {label}
                </Button>
            </div>
        </Show>
    }
}
