//! Pages of lists, sorted, filtered and searched in the ways a collector does.

use std::time::Instant;

use hyper::{Method, body::Bytes};
use serde_json::Value;

use crate::{
    Result, Scale,
    client::{Account, Connection, checked},
    floor::BareHttp,
    latency::Latencies,
    table::Table,
};

const GRID: &[(&str, &str)] = &[
    ("by name", "sort=name"),
    ("by outstanding, largest first", "sort=-outstanding"),
    ("by due date", "sort=next_due_date"),
    ("overdue, largest first", "status=overdue&sort=-overdue"),
    ("amount filter", "min_outstanding=1000.00&max_outstanding=2000.00&currency=USD&sort=reference"),
    ("due in a range", "due_from=2026-01-01&due_to=2026-06-30&sort=-updated_at"),
];
const INVOICES: &[(&str, &str)] = &[
    ("all, by due date", ""),
    ("overdue", "overdue=true"),
    ("due in a range", "due_from=2026-01-01&due_to=2026-06-30"),
];
const PAYMENTS: &[(&str, &str)] = &[
    ("all, the newest first", ""),
    ("by amount, largest first", "sort=-amount"),
    ("received in a range", "received_from=2026-01-01&received_to=2026-06-30"),
];
/// Growing prefixes, as they are typed.
const SEARCHES: &[&str] = &["al", "ali", "alice", "alice%20jo", "example.org", "A-00042"];

/// Fifty customers with the total, for every page and search.
pub async fn grid(
    account: &Account,
    scale: &Scale,
    customers: usize,
    bare: &BareHttp,
    table: &mut Table,
) -> Result {
    let mut connection = account.connect().await?;
    for (name, query) in GRID {
        let latencies = time(&mut connection, &path("customers", query), scale.pages).await?;
        row(table, bare, &format!("grid of {customers}, {name}"), &latencies, "p95 ≤ 5 ms");
    }
    let latencies = scroll(&mut connection, scale.pages).await?;
    row(table, bare, &format!("grid of {customers}, page after page by name"), &latencies, "p95 ≤ 5 ms");
    let latencies = search(&mut connection, "customers", scale).await?;
    row(table, bare, &format!("search in {customers}"), &latencies, "p95 ≤ 8 ms");
    Ok(())
}

/// The same of invoices and payments, for which there is no target.
pub async fn documents(account: &Account, scale: &Scale, bare: &BareHttp, table: &mut Table) -> Result {
    let mut connection = account.connect().await?;
    for (list, pages) in [("invoices", INVOICES), ("payments", PAYMENTS)] {
        let count = total(&mut connection, list).await?;
        for (name, query) in pages {
            let latencies = time(&mut connection, &path(list, query), scale.pages).await?;
            row(table, bare, &format!("{count} {list}, {name}"), &latencies, "");
        }
        let latencies = search(&mut connection, list, scale).await?;
        row(table, bare, &format!("search in {count} {list}"), &latencies, "");
    }
    Ok(())
}

fn row(table: &mut Table, bare: &BareHttp, what: &str, latencies: &Latencies, target: &str) {
    let floor = bare.one_client.quantile_ms(0.95);
    let ratio = format!("{:.1} × HTTP", latencies.quantile_ms(0.95) / floor);
    table.row(what, latencies.text(), target, &format!("HTTP p95 {floor:.2} ms"), &ratio);
}

fn path(list: &str, query: &str) -> String {
    format!("/api/v1/{list}?limit=50&{query}")
}

async fn total(connection: &mut Connection, list: &str) -> Result<u64> {
    let answer = page(connection, &path(list, ""), &mut Latencies::new()?).await?;
    let answer: Value = serde_json::from_slice(&answer)?;
    Ok(answer["page"]["total"].as_u64().unwrap_or_default())
}

async fn search(connection: &mut Connection, list: &str, scale: &Scale) -> Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for words in SEARCHES {
        let path = path(list, &format!("q={words}"));
        latencies.merge(&time(connection, &path, scale.pages / 3).await?)?;
    }
    Ok(latencies)
}

async fn time(connection: &mut Connection, path: &str, times: usize) -> Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for _ in 0..times {
        page(connection, path, &mut latencies).await?;
    }
    Ok(latencies)
}

/// Pages that were not asked for before, each from the end of the one before it.
async fn scroll(connection: &mut Connection, pages: usize) -> Result<Latencies> {
    let first = path("customers", "sort=name");
    let (mut path, mut latencies) = (first.clone(), Latencies::new()?);
    for _ in 0..pages {
        let answer: Value = serde_json::from_slice(&page(connection, &path, &mut latencies).await?)?;
        let next = answer["page"]["next_cursor"].as_str();
        path = next.map_or_else(|| first.clone(), |cursor| format!("{first}&cursor={cursor}"));
    }
    Ok(latencies)
}

/// Asks for a page and adds how long it took.
async fn page(connection: &mut Connection, path: &str, latencies: &mut Latencies) -> Result<Bytes> {
    let sent = Instant::now();
    let (status, answer) = connection.send(Method::GET, path, &[], "").await?;
    latencies.add(sent.elapsed());
    checked(status, &answer, &Method::GET, path)?;
    Ok(answer)
}
