//! Adding a note to the timeline.

use domain::{FieldError, FieldErrors, field};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::api::customer::add_note;
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Form, TextArea, Toasts, Tone};

#[component]
pub(super) fn NoteSheet(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let toasts = Toasts::expect();
    let form = Form::new(move || {
        let mut errors = FieldErrors::default();
        match text.with(|text| field::optional_text("text", Some(text), 5000)) {
            Ok(Some(_)) => {}
            Ok(None) => errors.0.push(FieldError::new("text", "required", "Write something first.")),
            Err(error) => errors.0.push(error),
        }
        errors
    });
    let send = move || {
        if busy.get_untracked() || !form.submit() {
            return;
        }
        busy.set(true);
        let (id, written) = (desk.id.get_value(), text.get_untracked());
        spawn_local(async move {
            let answer = add_note(id, written).await;
            let _ = busy.try_set(false);
            match answer {
                Ok(event) => {
                    desk.put_event(event);
                    let _ = text.try_set(String::new());
                    form.reset();
                    let _ = open.try_set(false);
                    toasts.say(Tone::Neutral, "Note added", "It stands in the timeline.");
                }
                Err(fault) => form.refuse(fault.0),
            }
        });
    };
    view! {
        <Dialog title="Add note" open side=true>
            <DialogForm form on_submit=move |()| send()>
                <TextArea
                    name="text"
                    label="Note"
                    value=text
                    form
                    rows=8
                    autofocus=true
                    id="note-text"
                    help="What was said or agreed, for whoever calls next. It stays in the timeline with your name."
                />
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Close"</Button>
                    <Button kind=ButtonKind::Primary submit=true busy>"Add note"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}
