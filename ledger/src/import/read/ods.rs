//! ODS, read as a stream: a row or a cell that says it repeats a million times is never written out.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::ops::ControlFlow;

use calamine::Data;
use domain::sheet::Cell;
use memchr::memmem;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;

use super::{Bounds, Rows, cell, damaged, iso_day, locked, text_cell};
use crate::Result;

pub(super) struct Workbook<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
}

impl<'a> Workbook<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
        let mut manifest = Vec::new();
        archive
            .by_name("META-INF/manifest.xml")
            .map_err(|_| damaged())?
            .read_to_end(&mut manifest)
            .map_err(|_| damaged())?;
        if memmem::find(&manifest, b"encryption-data").is_some() {
            return Err(locked());
        }
        Ok(Self { archive })
    }

    pub fn sheets(&mut self, bounds: &Bounds) -> Result<Vec<String>> {
        let mut content = self.content()?;
        let mut names = Vec::new();
        let mut buffer = Vec::new();
        for seen in 1_usize.. {
            if seen.is_multiple_of(super::LOOK) {
                bounds.check_time()?;
            }
            match next(&mut content, &mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "table" => {
                    names.extend(attribute(&tag, "name")?);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Ok(names)
    }

    pub fn rows(&mut self, sheet: &str, rows: &mut Rows<'_, '_>) -> Result<()> {
        let mut content = self.content()?;
        let mut buffer = Vec::new();
        loop {
            match next(&mut content, &mut buffer)? {
                Event::Start(tag)
                    if tag.local_name().as_ref() == "table"
                        && attribute(&tag, "name")?.as_deref() == Some(sheet) =>
                {
                    break;
                }
                Event::Eof => return Ok(()),
                _ => rows.look()?,
            }
        }
        let mut number = 0_u32;
        loop {
            let repeated = match next(&mut content, &mut buffer)? {
                Event::Start(tag) if tag.local_name().as_ref() == "table-row" => {
                    repeats(&tag, "number-rows-repeated")?
                }
                Event::End(tag) if tag.local_name().as_ref() == "table" => return Ok(()),
                Event::Eof => return Err(damaged()),
                _ => {
                    rows.look()?;
                    continue;
                }
            };
            let cells = read_row(&mut content, rows)?;
            if give(&cells, number, repeated, rows)?.is_break() {
                return Ok(());
            }
            number = number.saturating_add(repeated);
        }
    }

    fn content(&mut self) -> Result<Reader<impl BufRead>> {
        let part = self.archive.by_name("content.xml").map_err(|_| damaged())?;
        let mut reader = Reader::from_reader(BufReader::new(part));
        let config = reader.config_mut();
        config.check_end_names = false;
        config.expand_empty_elements = true;
        Ok(reader)
    }
}

/// Hands a row over as often as it repeats; one without content costs nothing.
fn give(
    cells: &[(u32, Cell)],
    number: u32,
    repeated: u32,
    rows: &mut Rows<'_, '_>,
) -> Result<ControlFlow<()>> {
    if cells.is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    for row in number..number.saturating_add(repeated) {
        for (column, cell) in cells {
            if rows.cell(row, *column, cell.clone())?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if rows.flush()?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The cells of a row that hold something.
fn read_row(content: &mut Reader<impl BufRead>, rows: &mut Rows<'_, '_>) -> Result<Vec<(u32, Cell)>> {
    let mut cells = Vec::new();
    let mut column = 0_u32;
    let mut buffer = Vec::new();
    loop {
        rows.look()?;
        match next(content, &mut buffer)? {
            Event::Start(tag) if matches!(tag.local_name().as_ref(), "table-cell" | "covered-table-cell") => {
                let repeated = repeats(&tag, "number-columns-repeated")?;
                let typed = Typed::of(&tag)?;
                let found = typed.with_text(&read_text(content)?);
                if found != Cell::Empty {
                    // One beyond the bound is enough to be refused for it.
                    let most = u32::try_from(rows.bounds.columns).unwrap_or(u32::MAX).saturating_add(1);
                    let columns = column..column.saturating_add(repeated.min(most));
                    cells.extend(columns.map(|column| (column, found.clone())));
                }
                column = column.saturating_add(repeated);
            }
            Event::End(tag) if tag.local_name().as_ref() == "table-row" => return Ok(cells),
            Event::Eof => return Err(damaged()),
            _ => {}
        }
    }
}

/// What a cell's attributes say of its value (ODF 1.2, 19.385).
#[derive(Default)]
struct Typed {
    kind: String,
    value: Option<String>,
    is_error: bool,
}

impl Typed {
    fn of(tag: &BytesStart<'_>) -> Result<Self> {
        let mut typed = Self::default();
        for found in tag.attributes() {
            let found = found.map_err(|_| damaged())?;
            let value = || {
                found
                    .normalized_value(XmlVersion::Implicit1_0)
                    .map(|value| value.into_owned())
                    .map_err(|_| damaged())
            };
            match found.key.as_ref() {
                "office:value-type" => typed.kind = value()?,
                "calcext:value-type" => typed.is_error = value()? == "error",
                "office:value" | "office:date-value" | "office:boolean-value" | "office:string-value" => {
                    typed.value = Some(value()?);
                }
                _ => {}
            }
        }
        Ok(typed)
    }

    fn with_text(self, text: &str) -> Cell {
        let shown = || text_cell(text.to_owned());
        if self.is_error {
            return Cell::Error(text.to_owned());
        }
        match (self.kind.as_str(), self.value) {
            ("float" | "currency" | "percentage", Some(value)) => match value.parse() {
                Ok(number) => cell(Data::Float(number)),
                Err(_) => shown(),
            },
            ("date", Some(value)) => iso_day(value),
            ("boolean", Some(value)) => Cell::Bool(value == "true"),
            ("string", Some(value)) => text_cell(value),
            _ => shown(),
        }
    }
}

/// The text that is shown in a cell, up to its end; comments are no part of it.
fn read_text(content: &mut Reader<impl BufRead>) -> Result<String> {
    let mut text = String::new();
    let mut buffer = Vec::new();
    let (mut paragraphs, mut aside) = (0, 0_usize);
    loop {
        match next(content, &mut buffer)? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "annotation" => aside += 1,
                _ if aside > 0 => {}
                "p" => {
                    if paragraphs > 0 {
                        text.push('\n');
                    }
                    paragraphs += 1;
                }
                "s" => {
                    let spaces =
                        attribute(&tag, "c")?.and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                    text.extend(std::iter::repeat_n(' ', spaces.min(super::MOST_TEXT)));
                }
                "tab" => text.push('\t'),
                "line-break" => text.push('\n'),
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "annotation" => aside = aside.saturating_sub(1),
                "table-cell" | "covered-table-cell" => return Ok(text),
                _ => {}
            },
            Event::Text(part) if aside == 0 => text.push_str(&part.xml10_content()),
            Event::CData(part) if aside == 0 => text.push_str(&part.xml10_content()),
            Event::GeneralRef(entity) if aside == 0 => text.push_str(&resolved(&entity)?),
            Event::Eof => return Err(damaged()),
            _ => {}
        }
        if text.len() > super::MOST_TEXT * 2 {
            return Err(super::bomb("has a cell with more text than a spreadsheet can hold"));
        }
    }
}

/// One of the five entities of XML, or a character by its number. Others would have to be declared, and are not read.
fn resolved(entity: &BytesRef<'_>) -> Result<String> {
    if let Some(text) = quick_xml::escape::resolve_xml_entity(entity) {
        return Ok(text.to_owned());
    }
    let character = entity.resolve_char_ref().map_err(|_| damaged())?;
    character.map(String::from).ok_or_else(damaged)
}

fn next<'b>(content: &mut Reader<impl BufRead>, buffer: &'b mut Vec<u8>) -> Result<Event<'b>> {
    buffer.clear();
    content.read_event_into(buffer).map_err(|_| damaged())
}

fn attribute(tag: &BytesStart<'_>, local: &str) -> Result<Option<String>> {
    for found in tag.attributes() {
        let found = found.map_err(|_| damaged())?;
        if found.key.local_name().as_ref() == local {
            return found
                .normalized_value(XmlVersion::Implicit1_0)
                .map(|value| Some(value.into_owned()))
                .map_err(|_| damaged());
        }
    }
    Ok(None)
}

fn repeats(tag: &BytesStart<'_>, local: &str) -> Result<u32> {
    Ok(attribute(tag, local)?.and_then(|count| count.parse().ok()).unwrap_or(1))
}
