//! Commit → frame: from sending a payment to its event at the subscribers.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::header},
};

use crate::{Result, Scale, client::Account, floor::BareHttp, latency::Latencies, table::Table};

const PATIENCE: Duration = Duration::from_secs(5);

/// With one socket and with fifty.
pub async fn measure(account: &Account, scale: &Scale, bare: &BareHttp, table: &mut Table) -> Result {
    for (sockets, target) in [(1, "p95 ≤ 5 ms"), (50, "p95 ≤ 10 ms")] {
        let latencies = frames(account, sockets, scale.frames).await?;
        table.row(
            &format!("payment sent → frame, {sockets} sockets"),
            latencies.text(),
            target,
            &format!("HTTP p95 {:.2} ms", bare.one_client.quantile_ms(0.95)),
            &format!("{:.1} × HTTP", latencies.quantile_ms(0.95) / bare.one_client.quantile_ms(0.95)),
        );
    }
    Ok(())
}

async fn frames(account: &Account, sockets: usize, count: usize) -> Result<Latencies> {
    let token = account.token().await?;
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let mut subscribers = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        let socket = subscribe(account.address(), &token).await?;
        subscribers.push(tokio::spawn(report_payments(socket, seen.clone())));
    }
    drop(seen);
    let customers = account.customer_ids(200).await?;
    let mut connection = account.connect().await?;
    let mut latencies = Latencies::new()?;
    // One payment at a time, so a frame that arrives is that payment's and no ids need comparing.
    for customer in customers.iter().cycle().take(count) {
        let sent = Instant::now();
        connection.pay(customer).await?;
        for _ in 0..sockets {
            let arrived = tokio::time::timeout(PATIENCE, arrivals.recv())
                .await
                .map_err(|_| "a frame didn't arrive within five seconds")?
                .ok_or("a subscriber was cut off")?;
            latencies.add(arrived.saturating_duration_since(sent));
        }
    }
    subscribers.iter().for_each(tokio::task::JoinHandle::abort);
    // One person may have fifty live connections: let the server notice that these are gone before the next ones come.
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(latencies)
}

type Socket = WebSocketStream<TcpStream>;

/// Connects, subscribes, and reads away what is older.
async fn subscribe(address: SocketAddr, token: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}/live").into_client_request()?;
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut socket, _) = client_async(request, stream).await?;
    // The server's hello tells the present seq; should it wait for us to speak first, everything is asked for.
    let hello = next_frame(&mut socket, Duration::from_millis(500)).await?;
    let from_seq = hello.as_ref().and_then(|frame| frame["seq"].as_u64()).unwrap_or(0);
    let ask = json!({"type": "subscribe", "from_seq": from_seq});
    socket.send(Message::text(ask.to_string())).await?;
    while next_frame(&mut socket, Duration::from_millis(200)).await?.is_some() {}
    Ok(socket)
}

async fn next_frame(socket: &mut Socket, patience: Duration) -> Result<Option<Value>> {
    match tokio::time::timeout(patience, socket.next()).await {
        Err(_) => Ok(None),
        Ok(None) => Err("the server closed the live connection".into()),
        Ok(Some(message)) => Ok(Some(parse(&message?)?)),
    }
}

/// A frame that isn't text is the WebSocket's own affair and nothing to us.
fn parse(message: &Message) -> Result<Value> {
    match message {
        Message::Text(text) => Ok(serde_json::from_str(text)?),
        Message::Close(_) => Err("the server closed the live connection".into()),
        _ => Ok(Value::Null),
    }
}

/// Reports when each payment's event arrived; ends when the connection does, which the other side of `seen` notices.
async fn report_payments(mut socket: Socket, seen: mpsc::UnboundedSender<Instant>) -> Result {
    while let Some(message) = socket.next().await {
        let arrived = Instant::now();
        let frame = parse(&message?)?;
        match frame["type"].as_str() {
            Some("event") if frame["kind"] == "payment.completed" => seen.send(arrived)?,
            Some("ping") => socket.send(Message::text(r#"{"type":"pong"}"#)).await?,
            _ => {}
        }
    }
    Ok(())
}
