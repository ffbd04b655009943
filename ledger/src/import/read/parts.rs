//! Spreadsheets that are ZIP packages, looked over before anything parses them: every part that will be parsed is
//! unpacked once into nothing, so that what it really holds is known and not what it declares.

use std::io::{Cursor, Read};

use memchr::{memchr_iter, memmem};
use zip::ZipArchive;

use super::{Bounds, bomb, damaged, locked};
use crate::Result;

/// What a package is.
pub(super) enum Package {
    Xlsx,
    Ods,
    Other,
}

/// Parts a package may have.
const MOST_PARTS: usize = 8192;
/// All parts together, unpacked.
const MOST_UNPACKED: u64 = 1 << 30;
/// How much larger a part may become, once it is large. Cells that repeat come to about 60.
const MOST_GROWTH: u64 = 400;
/// From here on growth is looked at.
const LARGE: u64 = 16 << 20;
/// Of parts that a parser holds in memory: the texts of all cells, and the rest.
const MOST_TEXTS: u64 = 64 << 20;
const MOST_HELD: u64 = 16 << 20;
/// Tags in them: each can become a value.
const MOST_TEXT_TAGS: usize = 6_000_000;
const MOST_HELD_TAGS: usize = 400_000;

/// Says what the package is, or why it is not read.
pub(super) fn inspect(bytes: &[u8], bounds: &Bounds) -> Result<Package> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.len() > MOST_PARTS {
        return Err(bomb("has more parts than any spreadsheet"));
    }
    let mut parts = Vec::with_capacity(archive.len());
    let (mut packed, mut unpacked) = (0_u64, 0_u64);
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(|_| damaged())?;
        if part.encrypted() {
            return Err(locked());
        }
        packed = packed.saturating_add(part.compressed_size());
        unpacked = unpacked.saturating_add(part.size());
        parts.push(part.name().map_err(|_| damaged())?.trim_start_matches('/').to_owned());
    }
    // Parts that share their bytes are how a small file unpacks to more than its sum.
    if packed > bytes.len() as u64 || unpacked > MOST_UNPACKED {
        return Err(bomb("unpacks to far more than a spreadsheet holds"));
    }
    let package = kind_of(&parts);
    let mut left = MOST_UNPACKED;
    for (index, name) in parts.iter().enumerate() {
        let parsed = match package {
            Package::Xlsx => name.ends_with(".xml") || name.ends_with(".rels"),
            Package::Ods => name == "content.xml" || name == "META-INF/manifest.xml",
            Package::Other => false,
        };
        if parsed {
            left = left.saturating_sub(unpack(&mut archive, index, left, bounds)?);
        }
    }
    Ok(package)
}

fn kind_of(parts: &[String]) -> Package {
    let has = |wanted: &str| parts.iter().any(|name| name.eq_ignore_ascii_case(wanted));
    if has("content.xml") && has("META-INF/manifest.xml") {
        Package::Ods
    } else if has("[Content_Types].xml")
        && parts.iter().any(|name| name.starts_with("xl/") && name.ends_with(".xml"))
    {
        Package::Xlsx
    } else {
        Package::Other
    }
}

/// Unpacks a part into nothing and answers its size; refuses what is too large, grows too much or declares entities.
fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, left: u64, bounds: &Bounds) -> Result<u64> {
    let mut part = archive.by_index(index).map_err(|_| damaged())?;
    let packed = part.compressed_size().max(1);
    let mut look = Look::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = part.read(&mut buffer).map_err(|_| damaged())?;
        if read == 0 {
            return Ok(look.size);
        }
        bounds.check_time()?;
        look.at(buffer.get(..read).unwrap_or_default())?;
        if look.size > left || (look.size > LARGE && look.size / packed > MOST_GROWTH) {
            return Err(bomb("unpacks to far more than a spreadsheet holds"));
        }
    }
}

/// What was seen of a part so far.
#[derive(Default)]
struct Look {
    size: u64,
    tags: usize,
    /// The end of what was seen, for words that lie across two reads.
    tail: Vec<u8>,
    root: Option<Root>,
}

/// What a part is, by its first element.
#[derive(Clone, Copy)]
enum Root {
    /// Read cell by cell.
    Streamed,
    /// The texts of all cells.
    Texts,
    Held,
}

const DOCTYPE: &[u8] = b"<!DOCTYPE";

impl Look {
    fn at(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        self.tags += memchr_iter(b'<', bytes).count();
        let keep = self.tail.len().min(DOCTYPE.len() - 1);
        let mut window = self.tail.split_off(self.tail.len() - keep);
        let across = bytes.len().min(DOCTYPE.len());
        window.extend_from_slice(bytes.get(..across).unwrap_or_default());
        if memmem::find(bytes, DOCTYPE).is_some() || memmem::find(&window, DOCTYPE).is_some() {
            return Err(bomb("declares a document type, which no spreadsheet does"));
        }
        self.tail = bytes.get(bytes.len().saturating_sub(DOCTYPE.len())..).unwrap_or_default().to_vec();
        // A part whose first read shows no element is none that a spreadsheet program wrote.
        let root = *self.root.get_or_insert_with(|| root(bytes));
        let (most, most_tags) = match root {
            Root::Streamed => return Ok(()),
            Root::Texts => (MOST_TEXTS, MOST_TEXT_TAGS),
            Root::Held => (MOST_HELD, MOST_HELD_TAGS),
        };
        if self.size > most || self.tags > most_tags {
            return Err(bomb("holds more texts or formats than can be kept in memory"));
        }
        Ok(())
    }
}

/// The first element's name without its prefix, past the declaration and comments.
fn root(bytes: &[u8]) -> Root {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let past = match rest {
            [b'?', ..] => memmem::find(rest, b"?>"),
            [b'!', b'-', b'-', ..] => memmem::find(rest, b"-->"),
            _ => {
                let end =
                    rest.iter().position(|byte| matches!(byte, b' ' | b'>' | b'/' | b'\t' | b'\r' | b'\n'));
                let name = rest.get(..end.unwrap_or(0)).unwrap_or_default();
                let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
                return match local {
                    b"worksheet" | b"document-content" => Root::Streamed,
                    b"sst" => Root::Texts,
                    _ => Root::Held,
                };
            }
        };
        let Some(past) = past else { break };
        rest = rest.get(past..).unwrap_or_default();
    }
    Root::Held
}
