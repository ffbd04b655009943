//! What guards the door: second factors, links, sessions, API tokens, and what is refused when somebody guesses.

use std::num::NonZeroU32;

use chrono::Duration;
use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::app::{Answer, PASSWORD, Person, TestApp, text};

/// The code an authenticator app shows at the application's time.
fn code(app: &TestApp, secret: &Value) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(text(secret)).unwrap()).build().unwrap();
    totp.generate(u64::try_from(app.clock.now().timestamp()).unwrap()).to_string()
}

async fn login(person: &Person, code: Option<&str>) -> Answer {
    person.post("/auth/login", json!({ "email": person.email, "password": PASSWORD, "code": code })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    assert_eq!(ada.get("/me/second-factor").await.is(200).body["active"], false);
    let wrong = json!({ "current_password": "not the password" });
    ada.post("/me/second-factor", wrong).await.names(&[("/current_password", "wrong_password")]);
    ada.post("/me/second-factor/confirm", json!({ "code": "123456" })).await.problem(409, "no_setup");
    let setup = ada.post("/me/second-factor", json!({ "current_password": PASSWORD })).await.is(200).body;
    assert!(text(&setup["uri"]).starts_with("otpauth://totp/"), "{setup}");
    // Set up and not confirmed: it doesn't count yet.
    login(&ada, None).await.is(200);
    ada.post("/me/second-factor/confirm", json!({ "code": "000000" }))
        .await
        .names(&[("/code", "wrong_code")]);
    let shown = code(&app, &setup["secret"]);
    let codes = ada.post("/me/second-factor/confirm", json!({ "code": shown })).await.is(200).body;
    assert_eq!(codes["recovery_codes"].as_array().unwrap().len(), 10);

    login(&ada, None).await.problem(401, "code_required");
    login(&ada, Some(&shown)).await.problem(401, "wrong_code");
    app.clock.advance(Duration::seconds(30));
    let next = code(&app, &setup["secret"]);
    login(&ada, Some(&next)).await.is(200);
    login(&ada, Some(&next)).await.problem(401, "wrong_code");
    // Whoever has no password is told nothing of the second factor.
    let wrong = json!({ "email": ada.email, "password": "not the password", "code": next });
    ada.post("/auth/login", wrong).await.problem(401, "wrong_credentials");

    let recovery = text(&codes["recovery_codes"][3]).to_uppercase();
    login(&ada, Some(&recovery)).await.is(200);
    login(&ada, Some(&recovery)).await.problem(401, "wrong_code");
    assert_eq!(
        ada.get("/me/second-factor").await.is(200).body,
        json!({ "active": true, "recovery_codes_left": 9 })
    );
    ada.post("/me/second-factor", json!({ "current_password": PASSWORD }))
        .await
        .problem(409, "second_factor_active");
    ada.post("/me/second-factor/remove", json!({ "current_password": PASSWORD })).await.is(204);
    login(&ada, None).await.is(200);
    let events = ada.get("/events").await.is(200);
    for secret in [text(&setup["secret"]), text(&codes["recovery_codes"][0])] {
        assert!(!events.text.contains(&secret), "a secret stands in the event log");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_a_link_that_is_good_once() {
    let app = TestApp::with(|config| config.sign_up = domain::SignUp::Closed).await;
    let ada = app.admin().await;
    let invitation = json!({ "name": "Mia", "email": "Mia@Example.com", "role": "manager" });
    let invited = ada.post("/users", invitation.clone()).await.is(201).body;
    assert_eq!((&invited["user"]["role"], &invited["user"]["invited"]), (&json!("manager"), &json!(true)));
    let token = text(&invited["link"]["token"]);
    assert_eq!(text(&invited["link"]["url"]), format!("{}/join?token={token}", app.url));
    ada.post("/users", invitation).await.problem(409, "email_taken");
    ada.post("/users", json!({ "name": "", "email": "x", "role": "owner" })).await.is(422);

    let mut mia = Person { email: "mia@example.com".into(), ..app.stranger() };
    // No password signs in who has none: not even an empty one.
    for password in ["", PASSWORD] {
        let tried = json!({ "email": mia.email, "password": password });
        mia.post("/auth/login", tried).await.problem(401, "wrong_credentials");
    }
    let follow = async |token: &str, password: &str| {
        app.stranger().post("/auth/link", json!({ "token": token, "password": password })).await
    };
    follow(&token, "mia@example.com").await.names(&[("/password", "too_common")]);
    follow("nonsense", PASSWORD).await.problem(404, "not_found");
    follow(&token, PASSWORD).await.is(200);
    follow(&token, PASSWORD).await.problem(404, "not_found");
    mia.sign_in().await;
    assert_eq!(mia.get("/me").await.is(200).body["role"], "manager");

    // A link an admin makes ends what the password before it opened; one made later voids it.
    let path = format!("/users/{}/link", mia.id);
    let first = text(&ada.post(&path, json!({})).await.is(201).body["token"]);
    let second = text(&ada.post(&path, json!({})).await.is(201).body["token"]);
    follow(&first, "nine yellow kettles").await.problem(404, "not_found");
    app.clock.advance(Duration::hours(25));
    follow(&second, "nine yellow kettles").await.problem(404, "not_found");
    let third = text(
        &ada.post("/auth/login", json!({ "email": ada.email, "password": PASSWORD })).await.body["access_token"],
    );
    let ada = Person { token: Some(third), ..ada };
    let third = text(&ada.post(&path, json!({})).await.is(201).body["token"]);
    mia.sign_in().await;
    follow(&third, "nine yellow kettles").await.is(200);
    mia.get("/me").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_where_they_are_signed_in_and_end_it() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let carl = app.person(&ada, "Carl", Role::Collector).await;
    let mut elsewhere = carl.clone();
    elsewhere.sign_in().await;
    let mut third = carl.clone();
    third.sign_in().await;
    let sessions = carl.get("/me/sessions").await.is(200);
    assert_eq!(sessions.rows().len(), 3);
    assert_eq!(sessions.rows()[0]["current"], true);
    assert!(!sessions.text.contains("hash"));
    let others: Vec<String> = sessions.rows()[1..].iter().map(|row| text(&row["id"])).collect();
    // Nobody ends what is not theirs.
    ada.delete(&format!("/me/sessions/{}", others[0])).await.problem(404, "not_found");
    carl.delete(&format!("/me/sessions/{}", others[0])).await.is(204);
    let left = carl.get("/me/sessions").await.is(200).rows().len();
    assert_eq!(left, 2);
    carl.delete("/me/sessions").await.is(204);
    elsewhere.get("/me").await.is(401);
    third.get("/me").await.is(401);
    carl.get("/me").await.is(200);
    ada.get("/me").await.is(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_was_followed_by_another_is_a_stolen_one() {
    let app = TestApp::start().await;
    let mut ada = app.admin().await;
    let first = ada.sign_in().await.body["refresh_token"].clone();
    let refresh =
        async |token: &Value| app.stranger().post("/auth/refresh", json!({ "refresh_token": token })).await;
    refresh(&first).await.is(200);
    // The answer was lost, an hour passes, nothing of it was ever used: the same token is good still.
    app.clock.advance(Duration::hours(1));
    let second = refresh(&first).await.is(200).body;
    ada.token = second["access_token"].as_str().map(str::to_owned);
    app.clock.advance(Duration::seconds(5));
    ada.get("/me").await.is(200);
    // Two tabs may race for a moment; after that, whoever comes with the old one has stolen it.
    refresh(&first).await.is(401);
    refresh(&second["refresh_token"]).await.problem(401, "unauthenticated");
    ada.get("/me").await.is(401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_sign_in_with_tokens_that_end() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let new = json!({ "name": "Nightly export", "role": "collector", "expires_in_days": 7 });
    let made = ada.post("/tokens", new).await.is(201).body;
    let secret = text(&made["secret"]);
    assert!(secret.starts_with("dbk_"), "{secret}");
    ada.post("/tokens", json!({ "name": " ", "role": "collector", "expires_in_days": 0 }))
        .await
        .names(&[("/name", "required"), ("/expires_in_days", "out_of_range")]);
    let listed = ada.get("/tokens").await.is(200);
    assert!(
        !listed.text.contains(&secret[..24].to_owned()) || !listed.text.contains("secret"),
        "{}",
        listed.text
    );

    let program = Person { token: Some(secret.clone()), ..app.stranger() };
    program.post("/customers", json!({ "name": "Acme" })).await.is(201);
    program.get("/users").await.problem(403, "forbidden");
    for path in ["/me", "/me/sessions", "/me/second-factor"] {
        program.get(path).await.problem(403, "not_a_person");
    }
    let event = ada.get("/events").await.is(200).rows().last().unwrap().clone();
    assert_eq!(event["actor"]["name"], "Nightly export");

    // Another secret behind the same id is another token, also while the right one is known.
    let mut forged = secret.clone();
    forged.replace_range(forged.len() - 1.., if secret.ends_with('0') { "1" } else { "0" });
    let forger = Person { token: Some(forged), ..app.stranger() };
    forger.get("/customers").await.problem(401, "unauthenticated");
    program.get("/customers").await.is(200);

    ada.delete(&format!("/tokens/{}", text(&made["id"]))).await.is(204);
    program.get("/customers").await.problem(401, "unauthenticated");
    ada.delete(&format!("/tokens/{}", text(&made["id"]))).await.problem(404, "not_found");
    assert!(ada.get("/tokens").await.is(200).rows().is_empty());

    let brief =
        ada.post("/tokens", json!({ "name": "Brief", "role": "viewer", "expires_in_days": 1 })).await.is(201);
    let brief = Person { token: brief.body["secret"].as_str().map(str::to_owned), ..app.stranger() };
    brief.get("/customers").await.is(200);
    app.clock.advance(Duration::hours(25));
    brief.get("/customers").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_stopped_by_account_and_address_and_does_not_lock_out_others() {
    let app = TestApp::with(|config| {
        config.password_attempts = 3;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let ada = app.admin().await;
    let from = async |address: &str, email: &str, password: &str| {
        let body = json!({ "email": email, "password": password });
        let request = ada.request(Method::POST, "/auth/login").json(&body).header("x-forwarded-for", address);
        Answer::of(request).await
    };
    // A right password takes nothing off what is left.
    for _ in 0..5 {
        from("203.0.113.1", &ada.email, PASSWORD).await.is(200);
    }
    for _ in 0..3 {
        from("203.0.113.1", &ada.email, "not the password").await.problem(401, "wrong_credentials");
    }
    let stopped = from("203.0.113.1", &ada.email, PASSWORD).await.problem(429, "too_many_attempts");
    let wait: i64 = stopped.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    from("203.0.113.1", "nobody@example.com", PASSWORD).await.problem(401, "wrong_credentials");
    from("203.0.113.2", &ada.email, PASSWORD).await.is(200);
    // From many addresses it takes longer, and ends as well.
    let mut refused = 0;
    for number in 0..40 {
        let answer = from(&format!("198.51.100.{number}"), &ada.email, "not the password").await;
        refused += usize::from(answer.status == 429);
    }
    assert!((1..=20).contains(&refused), "{refused}");
    app.clock.advance(Duration::minutes(16));
    from("203.0.113.1", &ada.email, PASSWORD).await.is(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_a_lot_is_limited_by_address() {
    let app = TestApp::with(|config| config.limits.registrations = NonZeroU32::new(1).unwrap()).await;
    app.register("Ada").await.0.is(201);
    app.register("Bob").await.0.is(201);
    let refused = app.register("Carl").await.0.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<i64>().unwrap() >= 1);
    assert!(refused.body["retry_after"].as_i64().unwrap() >= 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_costs_a_lot_is_limited_by_account_wherever_it_is_asked_from() {
    let app = TestApp::with(|config| {
        config.limits.imports = NonZeroU32::new(1).unwrap();
        config.limits.refreshes = NonZeroU32::new(1).unwrap();
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut ada = app.admin().await;
    let signed_in = ada.sign_in().await.body;
    let from = |number: u8, request: reqwest::RequestBuilder| {
        Answer::of(request.header("x-forwarded-for", format!("203.0.113.{number}")))
    };
    let import = |number| from(number, ada.request(Method::POST, "/imports").json(&json!({})));
    import(1).await.is(415);
    import(2).await.is(415);
    let refused = import(3).await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<i64>().unwrap() >= 1);

    // A session that is renewed is an account too, before anybody knows whose.
    let stranger = app.stranger();
    let mut token = signed_in["refresh_token"].clone();
    for number in [4, 5] {
        let body = json!({ "refresh_token": token });
        let renewed = from(number, stranger.request(Method::POST, "/auth/refresh").json(&body)).await.is(200);
        token = renewed.body["refresh_token"].clone();
    }
    let body = json!({ "refresh_token": token });
    let last = from(6, stranger.request(Method::POST, "/auth/refresh").json(&body)).await;
    last.problem(429, "too_many_requests");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_than_can_be_worked_on_are_told_to_come_again() {
    let app = TestApp::with(|config| config.most_requests = 1).await;
    let ada = app.admin().await;
    let asked = futures::future::join_all((0..20).map(|_| ada.get("/customers"))).await;
    assert!(asked.iter().any(|answer| answer.status == 200));
    for answer in asked.into_iter().filter(|answer| answer.status != 200) {
        let busy = answer.problem(503, "busy");
        assert_eq!(busy.header("retry-after"), "1");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_sends_its_headers_byte_by_byte_is_closed() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let app = TestApp::start().await;
    let mut slow = tokio::net::TcpStream::connect(&app.host).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let mut answer = Vec::new();
    // Closed by the server, without its having been asked anything.
    tokio::time::timeout(std::time::Duration::from_secs(45), slow.read_to_end(&mut answer))
        .await
        .expect("the server closes it")
        .unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    app.finish().await;
}
