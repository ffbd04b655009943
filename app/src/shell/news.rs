//! Toasts and the bell's number, from the same frames.

use std::time::Duration;

use domain::notification::{Notification, NotificationKind};
use domain::{Event, Role};
use leptos::prelude::*;

use crate::format;
use crate::live::{Live, Unread};
use crate::ui::{Toast, Toasts, Tone};

/// At midnight invoices become overdue by the dozen: they are gathered for so long before they are told.
const GATHER: Duration = Duration::from_millis(500);
/// More than a handful at once are told in one message.
const HANDFUL: usize = 3;
/// The name of these messages.
const OVERDUE: &str = "overdue";

/// From now on, tells what happens.
pub(super) fn tell_news(live: Live, role: Role) {
    let toasts = Toasts::expect();
    let unread = Unread::expect();
    let overdue = Overdue { waiting: StoredValue::default(), told: StoredValue::new(0), toasts };
    live.on_event(move |event| {
        let Some(news) =
            Notification::of(event, false).filter(|news| !news.kind.for_admins() || role == Role::Admin)
        else {
            return;
        };
        unread.more();
        let toast = toast(&news, event);
        if news.kind == NotificationKind::InvoiceOverdue {
            overdue.add(toast);
        } else {
            toasts.push(toast);
        }
    });
}

/// What became overdue and is not told yet. Copy.
#[derive(Clone, Copy)]
struct Overdue {
    waiting: StoredValue<Vec<Toast>>,
    /// How many the messages in sight speak of.
    told: StoredValue<usize>,
    toasts: Toasts,
}

impl Overdue {
    fn add(self, toast: Toast) {
        let first = self.waiting.try_update_value(|waiting| {
            waiting.push(toast);
            waiting.len() == 1
        });
        if first == Some(true) {
            set_timeout(move || self.tell(), GATHER);
        }
    }

    fn tell(self) {
        let Some(waiting) = self.waiting.try_update_value(std::mem::take) else { return };
        // As long as some are in sight, the next belong to the same rain.
        let before = if self.toasts.shows(OVERDUE) { self.told.get_value() } else { 0 };
        let told = before + waiting.len();
        self.told.set_value(told);
        if told <= HANDFUL {
            waiting.into_iter().for_each(|toast| self.toasts.push_as(OVERDUE, toast));
            return;
        }
        let title = format!("{} invoices became overdue", format::count(told as u64));
        self.toasts.replace(OVERDUE, Toast::new(Tone::Bad, title, "").with_href("/invoices?status=overdue"));
    }
}

fn toast(news: &Notification, event: &Event) -> Toast {
    let tone = match news.kind {
        NotificationKind::PaymentReceived | NotificationKind::ImportFinished => Tone::Good,
        NotificationKind::PaymentFailed | NotificationKind::InvoiceOverdue => Tone::Bad,
        NotificationKind::PaymentPending | NotificationKind::UserRegistered => Tone::Waiting,
        NotificationKind::CustomerCreated => Tone::Neutral,
    };
    let toast = Toast::new(tone, news.title.clone(), news.text.clone());
    match (&news.customer_id, event.subject.kind.as_str()) {
        (Some(id), _) => toast.with_href(format!("/customers/{id}")),
        (None, "import") => toast.with_href(format!("/import/{}", event.subject.id)),
        (None, "user") => toast.with_href("/users"),
        (None, _) => toast,
    }
}
