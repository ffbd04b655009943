//! One HTTP/1.1 connection that is kept, and the account that is used on it.
//!
//! Bare hyper instead of a comfortable client: the generator shares two cores with what it measures.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::Mutex};

use crate::Result;

const EMAIL: &str = "bench@example.org";
/// Well below an access token's quarter of an hour.
const TOKEN_KEPT: Duration = Duration::from_secs(300);
const PASSWORD: &str = "correct horse battery staple 42";

/// A kept connection.
pub struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    address: SocketAddr,
    token: Option<String>,
}

impl Connection {
    /// Connects without signing in.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // Its error reaches the sender as well.
        tokio::spawn(connection);
        Ok(Self { sender, address, token: None })
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<(StatusCode, Bytes)> {
        let mut request =
            Request::builder().method(method).uri(path).header(header::HOST, self.address.to_string());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sender.ready().await?;
        let answer = self.sender.send_request(request.body(Full::new(body.into()))?).await?;
        let status = answer.status();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    /// Sends a request whose answer must be a success, and reads it as JSON.
    pub async fn json(&mut self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let sent = body.map(|body| body.to_string()).unwrap_or_default();
        let (status, answer) =
            self.send(method.clone(), path, &[("content-type", "application/json")], sent).await?;
        checked(status, &answer, &method, path)?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// `GET` of a JSON answer.
    pub async fn get(&mut self, path: &str) -> Result<Value> {
        let (status, answer) = self.send(Method::GET, path, &[], Bytes::new()).await?;
        checked(status, &answer, &Method::GET, path)?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Records a payment of the smallest amount and returns the payment.
    pub async fn pay(&mut self, customer: &str) -> Result<Bytes> {
        static KEY: AtomicU64 = AtomicU64::new(0);
        let key = format!("bench-{}-{}", std::process::id(), KEY.fetch_add(1, Ordering::Relaxed));
        let body = format!(r#"{{"customer_id":"{customer}","amount":{{"amount":"0.01","currency":"USD"}}}}"#);
        let headers = [("content-type", "application/json"), ("idempotency-key", key.as_str())];
        let (status, answer) = self.send(Method::POST, "/api/v1/payments", &headers, body).await?;
        checked(status, &answer, &Method::POST, "/api/v1/payments")?;
        Ok(answer)
    }
}

/// A benchmark of error answers would look splendid.
pub fn checked(status: StatusCode, answer: &[u8], method: &Method, path: &str) -> Result {
    if status.is_success() {
        return Ok(());
    }
    Err(format!("{method} {path} answered {status}: {}", String::from_utf8_lossy(answer)).into())
}

/// The first user of a new database, who is its admin.
pub struct Account {
    address: SocketAddr,
    token: Mutex<Option<(Instant, String)>>,
}

impl Account {
    /// Registers at an empty server.
    pub async fn register(address: SocketAddr) -> Result<Self> {
        let body = json!({"name": "Bench", "email": EMAIL, "password": PASSWORD});
        Connection::open(address).await?.json(Method::POST, "/api/v1/auth/register", Some(body)).await?;
        Ok(Self { address, token: Mutex::new(None) })
    }

    /// An access token with minutes to live. Kept for a while, because sign-ins are slow and limited, but not for the
    /// whole run, which may last longer than a token.
    pub async fn token(&self) -> Result<String> {
        let mut kept = self.token.lock().await;
        if let Some((issued, token)) = &*kept
            && issued.elapsed() < TOKEN_KEPT
        {
            return Ok(token.clone());
        }
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let answer = Connection::open(self.address)
            .await?
            .json(Method::POST, "/api/v1/auth/login", Some(body))
            .await?;
        let token = answer["access_token"].as_str().ok_or("sign-in answered no access_token")?.to_owned();
        *kept = Some((Instant::now(), token.clone()));
        Ok(token)
    }

    /// A signed-in connection.
    pub async fn connect(&self) -> Result<Connection> {
        Ok(self.connections(1).await?.remove(0))
    }

    /// Several signed-in connections.
    pub async fn connections(&self, count: usize) -> Result<Vec<Connection>> {
        let token = self.token().await?;
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            let mut connection = Connection::open(self.address).await?;
            connection.token = Some(token.clone());
            connections.push(connection);
        }
        Ok(connections)
    }

    /// The server's address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The customers, page by page, at most `count` of them.
    pub async fn customers(&self, count: usize) -> Result<Vec<Value>> {
        let mut connection = self.connect().await?;
        let (mut customers, mut path) = (Vec::new(), "/api/v1/customers?limit=200".to_owned());
        while customers.len() < count {
            let page = connection.get(&path).await?;
            customers.extend_from_slice(page["data"].as_array().ok_or("a list without data")?);
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/v1/customers?limit=200&cursor={cursor}"),
                None => break,
            }
        }
        customers.truncate(count);
        Ok(customers)
    }

    /// The ids of some customers, at most `count`.
    pub async fn customer_ids(&self, count: usize) -> Result<Vec<String>> {
        let customers = self.customers(count).await?;
        let ids: Vec<String> =
            customers.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned).collect();
        if ids.is_empty() { Err("there are no customers to pay for".into()) } else { Ok(ids) }
    }
}
