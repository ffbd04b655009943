//! `--soak SECONDS`: clients on the live socket while the books change, connections break and the server restarts, once in
//! good order and once by kill -9. What each client knows in the end is compared with the database, row by row.

mod books;
mod client;
mod writer;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use hyper::Method;
use tokio::sync::watch;

use self::books::Books;
use self::client::Client;
use crate::{Result, client::Account, import, server::Server, table::Table};

/// How much is driven, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Sockets.
    pub clients: usize,
    /// Changes a second that are tried.
    pub rate: u64,
    /// Until the last change.
    pub length: Duration,
    /// Customers at the beginning.
    pub customers: usize,
}

/// What a client may need until it has everything, once nothing changes any more.
const PATIENCE: Duration = Duration::from_secs(120);
/// Clients that connect at a time.
const AT_ONCE: usize = 100;

/// What all clients and writers share.
struct Soak {
    account: Account,
    books: Books,
    /// The last event; known once nothing changes any more.
    last: watch::Sender<Option<i64>>,
    /// Ends the writing.
    enough: AtomicBool,
    counts: Counts,
}

/// What happened.
#[derive(Default)]
struct Counts {
    frames: AtomicU64,
    broken: AtomicU64,
    resyncs: AtomicU64,
    changes: AtomicU64,
    retried: AtomicU64,
}

/// Runs it; an error tells the first thing that was not as it must be.
pub async fn run(binary: &Path, scratch: &Path, plan: Plan) -> Result {
    std::fs::create_dir_all(scratch)?;
    let dir = tempfile::tempdir_in(scratch)?;
    let mut server = Server::start(binary, dir.path()).await?;
    let account = Account::register(server.address()).await?;
    import::customers(&account, "S", plan.customers).await?;
    let books = Books::read(&account).await?;
    let soak = Arc::new(Soak {
        account,
        books,
        last: watch::Sender::new(None),
        enough: AtomicBool::new(false),
        counts: Counts::default(),
    });
    println!("… {} clients, {} changes a second, {:?}", plan.clients, plan.rate, plan.length);

    let from = client::head(&soak.account).await?;
    let mut clients = Vec::with_capacity(plan.clients);
    for number in 0..plan.clients {
        let (soak, length) = (Arc::clone(&soak), plan.length);
        clients.push(tokio::spawn(async move { Client::new(soak, number, from, length).follow().await }));
        if number % AT_ONCE == AT_ONCE - 1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let begun = Instant::now();
    let writing = tokio::spawn(writer::write(Arc::clone(&soak), plan.rate));
    tokio::time::sleep(plan.length / 3).await;
    server = server.restart(binary, dir.path(), false).await?;
    tokio::time::sleep(plan.length / 3).await;
    server = server.restart(binary, dir.path(), true).await?;
    tokio::time::sleep(plan.length.saturating_sub(begun.elapsed())).await;
    soak.enough.store(true, Ordering::Relaxed);
    writing.await??;
    let seconds = begun.elapsed().as_secs_f64();

    // Not what a socket is greeted with: that is how far the relay is, which may have an answered change still before it.
    let head = last_event(&metrics(&soak.account).await?)?;
    soak.last.send_replace(Some(head));
    let known = tokio::time::timeout(PATIENCE, join_all(clients))
        .await
        .map_err(|_| "clients never got all there was")?;
    let caught_up = begun.elapsed().as_secs_f64() - seconds;
    let truth = Books::read(&soak.account).await?;
    for (number, known) in known.into_iter().enumerate() {
        soak.books.compare(&known??, &truth).map_err(|error| format!("client {number}: {error}"))?;
    }
    let metrics = metrics(&soak.account).await?;
    server.stop().await?;
    verify(binary, dir.path()).await?;
    report(plan, &soak.counts, seconds, caught_up, &metrics);
    Ok(())
}

/// How the server does, as it tells Prometheus.
async fn metrics(account: &Account) -> Result<String> {
    let (_, body) = account.connect().await?.send(Method::GET, "/metrics", &[], "").await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// The last event of the books, from the server's metrics.
fn last_event(metrics: &str) -> Result<i64> {
    let head = metrics.lines().find_map(|line| line.strip_prefix("duebook_live_head_seq "));
    Ok(head.ok_or("the metrics don't tell the last event")?.trim().parse()?)
}

/// The books replayed from their events.
async fn verify(binary: &Path, data_dir: &Path) -> Result {
    let output =
        tokio::process::Command::new(binary).arg("verify").env("DUEBOOK_DATA_DIR", data_dir).output().await?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the books are not true: {}", String::from_utf8_lossy(&output.stdout)).into())
}

fn report(plan: Plan, counts: &Counts, seconds: f64, caught_up: f64, metrics: &str) {
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let rate = |count: &AtomicU64| of(count) as f64 / seconds;
    let mut table = Table::default();
    let mut row = |what: &str, measured: String, target: &str| table.row(what, measured, target, "", "");
    row(
        "changes",
        format!("{:.0}/s, {} in {seconds:.0} s", rate(&counts.changes), of(&counts.changes)),
        &format!("{}/s", plan.rate),
    );
    row("changes sent again after a break", of(&counts.retried).to_string(), "");
    row("frames at the clients", format!("{:.0}/s, {} in all", rate(&counts.frames), of(&counts.frames)), "");
    row("connections broken and resumed", of(&counts.broken).to_string(), "");
    row("clients told to read again", of(&counts.resyncs).to_string(), "");
    row("server restarts", "1 in order, 1 by kill -9".to_owned(), "");
    row("all clients had everything after", format!("{caught_up:.1} s"), "");
    row("frame lag at the server, p95", lag(metrics, 0.95), "≤ 50 ms");
    row("rows of all clients equal the database's", format!("{} clients, yes", plan.clients), "yes");
    row("books verified from their events", "yes".to_owned(), "yes");
    table.print();
}

/// The bound below which a share of the frames since the last restart stayed, from the server's histogram.
fn lag(metrics: &str, share: f64) -> String {
    let value = |line: &str, name: &str| {
        let rest = line.strip_prefix(name)?;
        let (label, count) = rest.rsplit_once(' ')?;
        Some((label.to_owned(), count.parse::<f64>().ok()?))
    };
    let buckets: Vec<(String, f64)> =
        metrics.lines().filter_map(|line| value(line, "duebook_live_lag_seconds_bucket")).collect();
    let all = buckets.last().map_or(0.0, |(_, count)| *count);
    buckets.iter().find(|(_, count)| *count >= all * share).map_or_else(String::new, |(label, _)| {
        format!("at most {} s", label.trim_matches(|c| "{le=\"}".contains(c)))
    })
}
