//! A page of the customer grid, sorted, filtered and searched in the ways a collector does.

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

const PAGES: &[(&str, &str)] = &[
    ("by name", "sort=name"),
    ("by outstanding, largest first", "sort=-outstanding"),
    ("by due date", "sort=next_due_date"),
    ("overdue, largest first", "status=overdue&sort=-overdue"),
    ("amount filter", "min_outstanding=1000.00&max_outstanding=2000.00&currency=USD&sort=reference"),
    ("due in a range", "due_from=2026-01-01&due_to=2026-06-30&sort=-updated_at"),
];
/// Growing prefixes, as they are typed.
const SEARCHES: &[&str] = &["al", "ali", "alice", "alice%20jo", "example.org", "A-00042"];

/// Fifty rows with the total, for every page and search.
pub async fn measure(
    account: &Account,
    scale: &Scale,
    customers: usize,
    bare: &BareHttp,
    table: &mut Table,
) -> Result {
    let mut connection = account.connect().await?;
    let floor = format!("HTTP p95 {:.2} ms", bare.one_client.quantile_ms(0.95));
    let ratio = |latencies: &Latencies| {
        format!("{:.1} × HTTP", latencies.quantile_ms(0.95) / bare.one_client.quantile_ms(0.95))
    };
    for (name, query) in PAGES {
        let latencies = time(&mut connection, query, scale.pages).await?;
        let what = format!("grid of {customers}, {name}");
        table.row(&what, latencies.text(), "p95 ≤ 5 ms", &floor, &ratio(&latencies));
    }
    let latencies = scroll(&mut connection, scale.pages).await?;
    let what = format!("grid of {customers}, page after page by name");
    table.row(&what, latencies.text(), "p95 ≤ 5 ms", &floor, &ratio(&latencies));
    let mut searches = Latencies::new()?;
    for search in SEARCHES {
        searches.merge(&time(&mut connection, &format!("q={search}"), scale.pages / 3).await?)?;
    }
    let what = format!("search in {customers}");
    table.row(&what, searches.text(), "p95 ≤ 8 ms", &floor, &ratio(&searches));
    Ok(())
}

async fn time(connection: &mut Connection, query: &str, times: usize) -> Result<Latencies> {
    let path = format!("/api/v1/customers?limit=50&{query}");
    let mut latencies = Latencies::new()?;
    for _ in 0..times {
        page(connection, &path, &mut latencies).await?;
    }
    Ok(latencies)
}

/// Pages that were not asked for before, each from the end of the one before it.
async fn scroll(connection: &mut Connection, pages: usize) -> Result<Latencies> {
    let first = "/api/v1/customers?limit=50&sort=name".to_owned();
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
