//! Payments a second: each moves a balance and is answered only when it is durable.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{Result, Scale, client::Account, floor::BareHttp, latency::Latencies, table::Table};

/// The load is spread over this many customers.
const CUSTOMERS: usize = 2_000;

/// 1, 16 and 64 clients, each with a payment under way at any time.
pub async fn measure(
    account: &Account,
    scale: &Scale,
    bare: &BareHttp,
    fsyncs: f64,
    table: &mut Table,
) -> Result {
    let customers = Arc::new(account.customer_ids(CUSTOMERS).await?);
    for clients in [1, 16, 64] {
        let (latencies, seconds) = load(account, &customers, clients, scale.load).await?;
        let per_second = latencies.count() as f64 / seconds;
        let target = if clients == 16 { "≥ 3000/s, p99 ≤ 10 ms" } else { "" };
        table.row(
            &format!("payments, {clients} clients"),
            format!("{per_second:.0}/s, {}", latencies.text()),
            target,
            &format!("HTTP {:.0}/s, fsync {fsyncs:.0}/s", bare.per_second),
            &format!("{:.2} of HTTP, {:.2} of fsync", per_second / bare.per_second, per_second / fsyncs),
        );
    }
    Ok(())
}

/// Whether payments stay as quick when there is more.
pub async fn growth(account: &Account, scale: &Scale, among: usize, table: &mut Table) -> Result {
    row(account, scale, &format!("payments among {among} customers, 16 clients"), table).await
}

/// How quick they are now, with 16 clients.
pub async fn row(account: &Account, scale: &Scale, what: &str, table: &mut Table) -> Result {
    let customers = Arc::new(account.customer_ids(CUSTOMERS).await?);
    let (latencies, seconds) = load(account, &customers, 16, scale.load).await?;
    let per_second = latencies.count() as f64 / seconds;
    table.row(what, format!("{per_second:.0}/s, {}", latencies.text()), "", "", "");
    Ok(())
}

async fn load(
    account: &Account,
    customers: &Arc<Vec<String>>,
    clients: usize,
    load: Duration,
) -> Result<(Latencies, f64)> {
    let connections = account.connections(clients).await?;
    let begun = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(client, mut connection)| {
            let customers = Arc::clone(customers);
            tokio::spawn(async move {
                let mut latencies = Latencies::new()?;
                // Each client starts elsewhere and goes round, so that two rarely meet at one customer.
                let mut next = client * customers.len() / clients;
                while begun.elapsed() < load {
                    let sent = Instant::now();
                    connection.pay(&customers[next % customers.len()]).await?;
                    latencies.add(sent.elapsed());
                    next += 1;
                }
                Result::<Latencies>::Ok(latencies)
            })
        })
        .collect();
    let mut all = Latencies::new()?;
    for task in tasks {
        all.merge(&task.await??)?;
    }
    Ok((all, begun.elapsed().as_secs_f64()))
}
