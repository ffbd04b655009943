//! A running Duebook and the people who use it: one method per thing they do.

use std::time::Duration;

use domain::Role;
use ledger::{Clock, Ledger};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::Application;
use server::config::Config;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "seven green kettles";

/// A running Duebook with an empty database in memory.
pub struct TestApp {
    pub url: String,
    pub host: String,
    pub clock: Clock,
    ledger: Ledger,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), String>>,
    /// Where its secrets are.
    _files: TempDir,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// Starts one with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::with_files(tempfile::tempdir().unwrap(), change).await
    }

    /// Starts one in a directory that holds a built front end, perhaps.
    pub async fn with_files(files: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::without_file(files.path()).unwrap();
        config.addr = "127.0.0.1:0".parse().unwrap();
        config.database_url = Some("mem://".to_owned());
        config.live_poll = Duration::from_millis(100);
        change(&mut config);
        let clock = Clock::default();
        let listener = TcpListener::bind(config.addr).await.unwrap();
        let ledger = server::application::open_at(&config, clock.clone()).await.unwrap();
        let application = Application::with(config, ledger.clone(), listener).unwrap();
        let host = application.bound().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(application.run_until(async {
            let _ = stopped.await;
        }));
        Self { url: format!("http://{host}"), host, clock, ledger, stop, running, _files: files }
    }

    /// Enters sample books.
    pub async fn seed(&self, books: ledger::DemoBooks) {
        self.ledger.seed(books).await.unwrap();
    }

    /// Today, as the books see it.
    pub fn today(&self) -> chrono::NaiveDate {
        self.ledger.business_date()
    }

    /// A day before or after today.
    pub fn day(&self, offset: i64) -> String {
        (self.today() + chrono::Duration::days(offset)).to_string()
    }

    /// Someone who is not signed in.
    pub fn stranger(&self) -> Person {
        Person {
            url: self.url.clone(),
            client: reqwest::Client::new(),
            token: None,
            id: String::new(),
            email: String::new(),
        }
    }

    /// A browser: keeps cookies, says where its pages come from.
    pub fn browser(&self) -> Person {
        let mut headers = HeaderMap::new();
        headers.insert("origin", HeaderValue::from_str(&self.url).unwrap());
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        let client = reqwest::Client::builder().cookie_store(true).default_headers(headers).build().unwrap();
        Person { client, ..self.stranger() }
    }

    /// Registers the first person, who is an admin from then on.
    pub async fn admin(&self) -> Person {
        let (_, mut admin) = self.register("Ada").await;
        admin.sign_in().await;
        admin
    }

    /// Registers someone; the answer and the person, not signed in.
    pub async fn register(&self, name: &str) -> (Answer, Person) {
        let email = format!("{}@example.com", name.to_lowercase());
        let mut person = Person { email: email.clone(), ..self.stranger() };
        let body = json!({ "name": name, "email": email, "password": PASSWORD });
        let answer = person.post("/auth/register", body).await;
        if let Some(id) = answer.body.pointer("/user/id").and_then(Value::as_str) {
            person.id = id.to_owned();
        }
        (answer, person)
    }

    /// Someone with a role, let in by the admin and signed in.
    pub async fn person(&self, admin: &Person, name: &str, role: Role) -> Person {
        let (answer, mut person) = self.register(name).await;
        answer.is(201);
        let let_in = json!({ "active": true, "role": role });
        admin.patch(&format!("/users/{}", person.id), let_in).await.is(200);
        person.sign_in().await;
        person
    }

    /// Someone of every role, the admin first.
    pub async fn one_of_each(&self, admin: &Person) -> Vec<(Role, Person)> {
        let mut people = vec![(Role::Admin, admin.clone())];
        for (name, role) in [("Vera", Role::Viewer), ("Carl", Role::Collector), ("Mia", Role::Manager)] {
            people.push((role, self.person(admin, name, role).await));
        }
        people
    }

    /// Ends the application; nothing in the books may differ from what the events say.
    pub async fn finish(self) {
        let report = self.ledger.verify().await.unwrap();
        assert_eq!(report.differences, [], "the books are not true");
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(15), self.running)
            .await
            .expect("it stops")
            .unwrap()
            .unwrap();
    }
}

/// Someone who talks to the API.
#[derive(Clone)]
pub struct Person {
    pub url: String,
    pub client: reqwest::Client,
    pub token: Option<String>,
    pub id: String,
    pub email: String,
}

impl Person {
    /// Signs in and keeps the access token.
    pub async fn sign_in(&mut self) -> Answer {
        let answer =
            self.post("/auth/login", json!({ "email": self.email, "password": PASSWORD })).await.is(200);
        self.token = answer.body["access_token"].as_str().map(str::to_owned);
        self.id = answer.body["user"]["id"].as_str().unwrap().to_owned();
        answer
    }

    /// A request to build on; `path` is under the API's base path unless it starts with two slashes.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(outside) => format!("{}/{outside}", self.url),
            None => format!("{}/api/v1{path}", self.url),
        };
        let request = self.client.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// A POST that moves money.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).header("idempotency-key", key).json(&body)).await
    }

    /// Creates a customer who owes `amount` since or until `due`.
    pub async fn owing(&self, name: &str, amount: &str, due: &str) -> Value {
        let body = json!({ "name": name, "outstanding": { "amount": amount }, "due_date": due });
        self.post("/customers", body).await.is(201).body
    }

    /// Records a payment of `amount` from `customer`.
    pub async fn pay(&self, customer: &Value, amount: &str, key: &str) -> Answer {
        let body =
            json!({ "customer_id": customer["id"], "amount": { "amount": amount, "currency": "USD" } });
        self.post_once("/payments", key, body).await
    }

    /// The customer as it is now.
    pub async fn look_at(&self, customer: &Value) -> Value {
        self.get(&format!("/customers/{}", customer["id"].as_str().unwrap())).await.is(200).body
    }

    /// Uploads a file.
    pub async fn upload(&self, file_name: &str, bytes: Vec<u8>) -> Answer {
        let file = Part::bytes(bytes).file_name(file_name.to_owned());
        let form = Form::new().part("file", file).text("commit", "auto");
        Answer::of(self.request(Method::POST, "/imports").multipart(form)).await
    }

    /// Uploads a file with other fields of the form.
    pub async fn upload_with(&self, file_name: &str, bytes: Vec<u8>, fields: &[(&str, &str)]) -> Answer {
        let file = Part::bytes(bytes).file_name(file_name.to_owned());
        let form = fields.iter().fold(Form::new().part("file", file), |form, (name, value)| {
            form.text((*name).to_owned(), (*value).to_owned())
        });
        Answer::of(self.request(Method::POST, "/imports").multipart(form)).await
    }

    /// Waits until an import comes to one of these states.
    pub async fn import_at(&self, id: &str, states: &[&str]) -> Value {
        let mut import = Value::Null;
        eventually(&format!("the import is {states:?}"), async || {
            import = self.get(&format!("/imports/{id}")).await.is(200).body;
            states.contains(&import["state"].as_str().unwrap())
        })
        .await;
        import
    }

    /// Uploads a file and waits until it is worked off.
    pub async fn import(&self, file_name: &str, bytes: Vec<u8>) -> Value {
        let mut import = self.upload(file_name, bytes).await.is(202).body;
        let path = format!("/imports/{}", import["id"].as_str().unwrap());
        eventually("the import ends", async || {
            import = self.get(&path).await.is(200).body;
            matches!(import["state"].as_str(), Some("completed" | "completed_with_errors" | "failed"))
        })
        .await;
        import
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Self { status, headers, body, text }
    }

    /// Fails the test unless the status is `status`.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Fails the test unless this is a problem document of kind `code`.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.body["type"], format!("urn:duebook:problem:{code}"), "{}", answer.text);
        assert_eq!(answer.body["status"], status);
        for field in ["title", "detail", "request_id"] {
            assert!(
                answer.body[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {}",
                answer.text
            );
        }
        assert_eq!(answer.body["request_id"], answer.header("x-request-id"));
        answer
    }

    /// Fails the test unless these fields, and no others, are said to be wrong.
    #[track_caller]
    pub fn names(self, fields: &[(&str, &str)]) -> Self {
        let answer = self.problem(422, "invalid");
        let mut given: Vec<(String, String)> = answer.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (text(&error["pointer"]), text(&error["code"])))
            .collect();
        given.sort();
        let mut expected: Vec<(String, String)> =
            fields.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
        expected.sort();
        assert_eq!(given, expected, "{}", answer.text);
        answer
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The values of one field of a list's rows.
    #[track_caller]
    pub fn column(&self, field: &str) -> Vec<String> {
        self.rows().iter().map(|row| text(&row[field])).collect()
    }

    /// A list's rows.
    #[track_caller]
    pub fn rows(&self) -> &[Value] {
        self.body["data"].as_array().unwrap()
    }
}

/// A JSON string's text, any other value's JSON.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("waited in vain: {what}");
}
