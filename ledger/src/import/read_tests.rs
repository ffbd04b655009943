//! Files of every kind, good and bad.

use std::io::Write;

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;

use super::super::open::{self, Opened, Wanted};
use super::super::stage::{self, Row};
use super::*;

fn limits() -> ImportLimits {
    ImportLimits { max_bytes: 4_000_000, max_rows: 100, max_columns: 50, timeout_seconds: 60, workers: 1 }
}

fn read(file_name: &str, bytes: &[u8]) -> Result<(Opened, Vec<Row>)> {
    read_as(file_name, bytes, &Wanted::default())
}

fn read_as(file_name: &str, bytes: &[u8], wanted: &Wanted) -> Result<(Opened, Vec<Row>)> {
    let mut rows = Vec::new();
    let opened = open::read(&Upload::new(file_name, bytes.to_vec()), &limits(), wanted, |chunk| {
        rows.extend(stage::read(&chunk)?);
        Ok(())
    })?;
    Ok((opened, rows))
}

fn refusal(file_name: &str, bytes: &[u8]) -> (u16, &'static str) {
    match read(file_name, bytes) {
        Err(Error::BadFile { status, code, .. }) => (status, code),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was read"),
    }
}

fn text(cell: &str) -> Cell {
    Cell::Text(cell.to_owned())
}

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
        xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
        <office:body><office:spreadsheet>{table}</office:spreadsheet></office:body></office:document-content>"#
    );
    package(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
    ])
}

fn ods_cell(text: &str) -> String {
    format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#)
}

/// An XLSX package around one sheet.
fn xlsx(sheet: &[u8], texts: &[u8]) -> Vec<u8> {
    package(&[
        ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", texts),
    ])
}

const SHEET: &str = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
const SST: &[u8] =
    br#"<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>"#;

fn inline(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn numbers_leave_as_the_decimals_that_were_typed() {
    for (number, text) in [
        (150.75, "150.75"),
        (0.1 + 0.2, "0.3"),
        (210.0, "210"),
        (-12.5, "-12.5"),
        (0.000_1, "0.0001"),
        (1e15, "1000000000000000"),
        (0.0, "0"),
        (123_456_789.12, "123456789.12"),
    ] {
        assert_eq!(decimal_text(number), text);
    }
}

#[test]
fn files_that_are_no_imports_are_refused_with_a_reason() {
    assert_eq!(refusal("a.xlsx", b""), (422, "empty"));
    assert_eq!(refusal("a.xlsx", b"just some words"), (415, "not_a_spreadsheet"));
    assert_eq!(refusal("a.pdf", b"%PDF-1.7"), (415, "not_a_spreadsheet"));
    assert_eq!(refusal("a.xlsx", b"PK\x03\x04 and then nothing"), (422, "unreadable"));
    assert_eq!(refusal("a.csv", b"Name,Amount\n"), (422, "no_rows"));
    assert_eq!(refusal("a.docx", &package(&[("word/document.xml", b"<w/>")])), (415, "not_a_spreadsheet"));
    let rows: String = (0..101).map(|row| format!("Customer {row},1\n")).collect();
    assert_eq!(refusal("a.csv", format!("Name,Amount\n{rows}").as_bytes()), (413, "too_many_rows"));
    let wide = vec!["x"; 51].join(",");
    assert_eq!(refusal("a.csv", format!("Name,Amount\n{wide}\n").as_bytes()), (422, "too_many_columns"));
    let open = format!("Name,Amount\n\"{}", "x,1\n".repeat(50_000));
    assert_eq!(refusal("a.csv", open.as_bytes()), (422, "cell_too_long"));
}

#[test]
fn protected_files_are_recognised() {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    file.create_stream("/EncryptedPackage").unwrap().write_all(b"secret").unwrap();
    assert_eq!(refusal("a.xlsx", &file.into_inner().into_inner()), (422, "password_protected"));
    let locked = package(&[
        ("content.xml", b"nothing that can be read"),
        ("META-INF/manifest.xml", b"<manifest:encryption-data/>"),
    ]);
    assert_eq!(refusal("a.ods", &locked), (422, "password_protected"));
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_numbers_them() {
    let (opened, rows) =
        read("a.csv", b"My customers\n\nName;Amount;Due date\n\nAnna;1,5;2026-01-02\n").unwrap();
    assert_eq!((opened.head.len(), rows.len(), rows[0].number), (2, 1, 5));
    let (_, rows) = read("a.csv", b"Name,Notes\r\nAnna,\"one\r\ntwo\"\r\n\r\nBob,x\r\n").unwrap();
    assert_eq!([rows[0].number, rows[1].number], [2, 4], "a field over two lines is one row");
}

#[test]
fn encodings_are_told_apart() {
    let name = |bytes: &[u8]| read("a.csv", bytes).unwrap().1[0].cells[0].clone();
    assert_eq!(name(b"Name\nM\xFCller \x80\n"), text("Müller €"));
    assert_eq!(name("\u{feff}Name\nMüller\n".as_bytes()), text("Müller"));
    assert_eq!(name("Name\nŁukasz Žák\n".as_bytes()), text("Łukasz Žák"));
    let utf16 = |little: bool, mark: bool| -> Vec<u8> {
        let text = if mark { "\u{feff}Name\nMüller\n" } else { "Name\nMüller\n" };
        let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    };
    for (little, mark) in [(true, true), (false, true), (true, false), (false, false)] {
        assert_eq!(name(&utf16(little, mark)), text("Müller"), "{little} {mark}");
    }
}

#[test]
fn delimiters_are_told_apart() {
    for (file, cells) in [
        ("Name,Amount\n\"Doe, John\",\"1,250.50\"\n", ["Doe, John", "1,250.50"]),
        ("Name;Amount\nDoe, John;1.250,50\n", ["Doe, John", "1.250,50"]),
        ("Name\tAmount\nDoe, John\t1,5\n", ["Doe, John", "1,5"]),
        ("Name|Amount\nDoe; John|1,5\n", ["Doe; John", "1,5"]),
        ("sep=;\nName;Amount\na,b;1,5\n", ["a,b", "1,5"]),
        ("Name,Amount\r\"Say \"\"hi\"\"\",5\r", ["Say \"hi\"", "5"]),
    ] {
        let (_, rows) = read("a.csv", file.as_bytes()).unwrap();
        assert_eq!(rows[0].cells, cells.map(text), "{file:?}");
    }
}

#[test]
fn the_sheet_with_the_data_is_chosen_and_its_header_found() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Read me").unwrap().write(0, 0, "Only words").unwrap();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Debtors").unwrap().write(0, 0, "Open items of March").unwrap();
    sheet.write_row(3, 0, ["Customer", "Amount due", "Due date"]).unwrap();
    sheet.write_row(4, 0, ["Anna", "10", "2026-01-02"]).unwrap();
    workbook.add_worksheet().set_name("Empty").unwrap();
    let (opened, rows) = read("a.xlsx", &workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(
        (opened.sheet.as_str(), opened.sheets),
        ("Debtors", vec!["Read me".to_owned(), "Debtors".to_owned()])
    );
    assert_eq!((rows.len(), rows[0].number), (1, 5));
}

#[test]
fn the_header_is_the_row_that_is_named_or_none() {
    let file = b"Report,Name\nAcme,Amount\nWho,What\nAnna,10\n";
    let header = |header| read_as("a.csv", file, &Wanted { header: Some(header), ..Wanted::default() });
    let (opened, rows) = header(3).unwrap();
    assert_eq!((opened.survey.headers(), rows.len()), (vec!["Who".to_owned(), "What".to_owned()], 1));
    let (opened, rows) = header(0).unwrap();
    assert_eq!(opened.survey.headers(), ["Column A", "Column B"]);
    assert_eq!((opened.head.len(), rows.len(), rows[0].number), (0, 4, 1));
    assert!(matches!(header(9), Err(Error::Invalid(errors)) if errors.0[0].pointer == "/header_row"));
}

#[test]
fn dates_of_both_systems_are_the_same_days() {
    let sheet = format!(
        r#"{SHEET}<row r="1">{}{}</row><row r="2">{}<c r="B2" t="d"><v>2025-03-10T00:00:00</v></c></row></sheetData></worksheet>"#,
        inline("A1", "Name"),
        inline("B1", "Due date"),
        inline("A2", "Anna")
    );
    let (_, rows) = read("a.xlsx", &xlsx(sheet.as_bytes(), SST)).unwrap();
    let day = NaiveDate::from_ymd_opt(2025, 3, 10).unwrap();
    assert_eq!(rows[0].cells, [text("Anna"), Cell::Date(day)]);
    // 45726 days after 1899-12-30 is the day that is 44264 days after 1904-01-01.
    for (serial, is_1904) in [(45_726.0, false), (44_264.0, true)] {
        let value = calamine::ExcelDateTime::new(serial, calamine::ExcelDateTimeType::DateTime, is_1904);
        assert_eq!(cell(Data::DateTime(value)), Cell::Date(day));
    }
}

#[test]
fn ods_is_read_as_libreoffice_writes_it() {
    let table = format!(
        r#"<table:table table:name="S"><table:table-column table:number-columns-repeated="16384"/>
        <table:table-row>{}{}{}{}</table:table-row>
        <table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row>{}<table:table-cell office:value-type="float" office:value="1250.5"><text:p>1.250,50</text:p></table:table-cell>
          <table:table-cell office:value-type="date" office:date-value="2025-03-10"><text:p>10.03.25</text:p></table:table-cell>
          <table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p></office:annotation><text:p>a<text:s text:c="2"/>b &amp; c</text:p><text:p>d</text:p></table:table-cell>
        </table:table-row>
        <table:table-row table:number-rows-repeated="1048571"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        </table:table>"#,
        ods_cell("Name"),
        ods_cell("Amount"),
        ods_cell("Due date"),
        ods_cell("Notes"),
        ods_cell("Anna")
    );
    let (_, rows) = read("a.ods", &ods(&table)).unwrap();
    let day = NaiveDate::from_ymd_opt(2025, 3, 10).unwrap();
    assert_eq!((rows.len(), rows[0].number), (1, 4));
    assert_eq!(
        rows[0].cells,
        [text("Anna"), Cell::Number("1250.5".into()), Cell::Date(day), text("a  b & c\nd")]
    );
}

#[test]
fn bombs_are_refused() {
    // Cells and rows that say they repeat.
    let repeated = |rows: u32, columns: u32| {
        ods(&format!(
            r#"<table:table table:name="S"><table:table-row>{}{}</table:table-row><table:table-row table:number-rows-repeated="{rows}">
            <table:table-cell table:number-columns-repeated="{columns}" office:value-type="float" office:value="1"/></table:table-row></table:table>"#,
            ods_cell("Name"),
            ods_cell("Amount")
        ))
    };
    assert_eq!(refusal("a.ods", &repeated(1_048_576, 2)), (413, "too_many_rows"));
    assert_eq!(refusal("a.ods", &repeated(1, 1_000_000)), (422, "too_many_columns"));
    // A small file that unpacks to 40 MB of the same.
    let mut large = format!("{SHEET}<row r=\"1\">{}</row>", inline("A1", "Name")).into_bytes();
    large.extend(std::iter::repeat_n(b' ', 40 << 20));
    large.extend_from_slice(b"</sheetData></worksheet>");
    assert_eq!(refusal("a.xlsx", &xlsx(&large, SST)), (422, "suspicious_file"));
    // Entities.
    let entities = br#"<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "aaaaaaaa">]><sst>&a;&a;</sst>"#;
    let sheet = format!("{SHEET}<row r=\"1\">{}</row></sheetData></worksheet>", inline("A1", "Name"));
    assert_eq!(refusal("a.xlsx", &xlsx(sheet.as_bytes(), entities)), (422, "suspicious_file"));
    // Texts of all cells, each of them almost nothing.
    let mut texts = b"<sst>".to_vec();
    texts.extend(b"<si/>".repeat(6_000_001));
    assert_eq!(refusal("a.xlsx", &xlsx(sheet.as_bytes(), &texts)), (422, "suspicious_file"));
}

#[test]
fn empty_styled_rows_cost_nothing() {
    let mut sheet = format!(
        "{SHEET}<row r=\"1\">{}{}</row><row r=\"2\">{}</row>",
        inline("A1", "Name"),
        inline("B1", "Amount"),
        inline("A2", "Anna")
    );
    for row in 3..60_000 {
        sheet.push_str(&format!(
            "<row r=\"{row}\" s=\"1\"><c r=\"A{row}\" s=\"1\"/><c r=\"B{row}\" s=\"{}\"/></row>",
            row % 7
        ));
    }
    sheet.push_str("</sheetData></worksheet>");
    let (_, rows) = read("a.xlsx", &xlsx(sheet.as_bytes(), SST)).unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn of_a_mended_workbook_of_errors_only_the_wrong_rows_are_taken() {
    let file = "Name,Amount,Import errors\nAnna,1,\nBob,2,Amount: wrong\nCarl,3,\n";
    let (_, rows) = read("a.csv", file.as_bytes()).unwrap();
    assert_eq!(rows, [Row { number: 3, cells: vec![text("Bob"), text("2"), Cell::Empty] }]);
    assert_eq!(refusal("a.csv", b"Name,Amount,Import errors\nAnna,1,\n"), (422, "no_rows"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the bytes: rows or a refusal, never a panic.
    #[test]
    fn no_bytes_break_the_reader_of_text(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read("a.csv", &bytes);
    }

    #[test]
    fn no_bytes_break_the_readers_of_workbooks(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
        at in 0_usize..6000,
        kind in 0..4,
    ) {
        let damaged = match kind {
            0 => [b"PK\x03\x04".as_slice(), &bytes].concat(),
            1 => [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &bytes].concat(),
            2 => ods(&String::from_utf8_lossy(&bytes)),
            _ => {
                let mut workbook = Workbook::new();
                workbook.add_worksheet().write_row(0, 0, ["Name", "Amount"]).unwrap();
                let mut file = workbook.save_to_buffer().unwrap();
                let at = at % file.len();
                let end = (at + bytes.len()).min(file.len());
                file.splice(at..end, bytes.iter().copied());
                file
            }
        };
        let _ = std::panic::catch_unwind(|| read("a.xlsx", &damaged));
    }
}
