//! Those who change the books: payments mostly, names of customers, new customers. A change whose answer was lost is sent again
//! under the same key until it is answered.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::Soak;
use crate::{Result, client::Connection};

/// Changes under way at a time.
const WRITERS: u64 = 16;
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(50);
/// Of so many changes one renames a customer, and one enters a new one.
const RENAME: u64 = 5;
const ENTER: u64 = 50;

/// Changes the books `rate` times a second, or as fast as it goes, until it is enough.
pub async fn write(soak: Arc<Soak>, rate: u64) -> Result {
    let begun = Instant::now();
    let mut ids: Vec<String> = soak.books.rows.keys().cloned().collect();
    ids.sort();
    let ids = Arc::new(ids);
    let writers = (0..WRITERS).map(|writer| {
        let (soak, ids) = (Arc::clone(&soak), Arc::clone(&ids));
        tokio::spawn(async move { Writer { soak, ids, connection: None }.write(writer, rate, begun).await })
    });
    for written in futures::future::join_all(writers).await {
        written??;
    }
    Ok(())
}

struct Writer {
    soak: Arc<Soak>,
    ids: Arc<Vec<String>>,
    connection: Option<Connection>,
}

impl Writer {
    async fn write(mut self, writer: u64, rate: u64, begun: Instant) -> Result {
        let mut turn = writer;
        while !self.soak.enough.load(Ordering::Relaxed) {
            let due = begun + Duration::from_secs_f64(turn as f64 / rate as f64);
            tokio::time::sleep_until(due.into()).await;
            let id = self.ids[(turn as usize * 7919) % self.ids.len()].clone();
            if turn % ENTER == ENTER - 1 {
                self.enter(turn).await?;
            } else if turn % RENAME == RENAME - 1 {
                self.rename(&id, turn).await?;
            } else {
                self.pay(&id, turn).await?;
            }
            self.soak.counts.changes.fetch_add(1, Ordering::Relaxed);
            turn += WRITERS;
        }
        Ok(())
    }

    async fn pay(&mut self, id: &str, turn: u64) -> Result {
        let body = format!(r#"{{"customer_id":"{id}","amount":{{"amount":"0.01","currency":"USD"}}}}"#);
        let (status, answer) =
            self.send(Method::POST, "/api/v1/payments", &format!("pay {turn}"), body).await?;
        if status == StatusCode::CREATED { Ok(()) } else { refused("a payment", status, &answer) }
    }

    async fn enter(&mut self, turn: u64) -> Result {
        let body = format!(r#"{{"name":"Customer {turn}","reference":"N-{turn}"}}"#);
        let (status, answer) =
            self.send(Method::POST, "/api/v1/customers", &format!("enter {turn}"), body).await?;
        // Entered before the answer was lost, its reference is taken.
        if status == StatusCode::CREATED || status == StatusCode::CONFLICT || is_taken(&answer) {
            return Ok(());
        }
        refused("a new customer", status, &answer)
    }

    /// Changes the name at the version it has now; somebody else may be quicker.
    async fn rename(&mut self, id: &str, turn: u64) -> Result {
        let path = format!("/api/v1/customers/{id}");
        loop {
            let (status, answer) = self.send(Method::GET, &path, "", String::new()).await?;
            if status != StatusCode::OK {
                return refused("a reading", status, &answer);
            }
            let customer: Value = serde_json::from_slice(&answer)?;
            let body = format!(r#"{{"name":"Renamed {turn}","version":{}}}"#, customer["version"]);
            let (status, answer) = self.send(Method::PATCH, &path, "", body).await?;
            match status {
                StatusCode::OK => return Ok(()),
                StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => {}
                _ => return refused("a rename", status, &answer),
            }
        }
    }

    /// Sends it until it is answered.
    async fn send(
        &mut self,
        method: Method,
        path: &str,
        key: &str,
        body: String,
    ) -> Result<(StatusCode, Bytes)> {
        loop {
            if self.connection.is_none() {
                self.connection = self.soak.account.connect().await.ok();
            }
            if let Some(connection) = &mut self.connection {
                let mut headers = vec![("content-type", "application/json")];
                if !key.is_empty() {
                    headers.push(("idempotency-key", key));
                }
                match connection.send(method.clone(), path, &headers, body.clone()).await {
                    Ok((status, _)) if status == StatusCode::SERVICE_UNAVAILABLE => {}
                    Ok((StatusCode::UNAUTHORIZED, _)) | Err(_) => self.connection = None,
                    Ok(answer) => return Ok(answer),
                }
            }
            self.soak.counts.retried.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(AGAIN).await;
        }
    }
}

fn is_taken(answer: &[u8]) -> bool {
    String::from_utf8_lossy(answer).contains("taken")
}

fn refused(what: &str, status: StatusCode, answer: &[u8]) -> Result {
    Err(format!("{what} was answered {status}: {}", String::from_utf8_lossy(answer)).into())
}
