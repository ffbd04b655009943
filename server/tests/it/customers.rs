use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, Person, TestApp, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_lives_from_entry_to_archive() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let due = app.day(-10);
    let new = json!({
        "name": "  Acme\u{a0}Ltd ", "email": "desk@acme.example", "phone": "+44 20 7946 0018", "tags": ["b", "a", "b"],
        "outstanding": { "amount": "1234.5", "currency": "USD" }, "due_date": due,
        "credit_limit": { "amount": "5000" },
    });
    let created = ada.post("/customers", new).await.is(201);
    let customer = created.body.clone();
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(customer["name"], "Acme Ltd");
    assert_eq!(customer["tags"], json!(["a", "b"]));
    assert_eq!(customer["outstanding"], json!({ "amount": "1234.50", "currency": "USD" }));
    assert_eq!(customer["overdue"], customer["outstanding"]);
    assert_eq!(customer["status"], "overdue");
    assert_eq!(customer["next_due_date"], due);
    assert_eq!(customer["open_invoices"], 1);
    assert!(text(&customer["reference"]).starts_with("C-"));
    let path = format!("/customers/{}", text(&customer["id"]));
    assert_eq!(ada.get(&path).await.is(200).body, customer);

    let change = json!({ "name": "Acme Limited", "phone": null, "tags": [] });
    let changed = ada.patch(&path, change).await.is(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.body["name"], "Acme Limited");
    assert_eq!(changed.body["email"], "desk@acme.example");
    assert!(changed.body.get("phone").is_none());

    ada.delete(&path).await.problem(409, "has_history").body["detail"]
        .as_str()
        .filter(|detail| detail.contains("/archive"))
        .expect("the way out is named");
    ada.post(&format!("{path}/archive"), json!({})).await.problem(409, "not_settled");
    ada.pay(&customer, "1234.50", "all of it").await.is(201);
    assert_eq!(ada.look_at(&customer).await["status"], "paid");
    let archived = ada.post(&format!("{path}/archive"), json!({})).await.is(200);
    assert!(archived.body["archived_at"].is_string());
    ada.post(&format!("{path}/archive"), json!({})).await.problem(409, "archived");
    assert_eq!(ada.get("/customers").await.body["page"]["total"], 0);
    assert_eq!(ada.get("/customers?archived=true").await.body["page"]["total"], 1);
    ada.post(&format!("{path}/unarchive"), json!({})).await.is(200);
    ada.post(&format!("{path}/unarchive"), json!({})).await.problem(409, "not_archived");

    let note = json!({ "text": "Promised to call back.\nTwice." });
    ada.post(&format!("{path}/notes"), note).await.is(201);
    ada.post(&format!("{path}/notes"), json!({ "text": " " })).await.names(&[("/text", "required")]);
    let timeline = ada.get(&format!("{path}/timeline")).await.is(200);
    assert_eq!(
        timeline.column("kind"),
        [
            "note.added",
            "customer.unarchived",
            "customer.archived",
            "payment.completed",
            "customer.updated",
            "customer.created"
        ]
    );
    let page = ada.get(&format!("{path}/timeline?limit=4")).await.is(200);
    let cursor = text(&page.body["page"]["next_cursor"]);
    let rest = ada.get(&format!("{path}/timeline?limit=4&cursor={cursor}")).await.is(200);
    assert_eq!(rest.column("kind"), ["customer.updated", "customer.created"]);
    assert_eq!(rest.body["page"]["next_cursor"], Value::Null);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_history_can_be_deleted_for_good() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.post("/customers", json!({ "name": "Slip", "reference": "C-7" })).await.is(201).body;
    let path = format!("/customers/{}", text(&customer["id"]));
    ada.delete(&path).await.is(204);
    ada.get(&path).await.problem(404, "not_found");
    ada.patch(&path, json!({ "name": "Ghost" })).await.problem(404, "not_found");
    ada.delete(&path).await.problem(404, "not_found");
    // Its reference is free again.
    ada.post("/customers", json!({ "name": "Other", "reference": "C-7" })).await.is(201);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let wrong = json!({
        "name": "", "email": "not an address", "phone": "1", "currency": "ZZZ",
        "outstanding": { "amount": "10" }, "due_date": "tomorrow",
    });
    ada.post("/customers", wrong).await.names(&[
        ("/name", "required"),
        ("/email", "invalid_email"),
        ("/phone", "invalid_phone"),
        ("/currency", "unknown_currency"),
        ("/due_date", "invalid_date"),
    ]);
    let owes_without_date = json!({ "name": "Acme", "outstanding": { "amount": "10" } });
    ada.post("/customers", owes_without_date).await.names(&[("/due_date", "required")]);
    let too_precise = json!({ "name": "Acme", "currency": "JPY", "outstanding": { "amount": "10.5" }, "due_date": "2026-01-01" });
    ada.post("/customers", too_precise).await.names(&[("/outstanding/amount", "too_many_decimals")]);
    let mixed = json!({ "name": "Acme", "currency": "EUR", "outstanding": { "amount": "10", "currency": "USD" }, "due_date": "2026-01-01" });
    ada.post("/customers", mixed).await.names(&[("/outstanding/currency", "currency_mismatch")]);
    let owner = json!({ "name": "Acme", "owner": "usr_nobody" });
    ada.post("/customers", owner).await.names(&[("/owner", "unknown_user")]);
    // Wrong in shape: all of them again, though reading stops at the first.
    let misshaped = json!({ "name": 5, "colour": "red", "outstanding": 12.5, "tags": ["a", 1], "credit_limit": { "amount": 100 } });
    ada.post("/customers", misshaped).await.names(&[
        ("/name", "invalid_type"),
        ("/colour", "unknown_field"),
        ("/outstanding", "invalid_type"),
        ("/tags/1", "invalid_type"),
        ("/credit_limit/amount", "invalid_type"),
    ]);
    assert_eq!(ada.get("/customers").await.body["page"]["total"], 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_as_a_json_number_is_refused() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for (money, pointer) in [
        (json!(100), "/outstanding"),
        (json!(100.5), "/outstanding"),
        (json!({ "amount": 100 }), "/outstanding/amount"),
        (json!({ "amount": 100.5, "currency": "USD" }), "/outstanding/amount"),
    ] {
        let new = json!({ "name": "Acme", "outstanding": money, "due_date": "2026-01-01" });
        let refused = ada.post("/customers", new).await.names(&[(pointer, "invalid_type")]);
        assert!(!refused.text.contains("struct"), "{}", refused.text);
    }
    for amount in ["abc", "", "1,5", "1e3", "0x10", " ", ".5", "5.", "Infinity"] {
        let new = json!({ "name": "Acme", "outstanding": { "amount": amount }, "due_date": "2026-01-01" });
        ada.post("/customers", new).await.names(&[("/outstanding/amount", "invalid_amount")]);
    }
    let negative = json!({ "name": "Acme", "outstanding": { "amount": "-1" }, "due_date": "2026-01-01" });
    ada.post("/customers", negative).await.names(&[("/outstanding/amount", "negative_amount")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_change_is_refused_and_shows_what_is_there_now() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let customer = ada.post("/customers", json!({ "name": "Acme" })).await.is(201).body;
    let path = format!("/customers/{}", text(&customer["id"]));
    let change = async |tag: &str, name: &str| {
        let request =
            ada.request(Method::PATCH, &path).header("if-match", tag).json(&json!({ "name": name }));
        Answer::of(request).await
    };
    let changed = change("\"1\"", "One").await.is(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let stale = change("\"1\"", "Two").await.problem(409, "stale_version");
    assert_eq!(stale.body["current"], changed.body);
    change("*", "Three").await.is(200);
    change("W/\"3\"", "Four").await.is(200);
    change("soon", "Five").await.names(&[("/If-Match", "invalid_etag")]);
    let stale = ada.patch(&path, json!({ "name": "Six", "version": 1 })).await.problem(409, "stale_version");
    assert_eq!(stale.body["current"]["name"], "Four");
    ada.patch(&path, json!({ "name": "Six", "version": 4 })).await.is(200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_unique_whatever_their_case() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    ada.post("/customers", json!({ "name": "One", "reference": "AB-1" })).await.is(201);
    ada.post("/customers", json!({ "name": "Two", "reference": "ab-1" }))
        .await
        .problem(409, "reference_taken");
    let two = ada.post("/customers", json!({ "name": "Two" })).await.is(201).body;
    let path = format!("/customers/{}", text(&two["id"]));
    ada.patch(&path, json!({ "reference": "AB-1" })).await.problem(409, "reference_taken");
    ada.patch(&path, json!({ "reference": null })).await.names(&[("/reference", "required")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_creation_with_a_key_makes_one_customer() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let first = ada.post_once("/customers", "k1", json!({ "name": "Acme" })).await.is(201);
    let again = ada.post_once("/customers", "k1", json!({ "name": "Acme" })).await.is(201);
    assert_eq!(first.body, again.body);
    assert_eq!(again.header("idempotent-replay"), "true");
    assert_eq!(first.header("idempotent-replay"), "");
    ada.post_once("/customers", "k1", json!({ "name": "Other" }))
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(ada.get("/customers").await.body["page"]["total"], 1);
    app.finish().await;
}

/// Six customers of all kinds.
async fn a_portfolio(app: &TestApp) -> Person {
    let ada = app.admin().await;
    let (late, soon) = (app.day(-30), app.day(7));
    let rows = [
        json!({ "name": "alpha", "reference": "R-6", "outstanding": { "amount": "100" }, "due_date": late, "tags": ["vip"] }),
        json!({ "name": "Beta Works", "reference": "R-5", "email": "pay@beta.example", "outstanding": { "amount": "250.50" }, "due_date": soon }),
        json!({ "name": "Gamma", "reference": "R-4", "phone": "+1 (555) 010-9999" }),
        json!({ "name": "Delta", "reference": "R-3", "currency": "JPY", "outstanding": { "amount": "1000" }, "due_date": soon }),
        json!({ "name": "Epsilon", "reference": "R-2", "outstanding": { "amount": "250.5" }, "due_date": app.day(0), "owner": ada.id }),
        json!({ "name": "Zeta", "reference": "R-1", "currency": "KWD", "outstanding": { "amount": "0.125" }, "due_date": late }),
    ];
    for row in rows {
        ada.post("/customers", row).await.is(201);
    }
    ada
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_filtered_and_bounds_are_included() {
    let app = TestApp::start().await;
    let ada = a_portfolio(&app).await;
    let names = async |query: &str| {
        let answer = ada.get(&format!("/customers?{query}")).await.is(200);
        assert_eq!(answer.body["page"]["total"], answer.rows().len(), "{query}");
        answer.column("name")
    };
    let (late, soon, today) = (app.day(-30), app.day(7), app.day(0));
    let none: [&str; 0] = [];
    assert_eq!(names("").await, ["alpha", "Beta Works", "Delta", "Epsilon", "Gamma", "Zeta"]);
    assert_eq!(names("status=overdue").await, ["alpha", "Zeta"]);
    assert_eq!(names("status=pending").await, ["Beta Works", "Delta", "Epsilon"]);
    assert_eq!(names("status=paid").await, ["Gamma"]);
    assert_eq!(names("tag=vip").await, ["alpha"]);
    assert_eq!(names("currency=jpy").await, ["Delta"]);
    assert_eq!(names(&format!("owner={}", ada.id)).await, ["Epsilon"]);
    assert_eq!(names("min_outstanding=250.50&max_outstanding=250.50").await, ["Beta Works", "Epsilon"]);
    assert_eq!(names("min_outstanding=250.51").await, ["Delta"]);
    assert_eq!(names("min_outstanding=99999999999999.9999").await, [""; 0]);
    assert_eq!(names("max_outstanding=0.125").await, ["Gamma", "Zeta"]);
    assert_eq!(names("max_outstanding=0.1249").await, ["Gamma"]);
    assert_eq!(names(&format!("due_from={today}&due_to={soon}")).await, ["Beta Works", "Delta", "Epsilon"]);
    assert_eq!(names(&format!("due_to={late}")).await, ["alpha", "Zeta"]);
    assert_eq!(names("q=BETA").await, ["Beta Works"]);
    assert_eq!(names("q=pay%40beta").await, ["Beta Works"]);
    assert_eq!(names("q=R-4").await, ["Gamma"]);
    assert_eq!(names("q=0109999").await, ["Gamma"]);
    assert_eq!(names("q=eta").await, ["Beta Works", "Zeta"]);
    assert_eq!(names("q=eta+works").await, ["Beta Works"]);
    assert_eq!(names("q=%27%22%3B+DROP").await, none);
    assert_eq!(names("archived=true").await, none);
    assert_eq!(names("status=overdue&currency=KWD").await, ["Zeta"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_sorted_by_every_documented_field() {
    let app = TestApp::start().await;
    let ada = a_portfolio(&app).await;
    let names = async |sort: &str| ada.get(&format!("/customers?sort={sort}")).await.is(200).column("name");
    assert_eq!(names("-name").await, ["Zeta", "Gamma", "Epsilon", "Delta", "Beta Works", "alpha"]);
    assert_eq!(names("reference").await, ["Zeta", "Epsilon", "Delta", "Gamma", "Beta Works", "alpha"]);
    assert_eq!(names("outstanding,name").await, ["Gamma", "Zeta", "alpha", "Beta Works", "Epsilon", "Delta"]);
    assert_eq!(names("-overdue,name").await[..2], ["alpha", "Zeta"]);
    // Those who owe nothing come last.
    assert_eq!(
        names("next_due_date,name").await,
        ["alpha", "Zeta", "Epsilon", "Beta Works", "Delta", "Gamma"]
    );
    assert_eq!(names("status,-name").await, ["Zeta", "alpha", "Epsilon", "Delta", "Beta Works", "Gamma"]);
    assert_eq!(names("created_at").await, ["alpha", "Beta Works", "Gamma", "Delta", "Epsilon", "Zeta"]);
    assert_eq!(names("-updated_at").await, ["Zeta", "Epsilon", "Delta", "Gamma", "Beta Works", "alpha"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_repeat_nor_skip_under_concurrent_writes() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    for number in 0..25 {
        let amount = format!("{}", 10 * (number % 5));
        let name = format!("Customer {number:02}");
        let new = json!({ "name": name, "outstanding": { "amount": amount }, "due_date": app.day(3) });
        ada.post("/customers", new).await.is(201);
    }
    for sort in ["name", "-name", "outstanding", "-outstanding,name", "next_due_date", "status,-created_at"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = ada.get(&format!("/customers?limit=4&sort={sort}{cursor}")).await.is(200);
            seen.extend(answer.column("name").into_iter().filter(|name| name.starts_with("Customer")));
            let next = answer.body["page"]["next_cursor"].clone();
            if next.is_null() {
                break;
            }
            assert_eq!(answer.rows().len(), 4);
            cursor = format!("&cursor={}", text(&next));
            // Someone writes between two pages.
            ada.post("/customers", json!({ "name": format!("Newcomer {}", seen.len()) })).await.is(201);
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (25, 25), "{sort}");
    }
    let page = ada.get("/customers?limit=4&sort=name").await.is(200);
    let cursor = text(&page.body["page"]["next_cursor"]);
    ada.get(&format!("/customers?sort=-name&cursor={cursor}")).await.names(&[("/cursor", "invalid_cursor")]);
    ada.get("/customers?cursor=zzz").await.names(&[("/cursor", "invalid_cursor")]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_unreadable_parameters_are_all_named() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let query = "/customers?statsu=paid&status=late&sort=password_hash&limit=0&min_outstanding=ten&due_from=soon&archived=maybe&currency=ZZZ";
    ada.get(query).await.names(&[
        ("/statsu", "unknown_parameter"),
        ("/status", "invalid_parameter"),
        ("/sort", "invalid_parameter"),
        ("/limit", "invalid_parameter"),
        ("/min_outstanding", "invalid_parameter"),
        ("/due_from", "invalid_parameter"),
        ("/archived", "invalid_parameter"),
        ("/currency", "invalid_parameter"),
    ]);
    for query in ["limit=201", "limit=-1", "limit=many", "sort=name;DROP", "min_outstanding=1.23456"] {
        ada.get(&format!("/customers?{query}")).await.problem(422, "invalid");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_reads_and_changes_nothing() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let viewer = app.person(&ada, "Vera", Role::Viewer).await;
    let customer = ada.owing("Acme", "10", &app.day(1)).await;
    viewer.look_at(&customer).await;
    let refused = viewer.post("/customers", json!({ "name": "X" })).await.problem(403, "forbidden");
    assert!(refused.text.contains("a collector or above"), "{}", refused.text);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_in_whole_and_forgotten_for_good() {
    let app = TestApp::start().await;
    let ada = app.admin().await;
    let mia = app.person(&ada, "Mia", Role::Manager).await;
    let sheet = "name,email,phone,address,amount,due date\n\
                 Zebulon Quill,zeb@example.com,020 7946 0000,1 Odd Lane,50.00,2026-01-05\n\
                 Bob Brown,bob@example.com,,,20.00,2026-01-05\n";
    let import = text(&ada.import("people.csv", sheet.as_bytes().to_vec()).await["id"]);
    let zeb = ada.get("/customers?q=zebulon").await.is(200).rows()[0].clone();
    let id = text(&zeb["id"]);
    let path = |rest: &str| format!("/customers/{id}{rest}");
    ada.post(&path("/notes"), json!({ "text": "Zebulon called about Aunt Mabel." })).await.is(201);
    ada.patch(&path(""), json!({ "name": "Zebulon Q. Quill" })).await.is(200);

    let told = ada.get(&path("/personal-data")).await.is(200);
    assert_eq!(told.body["customer"]["email"], "zeb@example.com");
    assert!(
        told.text.contains("Aunt Mabel") && told.body["events"].as_array().unwrap().len() >= 2,
        "{}",
        told.text
    );
    mia.get(&path("/personal-data")).await.problem(403, "forbidden");
    mia.post(&path("/erase"), json!({})).await.problem(403, "forbidden");
    // Of whom something is owed, one has to know who they are.
    ada.post(&path("/erase"), json!({})).await.problem(409, "not_settled");
    ada.pay(&zeb, "50.00", "k1").await.is(201);
    let erased = ada.post(&path("/erase"), json!({})).await.is(200).body;
    assert_eq!((&erased["name"], &erased["email"]), (&json!("Erased customer"), &Value::Null));
    assert!(erased["archived_at"].is_string());

    let everywhere = [
        path(""),
        path("/timeline"),
        path("/personal-data"),
        "/events?limit=200".into(),
        "/customers?archived=true".into(),
        "/payments".into(),
        "/invoices".into(),
        "/notifications".into(),
        "/customers?q=zeb".into(),
    ];
    for place in everywhere {
        let answer = ada.get(&place).await.is(200);
        for gone in ["Zebulon", "zeb@", "7946", "Odd Lane", "Mabel"] {
            assert!(!answer.text.contains(gone), "{gone} still stands in {place}: {}", answer.text);
        }
    }
    // The sheet they stood in is gone too.
    for part in ["mapping", "preview", "errors.xlsx"] {
        ada.get(&format!("/imports/{import}/{part}")).await.problem(409, "rows_dropped");
    }
    let keep = json!({ "import_id": import, "name": "Ours" });
    ada.post("/imports/mappings", keep).await.problem(409, "rows_dropped");
    // Somebody else of the same import stays who they are, in the log as well.
    assert!(ada.get("/events?limit=200").await.is(200).text.contains("bob@example.com"));
    let again = ada.pay(&zeb, "50.00", "k1").await;
    assert!(!again.text.contains("Zebulon"), "{}", again.text);
    // The chain still verifies, and the rows are what the events say.
    app.finish().await;
}
