//! The socket: opened again whenever it breaks, with waits that grow and differ from browser to browser, so that a
//! restarted server isn't met by all of them at once.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use futures::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State};
use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::leptos_dom::helpers::document;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{Incoming, Outgoing};
use super::{Live, LiveStatus, Unread};
use crate::api::notification::unread_count;

/// First wait after a break, milliseconds; doubled after each failure.
const FIRST_WAIT: u32 = 500;
/// The longest wait, milliseconds.
const LONGEST_WAIT: u32 = 10_000;
/// Silence after which the line counts as dead, milliseconds; the server pings every 25 s.
const SILENCE: u32 = 70_000;

/// Keeps a socket open for as long as the page lives.
pub(super) fn keep_open(live: Live) {
    let (wake, woken) = unbounded();
    listen_to_the_browser(live, wake);
    // Taken here: the task below runs outside of any component.
    let unread = Unread::expect();
    spawn_local(connect_for_ever(live, unread, woken));
}

async fn connect_for_ever(live: Live, unread: Unread, mut woken: UnboundedReceiver<()>) {
    // The page's own effects say first at which event it was read.
    TimeoutFuture::new(0).await;
    let mut wait = FIRST_WAIT;
    loop {
        if is_online() {
            let was_open = talk(live).await;
            if was_open {
                wait = FIRST_WAIT;
            }
        }
        let status = if is_online() { LiveStatus::Reconnecting } else { LiveStatus::Offline };
        if live.status.try_set(status).is_some() {
            return; // The page is gone.
        }
        let jittered = wait / 2 + (js_sys::Math::random() * f64::from(wait / 2)) as u32;
        let _ = select(TimeoutFuture::new(jittered), woken.next()).await;
        wait = (wait * 2).min(LONGEST_WAIT);
        if !is_online() {
            continue;
        }
        // An ordinary request first: it renews the session where it can, and tells a session that has ended from a
        // server that is away, which the socket doesn't.
        match unread_count().await {
            Ok(count) => unread.set(count),
            Err(fault) if fault.is_signed_out() => {
                let _ = live.status.try_set(LiveStatus::SignedOut);
                // Until someone signs in again, perhaps in another tab: looked at when this one is looked at.
                let _ = woken.next().await;
            }
            Err(_) => {}
        }
    }
}

/// One connection, to its end. Whether it ever stood.
async fn talk(live: Live) -> bool {
    let Some(address) = address() else { return false };
    let Ok(mut socket) = WebSocket::open(&address) else { return false };
    let mut stood = false;
    loop {
        let message = match select(socket.next(), TimeoutFuture::new(SILENCE)).await {
            Either::Left((Some(Ok(Message::Text(text))), _)) => text,
            Either::Left((Some(Ok(Message::Bytes(_))), _)) => continue,
            Either::Left((_, _)) | Either::Right(_) => return stood,
        };
        if !stood {
            stood = true;
            let _ = live.status.try_set(LiveStatus::Live);
        }
        match serde_json::from_str(&message) {
            // Nothing is sent before it: until then the socket may turn out to be closed.
            Ok(Incoming::Hello { seq, business_date }) => {
                if let Some(today) = business_date {
                    live.begin_day(today);
                }
                let from_seq = match live.resume_from() {
                    // A log shorter than what was seen: another database, such as a restored one.
                    Some(last) if seq < last => {
                        live.start_over(seq);
                        seq
                    }
                    last => live.begin_at(last.unwrap_or(seq)),
                };
                if send(&mut socket, &Outgoing::Subscribe { from_seq }).await.is_err() {
                    return stood;
                }
            }
            Ok(Incoming::Event(event)) => live.receive(*event),
            Ok(Incoming::Day { business_date }) => live.begin_day(business_date),
            Ok(Incoming::Resync {}) => live.resync(),
            Ok(Incoming::Ping) => {
                if send(&mut socket, &Outgoing::Pong).await.is_err() {
                    return stood;
                }
            }
            // A newer server may send what this page doesn't know.
            Err(_) => {}
        }
    }
}

async fn send(socket: &mut WebSocket, message: &Outgoing) -> Result<(), ()> {
    // The other end may have gone while its last message was read; browsers log an error for what is sent then.
    if matches!(socket.state(), State::Closing | State::Closed) {
        return Err(());
    }
    let text = serde_json::to_string(message).map_err(|_| ())?;
    socket.send(Message::Text(text)).await.map_err(|_| ())
}

/// Wakes the loop when the network comes back or someone looks at the page again.
fn listen_to_the_browser(live: Live, wake: UnboundedSender<()>) {
    let online = wake.clone();
    let handles = [
        window_event_listener(ev::online, move |_| {
            // The receiver lives as long as the page.
            let _ = online.unbounded_send(());
        }),
        window_event_listener(ev::offline, move |_| {
            let _ = live.status.try_set(LiveStatus::Offline);
        }),
        window_event_listener(ev::visibilitychange, move |_| {
            if !document().hidden() && live.status.try_get_untracked() != Some(LiveStatus::Live) {
                let _ = wake.unbounded_send(());
            }
        }),
    ];
    on_cleanup(move || handles.into_iter().for_each(|handle| handle.remove()));
}

fn is_online() -> bool {
    window().navigator().on_line()
}

fn address() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/live", location.host().ok()?))
}
