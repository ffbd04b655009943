//! The server process: started on a free port, asked how it is, stopped as an operator would.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use hyper::{Method, StatusCode};
use tokio::process::{Child, Command};

use crate::{Result, client::Connection, table::Table};

const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    /// From starting the process to the first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Server {
    /// Starts a server on this data directory and waits until it is ready.
    pub async fn start(binary: &Path, data_dir: &Path) -> Result<Self> {
        Self::start_at(free_address()?, binary, data_dir).await
    }

    /// Stops it, in good order or by kill -9, and starts it again at the same address.
    pub async fn restart(mut self, binary: &Path, data_dir: &Path, kill: bool) -> Result<Self> {
        let address = self.address;
        if kill {
            self.child.kill().await?;
        } else {
            self.stop().await?;
        }
        Self::start_at(address, binary, data_dir).await
    }

    async fn start_at(address: SocketAddr, binary: &Path, data_dir: &Path) -> Result<Self> {
        let begun = Instant::now();
        let child = Command::new(binary)
            .arg("serve")
            .env("DUEBOOK_ADDR", address.to_string())
            .env("DUEBOOK_DATA_DIR", data_dir)
            // Cargo sets it for tests; production has no such thing.
            .env_remove("RUST_MIN_STACK")
            .env("DUEBOOK_LOG", "warn")
            // One account holds them all.
            .env("DUEBOOK_LIVE_MAX_PER_USER", "20000")
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("{}: {e}", binary.display()))?;
        let mut server = Self { child, address, ready_after: Duration::ZERO };
        while !is_ready(address).await {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended while starting ({status}), see above").into());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("the server wasn't ready after {PATIENCE:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A line of `/proc/PID/status` in MiB: `VmRSS` now, `VmHWM` the most there ever was.
    pub fn memory_mib(&self, line: &str) -> Result<f64> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kib: f64 = status
            .lines()
            .find_map(|l| l.strip_prefix(line)?.strip_prefix(':')?.split_whitespace().next())
            .ok_or_else(|| format!("/proc/{pid}/status has no {line}"))?
            .parse()?;
        Ok(kib / 1024.0)
    }

    /// Lets `VmHWM` begin anew.
    pub fn forget_peak(&self) -> Result {
        let pid = self.child.id().ok_or("the server has ended")?;
        Ok(std::fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
    }

    /// Asks it to stop (SIGTERM) and waits.
    pub async fn stop(mut self) -> Result {
        let pid = self.child.id().ok_or("the server has ended")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.map_err(|_| "the server doesn't stop")??;
        Ok(())
    }
}

/// A port that is free now, and that no connection is given as its own: a client that connects to a stopped server at such a
/// port can meet itself, and then the server finds its port taken.
fn free_address() -> Result<SocketAddr> {
    let first = 20_000 + u16::try_from(std::process::id() % 5_000)?;
    let free = (first..30_000).find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    Ok(free.ok_or("no port is free")?.local_addr()?)
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    matches!(connection.send(Method::GET, "/readyz", &[], "").await, Ok((StatusCode::OK, _)))
}

/// Start-up on a full database, and what the server holds while nobody asks.
pub async fn measure_start(binary: &Path, data_dir: &Path, customers: usize, table: &mut Table) -> Result {
    let server = Server::start(binary, data_dir).await?;
    let ready = format!("{:.0} ms", server.ready_after.as_secs_f64() * 1000.0);
    table.row(&format!("start until /readyz, {customers} customers"), ready, "≤ 500 ms", "", "");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = format!("{:.0} MiB", server.memory_mib("VmRSS")?);
    table.row(&format!("memory when idle, {customers} customers"), idle, "≤ 150 MiB", "", "");
    server.stop().await
}
