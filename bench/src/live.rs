//! Commit → frame: from sending a payment to its event at the subscribers.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, http::header, protocol::WebSocketConfig},
};

use crate::{
    Result, Scale, client::Account, floor::BareHttp, latency::Latencies, payments, server::Server,
    table::Table,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Sockets of the rows that time frames, each with its target.
const ROWS: [(usize, &str); 4] = [(1, "p95 ≤ 5 ms"), (50, "p95 ≤ 10 ms"), (100, ""), (1_000, "p95 ≤ 50 ms")];
/// Sockets that only wait.
const IDLE: usize = 10_000;
/// Frames to all sockets together that a row times at least, so that many sockets need fewer payments.
const FRAMES: usize = 20_000;

/// From payment to frame with few and many sockets, what listening costs those who pay, and what waiting costs in memory.
pub async fn measure(
    account: &Account,
    server: &Server,
    scale: &Scale,
    bare: &BareHttp,
    table: &mut Table,
) -> Result {
    // What was sent last before is told first.
    gone().await;
    for (sockets, target) in ROWS {
        let count = scale.frames.min((FRAMES / sockets).max(20));
        let latencies = frames(account, sockets, count).await?;
        table.row(
            &format!("payment sent → frame, {sockets} sockets"),
            latencies.text(),
            target,
            &format!("HTTP p95 {:.2} ms", bare.one_client.quantile_ms(0.95)),
            &format!("{:.1} × HTTP", latencies.quantile_ms(0.95) / bare.one_client.quantile_ms(0.95)),
        );
    }
    for listeners in [0, 100, 1_000] {
        let reading = listening(account, listeners).await?;
        let what = format!("payments, 16 clients, {listeners} sockets listen");
        payments::row(account, scale, &what, table).await?;
        reading.iter().for_each(tokio::task::JoinHandle::abort);
        gone().await;
    }
    let before = server.memory_mib("VmRSS")?;
    let reading = listening(account, IDLE).await?;
    let with = server.memory_mib("VmRSS")?;
    let text = format!("{with:.0} MiB (before: {before:.0})");
    table.row(&format!("memory with {IDLE} sockets"), text, "≤ 1024 MiB", "", "");
    reading.iter().for_each(tokio::task::JoinHandle::abort);
    gone().await;
    Ok(())
}

/// Lets the server notice that sockets are gone before others come.
async fn gone() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Sockets that read whatever comes.
async fn listening(account: &Account, count: usize) -> Result<Vec<tokio::task::JoinHandle<Result>>> {
    let token = account.token().await?;
    let mut reading = Vec::with_capacity(count);
    for _ in 0..count {
        reading.push(tokio::spawn(read_away(subscribe(account.address(), &token, None).await?)));
    }
    Ok(reading)
}

/// Takes frames as fast as they come and does nothing with them: the generator shares its cores with the server.
async fn read_away(mut socket: Socket) -> Result {
    while let Some(message) = socket.next().await {
        if let Message::Text(text) = message?
            && text.contains(r#""type":"ping""#)
        {
            socket.send(Message::text(r#"{"type":"pong"}"#)).await?;
        }
    }
    Ok(())
}

async fn frames(account: &Account, sockets: usize, count: usize) -> Result<Latencies> {
    let token = account.token().await?;
    let (seen, mut arrivals) = mpsc::unbounded_channel();
    let mut subscribers = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        let socket = subscribe(account.address(), &token, None).await?;
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
    gone().await;
    Ok(latencies)
}

/// What a client reads at once: a few frames.
const READ_BUFFER: usize = 16 * 1024;

/// A live connection.
pub type Socket = WebSocketStream<TcpStream>;

/// Connects; the greeting comes next.
pub async fn open(address: SocketAddr, token: &str) -> Result<Socket> {
    let mut request = format!("ws://{address}/live").into_client_request()?;
    request.headers_mut().insert(header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    // The default of 128 KiB is cleared before each reading, which costs more than what is read.
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    Ok(client_async_with_config(request, stream, Some(config)).await?.0)
}

/// Reads the greeting; answers the last event of the books.
pub async fn hello(socket: &mut Socket) -> Result<i64> {
    let hello = next_frame(socket).await?;
    Ok(hello["seq"].as_i64().ok_or("a greeting without seq")?)
}

/// The number of an event's frame, without reading the rest: its fields come in the order of their names.
pub fn seq(frame: &str) -> Option<i64> {
    const NAME: &str = r#","seq":"#;
    let rest = frame.get(frame.rfind(NAME)? + NAME.len()..)?;
    rest.get(..rest.find(|c: char| !c.is_ascii_digit())?)?.parse().ok()
}

/// Connects and subscribes: after an event, or from now on.
pub async fn subscribe(address: SocketAddr, token: &str, after: Option<i64>) -> Result<Socket> {
    let mut socket = open(address, token).await?;
    let now = hello(&mut socket).await?;
    let from_seq = after.unwrap_or(now);
    let ask = json!({"type": "subscribe", "from_seq": from_seq});
    socket.send(Message::text(ask.to_string())).await?;
    Ok(socket)
}

async fn next_frame(socket: &mut Socket) -> Result<Value> {
    match tokio::time::timeout(PATIENCE, socket.next()).await {
        Err(_) => Err("nothing came within five seconds".into()),
        Ok(None) => Err("the server closed the live connection".into()),
        Ok(Some(message)) => parse(&message?),
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
