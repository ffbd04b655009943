//! The grid under the keyboard: rows, cells, what is done with them.

use domain::CustomerId;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::chosen::Chosen;
use super::columns::Column;
use super::inline::{Inline, cell_id};
use super::rows::Rows;
use super::window::Window;
use crate::browser;

/// What the keys work on. Copy.
#[derive(Clone, Copy)]
pub(super) struct Keyboard {
    pub rows: Rows,
    pub window: Window,
    pub chosen: Chosen,
    pub inline: Inline,
}

/// Whether the page's shortcuts may take the key.
pub(super) fn is_free(event: &KeyboardEvent) -> bool {
    let held = event.ctrl_key() || event.meta_key() || event.alt_key();
    !held && !event.default_prevented() && !browser::is_typing(event) && !browser::has_open_dialog()
}

impl Keyboard {
    /// Listens until the grid goes away.
    pub(super) fn listen(self) {
        let handle = window_event_listener(ev::keydown, move |event| {
            if is_free(&event) && self.press(&event) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    }

    /// Whether the key means something here.
    fn press(&self, event: &KeyboardEvent) -> bool {
        let key = event.key();
        match (key.as_str(), focused_row()) {
            ("j", row) => self.step(row, 1),
            ("k", row) => self.step(row, -1),
            ("x" | "X", Some(id)) => self.chosen.toggle(self.rows, &id, event.shift_key()),
            ("e" | "F2", Some(id)) => {
                let column = focused_column().filter(|column| self.inline.may(*column));
                self.inline.open(&id, column.unwrap_or(Column::Name));
            }
            ("ArrowLeft", Some(_)) => return sideways(Element::previous_element_sibling),
            ("ArrowRight", Some(_)) => return sideways(Element::next_element_sibling),
            // On the name it is the browser's own.
            ("Enter", Some(_)) if browser::focused("a, button, input").is_none() => return open_row(),
            _ => return false,
        }
        true
    }

    /// Goes to the next row or the one before, staying in the column; to the first in sight from elsewhere.
    fn step(&self, from: Option<CustomerId>, by: isize) {
        let place = match from.and_then(|id| self.rows.place(&id)) {
            Some(place) => place.saturating_add_signed(by),
            None => self.window.sight.get_untracked().0,
        };
        let Some((place, id)) = self.rows.at(place) else { return };
        let column = focused_column().unwrap_or(Column::Name);
        self.window.draw(place);
        let cell = selector(&id, column);
        // At once where the row is drawn, so that not even a quick key misses it.
        if !browser::focus(&cell) {
            browser::focus_soon(cell);
        }
    }
}

/// What takes the focus in a cell.
fn selector(id: &CustomerId, column: Column) -> String {
    let link = if column == Column::Name { " a" } else { "" };
    format!("#{}{link}", cell_id(id, column))
}

fn focused_row() -> Option<CustomerId> {
    browser::focused("tr[data-id]")?.get_attribute("data-id").map(CustomerId::from)
}

fn focused_column() -> Option<Column> {
    Column::named(&browser::focused("td[data-column]")?.get_attribute("data-column")?)
}

/// Goes to the cell beside the focused one.
fn sideways(beside: fn(&Element) -> Option<Element>) -> bool {
    let cell = browser::focused("td[data-column]").and_then(|cell| beside(&cell));
    let Some(cell) = cell.filter(|cell| cell.has_attribute("data-column")) else { return false };
    let link = cell.query_selector("a").ok().flatten();
    let target = link.unwrap_or(cell).dyn_into::<HtmlElement>();
    target.is_ok_and(|target| target.focus().is_ok())
}

/// Follows the link of the focused row.
fn open_row() -> bool {
    let link =
        browser::focused("tr[data-id]").and_then(|row| row.query_selector("a.customer-name").ok().flatten());
    let link = link.and_then(|link| link.dyn_into::<HtmlElement>().ok());
    if let Some(link) = &link {
        link.click();
    }
    link.is_some()
}
