//! A sheet, row by row: cells get other formats, mended ones other contents, and the column of errors its words.

use std::collections::BTreeMap;

use domain::sheet::{Cell, column_letters};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use super::styles::Styles;
use super::{Look, Mark, Marks, attribute, changed, prefixed};
use crate::import::template::cut;

/// Width of the column of errors, in characters.
const WIDTH: &str = "60";

/// A cell's elements, from its tag to the end of it.
type Elements = Vec<Event<'static>>;

/// The part again, with the marks in it.
pub(super) fn rewrite(xml: &str, marks: &Marks, styles: &mut Styles) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let mut sheet = Sheet {
        writer: Writer::new(Vec::with_capacity(xml.len() + xml.len() / 8)),
        marks,
        styles,
        row: 0,
        has_columns: false,
        widest: 0,
    };
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            // What it says of the size is true no more, and need not be said.
            Event::Empty(tag) if tag.local_name().as_ref() == "dimension" => continue,
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "col" => {
                sheet.widest = sheet.widest.max(attribute(tag, "max")?.parse().ok()?);
            }
            Event::End(tag) if tag.local_name().as_ref() == "cols" => {
                sheet.has_columns = true;
                if sheet.widest <= marks.column {
                    sheet.column(tag.name().as_ref())?;
                }
            }
            Event::Start(tag) if tag.local_name().as_ref() == "sheetData" => {
                if !sheet.has_columns {
                    let name = prefixed(tag.name().as_ref(), "cols");
                    sheet.writer.write_event(Event::Start(BytesStart::new(name.as_str()))).ok()?;
                    sheet.column(tag.name().as_ref())?;
                    sheet.writer.write_event(Event::End(BytesEnd::new(name.as_str()))).ok()?;
                }
                sheet.writer.write_event(event).ok()?;
                sheet.rows(&mut reader)?;
                continue;
            }
            Event::Eof => return String::from_utf8(sheet.writer.into_inner()).ok(),
            _ => {}
        }
        sheet.writer.write_event(event).ok()?;
    }
}

struct Sheet<'a> {
    writer: Writer<Vec<u8>>,
    marks: &'a Marks,
    styles: &'a mut Styles,
    /// The row that was read last.
    row: u32,
    has_columns: bool,
    /// The last column whose width is said, from 1.
    widest: u32,
}

impl Sheet<'_> {
    /// Says how wide the column of errors is.
    fn column(&mut self, like: &str) -> Option<()> {
        let number = (self.marks.column + 1).to_string();
        let tag = BytesStart::new(prefixed(like, "col")).with_attributes([
            ("min", number.as_str()),
            ("max", number.as_str()),
            ("width", WIDTH),
            ("customWidth", "1"),
        ]);
        self.writer.write_event(Event::Empty(tag)).ok()
    }

    /// All rows, to the end of them.
    fn rows(&mut self, reader: &mut Reader<&[u8]>) -> Option<()> {
        loop {
            let event = reader.read_event().ok()?;
            match &event {
                Event::Start(tag) if tag.local_name().as_ref() == "row" => {
                    let tag = self.begin(tag)?;
                    let cells = cells(reader)?;
                    self.write_row(tag, cells)?;
                }
                Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                    let tag = self.begin(tag)?;
                    self.write_row(tag, BTreeMap::new())?;
                }
                Event::End(tag) if tag.local_name().as_ref() == "sheetData" => {
                    return self.writer.write_event(event).ok();
                }
                Event::Eof => return None,
                _ => self.writer.write_event(event).ok()?,
            }
        }
    }

    /// The tag of a row, whose number follows that of the one before where it isn't said.
    fn begin(&mut self, tag: &BytesStart<'_>) -> Option<BytesStart<'static>> {
        self.row = match attribute(tag, "r") {
            Some(number) => number.parse().ok()?,
            None => self.row + 1,
        };
        Some(changed(tag, &["spans"], &[]))
    }

    fn write_row(&mut self, tag: BytesStart<'static>, mut cells: BTreeMap<u32, Elements>) -> Option<()> {
        let row = self.row;
        if Some(row) == self.marks.header {
            self.title(tag.name().as_ref(), &mut cells);
        } else if self.marks.header.is_none_or(|header| row > header) {
            cells.remove(&self.marks.column);
            if let Some(mark) = self.marks.rows.get(&row) {
                self.put(tag.name().as_ref(), mark, &mut cells)?;
            }
        }
        let end = Event::End(BytesEnd::new(tag.name().as_ref().to_owned()));
        self.writer.write_event(Event::Start(tag)).ok()?;
        for event in cells.into_values().flatten() {
            self.writer.write_event(event).ok()?;
        }
        self.writer.write_event(end).ok()
    }

    /// The column's header looks as the one before it.
    fn title(&self, like: &str, cells: &mut BTreeMap<u32, Elements>) {
        let before = cells.range(..self.marks.column).next_back();
        let style = before.map(|(_, cell)| style(cell));
        let title = text_cell(like, self.row, self.marks.column, style, self.marks.title);
        cells.insert(self.marks.column, title);
    }

    fn put(&mut self, like: &str, mark: &Mark, cells: &mut BTreeMap<u32, Elements>) -> Option<()> {
        for (column, value) in &mark.mended {
            let old = cells.remove(column).unwrap_or_default();
            // A formula that goes would leave its entry in the order of calculation behind.
            if old.iter().any(|event| is_formula(event)) {
                return None;
            }
            let style = (!old.is_empty()).then(|| style(&old));
            let text = match value {
                Cell::Empty => continue,
                Cell::Text(text) | Cell::Number(text) | Cell::Error(text) => text.clone(),
                Cell::Date(date) => date.to_string(),
                Cell::Bool(value) => value.to_string().to_uppercase(),
            };
            cells.insert(*column, text_cell(like, self.row, *column, style, &text));
        }
        for (column, look) in &mark.looks {
            let cell = cells
                .entry(*column)
                .or_insert_with(|| vec![Event::Empty(tag(like, self.row, *column, None))]);
            let number = self.styles.with(style(cell), *look).to_string();
            if let Some(first) = cell.first_mut() {
                *first = match &*first {
                    Event::Start(tag) => Event::Start(changed(tag, &[], &[("s", &number)])),
                    Event::Empty(tag) => Event::Empty(changed(tag, &[], &[("s", &number)])),
                    other => other.clone(),
                };
            }
        }
        if !mark.words.is_empty() {
            let style = self.styles.with(0, Look::Words);
            let words = text_cell(like, self.row, self.marks.column, Some(style), &mark.words);
            cells.insert(self.marks.column, words);
        }
        Some(())
    }
}

/// The cells of a row by column, to the end of it.
fn cells(reader: &mut Reader<&[u8]>) -> Option<BTreeMap<u32, Elements>> {
    let mut cells: BTreeMap<u32, Elements> = BTreeMap::new();
    let mut next = 0;
    let mut open: Option<u32> = None;
    loop {
        let event = reader.read_event().ok()?.into_owned();
        match &event {
            Event::Start(tag) | Event::Empty(tag) if open.is_none() && tag.local_name().as_ref() == "c" => {
                let column = match attribute(tag, "r") {
                    Some(place) => column(&place)?,
                    None => next,
                };
                next = column + 1;
                open = matches!(event, Event::Start(_)).then_some(column);
                cells.insert(column, vec![event]);
            }
            Event::End(tag) if open.is_none() && tag.local_name().as_ref() == "row" => return Some(cells),
            Event::Eof => return None,
            _ => {
                let ends = matches!(&event, Event::End(tag) if tag.local_name().as_ref() == "c");
                if let Some(column) = open {
                    cells.entry(column).or_default().push(event);
                }
                if ends {
                    open = None;
                }
            }
        }
    }
}

/// The column of a place such as `AB12`, from 0.
fn column(place: &str) -> Option<u32> {
    let letters = place.chars().take_while(char::is_ascii_alphabetic);
    let number = letters.fold(0_u32, |number, letter| {
        number.saturating_mul(26).saturating_add(u32::from(letter.to_ascii_uppercase() as u8 - b'A') + 1)
    });
    number.checked_sub(1)
}

fn style(cell: &Elements) -> usize {
    match cell.first() {
        Some(Event::Start(tag) | Event::Empty(tag)) => {
            attribute(tag, "s").and_then(|number| number.parse().ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

fn is_formula(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "f")
}

fn tag(like: &str, row: u32, column: u32, style: Option<usize>) -> BytesStart<'static> {
    let place = format!("{}{row}", column_letters(column as usize));
    let mut tag = BytesStart::new(prefixed(like, "c")).with_attributes([("r", place.as_str())]);
    if let Some(style) = style {
        tag.push_attribute(("s", style.to_string().as_str()));
    }
    tag
}

/// A cell that holds its text itself.
fn text_cell(like: &str, row: u32, column: u32, style: Option<usize>, text: &str) -> Elements {
    let element = |local: &str| BytesStart::new(prefixed(like, local));
    let end = |local: &str| Event::End(BytesEnd::new(prefixed(like, local)));
    vec![
        Event::Start(tag(like, row, column, style).with_attributes([("t", "inlineStr")])),
        Event::Start(element("is")),
        Event::Start(element("t").with_attributes([("xml:space", "preserve")])),
        Event::Text(BytesText::new(&cut(text)).into_owned()),
        end("t"),
        end("is"),
        end("c"),
    ]
}
