//! Imports: how long one takes, what it costs in memory, and what the others notice of it.

use std::{
    fmt::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use hyper::Method;
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::{
    Result, Scale,
    client::{Account, Connection, checked},
    latency::Latencies,
    server::Server,
    table::Table,
};

const BOUNDARY: &str = "duebook-bench-boundary";
const PATIENCE: Duration = Duration::from_secs(300);

/// Imports `count` new customers and returns how long it took until the last row was saved.
pub async fn customers(account: &Account, prefix: &str, count: usize) -> Result<Duration> {
    let mut connection = account.connect().await?;
    let begun = Instant::now();
    let import = upload(&mut connection, "customers.csv", sheet(prefix, count)?.as_bytes()).await?;
    let import = followed(&mut connection, &import, |_| false).await?;
    if import["created"].as_u64() != Some(count as u64) {
        return Err(format!("the import of {count} good rows ended as {import}").into());
    }
    Ok(begun.elapsed())
}

/// Uploads a file that is to be saved without asking, and answers the import's path.
async fn upload(connection: &mut Connection, name: &str, file: &[u8]) -> Result<String> {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", content_type.as_str())];
    let body = multipart(name, file);
    let (status, answer) = connection.send(Method::POST, "/api/v1/imports", &headers, body).await?;
    checked(status, &answer, &Method::POST, "/api/v1/imports")?;
    let import: Value = serde_json::from_slice(&answer)?;
    let id = import["id"].as_str().ok_or("an import without an id")?;
    Ok(format!("/api/v1/imports/{id}"))
}

/// Looks at an import until `enough` says so or it has come to its end.
async fn followed(connection: &mut Connection, path: &str, enough: impl Fn(&Value) -> bool) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let import = connection.get(path).await?;
        match import["state"].as_str() {
            Some("completed" | "completed_with_errors") => return Ok(import),
            Some("failed" | "canceled") => return Err(format!("the import ended as {import}").into()),
            _ if enough(&import) => return Ok(import),
            _ if begun.elapsed() > PATIENCE => return Err(format!("the import hangs: {import}").into()),
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Workbooks of growing size into one database: until the first wrong cell is told, every row is checked, every row is
/// saved; and how much more that is than the least it can cost on this machine.
pub async fn measure(
    binary: &Path,
    scratch: &Path,
    account: &Account,
    server: &Server,
    scale: &Scale,
    table: &mut Table,
) -> Result {
    for (prefix, count) in [("S", scale.many / 100), ("T", scale.many / 10), ("A", scale.many)] {
        let workbook = workbook(prefix, count)?;
        let floor = floor(binary, scratch, &workbook).await?;
        let full = count == scale.many;
        let target = |text: &'static str| if full { text } else { "" };
        let before = server.memory_mib("VmRSS")?;
        server.forget_peak()?;

        let mut connection = account.connect().await?;
        let begun = Instant::now();
        let path = upload(&mut connection, "customers.xlsx", &workbook).await?;
        let has_error = |import: &Value| import["errors_url"].is_string();
        followed(&mut connection, &path, has_error).await?;
        let first_error = begun.elapsed().as_secs_f64();
        let is_checked = |import: &Value| !matches!(import["state"].as_str(), Some("uploaded" | "mapped"));
        followed(&mut connection, &path, is_checked).await?;
        let checked = begun.elapsed().as_secs_f64();
        let import = followed(&mut connection, &path, |_| false).await?;
        let saved = begun.elapsed().as_secs_f64();
        if import["created"].as_u64() != Some(count as u64) || import["invalid"].as_u64() != Some(1) {
            return Err(format!("the import of {count} good rows and a wrong one ended as {import}").into());
        }
        let peak = server.memory_mib("VmHWM")?;
        let what = format!("import of {count} customers (XLSX)");
        let text = format!("first error {first_error:.2} s, checked {checked:.2} s, saved {saved:.2} s");
        let least = format!("read {:.2} s + insert {:.2} s", floor.0, floor.1);
        let ratio = format!("{:.2}", saved / (floor.0 + floor.1));
        table.row(&what, text, target("≤ 1 s, ≤ 3 s, ≤ 10 s; ratio ≤ 1.5"), &least, &ratio);
        let rate = format!("{:.0} rows/s", count as f64 / saved);
        table.row("rate of that import", rate, "", "", "");
        let peak = format!("{peak:.0} MiB (before: {before:.0})");
        table.row("peak memory of that import", peak, target("≤ 300 MiB"), "", "");
    }
    Ok(())
}

/// Seconds for reading a workbook's cells and for inserting its rows into a fresh database, and nothing else.
async fn floor(binary: &Path, scratch: &Path, workbook: &[u8]) -> Result<(f64, f64)> {
    let dir = tempfile::tempdir_in(scratch)?;
    let file = dir.path().join("sheet.xlsx");
    std::fs::write(&file, workbook)?;
    let output = tokio::process::Command::new(binary)
        .arg("floor")
        .arg(&file)
        .arg(dir.path().join("db"))
        .env_remove("RUST_MIN_STACK")
        .output()
        .await?;
    let told = String::from_utf8_lossy(&output.stdout);
    let mut numbers = told.split_whitespace().skip(1).map(str::parse::<f64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(read)), Some(Ok(inserted))) => Ok((read, inserted)),
        _ => Err(format!("the floor was not measured: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
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

const HEADER: [&str; 6] = ["Reference", "Name", "Email", "Phone", "Outstanding amount", "Due date"];

/// The classic columns, with names that repeat as people's do and dates on both sides of today.
fn rows(prefix: &str, count: usize) -> impl Iterator<Item = [String; 6]> {
    const FIRST: [&str; 12] =
        ["Alice", "Bruno", "Chen", "Dana", "Emeka", "Fatima", "Goran", "Hana", "Ivo", "Jana", "Kofi", "Lena"];
    const LAST: [&str; 10] =
        ["Johnson", "Okafor", "Silva", "Novak", "Haddad", "Meyer", "Tanaka", "Rossi", "Larsen", "Popov"];
    (0..count).map(move |row| {
        // A multiplicative spread instead of random numbers: every run measures the same sheet.
        let spread = row.wrapping_mul(2_654_435_761) % 1_000_003;
        let (first, last) = (FIRST[spread % FIRST.len()], LAST[spread / 7 % LAST.len()]);
        [
            format!("{prefix}-{row:06}"),
            format!("{first} {last} {row}"),
            format!("{prefix}{row}@example.org"),
            format!("+1 555 {:07}", spread % 10_000_000),
            format!("{}.{:02}", 100 + spread % 9_000, spread % 100),
            format!("{}-{:02}-{:02}", 2025 + spread % 3, 1 + spread % 12, 1 + spread % 28),
        ]
    })
}

fn sheet(prefix: &str, count: usize) -> Result<String> {
    let mut sheet = String::with_capacity(count * 96);
    writeln!(sheet, "{}", HEADER.join(","))?;
    for row in rows(prefix, count) {
        writeln!(sheet, "{}", row.join(","))?;
    }
    Ok(sheet)
}

/// The same as XLSX, amounts as numbers; below the header a row whose amount is none.
fn workbook(prefix: &str, count: usize) -> Result<Vec<u8>> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, HEADER)?;
    sheet.write_row(1, 0, [&format!("{prefix}-wrong"), "Wrong", "", "", "a lot", "2026-01-31"])?;
    for (number, row) in (2_u32..).zip(rows(prefix, count)) {
        for (column, cell) in (0_u16..).zip(&row) {
            match (column, cell.parse::<f64>()) {
                (4, Ok(amount)) => sheet.write(number, column, amount)?,
                _ => sheet.write(number, column, cell)?,
            };
        }
    }
    Ok(workbook.save_to_buffer()?)
}

fn multipart(name: &str, file: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncustomers\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"commit\"\r\n\r\nauto\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}
