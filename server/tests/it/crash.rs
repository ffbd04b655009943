//! The real program on RocksDB, killed without warning.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{Answer, PASSWORD, Person};

/// Power failures in a run of the tests; `DUEBOOK_CRASH_ROUNDS=500` makes more of them.
const ROUNDS: u32 = 40;
const PAYERS: u32 = 4;
/// What is owed at first: more than all rounds pay.
const OWED: u64 = 10_000_000;

/// A Duebook in a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(data: &Path) -> Self {
        let mut child = duebook(data).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next().expect("it says where it is").unwrap();
        let url = address.strip_prefix("Duebook is at ").expect(&address).trim_end_matches('/').to_owned();
        Self { child, url }
    }

    /// As when the power fails: SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn stranger(&self) -> Person {
        Person {
            url: self.url.clone(),
            client: reqwest::Client::new(),
            token: None,
            id: String::new(),
            email: "ada@example.com".to_owned(),
        }
    }
}

fn duebook(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duebook"));
    command
        .env("DUEBOOK_ADDR", "127.0.0.1:0")
        .env("DUEBOOK_DATA_DIR", data)
        .env("DUEBOOK_LOG", "error")
        .env_remove("DUEBOOK_DATABASE_URL");
    command
}

/// Pays 1.00 again and again until nobody answers; the keys whose payment was acknowledged.
async fn pay_until_the_end(
    ada: Person,
    customer: Value,
    prefix: String,
    count: Arc<AtomicU32>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let key = format!("{prefix}-{number}");
        let body = json!({ "customer_id": customer["id"], "amount": { "amount": "1.00" } });
        let request = ada.request(Method::POST, "/payments").header("idempotency-key", &key).json(&body);
        match request.send().await {
            Ok(answer) if answer.status() == 201 => {
                acknowledged.push(key);
                count.fetch_add(1, Ordering::Relaxed);
            }
            // Cut off: whether this one happened is not known, and nobody was told that it did.
            _ => break,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_a_stream_of_payments_it_loses_and_doubles_none() {
    let data = TempDir::new().unwrap();
    let mut process = Process::start(data.path());
    let mut ada = process.stranger();
    let registration = json!({ "name": "Ada", "email": ada.email, "password": PASSWORD });
    ada.post("/auth/register", registration).await.is(201);
    ada.sign_in().await;
    let customer = ada.owing("Alice", &OWED.to_string(), "2025-03-20").await;
    let rounds = std::env::var("DUEBOOK_CRASH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut in_all = 0;

    for round in 0..rounds {
        let count = Arc::new(AtomicU32::new(0));
        let payers = (0..PAYERS).map(|payer| {
            let prefix = format!("{round}-{payer}");
            tokio::spawn(pay_until_the_end(ada.clone(), customer.clone(), prefix, count.clone()))
        });
        let payers: Vec<_> = payers.collect();
        // Another moment each time: now before the first commit is through, now in the middle of many.
        let enough = round * 7 % 41;
        crate::app::eventually("payments are acknowledged", async || count.load(Ordering::Relaxed) >= enough)
            .await;
        process.kill();
        let mut acknowledged = Vec::new();
        for payer in payers {
            acknowledged.extend(payer.await.unwrap());
        }

        process = Process::start(data.path());
        ada.url = process.url.clone();
        // The session survived as well.
        let before = ada.look_at(&customer).await["outstanding"]["amount"].clone();
        for key in &acknowledged {
            let body = json!({ "customer_id": customer["id"], "amount": { "amount": "1.00" } });
            let again = ada.post_once("/payments", key, body).await.is(201);
            assert_eq!(again.header("idempotent-replay"), "true", "{key} was acknowledged and is gone");
        }
        let after = ada.look_at(&customer).await;
        assert_eq!(after["outstanding"]["amount"], before, "asking again paid nothing");
        let payments = format!("/payments?customer_id={}&limit=1", customer["id"].as_str().unwrap());
        let total = ada.get(&payments).await.is(200).body["page"]["total"].as_u64().unwrap();
        assert_eq!(after["outstanding"]["amount"], format!("{}.00", OWED - total));
        in_all += u64::try_from(acknowledged.len()).unwrap();
        assert!(total >= in_all, "round {round}: {total} payments, {in_all} acknowledged");
    }
    assert!(in_all >= u64::from(rounds), "{in_all} payments in {rounds} rounds prove little");

    process.kill();
    let proof = duebook(data.path()).arg("verify").output().unwrap();
    let words = String::from_utf8_lossy(&proof.stdout);
    assert!(proof.status.success() && words.contains(": 0 differences"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_an_import_it_goes_on_with_no_row_twice() {
    const ROWS: u64 = 1500;
    let data = TempDir::new().unwrap();
    let mut process = Process::start(data.path());
    let mut ada = process.stranger();
    let registration = json!({ "name": "Ada", "email": ada.email, "password": PASSWORD });
    ada.post("/auth/register", registration).await.is(201);
    ada.sign_in().await;
    let rows: String = (0..ROWS).map(|row| format!("Customer {row},1.00,2025-03-20\n")).collect();
    let sheet = format!("Name,Outstanding,Due date\n{rows}").into_bytes();
    let import = ada.upload("a.csv", sheet).await.is(202).body;
    let path = format!("/imports/{}", import["id"].as_str().unwrap());
    for enough in [0, 200, 700] {
        crate::app::eventually("rows are saved", async || {
            ada.get(&path).await.is(200).body["created"].as_u64().unwrap() >= enough
        })
        .await;
        process.kill();
        process = Process::start(data.path());
        ada.url = process.url.clone();
    }
    let id = import["id"].as_str().unwrap();
    let done = ada.import_at(id, &["completed"]).await;
    assert_eq!(done["created"], ROWS);
    assert_eq!(ada.get("/customers?limit=1").await.is(200).body["page"]["total"], ROWS);
    process.kill();
    let proof = duebook(data.path()).arg("verify").output().unwrap();
    let words = String::from_utf8_lossy(&proof.stdout);
    assert!(proof.status.success() && words.contains(": 0 differences"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_books_is_refused_with_a_reason() {
    let data = TempDir::new().unwrap();
    let process = Process::start(data.path());
    Answer::of(process.stranger().request(Method::GET, "//readyz")).await.is(200);
    let second = duebook(data.path()).arg("serve").output().unwrap();
    assert!(!second.status.success());
    let words = String::from_utf8_lossy(&second.stderr);
    assert!(words.contains("duebook: ") && words.to_lowercase().contains("lock"), "{words}");
    process.kill();
}
