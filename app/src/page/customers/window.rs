//! Which of the loaded rows are drawn: those in sight and one screen around them. Rows are drawn in chunks, each a
//! `tbody`; in place of the others stands a gap as high as they were. So a hundred thousand rows cost no more than some
//! hundred, whether they are lines of a table or cards of different heights.

use std::collections::BTreeSet;
use std::ops::Range;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DomRect, HtmlElement};

/// Rows of a chunk.
pub(super) const CHUNK: usize = 50;
/// Screens that are drawn above and below the one in sight.
const AROUND: f64 = 1.0;
/// Where the end of the rows is nearer than so many screens, more are read.
const AHEAD: f64 = 3.0;

/// How high each chunk is, in CSS pixels: as it was when it was last drawn.
#[derive(Clone, Debug, Default)]
struct Heights {
    known: Vec<f64>,
    /// What one that was never drawn is taken for.
    usual: f64,
}

impl Heights {
    /// Notes a height; whether it is another one than was known.
    fn put(&mut self, chunk: usize, height: f64) -> bool {
        if self.known.len() <= chunk {
            self.known.resize(chunk + 1, 0.0);
        }
        // The last one may hold fewer rows.
        self.usual = self.usual.max(height);
        let before = self.known.get_mut(chunk).map(|known| std::mem::replace(known, height));
        before.is_some_and(|before| (before - height).abs() > 0.5)
    }

    fn of(&self, chunk: usize) -> f64 {
        self.known.get(chunk).copied().filter(|height| *height > 0.0).unwrap_or(self.usual)
    }

    /// How high some chunks are together.
    fn sum(&self, chunks: Range<usize>) -> f64 {
        chunks.map(|chunk| self.of(chunk)).sum()
    }

    /// The chunks, of so many, of which something lies between two distances from the first one's top.
    fn between(&self, count: usize, top: f64, bottom: f64) -> Range<usize> {
        let mut edge = 0.0;
        let (mut from, mut to) = (count.saturating_sub(1), count);
        for chunk in 0..count {
            if edge > bottom {
                to = chunk;
                break;
            }
            edge += self.of(chunk);
            if edge >= top && chunk < from {
                from = chunk;
            }
        }
        from.min(to)..to
    }
}

/// The part of the rows that is drawn. Copy.
#[derive(Clone, Copy)]
pub(super) struct Window {
    /// The frame that the rows scroll in; on a telephone the whole page does.
    pub frame: NodeRef<html::Div>,
    /// The chunks that are drawn, in order.
    pub drawn: RwSignal<Vec<usize>>,
    /// The rows in sight: the first, and the one after the last.
    pub sight: RwSignal<(usize, usize)>,
    /// How far the frame and the page are scrolled.
    pub scrolled: StoredValue<(f64, f64)>,
    /// The first row was in sight. Until then the frame may still hold, and be scrolled through, the list before this one.
    begun: StoredValue<bool>,
    heights: StoredValue<Heights>,
}

impl Window {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            frame: NodeRef::new(),
            drawn: RwSignal::new((0..rows.div_ceil(CHUNK)).collect()),
            sight: RwSignal::new((0, rows)),
            scrolled: StoredValue::default(),
            begun: StoredValue::new(false),
            heights: StoredValue::new(Heights::default()),
        }
    }

    /// The height of what isn't drawn between the chunk `before` and the chunk `to`.
    pub(super) fn gap(&self, before: Option<usize>, to: usize) -> f64 {
        let from = before.map_or(0, |before| before + 1);
        self.heights.try_with_value(|heights| heights.sum(from..to)).unwrap_or_default()
    }

    /// Looks where one is, and draws what belongs there, of so many rows. Whether the end is near.
    pub(super) fn look(&self, rows: usize) -> bool {
        let frame = self.frame.try_get_untracked().flatten();
        let Some(frame) = frame.filter(|_| self.begun.try_get_value() == Some(true)) else { return false };
        let Some(height) = web_sys::window().and_then(|window| window.inner_height().ok()?.as_f64()) else {
            return false;
        };
        let page = web_sys::window().and_then(|window| window.scroll_y().ok()).unwrap_or_default();
        self.scrolled.try_set_value((f64::from(frame.scroll_top()), page));
        let chunks = rows.div_ceil(CHUNK);
        let bodies = elements(&frame, "tbody");
        let grown = self.measure(&bodies);
        let Some(start) = bodies.first().map(|body| body.get_bounding_client_rect().top()) else {
            return false;
        };
        let around = frame.get_bounding_client_rect();
        let head =
            elements(&frame, "thead").first().map_or(0.0, |head| head.get_bounding_client_rect().bottom());
        let top = around.top().max(head).max(0.0);
        let bottom = around.bottom().min(height).max(top);
        let screen = bottom - top;
        let heights = self.heights.try_get_value().unwrap_or_default();
        let near = heights.between(chunks, top - start - screen * AROUND, bottom - start + screen * AROUND);
        // What has the focus stays, however far one scrolls away from it.
        let mut drawn = near.collect::<BTreeSet<_>>();
        drawn.extend(focused_chunk().filter(|chunk| *chunk < chunks));
        let drawn = drawn.into_iter().collect::<Vec<_>>();
        // Gaps follow what was measured.
        if self.drawn.try_with_untracked(|known| grown || *known != drawn) == Some(true) {
            self.drawn.set(drawn);
        }
        if let Some(sight) = in_sight(&bodies, top, bottom)
            && self.sight.try_get_untracked().is_some_and(|known| known != sight)
        {
            self.sight.set(sight);
        }
        start + heights.sum(0..chunks) < bottom + screen * AHEAD
    }

    /// Sees to it that the row of this place is drawn.
    pub(super) fn draw(&self, place: usize) {
        let chunk = place / CHUNK;
        if self.drawn.with_untracked(|drawn| !drawn.contains(&chunk)) {
            self.drawn.update(|drawn| {
                drawn.push(chunk);
                drawn.sort_unstable();
            });
        }
    }

    /// Notes how high the drawn chunks are; whether any is so otherwise than before.
    fn measure(&self, bodies: &[HtmlElement]) -> bool {
        let chunks = bodies.iter().filter_map(|body| Some((number(body, "chunk")?, body)));
        let height = |body: &HtmlElement| body.get_bounding_client_rect().height();
        self.heights
            .try_update_value(|heights| {
                chunks.fold(false, |grown, (chunk, body)| heights.put(chunk, height(body)) || grown)
            })
            .unwrap_or(false)
    }

    /// The rows are laid out otherwise: what was measured no longer holds.
    pub(super) fn forget(&self) {
        self.heights.try_update_value(|heights| *heights = Heights::default());
    }

    /// Scrolls the frame and the page.
    pub(super) fn scroll_to(&self, (frame_top, page_top): (f64, f64)) {
        if let Some(frame) = self.frame.try_get_untracked().flatten() {
            frame.set_scroll_top(frame_top as i32);
        }
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, page_top);
        }
    }

    /// Shows the rows from the first one on, once, as soon as there is a frame.
    pub(super) fn begin(&self) {
        let Some(frame) = self.frame.try_get().flatten() else { return };
        if self.begun.try_update_value(|begun| std::mem::replace(begun, true)) != Some(false) {
            return;
        }
        frame.set_scroll_top(0);
        if frame.get_bounding_client_rect().top() < 0.0 {
            frame.scroll_into_view();
        }
    }
}

/// The first and the one after the last of the drawn rows between two lines of the screen.
fn in_sight(bodies: &[HtmlElement], top: f64, bottom: f64) -> Option<(usize, usize)> {
    let visible = |rect: &DomRect| rect.bottom() > top + 1.0 && rect.top() < bottom - 1.0;
    let mut seen = bodies
        .iter()
        .filter(|body| visible(&body.get_bounding_client_rect()))
        .filter_map(|body| Some((number(body, "chunk")? * CHUNK, elements(body, "tr"))))
        .flat_map(|(first, rows)| (first..).zip(rows))
        .filter(|(_, row)| visible(&row.get_bounding_client_rect()))
        .map(|(at, _)| at);
    let first = seen.next()?;
    Some((first, seen.last().unwrap_or(first) + 1))
}

fn focused_chunk() -> Option<usize> {
    let active = web_sys::window()?.document()?.active_element()?;
    number(&active.closest("tbody[data-chunk]").ok()??.dyn_into().ok()?, "chunk")
}

fn number(element: &HtmlElement, name: &str) -> Option<usize> {
    element.get_attribute(&format!("data-{name}"))?.parse().ok()
}

fn elements(within: &HtmlElement, selector: &str) -> Vec<HtmlElement> {
    let Ok(found) = within.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights() -> Heights {
        let mut heights = Heights::default();
        for (chunk, height) in [100.0, 200.0, 100.0].into_iter().enumerate() {
            heights.put(chunk, height);
        }
        heights
    }

    #[test]
    fn what_is_in_sight_is_drawn_and_nothing_far_away() {
        let heights = heights();
        assert_eq!(heights.between(3, -50.0, 80.0), 0..1);
        assert_eq!(heights.between(3, 120.0, 250.0), 1..2);
        assert_eq!(heights.between(3, 250.0, 350.0), 1..3);
        assert_eq!(heights.between(3, 350.0, 900.0), 2..3);
    }

    #[test]
    fn beyond_either_end_the_nearest_is_drawn() {
        let heights = heights();
        assert_eq!(heights.between(3, 5_000.0, 6_000.0), 2..3);
        assert_eq!(heights.between(0, 0.0, 100.0), 0..0);
    }

    #[test]
    fn what_was_never_drawn_is_guessed() {
        let heights = heights();
        assert_eq!(heights.sum(0..5), 800.0);
    }
}
