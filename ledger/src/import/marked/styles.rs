//! The styles of a workbook: each cell names one of its formats by number. A marked cell gets a copy of its format with another
//! fill, so that dates stay dates and amounts amounts.

use std::collections::BTreeMap;

use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};

use super::{Look, changed, prefixed};

/// Light red and light amber, as on the screen; the words are dark red.
const WRONG: &str = "FFFBD5D5";
const DOUBTFUL: &str = "FFFCEFC7";
const WORDS: &str = "FF9B1C1C";

/// The formats of cells, with those that are added.
pub(super) struct Styles {
    /// The elements of each format there is.
    formats: Vec<Vec<Event<'static>>>,
    fonts: usize,
    fills: usize,
    /// The number of a format with a look on top.
    added: BTreeMap<(usize, Look), usize>,
    /// Which they are, in the order of their numbers.
    order: Vec<(usize, Look)>,
}

impl Styles {
    pub(super) fn read(xml: &str) -> Option<Self> {
        let mut styles =
            Self { formats: Vec::new(), fonts: 0, fills: 0, added: BTreeMap::new(), order: Vec::new() };
        let mut reader = Reader::from_str(xml);
        let mut path: Vec<String> = Vec::new();
        loop {
            let event = reader.read_event().ok()?.into_owned();
            let parent = path.last().cloned().unwrap_or_default();
            let (opens, closes) = (matches!(event, Event::Start(_)), matches!(event, Event::End(_)));
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.local_name().as_ref().to_owned();
                    match (parent.as_str(), name.as_str()) {
                        ("fonts", "font") => styles.fonts += 1,
                        ("fills", "fill") => styles.fills += 1,
                        ("cellXfs", "xf") => styles.formats.push(Vec::new()),
                        _ => {}
                    }
                    if opens {
                        path.push(name);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
            let in_format = parent == "cellXfs" || path.iter().any(|name| name == "cellXfs");
            let is_list =
                path.last().is_some_and(|name| name == "cellXfs") && opens || closes && parent == "cellXfs";
            if in_format
                && !is_list
                && let Some(format) = styles.formats.last_mut()
            {
                format.push(event);
            }
            if closes {
                path.pop();
            }
        }
        (styles.fonts > 0 && styles.fills > 0 && !styles.formats.is_empty()).then_some(styles)
    }

    /// The number of format `base` with a look on top.
    pub(super) fn with(&mut self, base: usize, look: Look) -> usize {
        let next = self.formats.len() + self.order.len();
        let number = *self.added.entry((base, look)).or_insert(next);
        if number == next {
            self.order.push((base, look));
        }
        number
    }

    /// The part again, with what was added.
    pub(super) fn rewrite(&self, xml: &str) -> Option<String> {
        let mut reader = Reader::from_str(xml);
        let mut writer = Writer::new(Vec::with_capacity(xml.len() + 1024));
        loop {
            let event = reader.read_event().ok()?;
            match &event {
                // Their number of entries is said in them, and need not be.
                Event::Start(tag) if matches!(tag.local_name().as_ref(), "fonts" | "fills" | "cellXfs") => {
                    writer.write_event(Event::Start(changed(tag, &["count"], &[]))).ok()?;
                    continue;
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "fonts" => font(&mut writer, tag.name().as_ref())?,
                    "fills" => {
                        fill(&mut writer, tag.name().as_ref(), WRONG)?;
                        fill(&mut writer, tag.name().as_ref(), DOUBTFUL)?;
                    }
                    "cellXfs" => self.order.iter().try_for_each(|added| self.format(&mut writer, *added))?,
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
            writer.write_event(event).ok()?;
        }
        String::from_utf8(writer.into_inner()).ok()
    }

    fn format(&self, writer: &mut Writer<Vec<u8>>, (base, look): (usize, Look)) -> Option<()> {
        let (fill, font) = match look {
            Look::Wrong => (Some(self.fills), None),
            Look::Doubtful => (Some(self.fills + 1), None),
            Look::Words => (None, Some(self.fonts)),
        };
        let (fill, font) = (fill.map(|fill| fill.to_string()), font.map(|font| font.to_string()));
        let mut put: Vec<(&str, &str)> = Vec::new();
        if let Some(fill) = &fill {
            put.extend([("fillId", fill.as_str()), ("applyFill", "1")]);
        }
        if let Some(font) = &font {
            put.extend([("fontId", font.as_str()), ("applyFont", "1")]);
        }
        // A number beyond the list is a broken file; the first format is as good as any.
        let events = self.formats.get(base).or_else(|| self.formats.first())?;
        for (index, event) in events.iter().enumerate() {
            let event = match event {
                Event::Start(tag) if index == 0 => Event::Start(changed(tag, &[], &put)),
                Event::Empty(tag) if index == 0 => Event::Empty(changed(tag, &[], &put)),
                other => other.clone(),
            };
            writer.write_event(event).ok()?;
        }
        Some(())
    }
}

fn fill(writer: &mut Writer<Vec<u8>>, like: &str, colour: &str) -> Option<()> {
    let tag = |local: &str| BytesStart::new(prefixed(like, local));
    let end = |local: &str| Event::End(BytesEnd::new(prefixed(like, local)));
    let events = [
        Event::Start(tag("fill")),
        Event::Start(tag("patternFill").with_attributes([("patternType", "solid")])),
        Event::Empty(tag("fgColor").with_attributes([("rgb", colour)])),
        Event::Empty(tag("bgColor").with_attributes([("indexed", "64")])),
        end("patternFill"),
        end("fill"),
    ];
    events.into_iter().try_for_each(|event| writer.write_event(event).ok())
}

fn font(writer: &mut Writer<Vec<u8>>, like: &str) -> Option<()> {
    let tag = |local: &str| BytesStart::new(prefixed(like, local));
    let events = [
        Event::Start(tag("font")),
        Event::Empty(tag("sz").with_attributes([("val", "11")])),
        Event::Empty(tag("color").with_attributes([("rgb", WORDS)])),
        Event::Empty(tag("name").with_attributes([("val", "Calibri")])),
        Event::End(BytesEnd::new(prefixed(like, "font"))),
    ];
    events.into_iter().try_for_each(|event| writer.write_event(event).ok())
}
