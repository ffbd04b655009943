//! Every server function, asked by everyone: what the screens can ask for is decided by the same table as REST.

use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Person, TestApp};

/// The function, the least role that may use it (`None`: no sign-in needed), and arguments it can be asked with.
fn table() -> Vec<(&'static str, Option<Role>, Value)> {
    use Role::{Admin, Collector, Manager, Viewer};
    let (none, money) = (json!({}), json!({ "amount": "1" }));
    let id = json!({ "id": "nobody" });
    let why = json!({ "reason": "no", "on": "2026-01-01" });
    let import = json!({ "id": "nobody", "limit": null, "cursor": null });
    let moved = json!({ "id": "nobody", "amount": money, "why": why, "key": "k" });
    vec![
        ("auth/sign-in", None, json!({ "email": "nobody@example.com", "password": "wrong" })),
        ("auth/register", None, json!({ "name": "", "email": "", "password": "" })),
        ("auth/invitation", None, json!({ "token": "none" })),
        ("auth/join", None, json!({ "token": "none", "password": "seven green kettles" })),
        ("auth/sign-out", None, none.clone()),
        ("customer/list", Some(Viewer), json!({ "list": { "filter": {}, "sort": [] } })),
        ("customer/ids", Some(Viewer), json!({ "list": { "filter": {}, "sort": [] } })),
        ("customer/counts", Some(Viewer), none.clone()),
        ("customer/load", Some(Viewer), id.clone()),
        ("customer/timeline", Some(Viewer), import.clone()),
        (
            "customer/bulk",
            Some(Collector),
            json!({ "ids": ["nobody"], "change": { "change": "add_tag", "tag": "vip" } }),
        ),
        (
            "customer/undo-bulk",
            Some(Collector),
            json!({ "undo": { "done": { "change": "add_tag", "tag": "vip" }, "steps": [] } }),
        ),
        ("customer/create", Some(Collector), json!({ "new": { "name": "" }, "key": "k" })),
        ("customer/update", Some(Collector), json!({ "id": "nobody", "patch": { "name": "X" } })),
        ("customer/note", Some(Collector), json!({ "id": "nobody", "text": "Called." })),
        ("customer/delete", Some(Manager), id.clone()),
        ("customer/archive", Some(Manager), id.clone()),
        ("customer/unarchive", Some(Manager), id.clone()),
        ("customer/erase", Some(Admin), id.clone()),
        ("demo/advance", Some(Admin), json!({ "days": 1 })),
        ("import/limits", Some(Viewer), none.clone()),
        ("import/list", Some(Viewer), json!({ "limit": null, "cursor": null })),
        ("import/status", Some(Viewer), id.clone()),
        ("import/errors", Some(Viewer), import.clone()),
        (
            "import/errors-of",
            Some(Viewer),
            json!({ "id": "nobody", "group": "g", "limit": null, "cursor": null }),
        ),
        ("import/error-groups", Some(Viewer), id.clone()),
        ("import/mapping", Some(Viewer), id.clone()),
        (
            "import/preview",
            Some(Viewer),
            json!({ "id": "nobody", "outcome": null, "limit": null, "cursor": null }),
        ),
        ("import/saved-mappings", Some(Viewer), none.clone()),
        ("import/set-mapping", Some(Manager), json!({ "id": "nobody", "change": {} })),
        ("import/fix", Some(Manager), json!({ "id": "nobody", "fixes": {} })),
        ("import/commit", Some(Manager), id.clone()),
        ("import/cancel", Some(Manager), id.clone()),
        ("import/undo", Some(Manager), id.clone()),
        ("import/save-mapping", Some(Manager), json!({ "id": "nobody", "name": "Mine" })),
        ("import/delete-mapping", Some(Manager), id.clone()),
        ("invoice/list", Some(Viewer), json!({ "list": { "sort": [] } })),
        (
            "invoice/create",
            Some(Manager),
            json!({ "new": { "customer_id": "nobody", "total": money }, "key": "k" }),
        ),
        ("invoice/update", Some(Manager), json!({ "id": "nobody", "patch": {} })),
        ("invoice/issue", Some(Manager), id.clone()),
        ("invoice/void", Some(Manager), json!({ "id": "nobody", "why": why, "key": "k" })),
        ("invoice/credit", Some(Manager), moved.clone()),
        ("invoice/write-off", Some(Manager), json!({ "id": "nobody", "why": why, "key": "k" })),
        ("invoice/recover", Some(Manager), moved.clone()),
        ("notification/inbox", Some(Viewer), json!({ "unread": null, "kind": null, "cursor": null })),
        ("notification/these", Some(Viewer), json!({ "seqs": [1] })),
        ("notification/unread", Some(Viewer), none.clone()),
        ("notification/read", Some(Viewer), json!({ "seqs": [1] })),
        ("notification/read-all", Some(Viewer), none.clone()),
        ("notification/prefer", Some(Viewer), json!({ "kind": "payment.received", "delivery": "inbox" })),
        ("payment/list", Some(Viewer), json!({ "list": {} })),
        (
            "payment/record",
            Some(Collector),
            json!({ "new": { "customer_id": "nobody", "amount": money }, "key": "k" }),
        ),
        (
            "payment/simulate",
            Some(Collector),
            json!({ "customer_id": "nobody", "amount": money, "outcome": "succeed", "key": "k" }),
        ),
        ("payment/status", Some(Collector), json!({ "id": "nobody", "status": "completed" })),
        ("payment/cancel", Some(Collector), id.clone()),
        (
            "payment/allocate",
            Some(Collector),
            json!({ "id": "nobody", "allocations": [], "why": why, "key": "k" }),
        ),
        ("payment/apply-unapplied", Some(Collector), json!({ "customer_id": "nobody" })),
        ("payment/refund", Some(Manager), moved),
        (
            "payment/reverse",
            Some(Manager),
            json!({ "id": "nobody", "kind": "bounced", "why": why, "key": "k" }),
        ),
        ("report/ageing", Some(Viewer), json!({ "as_of": null, "most": 10 })),
        ("report/desk", Some(Viewer), none.clone()),
        ("user/me", Some(Viewer), none.clone()),
        ("user/colleagues", Some(Viewer), none.clone()),
        ("user/rename-me", Some(Viewer), json!({ "name": "Someone" })),
        ("user/password", Some(Viewer), json!({ "current": "wrong", "new": "wrong" })),
        ("user/sessions", Some(Viewer), none.clone()),
        ("user/revoke", Some(Viewer), id.clone()),
        ("user/second-factor", Some(Viewer), none.clone()),
        ("user/second-factor/begin", Some(Viewer), json!({ "current_password": "wrong" })),
        ("user/second-factor/confirm", Some(Viewer), json!({ "code": "000000" })),
        ("user/second-factor/remove", Some(Viewer), json!({ "current_password": "wrong" })),
        ("user/list", Some(Admin), none.clone()),
        ("user/update", Some(Admin), id.clone()),
        ("user/invite", Some(Admin), json!({ "invitation": { "name": "", "email": "", "role": "viewer" } })),
        ("user/link", Some(Admin), id.clone()),
        ("token/list", Some(Admin), none.clone()),
        ("token/create", Some(Admin), json!({ "new": { "name": "", "role": "viewer" } })),
        ("token/revoke", Some(Admin), id.clone()),
        ("view/list", Some(Viewer), none),
        ("view/save", Some(Viewer), json!({ "new": { "name": "", "query": "" } })),
        ("view/update", Some(Viewer), json!({ "id": "nobody", "patch": {} })),
        ("view/delete", Some(Viewer), id),
    ]
}

#[test]
fn the_table_holds_every_server_function() {
    let mut registered: Vec<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.strip_prefix("/fn/").unwrap_or(path))
        .collect();
    let mut walked: Vec<&str> = table().iter().map(|(path, ..)| *path).collect();
    registered.sort_unstable();
    walked.sort_unstable();
    assert_eq!(registered, walked);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_refuses_those_who_may_not_and_only_those() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let people = app.one_of_each(&ada).await;
    let stranger = app.stranger();
    let mut wrong = Vec::new();
    for (path, least, arguments) in table() {
        let answer = ask(&stranger, path, &arguments).await;
        match least {
            Some(_) if answer.status != 401 => {
                wrong.push(format!("{path} by a stranger: {} {}", answer.status, answer.text))
            }
            _ => {}
        }
        let Some(least) = least else { continue };
        for (role, person) in &people {
            let answer = ask(person, path, &arguments).await;
            let refused = answer.body["type"] == "urn:duebook:problem:forbidden";
            // Arguments that can't be read say nothing about who may use the function.
            let misunderstood = [400, 401, 404, 405, 500].contains(&answer.status.as_u16())
                && answer.body["type"] != "urn:duebook:problem:not_found";
            if refused != (*role < least) || (!refused && misunderstood) {
                wrong.push(format!("{path} by a {role}: {} {}", answer.status, answer.text));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    app.finish().await;
}

async fn ask(person: &Person, path: &str, arguments: &Value) -> Answer {
    let request = person.request(Method::POST, &format!("//fn/{path}")).header("accept", "application/json");
    // Those that work without JavaScript are forms.
    let form = ["auth/sign-in", "auth/register", "auth/join", "auth/sign-out"].contains(&path);
    if !form {
        return Answer::of(request.json(arguments)).await;
    }
    let fields = arguments.as_object().into_iter().flatten();
    let body: Vec<String> =
        fields.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    Answer::of(request.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"))).await
}
