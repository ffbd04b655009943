//! The socket: opened again whenever it breaks, with waits that grow and differ from browser to browser, so that a
//! restarted server isn't met by all of them at once.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{Either, select};
use futures::{FutureExt, SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, State};
use gloo_timers::future::TimeoutFuture;
use leptos::ev;
use leptos::leptos_dom::helpers::document;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::frame::{Incoming, Outgoing};
use super::{Inbox, Live, LiveStatus, Presence};
use crate::api::notification;

/// First wait after a break, milliseconds; doubled after each failure.
const FIRST_WAIT: u32 = 500;
/// The longest wait, milliseconds.
const LONGEST_WAIT: u32 = 10_000;
/// Silence after which the line counts as dead, milliseconds; the server pings every 25 s.
const SILENCE: u32 = 70_000;
/// Silence after which a page that is looked at again asks anew, milliseconds: more than one ping.
const MISSED_PING: f64 = 40_000.0;

/// What one connection tells. Copy.
#[derive(Clone, Copy)]
struct Page {
    live: Live,
    inbox: Inbox,
    presence: Presence,
    /// When the server was heard last, milliseconds since 1970 by this machine's clock, which goes on while it sleeps.
    heard: StoredValue<f64>,
}

/// What happens next on a connection.
enum Next {
    Heard(String),
    Say(Outgoing),
    Nothing,
    End,
}

/// Keeps a socket open for as long as the page lives.
pub(super) fn keep_open(live: Live) {
    let ((wake, woken), (cut, cuts)) = (unbounded(), unbounded());
    // Taken here: the task below runs outside of any component.
    let page = Page {
        live,
        inbox: Inbox::expect(),
        presence: Presence::expect(),
        heard: StoredValue::new(js_sys::Date::now()),
    };
    listen_to_the_browser(page, wake, cut);
    spawn_local(connect_for_ever(page, woken, cuts));
}

async fn connect_for_ever(page: Page, mut woken: UnboundedReceiver<()>, mut cuts: UnboundedReceiver<()>) {
    let Page { live, inbox, presence, .. } = page;
    // The page's own effects say first at which event it was read.
    TimeoutFuture::new(0).await;
    let mut wait = FIRST_WAIT;
    loop {
        if is_online() {
            let was_open = talk(page, &mut cuts).await;
            presence.close();
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
        match notification::read_inbox().await {
            Ok(known) => inbox.learn(known),
            Err(fault) if fault.is_signed_out() => {
                let _ = live.status.try_set(LiveStatus::SignedOut);
                // Until someone signs in again, perhaps in another tab: looked at when this one is looked at.
                let _ = woken.next().await;
            }
            Err(_) => {}
        }
    }
}

/// One connection, to its end or until it is cut. Whether it ever stood.
async fn talk(page: Page, cuts: &mut UnboundedReceiver<()>) -> bool {
    let Some(address) = address() else { return false };
    let Ok(mut socket) = WebSocket::open(&address) else { return false };
    // What was to cut the one before.
    while let Some(Some(())) = cuts.next().now_or_never() {}
    // Nothing is said before the greeting: until then the socket may turn out to be closed.
    let mut to_say = None;
    loop {
        let answer = match next(&mut socket, &mut to_say, cuts).await {
            Next::Heard(text) => {
                page.heard.try_set_value(js_sys::Date::now());
                if to_say.is_none() {
                    let _ = page.live.status.try_set(LiveStatus::Live);
                    to_say = Some(page.presence.open());
                }
                hear(page, &text)
            }
            Next::Say(message) => Some(message),
            Next::Nothing => None,
            Next::End => return to_say.is_some(),
        };
        if let Some(answer) = answer
            && send(&mut socket, &answer).await.is_err()
        {
            return to_say.is_some();
        }
    }
}

async fn next(
    socket: &mut WebSocket,
    to_say: &mut Option<UnboundedReceiver<Outgoing>>,
    cuts: &mut UnboundedReceiver<()>,
) -> Next {
    let said = async {
        match to_say {
            Some(to_say) => to_say.next().await,
            None => std::future::pending().await,
        }
    };
    let heard = select(socket.next(), TimeoutFuture::new(SILENCE));
    let inside = select(Box::pin(said), cuts.next());
    match select(heard, inside).await {
        Either::Left((Either::Left((Some(Ok(Message::Text(text))), _)), _)) => Next::Heard(text),
        Either::Left((Either::Left((Some(Ok(Message::Bytes(_))), _)), _)) => Next::Nothing,
        Either::Right((Either::Left((Some(message), _)), _)) => Next::Say(message),
        Either::Left(_) | Either::Right(_) => Next::End,
    }
}

/// What the server says, and what is to be answered.
fn hear(page: Page, text: &str) -> Option<Outgoing> {
    let Page { live, inbox, presence, .. } = page;
    match serde_json::from_str(text) {
        Ok(Incoming::Hello { seq, business_date }) => {
            if let Some(today) = business_date {
                live.begin_day(today);
            }
            let from_seq = match live.resume_from() {
                // A log shorter than what was seen: another database, such as a restored one.
                Some(last) if seq < last => {
                    inbox.forget();
                    live.start_over(seq);
                    seq
                }
                last => live.begin_at(last.unwrap_or(seq)),
            };
            return Some(Outgoing::Subscribe { from_seq });
        }
        Ok(Incoming::Event(event)) => live.receive(*event),
        Ok(Incoming::Day { business_date }) => live.begin_day(business_date),
        Ok(Incoming::Inbox(known)) => inbox.learn(known),
        Ok(Incoming::Presence(known)) => presence.learn(known),
        Ok(Incoming::Views { version }) => live.learn_views(version),
        Ok(Incoming::Resync {}) => live.resync(),
        Ok(Incoming::Ping) => return Some(Outgoing::Pong),
        // A newer server may send what this page doesn't know.
        Err(_) => {}
    }
    None
}

async fn send(socket: &mut WebSocket, message: &Outgoing) -> Result<(), ()> {
    // The other end may have gone while its last message was read; browsers log an error for what is sent then.
    if matches!(socket.state(), State::Closing | State::Closed) {
        return Err(());
    }
    let text = serde_json::to_string(message).map_err(|_| ())?;
    socket.send(Message::Text(text)).await.map_err(|_| ())
}

/// Wakes the loop when the network comes back or someone looks at the page again; cuts a connection that the network took
/// along, or that died while the tab or the machine slept, instead of waiting until its silence tells.
fn listen_to_the_browser(page: Page, wake: UnboundedSender<()>, cut: UnboundedSender<()>) {
    let status = page.live.status;
    let (online, offline) = (wake.clone(), cut.clone());
    // The receivers live as long as the page.
    let handles = [
        window_event_listener(ev::online, move |_| {
            let _ = online.unbounded_send(());
        }),
        window_event_listener(ev::offline, move |_| {
            let _ = status.try_set(LiveStatus::Offline);
            let _ = offline.unbounded_send(());
        }),
        window_event_listener(ev::visibilitychange, move |_| {
            if document().hidden() {
                return;
            }
            if status.try_get_untracked() != Some(LiveStatus::Live) {
                let _ = wake.unbounded_send(());
            } else if js_sys::Date::now() - page.heard.try_get_value().unwrap_or_default() > MISSED_PING {
                let _ = cut.unbounded_send(());
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
