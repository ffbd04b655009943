//! What people type before the page has its script. Hydration puts every field back to what the server sent, so the words
//! are kept meanwhile and put in again, as if typed then. Lists and boxes are left alone: there a choice may act at once, and
//! a browser that restores them after a reload would repeat it.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::document;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, EventInit, HtmlInputElement, HtmlTextAreaElement};

/// The fields that say something else than the server did, and those that are being filled in.
pub(crate) struct Early {
    typed: Rc<RefCell<Vec<(Typing, String)>>>,
    listener: Closure<dyn Fn(Event)>,
}

impl Early {
    /// Takes note of all that was typed, and of what is from here on.
    pub(crate) fn watch() -> Self {
        let typed = Rc::new(RefCell::new(Vec::new()));
        let listener = {
            let typed = Rc::clone(&typed);
            Closure::<dyn Fn(Event)>::new(move |event: Event| {
                let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                if let Some(field) = target.and_then(Typing::of) {
                    note(&mut typed.borrow_mut(), field);
                }
            })
        };
        let on_input = listener.as_ref().unchecked_ref();
        let _ = document().add_event_listener_with_callback_and_bool("input", on_input, true);
        if let Ok(found) = document().query_selector_all("input, textarea") {
            let elements = (0..found.length()).filter_map(|at| found.get(at)?.dyn_into::<Element>().ok());
            for field in elements.filter_map(Typing::of).filter(|field| field.text() != field.sent()) {
                note(&mut typed.borrow_mut(), field);
            }
        }
        Self { typed, listener }
    }

    /// What was typed until now: from here on the page itself takes it.
    pub(crate) fn taken(self) -> Typed {
        let on_input = self.listener.as_ref().unchecked_ref();
        let _ = document().remove_event_listener_with_callback_and_bool("input", on_input, true);
        Typed(self.typed.take())
    }
}

/// Fields with the words that were typed into them.
pub(crate) struct Typed(Vec<(Typing, String)>);

impl Typed {
    /// Types them again where they are gone.
    pub(crate) fn put_back(self) {
        for (field, text) in self.0 {
            if field.text() == field.sent() {
                field.type_again(&text);
            }
        }
    }
}

fn note(typed: &mut Vec<(Typing, String)>, field: Typing) {
    typed.retain(|(other, _)| other != &field);
    let text = field.text();
    typed.push((field, text));
}

/// A field that one types into.
#[derive(PartialEq)]
enum Typing {
    Line(HtmlInputElement),
    Lines(HtmlTextAreaElement),
}

impl Typing {
    fn of(element: Element) -> Option<Self> {
        match element.dyn_into::<HtmlInputElement>() {
            Ok(line) => {
                let other = ["checkbox", "radio", "file", "hidden", "submit", "button", "image", "reset"];
                (!other.contains(&line.type_().as_str())).then_some(Self::Line(line))
            }
            Err(element) => element.dyn_into().ok().map(Self::Lines),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Line(line) => line.value(),
            Self::Lines(lines) => lines.value(),
        }
    }

    /// What the server put into it.
    fn sent(&self) -> String {
        match self {
            Self::Line(line) => line.default_value(),
            Self::Lines(lines) => lines.default_value().unwrap_or_default(),
        }
    }

    fn type_again(&self, text: &str) {
        match self {
            Self::Line(line) => line.set_value(text),
            Self::Lines(lines) => lines.set_value(text),
        }
        let bubbles = EventInit::new();
        bubbles.set_bubbles(true);
        if let Ok(event) = Event::new_with_event_init_dict("input", &bubbles) {
            let _ = match self {
                Self::Line(line) => line.dispatch_event(&event),
                Self::Lines(lines) => lines.dispatch_event(&event),
            };
        }
    }
}
