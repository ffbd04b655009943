use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_person_is_an_admin_and_the_second_waits_for_approval() {
    let app = TestApp::start().await;
    let (answer, mut ada) = app.register("Ada").await;
    let user = &answer.is(201).body["user"];
    assert_eq!((&user["role"], &user["active"]), (&json!("admin"), &json!(true)));
    assert!(user.get("password_hash").is_none());
    ada.sign_in().await;

    let (answer, mut bob) = app.register("Bob").await;
    let user = answer.is(201).body["user"].clone();
    assert_eq!((&user["role"], &user["active"]), (&json!("viewer"), &json!(false)));
    let login = json!({ "email": bob.email, "password": PASSWORD });
    let refused = bob.post("/auth/login", login).await.problem(403, "awaiting_approval");
    assert!(!refused.headers.contains_key("set-cookie"));

    ada.patch(&format!("/users/{}", bob.id), json!({ "active": true })).await.is(200);
    bob.sign_in().await;
    assert_eq!(bob.get("/me").await.is(200).body["email"], "bob@example.com");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_follows_the_setting_and_names_every_wrong_field() {
    let app = TestApp::with(|config| config.sign_up = domain::SignUp::Closed).await;
    let admin = app.admin().await;
    app.register("Bob").await.0.problem(403, "sign_up_closed");
    app.finish().await;

    let app = TestApp::with(|config| config.sign_up = domain::SignUp::Open).await;
    let wrong = json!({ "name": " ", "email": "nobody", "password": "short" });
    let stranger = app.stranger();
    stranger.post("/auth/register", wrong).await.names(&[
        ("/name", "required"),
        ("/email", "invalid_email"),
        ("/password", "too_short"),
    ]);
    let role = json!({ "name": "Eve", "email": "eve@example.com", "password": PASSWORD, "role": "admin" });
    stranger.post("/auth/register", role).await.names(&[("/role", "unknown_field")]);
    app.admin().await;
    let (_, mut bob) = app.register("Bob").await;
    bob.sign_in().await;
    let taken = json!({ "name": "Bob", "email": "BOB@example.com", "password": PASSWORD });
    stranger.post("/auth/register", taken).await.problem(409, "email_taken");
    drop(admin);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_and_a_wrong_password_get_the_same_answer() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let login = async |email: &str, password: &str| {
        let answer = ada.post("/auth/login", json!({ "email": email, "password": password })).await;
        let mut problem = answer.problem(401, "wrong_credentials").body;
        problem["request_id"] = Value::Null;
        problem
    };
    let wrong_password = login(&ada.email, "not the password").await;
    assert_eq!(wrong_password, login("nobody@example.com", PASSWORD).await);
    assert_eq!(wrong_password, login("", "").await);
    ada.post("/auth/login", json!({ "email": ada.email })).await.names(&[("/password", "required")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate_and_a_spent_one_ends_the_family() {
    let app = TestApp::start().await;
    let mut ada = app.admin().await;
    let first = ada.sign_in().await.body["refresh_token"].clone();
    let refresh = async |token: &Value| ada.post("/auth/refresh", json!({ "refresh_token": token })).await;
    let second = refresh(&first).await.is(200).body["refresh_token"].clone();
    assert_ne!(first, second);
    // An answer that was lost is given again; it is the same successor.
    assert_eq!(refresh(&first).await.is(200).body["refresh_token"], second);
    let third = refresh(&second).await.is(200).body["refresh_token"].clone();
    refresh(&first).await.problem(401, "unauthenticated");
    refresh(&third).await.problem(401, "unauthenticated");
    ada.get("/me").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_not_interchangeable() {
    let app = TestApp::start().await;
    let mut ada = app.admin().await;
    let answer = ada.sign_in().await.body;
    let refresh = answer["refresh_token"].as_str().unwrap().to_owned();
    ada.post("/auth/refresh", json!({ "refresh_token": answer["access_token"] })).await.is(401);
    ada.token = Some(refresh);
    ada.get("/me").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_unsigned_and_expired_tokens_are_refused() {
    let app = TestApp::start().await;
    let mut ada = app.admin().await;
    let token = ada.token.clone().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let mut signature = parts[2].to_owned();
    let changed = if signature.starts_with('A') { "B" } else { "A" };
    signature.replace_range(..1, changed);
    // {"alg":"none","typ":"JWT"} and {"alg":"none"}
    let forged = [
        format!("{}.{}.{signature}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]),
        format!("eyJhbGciOiJub25lIn0.{}.{}", parts[1], parts[2]),
        "undefined".to_owned(),
        "null".to_owned(),
    ];
    for token in forged {
        ada.token = Some(token);
        let refused = ada.get("/me").await.problem(401, "unauthenticated");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    ada.token = Some(token);
    ada.get("/me").await.is(200);
    app.clock.advance(chrono::Duration::minutes(16));
    ada.get("/me").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_change_and_a_lock_out_hold_at_once() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let bob = app.person(&ada, "Bob", Role::Collector).await;
    let customer = json!({ "name": "Acme" });
    bob.post("/customers", customer.clone()).await.is(201);
    let path = format!("/users/{}", bob.id);
    ada.patch(&path, json!({ "role": "viewer" })).await.is(200);
    bob.post("/customers", customer).await.problem(403, "forbidden");
    assert_eq!(bob.get("/me").await.is(200).body["role"], "viewer");
    ada.patch(&path, json!({ "active": false })).await.is(200);
    bob.get("/me").await.problem(401, "unauthenticated");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_for_good() {
    let app = TestApp::start().await;
    let mut ada = app.admin().await;
    let refresh = ada.sign_in().await.body["refresh_token"].clone();
    ada.post("/auth/logout", json!({})).await.is(204);
    ada.get("/me").await.is(401);
    ada.post("/auth/refresh", json!({ "refresh_token": refresh })).await.is(401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mut elsewhere = ada.clone();
    elsewhere.sign_in().await;
    let wrong = json!({ "current_password": "not the password", "new_password": "eight blue kettles" });
    ada.post("/me/password", wrong).await.names(&[("/current_password", "wrong_password")]);
    let short = json!({ "current_password": PASSWORD, "new_password": "short" });
    ada.post("/me/password", short).await.names(&[("/new_password", "too_short")]);
    let right = json!({ "current_password": PASSWORD, "new_password": "eight blue kettles" });
    ada.post("/me/password", right).await.is(204);
    ada.get("/me").await.is(200);
    elsewhere.get("/me").await.is(401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_carry_a_session_and_renew_it() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let browser = app.browser();
    let signed_in =
        browser.post("/auth/login", json!({ "email": ada.email, "password": PASSWORD })).await.is(200);
    let cookies: Vec<&str> =
        signed_in.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        for attribute in ["duebook_", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "plain http would drop it: {cookie}");
    }
    browser.get("/me").await.is(200);
    browser.post("/customers", json!({ "name": "Acme" })).await.is(201);

    // The access cookie runs out; the refresh cookie brings a new one on the way.
    app.clock.advance(chrono::Duration::minutes(20));
    let renewed = browser.get("/me").await.is(200);
    assert_eq!(renewed.headers.get_all("set-cookie").iter().count(), 2);
    assert!(!browser.get("/me").await.is(200).headers.contains_key("set-cookie"));
    // Two tabs at once.
    app.clock.advance(chrono::Duration::minutes(20));
    let (one, other) = tokio::join!(browser.get("/me"), browser.get("/customers"));
    one.is(200);
    other.is(200);
    browser.get("/me").await.is(200);
    // Renewal by hand, from the cookie alone, with the access cookie run out.
    app.clock.advance(chrono::Duration::minutes(20));
    browser.post("/auth/refresh", json!({})).await.is(200);
    browser.get("/me").await.is(200);

    browser.post("/auth/logout", json!({})).await.is(204);
    browser.get("/me").await.is(401);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_bound_to_the_host_over_tls() {
    let app = TestApp::with(|config| config.base_url = Some("https://due.example.org".to_owned())).await;
    let mut ada = app.register("Ada").await.1;
    let signed_in = ada.sign_in().await;
    for cookie in signed_in.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-duebook_") && cookie.ends_with("; Secure"), "{cookie}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_can_not_act_in_a_signed_in_browsers_name() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let session = ada.post("/auth/login", json!({ "email": ada.email, "password": PASSWORD })).await.body;
    let cookie = format!("duebook_access={}", session["access_token"].as_str().unwrap());
    let stranger = app.stranger();
    let create = |headers: &[(&'static str, &str)]| {
        let mut request = stranger.request(Method::POST, "/customers").json(&json!({ "name": "Acme" }));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request)
    };
    let foreign = ("origin", "https://evil.example");
    create(&[("cookie", &cookie), foreign]).await.problem(403, "foreign_origin");
    create(&[("cookie", &cookie), ("origin", "null")]).await.problem(403, "foreign_origin");
    create(&[("cookie", &cookie)]).await.problem(403, "foreign_origin");
    create(&[("cookie", &cookie), ("sec-fetch-site", "cross-site")]).await.problem(403, "foreign_origin");
    create(&[("cookie", &cookie), ("sec-fetch-site", "same-site")]).await.problem(403, "foreign_origin");
    let forwarded = ("x-forwarded-host", "evil.example");
    create(&[("cookie", &cookie), foreign, forwarded]).await.problem(403, "foreign_origin");
    create(&[("cookie", &cookie), ("origin", &app.url)]).await.is(201);
    create(&[("cookie", &cookie), ("sec-fetch-site", "same-origin")]).await.is(201);

    let bearer = format!("Bearer {}", ada.token.as_deref().unwrap());
    create(&[("authorization", &bearer)]).await.is(201);
    create(&[("authorization", &bearer), foreign]).await.problem(403, "foreign_origin");
    // Reading is harmless: the answer can't be read from another site.
    let read =
        stranger.request(Method::GET, "/customers").header("cookie", &cookie).header(foreign.0, foreign.1);
    let read = Answer::of(read).await.is(200);
    assert!(!read.headers.contains_key("access-control-allow-origin"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_says_which_host_was_asked_for() {
    let app = TestApp::with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let ada = app.admin().await;
    let request = ada
        .request(Method::POST, "/customers")
        .json(&json!({ "name": "Acme" }))
        .header("origin", "https://due.example.org")
        .header("x-forwarded-host", "due.example.org");
    Answer::of(request).await.is(201);
    app.finish().await;
}
