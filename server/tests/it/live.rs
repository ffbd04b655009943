use std::time::Duration;

use domain::Role;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::app::{Person, TestApp, text};

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens one, or the status of the refusal.
    pub async fn open(app: &TestApp, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{}/live", app.host).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn of(app: &TestApp, person: &Person) -> Self {
        let bearer = format!("Bearer {}", person.token.as_deref().unwrap());
        Self::open(app, &[("authorization", &bearer)]).await.unwrap()
    }

    /// The next frame that is for everybody.
    async fn next(&mut self) -> Value {
        loop {
            let frame = self.frame().await;
            if !["inbox", "views"].contains(&frame["type"].as_str().unwrap()) {
                return frame;
            }
        }
    }

    /// The next frame of one type, whatever comes before it.
    pub async fn next_of(&mut self, of: &str) -> Value {
        loop {
            let frame = self.frame().await;
            if frame["type"] == of {
                return frame;
            }
        }
    }

    /// Nothing of one type comes for a while.
    async fn hears_no(&mut self, of: &str) {
        let waited = tokio::time::timeout(Duration::from_millis(700), self.next_of(of)).await;
        assert!(waited.is_err(), "{:?}", waited.ok());
    }

    async fn frame(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    async fn message(&mut self) -> Option<Message> {
        let waited = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await;
        waited.expect("something comes").and_then(Result::ok)
    }

    pub async fn hello(&mut self) -> i64 {
        let hello = self.next().await;
        assert_eq!(hello["type"], "hello");
        hello["seq"].as_i64().unwrap()
    }

    pub async fn subscribe(&mut self, from_seq: i64) {
        self.say(json!({ "type": "subscribe", "from_seq": from_seq })).await;
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Opens a customer's page, and hears who is there.
    async fn watch(&mut self, customer: &Value) -> Value {
        self.say(json!({ "type": "watch", "customer_id": customer["id"] })).await;
        self.next_of("presence").await
    }

    async fn claim(&mut self, customer: &Value, over: Option<&Person>) {
        let over = over.map(|person| &person.id);
        self.say(json!({ "type": "claim", "customer_id": customer["id"], "over": over })).await;
    }

    /// Who is at the customer it watches, once that changes.
    async fn people(&mut self) -> Vec<String> {
        names(&self.next_of("presence").await)
    }

    /// Events until one of `kind`.
    async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let frame = self.next().await;
            if frame["type"] == "event" {
                let found = frame["kind"] == kind;
                events.push(frame);
                if found {
                    return events;
                }
            }
        }
    }

    /// The code it is closed with.
    async fn closed(&mut self) -> u16 {
        loop {
            match self.message().await {
                Some(Message::Close(frame)) => return frame.map_or(0, |frame| frame.code.into()),
                Some(_) => {}
                None => return 0,
            }
        }
    }
}

/// The people of a presence frame.
fn names(presence: &Value) -> Vec<String> {
    presence["people"].as_array().unwrap().iter().map(|person| text(&person["name"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_other_sites_are_refused_before_the_upgrade() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    assert_eq!(Socket::open(&app, &[]).await.err(), Some(401));
    assert_eq!(Socket::open(&app, &[("authorization", "Bearer nonsense")]).await.err(), Some(401));
    let bearer = format!("Bearer {}", ada.token.as_deref().unwrap());
    let cookie = format!("duebook_access={}", ada.token.as_deref().unwrap());
    let foreign = ("origin", "https://evil.example");
    assert_eq!(Socket::open(&app, &[("authorization", &bearer), foreign]).await.err(), Some(403));
    assert_eq!(Socket::open(&app, &[("cookie", &cookie), foreign]).await.err(), Some(403));
    assert_eq!(Socket::open(&app, &[("cookie", &cookie)]).await.err(), Some(403));
    Socket::open(&app, &[("cookie", &cookie), ("origin", &app.url)]).await.unwrap();
    Socket::open(&app, &[("authorization", &bearer)]).await.unwrap();
    // Not a WebSocket at all.
    assert!(ada.get("//live").await.status.is_client_error());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_reaches_the_screen() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "100", &app.day(1)).await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    let mut socket = Socket::of(&app, &vera).await;
    let seq = socket.hello().await;
    socket.subscribe(seq).await;
    let payment = ada.pay(&customer, "40", "k").await.is(201).body;
    let events = socket.until("payment.completed").await;
    let frame = events.last().unwrap();
    assert_eq!((&frame["actor"]["name"], &frame["subject"]["type"]), (&json!("Ada"), &json!("payment")));
    assert_eq!(frame["data"]["payment"]["id"], payment["id"]);
    assert_eq!(frame["data"]["customer"], ada.look_at(&customer).await);
    assert_eq!(frame["data"]["amount"], json!({ "amount": "40.00", "currency": "USD" }));
    let event: domain::Event = serde_json::from_value(frame.clone()).unwrap();
    let told = domain::notification::Notification::of(&event, false).unwrap();
    assert_eq!((told.title.as_str(), told.text.as_str()), ("Payment received", "Acme paid 40.00 USD."));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_date_is_told_at_first_and_when_another_day_begins() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mut socket = Socket::of(&app, &ada).await;
    let hello = socket.next().await;
    assert_eq!((&hello["type"], &hello["business_date"]), (&json!("hello"), &json!(app.day(0))));
    // Nothing is due and nothing happens, but it is another day.
    app.clock.advance(chrono::Duration::days(1));
    assert_eq!(socket.next().await, json!({ "type": "day", "business_date": app.day(0) }));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_a_demonstration_skips_are_told_at_once() {
    let app = TestApp::with(|config| config.demonstration = true).await;
    let ada = app.admin().await;
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    ada.post("/demo/advance", json!({ "days": 40 })).await.is(200);
    assert_eq!(socket.next().await, json!({ "type": "day", "business_date": app.day(0) }));
    // The socket and the sign-in outlast the days.
    ada.get("/me").await.is(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_socket_gets_every_event_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.owing("Acme", "1000", &app.day(1)).await;
    let paying = {
        let (ada, customer) = (ada.clone(), customer.clone());
        tokio::spawn(async move {
            for number in 0..120 {
                ada.pay(&customer, "1", &format!("key {number}")).await.is(201);
            }
        })
    };
    let mut seen = Vec::new();
    // Connections come and go while events happen; each goes on where the one before ended.
    while seen.len() < 122 {
        let mut socket = Socket::of(&app, &ada).await;
        socket.hello().await;
        socket.subscribe(seen.last().copied().unwrap_or(0)).await;
        for _ in 0..(122 - seen.len()).min(25) {
            seen.push(socket.next().await["seq"].as_i64().unwrap());
        }
    }
    paying.await.unwrap();
    assert_eq!(seen, (1..=122).collect::<Vec<_>>());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_missed_too_much_reads_again() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    // A chunk of 200 rows is one event: a few thousand events take payments.
    let customer = ada.owing("Acme", "10000", &app.day(1)).await;
    for round in 0..21 {
        let keys: Vec<String> = (0..100).map(|number| format!("{round} {number}")).collect();
        let payments = keys.iter().map(|key| ada.pay(&customer, "1", key));
        for answer in futures::future::join_all(payments).await {
            answer.is(201);
        }
    }
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    socket.subscribe(1).await;
    assert_eq!(socket.next().await["type"], "resync");
    ada.pay(&customer, "1", "last").await.is(201);
    assert_eq!(socket.until("payment.completed").await.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn news_about_users_is_for_admins() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    let (mut of_ada, mut of_vera) = (Socket::of(&app, &ada).await, Socket::of(&app, &vera).await);
    of_ada.hello().await;
    of_vera.hello().await;
    of_ada.subscribe(0).await;
    of_vera.subscribe(0).await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    let kinds = |events: Vec<Value>| {
        events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(of_ada.until("customer.created").await),
        ["user.created", "user.created", "user.updated", "customer.created"]
    );
    assert_eq!(kinds(of_vera.until("customer.created").await), ["customer.created"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_in_one_tab_is_read_in_all_of_that_person_alone() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    let mut tabs = Vec::new();
    for person in [&vera, &vera, &ada] {
        let mut tab = Socket::of(&app, person).await;
        let seq = tab.hello().await;
        tab.subscribe(seq).await;
        let inbox = tab.next_of("inbox").await;
        assert_eq!(inbox["seq"], seq);
        assert_eq!(inbox["unread"], if person.id == vera.id { 1 } else { 3 });
        tabs.push(tab);
    }
    let newest = vera.get("/notifications").await.column("id").remove(0);
    vera.post(&format!("/notifications/{newest}/read"), json!({})).await.is(200);
    for tab in &mut tabs[..2] {
        let inbox = tab.next_of("inbox").await;
        assert_eq!((&inbox["unread"], &inbox["read"]), (&json!(0), &json!([newest.parse::<i64>().unwrap()])));
    }
    tabs[2].hears_no("inbox").await;

    // A choice of another tab is told likewise, and a tab that was away is told when it is back.
    tabs.truncate(1);
    vera.patch("/notifications/preferences", json!({ "payment.failed": "inbox" })).await.is(200);
    assert_eq!(tabs[0].next_of("inbox").await["preferences"]["payment.failed"], "inbox");
    let mut back = Socket::of(&app, &vera).await;
    let seq = back.hello().await;
    back.subscribe(seq).await;
    let inbox = back.next_of("inbox").await;
    assert_eq!((&inbox["unread"], &inbox["preferences"]["payment.failed"]), (&json!(0), &json!("inbox")));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_at_a_customer_is_told_to_those_who_are_there() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    let acme = ada.post("/customers", json!({ "name": "Acme" })).await.is(201).body;
    let other = ada.post("/customers", json!({ "name": "Other" })).await.is(201).body;
    let (mut of_ada, mut of_vera) = (Socket::of(&app, &ada).await, Socket::of(&app, &vera).await);
    let mut elsewhere = Socket::of(&app, &ada).await;
    elsewhere.watch(&other).await;

    let alone = of_ada.watch(&acme).await;
    let ada_alone = json!([{ "id": ada.id, "name": "Ada" }]);
    assert_eq!((&alone["customer_id"], &alone["people"]), (&acme["id"], &ada_alone));
    assert_eq!(alone["claim"], Value::Null);
    assert_eq!(names(&of_vera.watch(&acme).await), ["Ada", "Vera"]);
    assert_eq!(of_ada.people().await, ["Ada", "Vera"]);
    // A second tab of hers is nobody new; with its end, and with that of the first, she is gone.
    let mut second = Socket::of(&app, &vera).await;
    assert_eq!(names(&second.watch(&acme).await), ["Ada", "Vera"]);
    drop(second);
    of_ada.hears_no("presence").await;
    of_vera.say(json!({ "type": "watch", "customer_id": null })).await;
    assert_eq!(of_ada.people().await, ["Ada"]);
    assert_eq!(names(&of_vera.watch(&acme).await), ["Ada", "Vera"]);
    assert_eq!(of_ada.people().await, ["Ada", "Vera"]);
    drop(of_vera);
    assert_eq!(of_ada.people().await, ["Ada"]);
    elsewhere.hears_no("presence").await;

    // At a customer that is not there is nobody, and nobody hears of it.
    let nobody = of_ada.watch(&json!({ "id": "cus_none" })).await;
    assert_eq!(nobody, json!({ "type": "presence", "customer_id": "cus_none", "people": [], "claim": null }));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_claimed_taken_over_and_given_back() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let carl = app.person(&ada, "Carl", Role::Collector).await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    let acme = ada.post("/customers", json!({ "name": "Acme" })).await.is(201).body;
    let mut of_carl = Socket::of(&app, &carl).await;
    let mut of_vera = Socket::of(&app, &vera).await;
    of_carl.watch(&acme).await;
    of_vera.watch(&acme).await;
    of_carl.people().await;

    of_carl.claim(&acme, None).await;
    let claimed = of_vera.next_of("presence").await;
    assert_eq!((&claimed["claim"]["id"], &claimed["claim"]["name"]), (&json!(carl.id), &json!("Carl")));
    assert!(claimed["claim"]["since"].is_string());
    of_carl.next_of("presence").await;
    // Viewers claim nothing, nobody claims what they don't look at, and nobody takes over unknowingly.
    of_vera.claim(&acme, Some(&carl)).await;
    let mut of_ada = Socket::of(&app, &ada).await;
    of_ada.claim(&acme, Some(&carl)).await;
    of_carl.hears_no("presence").await;
    of_ada.watch(&acme).await;
    of_carl.people().await;
    of_ada.claim(&acme, None).await;
    of_ada.say(json!({ "type": "release", "customer_id": acme["id"] })).await;
    of_carl.hears_no("presence").await;
    of_ada.claim(&acme, Some(&carl)).await;
    assert_eq!(of_carl.next_of("presence").await["claim"]["name"], "Ada");
    of_ada.say(json!({ "type": "release", "customer_id": acme["id"] })).await;
    assert_eq!(of_carl.next_of("presence").await["claim"], Value::Null);

    // It outlasts the socket, not half an hour.
    of_carl.claim(&acme, None).await;
    assert_eq!(of_carl.next_of("presence").await["claim"]["name"], "Carl");
    of_vera.next_of("presence").await;
    drop(of_carl);
    let mut of_vera = Socket::of(&app, &vera).await;
    assert_eq!(of_vera.watch(&acme).await["claim"]["name"], "Carl");
    app.clock.advance(chrono::Duration::minutes(31));
    loop {
        if of_vera.next_of("presence").await["claim"] == Value::Null {
            break;
        }
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_talks_without_end_is_cut_off() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    for _ in 0..100 {
        // It may be closed before all is said.
        let _ = socket.0.send(Message::text(r#"{"type":"watch","customer_id":null}"#)).await;
    }
    assert_eq!(socket.closed().await, 1008);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_the_session_or_the_role() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    let mut socket = Socket::of(&app, &vera).await;
    socket.hello().await;
    ada.patch(&format!("/users/{}", vera.id), json!({ "role": "collector" })).await.is(200);
    assert_eq!(socket.closed().await, 4401);
    let mut socket = Socket::of(&app, &vera).await;
    socket.hello().await;
    ada.patch(&format!("/users/{}", vera.id), json!({ "active": false })).await.is(200);
    assert_eq!(socket.closed().await, 4401);
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    ada.post("/auth/logout", json!({})).await.is(204);
    assert_eq!(socket.closed().await, 4401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_holds_so_many_sockets_and_no_more() {
    let app = TestApp::with(|config| config.live_per_user = 2).await;
    let ada = app.admin().await;
    let bearer = format!("Bearer {}", ada.token.as_deref().unwrap());
    let one = Socket::of(&app, &ada).await;
    let _other = Socket::of(&app, &ada).await;
    assert_eq!(Socket::open(&app, &[("authorization", &bearer)]).await.err(), Some(429));
    drop(one);
    crate::app::eventually("a place is free", async || {
        Socket::open(&app, &[("authorization", &bearer)]).await.is_ok()
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_socket_is_pinged_and_then_closed() {
    let app = TestApp::with(|config| config.live_ping = Duration::from_millis(400)).await;
    let ada = app.admin().await;
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    assert_eq!(socket.next().await["type"], "ping");
    assert_eq!(socket.closed().await, 1001);
    let mut socket = Socket::of(&app, &ada).await;
    socket.hello().await;
    for _ in 0..8 {
        assert_eq!(socket.next().await["type"], "ping");
        socket.0.send(Message::text(r#"{"type":"pong"}"#)).await.unwrap();
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_from_a_client_harms_nobody() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mut socket = Socket::of(&app, &ada).await;
    let seq = socket.hello().await;
    for text in [
        "",
        "null",
        "{}",
        r#"{"type":"subscribe"}"#,
        r#"{"type":"subscribe","from_seq":"1"}"#,
        r#"{"type":"drop"}"#,
    ] {
        socket.0.send(Message::text(text)).await.unwrap();
    }
    socket.subscribe(seq).await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    assert_eq!(socket.until("customer.created").await.len(), 1);
    let mut flood = Socket::of(&app, &ada).await;
    flood.hello().await;
    flood.0.send(Message::text("x".repeat(100_000))).await.unwrap();
    flood.closed().await;
    app.finish().await;
}

/// The value of a metric without labels, or with these.
fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in:\n{text}")).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_is_measured_for_those_who_may_see_it() {
    let app = TestApp::with(|config| config.metrics_token = Some("seven-blue-lamps".to_owned())).await;
    let ada = app.admin().await;
    let max = app.person(&ada, "Max", Role::Manager).await;
    app.stranger().get("//metrics").await.is(401);
    max.get("//metrics").await.is(403);
    let wrong = Person { token: Some("seven-blue-lamp".to_owned()), ..app.stranger() };
    wrong.get("//metrics").await.is(401);
    let scraper = Person { token: Some("seven-blue-lamps".to_owned()), ..app.stranger() };

    let mut socket = Socket::of(&app, &max).await;
    let seq = socket.hello().await;
    socket.subscribe(seq).await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    socket.until("customer.created").await;
    for reader in [&ada, &scraper] {
        let text = reader.get("//metrics").await.is(200).text;
        assert_eq!(metric(&text, "duebook_live_sockets"), 1.0);
        assert_eq!(metric(&text, "duebook_live_frames_total"), 1.0);
        assert_eq!(metric(&text, "duebook_live_lag_seconds_count"), 1.0);
        assert_eq!(metric(&text, "duebook_live_head_seq"), (seq + 1) as f64);
        assert_eq!(metric(&text, "duebook_live_tail_seq"), (seq + 1) as f64);
        assert_eq!(metric(&text, "duebook_live_queries_opened_total"), 1.0);
        assert_eq!(metric(&text, "duebook_live_silences_total"), 0.0);
    }
    drop(socket);
    crate::app::eventually("the socket is gone", async || {
        let text = scraper.get("//metrics").await.is(200).text;
        metric(&text, "duebook_live_sockets") == 0.0
            && metric(&text, r#"duebook_live_ended_total{reason="Gone"}"#) == 1.0
    })
    .await;
    app.finish().await;
}
