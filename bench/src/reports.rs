//! The dashboard and the ageing report, which have to stay quick however many invoices are open; and whole lists as files.

use std::time::Instant;

use hyper::Method;

use crate::{
    Result, Scale,
    client::{Account, checked},
    floor::BareHttp,
    latency::Latencies,
    server::Server,
    table::Table,
};

const REPORTS: &[(&str, &str)] =
    &[("dashboard", "/api/v1/reports/dashboard"), ("ageing in total", "/api/v1/reports/ageing")];

/// Both reports over so many open invoices.
pub async fn measure(
    account: &Account,
    scale: &Scale,
    invoices: usize,
    bare: &BareHttp,
    table: &mut Table,
) -> Result {
    let mut connection = account.connect().await?;
    let floor = format!("HTTP p95 {:.2} ms", bare.one_client.quantile_ms(0.95));
    for (name, path) in REPORTS {
        let mut latencies = Latencies::new()?;
        for _ in 0..scale.pages / 3 {
            let sent = Instant::now();
            let (status, answer) = connection.send(Method::GET, path, &[], "").await?;
            latencies.add(sent.elapsed());
            checked(status, &answer, &Method::GET, path)?;
        }
        let ratio = format!("{:.1} × HTTP", latencies.quantile_ms(0.95) / bare.one_client.quantile_ms(0.95));
        let what = format!("{name}, {invoices} open invoices");
        table.row(&what, latencies.text(), "p95 ≤ 50 ms", &floor, &ratio);
    }
    Ok(())
}

/// All customers as a workbook and as CSV, until the last byte.
pub async fn measure_exports(
    account: &Account,
    server: &Server,
    customers: usize,
    table: &mut Table,
) -> Result {
    let mut connection = account.connect().await?;
    for kind in ["xlsx", "csv"] {
        let path = format!("/api/v1/customers/export.{kind}");
        server.forget_peak()?;
        let sent = Instant::now();
        let (status, file) = connection.send(Method::GET, &path, &[], "").await?;
        let took = sent.elapsed().as_secs_f64();
        checked(status, &file, &Method::GET, &path)?;
        let size = file.len() as f64 / (1024.0 * 1024.0);
        let text = format!("{took:.2} s, {size:.1} MiB, peak {:.0} MiB", server.memory_mib("VmHWM")?);
        table.row(&format!("export of {customers} customers ({kind})"), text, "", "", "");
    }
    Ok(())
}
