//! Imports: how long one takes, what it costs in memory, and what the others notice of it.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::Method;

use crate::{
    Result, Scale,
    client::{Account, checked},
    latency::Latencies,
    server::Server,
    table::Table,
};

const BOUNDARY: &str = "duebook-bench-boundary";
const PATIENCE: Duration = Duration::from_secs(300);

/// Imports `count` new customers and returns how long it took until the last row was saved.
pub async fn customers(account: &Account, prefix: &str, count: usize) -> Result<Duration> {
    let body = multipart(&sheet(prefix, count)?);
    let mut connection = account.connect().await?;
    let begun = Instant::now();
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", content_type.as_str())];
    let (status, answer) = connection.send(Method::POST, "/api/v1/imports", &headers, body).await?;
    checked(status, &answer, &Method::POST, "/api/v1/imports")?;
    let import: serde_json::Value = serde_json::from_slice(&answer)?;
    let id = import["id"].as_str().ok_or("an import without an id")?;
    let path = format!("/api/v1/imports/{id}");
    loop {
        let import = connection.get(&path).await?;
        match import["state"].as_str() {
            Some("completed") if import["valid"].as_u64() == Some(count as u64) => return Ok(begun.elapsed()),
            Some("completed" | "completed_with_errors" | "failed" | "canceled") => {
                return Err(format!("the import of {count} good rows ended as {import}").into());
            }
            _ if begun.elapsed() > PATIENCE => return Err(format!("the import hangs: {import}").into()),
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// The import of the large sheet into an empty database.
pub async fn measure(account: &Account, server: &Server, scale: &Scale, table: &mut Table) -> Result {
    let before = server.memory_mib("VmRSS")?;
    let took = customers(account, "A", scale.many).await?.as_secs_f64();
    let what = format!("import of {} customers (CSV)", scale.many);
    table.row(&what, format!("{took:.1} s, {:.0} rows/s", scale.many as f64 / took), "≤ 10 s", "", "");
    let peak = format!("{:.0} MiB (before: {before:.0})", server.memory_mib("VmHWM")?);
    table.row("peak memory of that import", peak, "≤ 300 MiB", "", "");
    Ok(())
}

/// One reader and one payer at work while a fifth as many customers are imported on top.
pub async fn measure_others(account: &Account, scale: &Scale, table: &mut Table) -> Result {
    let ids = account.customer_ids(500).await?;
    let importing = Arc::new(AtomicBool::new(true));
    let [mut reader, mut payer]: [_; 2] =
        account.connections(2).await?.try_into().map_err(|_| "two connections were asked for")?;

    let flag = Arc::clone(&importing);
    let reads = tokio::spawn(async move {
        let mut latencies = Latencies::new()?;
        while flag.load(Ordering::Relaxed) {
            let sent = Instant::now();
            reader.get("/api/v1/customers?limit=50&sort=-outstanding").await?;
            latencies.add(sent.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Result::<Latencies>::Ok(latencies)
    });
    let flag = Arc::clone(&importing);
    let payments = tokio::spawn(async move {
        let mut latencies = Latencies::new()?;
        for id in ids.iter().cycle() {
            if !flag.load(Ordering::Relaxed) {
                break;
            }
            let sent = Instant::now();
            payer.pay(id).await?;
            latencies.add(sent.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Result::<Latencies>::Ok(latencies)
    });

    let imported = customers(account, "B", scale.many / 5).await;
    importing.store(false, Ordering::Relaxed);
    imported?;
    table.row("others' reads during an import", reads.await??.text(), "p99 ≤ 50 ms", "", "");
    table.row("others' payments during an import", payments.await??.text(), "p99 ≤ 250 ms", "", "");
    Ok(())
}

/// The classic columns, with names that repeat as people's do and dates on both sides of today.
fn sheet(prefix: &str, count: usize) -> Result<String> {
    const FIRST: [&str; 12] =
        ["Alice", "Bruno", "Chen", "Dana", "Emeka", "Fatima", "Goran", "Hana", "Ivo", "Jana", "Kofi", "Lena"];
    const LAST: [&str; 10] =
        ["Johnson", "Okafor", "Silva", "Novak", "Haddad", "Meyer", "Tanaka", "Rossi", "Larsen", "Popov"];
    let mut sheet = String::with_capacity(count * 96);
    sheet.push_str("Reference,Name,Email,Phone,Outstanding amount,Due date\n");
    for row in 0..count {
        // A multiplicative spread instead of random numbers: every run measures the same sheet.
        let spread = row.wrapping_mul(2_654_435_761) % 1_000_003;
        let (first, last) = (FIRST[spread % FIRST.len()], LAST[spread / 7 % LAST.len()]);
        writeln!(
            sheet,
            "{prefix}-{row:06},{first} {last} {row},{prefix}{row}@example.org,+1 555 {phone:07},{amount}.{cents:02},{year}-{month:02}-{day:02}",
            phone = spread % 10_000_000,
            amount = 100 + spread % 9_000,
            cents = spread % 100,
            year = 2025 + spread % 3,
            month = 1 + spread % 12,
            day = 1 + spread % 28,
        )?;
    }
    Ok(sheet)
}

fn multipart(sheet: &str) -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncustomers\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"commit\"\r\n\r\nauto\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"customers.csv\"\r\nContent-Type: text/csv\r\n\r\n\
         {sheet}\r\n--{BOUNDARY}--\r\n"
    )
}
