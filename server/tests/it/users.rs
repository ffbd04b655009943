use domain::Role;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_everyone_and_changes_them() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let bob = app.person(&ada, "Bob", Role::Manager).await;
    let users = ada.get("/users").await.is(200);
    assert_eq!(users.column("name"), ["Ada", "Bob"]);
    assert_eq!(users.body["page"]["total"], 2);
    for secret in ["password", "hash", "argon2"] {
        assert!(!users.text.contains(secret), "{secret}");
    }
    let path = format!("/users/{}", bob.id);
    let renamed = ada.patch(&path, json!({ "name": "Robert", "version": 2 })).await.is(200);
    assert_eq!((&renamed.body["name"], renamed.header("etag")), (&json!("Robert"), "\"3\""));
    let stale = ada.patch(&path, json!({ "name": "Rob", "version": 2 })).await.problem(409, "stale_version");
    assert_eq!(stale.body["current"]["name"], "Robert");
    ada.patch(&path, json!({ "role": "owner", "email": "x" }))
        .await
        .names(&[("/role", "unknown_value"), ("/email", "unknown_field")]);
    ada.patch("/users/usr_none", json!({ "name": "Ghost" })).await.problem(404, "not_found");
    bob.get("/users").await.problem(403, "forbidden");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_admin_stays_one() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let path = format!("/users/{}", ada.id);
    ada.patch(&path, json!({ "role": "manager" })).await.problem(409, "last_admin");
    ada.patch(&path, json!({ "active": false })).await.problem(409, "last_admin");
    app.person(&ada, "Bob", Role::Admin).await;
    ada.patch(&path, json!({ "role": "manager" })).await.is(200);
    ada.get("/users").await.problem(403, "forbidden");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_name_themselves_and_nothing_else() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let vera = app.person(&ada, "Vera", Role::Viewer).await;
    assert_eq!(vera.patch("/me", json!({ "name": "Vera Lind" })).await.is(200).body["name"], "Vera Lind");
    assert_eq!(vera.get("/me").await.is(200).body["name"], "Vera Lind");
    vera.patch("/me", json!({ "name": "" })).await.names(&[("/name", "required")]);
    vera.patch("/me", json!({ "name": "V", "role": "admin" })).await.names(&[("/role", "unknown_field")]);
    assert_eq!(vera.get("/me").await.is(200).body["role"], "viewer");
    app.finish().await;
}
