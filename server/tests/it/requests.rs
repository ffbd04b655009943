//! What holds for every request.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::{Answer, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_under_the_api_answers_anything_but_problems() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for path in ["/nothing", "//api", "//api/v2/customers", "/customers/a/b/c", "//api/"] {
        ada.get(path).await.problem(404, "not_found");
    }
    ada.get("/customers/%FF").await.problem(404, "not_found");
    ada.delete("/customers").await.problem(405, "method_not_allowed");
    ada.get("/auth/login").await.problem(405, "method_not_allowed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_json_of_a_sensible_size() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let post = async |kind: &str, body: String| {
        let request = ada.request(Method::POST, "/customers").header("content-type", kind).body(body);
        Answer::of(request).await
    };
    post("text/plain", r#"{"name":"Acme"}"#.into()).await.problem(415, "unsupported_media_type");
    post("application/x-www-form-urlencoded", "name=Acme".into())
        .await
        .problem(415, "unsupported_media_type");
    for broken in ["", "{", r#"{"name":"Acme""#, r#"{"name":"Acme"} more"#, r#"{"name":}"#, "nonsense"] {
        post("application/json", broken.into()).await.problem(400, "malformed_json");
    }
    post("application/json", "[]".into()).await.problem(422, "invalid");
    post("application/json", "null".into()).await.problem(422, "invalid");
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(2 * 1024 * 1024));
    post("application/json", large).await.problem(413, "too_large");
    post("Application/JSON; charset=utf-8", r#"{"name":"Acme"}"#.into()).await.is(201);
    app.finish().await;
}

/// Sends a request to its end, as many clients do, and only then looks at what came back.
async fn sent_before_read(app: &TestApp, headers: &str, body: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(&app.host).await?;
    stream.write_all(headers.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_reaches_those_who_are_still_sending() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let token = format!("authorization: Bearer {}\r\n", ada.token.as_deref().unwrap());
    let json = "content-type: application/json\r\n";
    let form = "content-type: multipart/form-data; boundary=b\r\n";
    // Far more than the buffers of both ends hold.
    let body = vec![b'x'; 24 * 1024 * 1024];
    for (path, headers, status, code) in [
        ("/api/v1/customers", format!("{token}{json}"), 413, "too_large"),
        ("/api/v1/customers", json.to_owned(), 401, "unauthenticated"),
        ("/api/v1/customers", token.clone(), 415, "unsupported_media_type"),
        ("/api/v1/imports", form.to_owned(), 401, "unauthenticated"),
        ("/api/v1/nothing", json.to_owned(), 404, "not_found"),
        ("/fn/sign_in", json.to_owned(), 413, "too_large"),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
            app.host,
            body.len()
        );
        let answer = sent_before_read(&app, &head, &body).await;
        let answer = answer.unwrap_or_else(|error| panic!("{path} {headers:?}: {error}"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(answer.contains(&format!("urn:duebook:problem:{code}")), "{path}: {answer}");
    }
    // Who asks first is told without having sent anything, and nothing is waited for.
    let head = format!(
        "POST /api/v1/customers HTTP/1.1\r\nhost: {}\r\n{json}expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        app.host,
        body.len()
    );
    let answer = sent_before_read(&app, &head, b"").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_an_id_and_headers_that_protect() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for path in ["/me", "/nothing", "//healthz", "//sign-in", "//api/v1/openapi.json"] {
        let answer = ada.get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
    }
    assert_eq!(ada.get("/me").await.header("cache-control"), "no-store");
    for nonsense in ["x".repeat(65), "a b".to_owned(), "ä".to_owned()] {
        let request = ada.request(Method::GET, "/me").header("x-request-id", nonsense.as_bytes());
        let answer = Answer::of(request).await.is(200);
        assert_ne!(answer.header("x-request-id"), nonsense);
        assert!(!answer.header("x-request-id").is_empty());
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_for_everyone_and_answers_are_compressed_when_asked() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    assert_eq!(stranger.get("//healthz").await.is(200).text, "ok");
    assert_eq!(stranger.get("//readyz").await.is(200).text, "ready");
    let request = stranger.request(Method::GET, "//api/v1/openapi.json").header("accept-encoding", "br");
    assert_eq!(Answer::of(request).await.is(200).header("content-encoding"), "br");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_served_from_the_binary() {
    let app = TestApp::start().await;
    let stranger = app.stranger();
    let document = stranger.get("//api/v1/openapi.json").await.is(200).body;
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    assert!(document["paths"]["/api/v1/payments/simulate"]["post"].is_object());
    let page = stranger.get("//api/docs/").await.is(200);
    assert!(page.text.contains("swagger-ui"));
    assert!(!page.text.contains("://"), "nothing from elsewhere: {}", page.text);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_stops_while_a_socket_and_idle_connections_are_open() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.post("/customers", json!({ "name": "Acme" })).await.is(201);
    let mut request = tokio_tungstenite::tungstenite::client::IntoClientRequest::into_client_request(
        format!("ws://{}/live", app.host),
    )
    .unwrap();
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {}", ada.token.as_deref().unwrap()).parse().unwrap());
    let _socket = tokio_tungstenite::connect_async(request).await.unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_statement_is_a_value() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.owing("O'Brien; DELETE customer; --", "10.00", &app.day(3)).await;
    ada.owing("Acme", "20.00", &app.day(3)).await;
    let hostile = [
        "'; DELETE customer; --",
        "\" OR true OR \"",
        "x' OR '1' = '1",
        "`name`",
        "$auth; REMOVE TABLE customer;",
        "type::record('user', 'x')",
        "{ return 1 }",
        "a\u{0}b",
        "../../etc/passwd",
        "%00",
        "\\",
    ];
    for text in hostile {
        for name in [
            "q",
            "owner",
            "tag",
            "sort",
            "cursor",
            "status",
            "currency",
            "min_outstanding",
            "due_from",
            "limit",
        ] {
            let answer = ada.get(&format!("/customers?{name}={}", encoded(text))).await;
            assert!([200, 422].contains(&answer.status.as_u16()), "{name}={text}: {}", answer.text);
            if answer.status == 200 && name != "owner" && name != "tag" {
                assert!(answer.rows().len() < 2, "{name}={text} finds what it should not: {}", answer.text);
            }
        }
        for path in ["/customers/", "/invoices/", "/payments/", "/imports/", "/me/sessions/", "/tokens/"] {
            let method = if path.starts_with("/me") || path.starts_with("/tok") {
                Method::DELETE
            } else {
                Method::GET
            };
            let answer = Answer::of(ada.request(method, &format!("{path}{}", encoded(text)))).await;
            assert_eq!(answer.status, 404, "{path}{text}: {}", answer.text);
        }
        let made =
            ada.post("/customers", json!({ "name": "Hostile", "reference": text, "tags": [text] })).await;
        assert!([201, 409, 422].contains(&made.status.as_u16()), "{text}: {}", made.text);
    }
    // Found by what it is called, which is no statement.
    let found = ada.get(&format!("/customers?q={}", encoded("O'Brien; DELETE"))).await;
    assert_eq!(found.is(200).rows().len(), 1);
    app.finish().await;
}

/// Every byte as a percent sign and two digits, so that nothing of it means anything in an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
