//! What happens is counted on the bell and told in messages, from the same frames; by the browser itself where nobody
//! looks at the page.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Role;
use domain::notification::{Delivery, FOLDS_FROM, Notification, NotificationKind};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::desktop::{Notice, Teller};
use crate::live::{Inbox, Live};
use crate::notification::{address, many, together, tone};
use crate::ui::{Toast, Toasts};

/// News come in bursts (invoices become overdue by the dozen at midnight): they are gathered for so long before they are
/// told.
const GATHER: Duration = Duration::from_millis(500);

/// From now on, tells what happens.
pub(super) fn tell_news(live: Live, role: Role) {
    let inbox = Inbox::expect();
    let navigate = use_navigate();
    let burst = Burst {
        waiting: StoredValue::default(),
        told: StoredValue::default(),
        toasts: Toasts::expect(),
        teller: Teller::start(),
        open: Callback::new(move |path: String| navigate(&path, NavigateOptions::default())),
    };
    live.on_event(move |event| {
        let Some(news) = Notification::of(event, false).filter(|news| news.kind.is_for(role)) else {
            return;
        };
        inbox.count(news.kind, news.seq);
        if inbox.delivery(news.kind) == Delivery::Toast {
            burst.add(news);
        }
    });
}

/// News that are not told yet. Copy.
#[derive(Clone, Copy)]
struct Burst {
    waiting: StoredValue<Vec<Notification>>,
    /// How many of each kind the messages in sight speak of.
    told: StoredValue<BTreeMap<NotificationKind, usize>>,
    toasts: Toasts,
    teller: Teller,
    /// Opens a page of ours.
    open: Callback<String>,
}

impl Burst {
    fn add(self, news: Notification) {
        let first = self.waiting.try_update_value(|waiting| {
            waiting.push(news);
            waiting.len() == 1
        });
        if first == Some(true) {
            set_timeout(move || self.tell(), GATHER);
        }
    }

    fn tell(self) {
        let Some(waiting) = self.waiting.try_update_value(std::mem::take) else { return };
        let mut by_kind: BTreeMap<NotificationKind, Vec<Notification>> = BTreeMap::new();
        for news in waiting {
            by_kind.entry(news.kind).or_default().push(news);
        }
        for (kind, news) in by_kind {
            self.tell_kind(kind, news);
        }
    }

    /// One message each for a few; one for all of many.
    fn tell_kind(self, kind: NotificationKind, news: Vec<Notification>) {
        let name = kind.as_str();
        // As long as some are in sight, the next belong to the same burst.
        let before = if self.toasts.shows(name) { self.told(kind) } else { 0 };
        let count = before + news.len();
        self.told.try_update_value(|told| told.insert(kind, count));
        if count < FOLDS_FROM {
            for news in &news {
                let toast = toast(news);
                self.tell_by_browser(&toast, format!("{name} {}", news.seq));
                self.toasts.push_as(name, toast);
            }
            return;
        }
        let (href, _) = together(kind);
        let toast = Toast::new(tone(kind), many(kind, count), "").with_href(href);
        self.tell_by_browser(&toast, name.to_owned());
        self.toasts.replace(name, toast);
    }

    fn tell_by_browser(self, toast: &Toast, tag: String) {
        let notice = Notice { title: toast.title.clone(), text: toast.text.clone(), tag };
        let href = toast.href.clone();
        self.teller.tell(&notice, move || {
            if let Some(href) = href {
                let _ = self.open.try_run(href);
            }
        });
    }

    fn told(self, kind: NotificationKind) -> usize {
        self.told.try_with_value(|told| told.get(&kind).copied()).flatten().unwrap_or_default()
    }
}

fn toast(news: &Notification) -> Toast {
    let toast = Toast::new(tone(news.kind), news.title.clone(), news.text.clone());
    match address(news) {
        Some(href) => toast.with_href(href),
        None => toast,
    }
}
