//! The user's own XLSX file with its wrong cells coloured and a column that says why. Everything else stays as the user made
//! it: other parts of the package are copied as they are, and the sheet and its styles are rewritten element by element.

mod sheet;
mod styles;

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read, Write};

use domain::sheet::Cell;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use self::styles::Styles;

/// What is put into a sheet.
#[derive(Debug)]
pub(super) struct Marks {
    /// The name of the sheet.
    pub sheet: String,
    /// The row of the headers, as the spreadsheet numbers it.
    pub header: Option<u32>,
    /// The column of errors, from 0; what stands in it below the header is replaced.
    pub column: u32,
    /// Its header.
    pub title: &'static str,
    /// By row, as the spreadsheet numbers it.
    pub rows: HashMap<u32, Mark>,
}

/// What is put into a row.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// What is wrong, in words; nothing for a row that is right.
    pub words: String,
    /// Cells that are coloured, by column from 0.
    pub looks: BTreeMap<u32, Look>,
    /// Cells that hold something else than in the file: they were mended since.
    pub mended: BTreeMap<u32, Cell>,
}

/// How a cell is made to look, on top of how it looks in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// Coloured as wrong.
    Wrong,
    /// Coloured as doubtful.
    Doubtful,
    /// Words in the column of errors.
    Words,
}

const BOOK: &str = "xl/workbook.xml";
const RELATIONS: &str = "xl/_rels/workbook.xml.rels";
const STYLES: &str = "xl/styles.xml";

/// Whether the file is a package as Excel and its like write them, so that it is worth looking for what is wrong in it.
pub(super) fn can_be_marked(file: &[u8]) -> bool {
    ZipArchive::new(Cursor::new(file)).is_ok_and(|archive| archive.index_for_name(BOOK).is_some())
}

/// The file with the marks in it; `None` where it is not as Excel and its like write them.
pub(super) fn mark(file: &[u8], marks: &Marks) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(file)).ok()?;
    let path = sheet_path(&mut archive, &marks.sheet)?;
    let mut styles = Styles::read(&text(&mut archive, STYLES)?)?;
    let sheet = sheet::rewrite(&text(&mut archive, &path)?, marks, &mut styles)?;
    let styles = styles.rewrite(&text(&mut archive, STYLES)?)?;
    let mut marked = ZipWriter::new(Cursor::new(Vec::with_capacity(file.len())));
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).ok()?;
        let changed = match part.name().ok()?.as_ref() {
            name if name == path => Some(&sheet),
            STYLES => Some(&styles),
            _ => None,
        };
        match changed {
            Some(text) => {
                let name = part.name().ok()?.into_owned();
                marked.start_file(name, SimpleFileOptions::default()).ok()?;
                marked.write_all(text.as_bytes()).ok()?;
            }
            None => marked.raw_copy_file(part).ok()?,
        }
    }
    Some(marked.finish().ok()?.into_inner())
}

/// A part's text. Its size was looked at when the file came.
fn text(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Option<String> {
    let mut text = String::new();
    archive.by_name(name).ok()?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Where the sheet of this name is.
fn sheet_path(archive: &mut ZipArchive<Cursor<&[u8]>>, name: &str) -> Option<String> {
    let is_it = |tag: &BytesStart<'_>| {
        tag.local_name().as_ref() == "sheet" && attribute(tag, "name").as_deref() == Some(name)
    };
    let id = find(&text(archive, BOOK)?, |tag| if is_it(tag) { attribute(tag, "id") } else { None })?;
    let target = find(&text(archive, RELATIONS)?, |tag| {
        (attribute(tag, "Id").as_deref() == Some(&id)).then(|| attribute(tag, "Target")).flatten()
    })?;
    Some(match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("xl/{target}"),
    })
}

/// The first answer that a tag gives.
fn find<T>(xml: &str, look: impl Fn(&BytesStart<'_>) -> Option<T>) -> Option<T> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => {
                if let Some(found) = look(&tag) {
                    return Some(found);
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// An attribute by its name without prefix.
fn attribute(tag: &BytesStart<'_>, local: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|found| found.key.local_name().as_ref() == local)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
}

/// The tag with some attributes left out and others put in.
fn changed(tag: &BytesStart<'_>, without: &[&str], with: &[(&str, &str)]) -> BytesStart<'static> {
    let mut new = BytesStart::new(tag.name().as_ref().to_owned());
    for found in tag.attributes().flatten() {
        let key = found.key.as_ref();
        if !without.contains(&key) && !with.iter().any(|(name, _)| *name == key) {
            new.push_attribute(found);
        }
    }
    new.extend_attributes(with.iter().copied());
    new
}

/// `local` with the prefix that `like` has.
fn prefixed(like: &str, local: &str) -> String {
    match like.split_once(':') {
        Some((prefix, _)) => format!("{prefix}:{local}"),
        None => local.to_owned(),
    }
}
