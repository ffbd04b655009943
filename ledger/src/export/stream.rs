//! From rows to the bytes of a file, on a thread of its own: compressing a workbook takes longer than a task may.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::file::{RowWriter, csv, xlsx};
use super::table::Table;
use super::{ExportFormat, Rows};
use crate::{Error, Result};

/// Files written at once; the others wait.
pub(crate) const AT_ONCE: usize = 4;
/// How long they wait.
const TURN: Duration = Duration::from_secs(20);
/// Bytes sent at once.
const CHUNK: usize = 64 * 1024;
/// Chunks that wait for a slow reader.
const WAITING: usize = 4;
/// A reader who takes no chunk for so long has gone, or holds up the others.
const PATIENCE: Duration = Duration::from_secs(30);

type Chunks = mpsc::Sender<Result<Vec<u8>>>;

/// Begins to write. Answers once the first bytes are there: what fails before is a refusal, not a broken file.
pub(super) async fn write(
    slots: Arc<Semaphore>,
    table: Table,
    rows: Rows,
    format: ExportFormat,
) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
    let slot = tokio::time::timeout(TURN, slots.acquire_owned()).await.map_err(|_| Error::Busy)?;
    let slot = slot.map_err(Error::internal)?;
    let (sender, mut chunks) = mpsc::channel(WAITING);
    tokio::spawn(supervise(slot, table, rows, format, sender));
    let first = chunks.recv().await.ok_or_else(|| Error::internal("an export ended before it began"))??;
    let rest =
        futures::stream::unfold(chunks, |mut chunks| async move { Some((chunks.recv().await?, chunks)) });
    // Fused: who compresses it asks again after its end.
    Ok(futures::stream::once(async move { Ok(first) }).chain(rest).fuse().boxed())
}

/// Sees to it that a file that could not be written to its end does not look whole, even when its writer panics.
async fn supervise(
    slot: OwnedSemaphorePermit,
    table: Table,
    rows: Rows,
    format: ExportFormat,
    sender: Chunks,
) {
    let outlet =
        Outlet { buffer: Vec::with_capacity(CHUNK), sender: sender.clone(), runtime: Handle::current() };
    let written = tokio::task::spawn_blocking(move || {
        let written = write_rows(table, rows, format, outlet);
        drop(slot);
        written
    });
    if let Err(error) = written.await.map_err(Error::internal).flatten() {
        // When nobody reads any more, nobody has to know.
        let _ = sender.send(Err(error)).await;
    }
}

fn write_rows(table: Table, mut rows: Rows, format: ExportFormat, outlet: Outlet) -> Result<()> {
    let (runtime, reader) = (outlet.runtime.clone(), outlet.sender.clone());
    let mut writer: Box<dyn RowWriter> = match format {
        ExportFormat::Xlsx => Box::new(xlsx::Writer::new(table, outlet)?),
        ExportFormat::Csv => Box::new(csv::Writer::new(&table, outlet)?),
    };
    while let Some(part) = runtime.block_on(rows.try_next())? {
        if reader.is_closed() {
            return Ok(());
        }
        for row in part {
            writer.row(&row)?;
        }
    }
    writer.finish()
}

/// Where a file's bytes go: in chunks to its reader, who is waited for.
pub(super) struct Outlet {
    buffer: Vec<u8>,
    sender: Chunks,
    runtime: Handle,
}

impl Outlet {
    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK));
        let sending = async { tokio::time::timeout(PATIENCE, self.sender.send(Ok(chunk))).await };
        match self.runtime.block_on(sending) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl io::Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}
