//! What the machine can do at best: answers without work, and syncs without a database.

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use hyper::Method;

use crate::{
    Result,
    client::{Connection, checked},
    latency::Latencies,
};

/// `/healthz` over loopback: HTTP and nothing behind it.
pub struct BareHttp {
    /// Answers a second with 16 clients.
    pub per_second: f64,
    /// Latencies with one client.
    pub one_client: Latencies,
}

/// Measures bare HTTP.
pub async fn http(address: SocketAddr, load: Duration) -> Result<BareHttp> {
    let (one_client, _) = healthz(address, 1, load / 2).await?;
    let (sixteen, seconds) = healthz(address, 16, load / 2).await?;
    Ok(BareHttp { per_second: sixteen.count() as f64 / seconds, one_client })
}

async fn healthz(address: SocketAddr, clients: usize, load: Duration) -> Result<(Latencies, f64)> {
    let begun = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                let mut latencies = Latencies::new()?;
                while begun.elapsed() < load {
                    let sent = Instant::now();
                    let (status, answer) = connection.send(Method::GET, "/healthz", &[], "").await?;
                    checked(status, &answer, &Method::GET, "/healthz")?;
                    latencies.add(sent.elapsed());
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

/// 4 KiB appended and `fdatasync`ed over and over on the data directory's disk for a second, as a database's log is.
pub fn fsyncs_per_second(dir: &Path) -> Result<f64> {
    let path = dir.join("fsync-probe");
    let mut file = File::create(&path)?;
    let block = [7_u8; 4096];
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&block)?;
        file.sync_data()?;
        count += 1;
    }
    std::fs::remove_file(path)?;
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}
