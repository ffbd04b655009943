//! What is wrong with a form, told at the right moment: a field is judged when it is left, judged again as it is mended,
//! and all of them when the form is sent, with the focus on the first wrong one.

use std::collections::BTreeSet;

use domain::{FieldErrors, Problem};
use leptos::prelude::*;

/// The state of one form's errors. Copy; make it where the fields' signals are.
#[derive(Clone, Copy)]
pub struct Form {
    wrong: Memo<FieldErrors>,
    left: RwSignal<BTreeSet<String>>,
    sent: RwSignal<bool>,
    refused: RwSignal<FieldErrors>,
    fault: RwSignal<Option<Problem>>,
}

impl Form {
    /// `check` reads the fields' signals and answers what is wrong with them: the domain's own validation.
    pub fn new(check: impl Fn() -> FieldErrors + Send + Sync + 'static) -> Self {
        Self {
            wrong: Memo::new(move |_| check()),
            left: RwSignal::default(),
            sent: RwSignal::new(false),
            refused: RwSignal::default(),
            fault: RwSignal::new(None),
        }
    }

    /// What to say under `field`, once it is time to.
    pub fn error(&self, field: &'static str) -> Signal<Option<String>> {
        let form = *self;
        Signal::derive(move || {
            form.refused.with(|errors| message(errors, field)).or_else(|| {
                let due = form.sent.get() || form.left.with(|left| left.contains(field));
                due.then(|| form.wrong.with(|errors| message(errors, field))).flatten()
            })
        })
    }

    /// The field was left. When by a click elsewhere, it is judged after that: an error that appears in between moves what was
    /// meant away from under the pointer.
    pub fn leave(&self, field: &'static str) {
        let left = self.left;
        crate::browser::after_press(move || {
            // The click may have led away from the form.
            left.try_update(|left| left.insert(field.to_owned()));
        });
    }

    /// The field was changed: what the server said of its old value no longer holds.
    pub fn mend(&self, field: &'static str) {
        if self.refused.with_untracked(|errors| message(errors, field).is_some()) {
            self.refused.update(|errors| errors.0.retain(|error| !concerns(&error.pointer, field)));
        }
    }

    /// Shows every error at once, as if the form had been sent.
    pub fn judge(&self) {
        self.sent.set(true);
    }

    /// The form was sent. Whether it may go; otherwise every error shows and the first wrong field gets the focus.
    pub fn submit(&self) -> bool {
        self.sent.set(true);
        self.fault.set(None);
        let fine = self.wrong.with_untracked(FieldErrors::is_empty);
        if !fine {
            focus_first_wrong();
        }
        fine
    }

    /// The browser is about to send the form by itself: it goes only when it may.
    pub fn guard(&self, event: &web_sys::SubmitEvent) {
        if !self.submit() {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    /// The server refused: its words go under the fields it names, the rest over the form ([`super::FormFault`]).
    pub fn refuse(&self, problem: Problem) {
        let named = !problem.errors.is_empty();
        self.refused.set(problem.errors.clone());
        self.fault.set(Some(problem));
        if named {
            focus_first_wrong();
        }
    }

    /// What the server refused, for [`super::FormFault`].
    pub fn fault(&self) -> Signal<Option<Problem>> {
        self.fault.into()
    }

    /// As if nothing had been typed or sent.
    pub fn reset(&self) {
        self.left.update(BTreeSet::clear);
        self.sent.set(false);
        self.refused.set(FieldErrors::default());
        self.fault.set(None);
    }
}

fn concerns(pointer: &str, field: &str) -> bool {
    pointer
        .strip_prefix('/')
        .and_then(|rest| rest.strip_prefix(field))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn message(errors: &FieldErrors, field: &str) -> Option<String> {
    errors.0.iter().find(|error| concerns(&error.pointer, field)).map(|error| error.message.clone())
}

fn focus_first_wrong() {
    // After the errors have been drawn, and in the dialog on top if there is one.
    request_animation_frame(|| {
        if !crate::browser::focus("dialog[open] [aria-invalid=true]") {
            crate::browser::focus("[aria-invalid=true]");
        }
    });
}
