use super::super::cell::Cell;
use super::super::header::signature;
use super::super::public_sample;
use super::*;
use crate::import::MappingView;

fn row(headers: &[&str]) -> Vec<String> {
    headers.iter().map(|header| (*header).to_owned()).collect()
}

fn survey(headers: &[&str], rows: &[&[&str]]) -> Survey {
    let mut survey = Survey::new(&row(headers));
    for cells in rows {
        survey.observe(&cells.iter().map(|text| Cell::Text((*text).to_owned())).collect::<Vec<_>>());
    }
    survey
}

fn mapped(headers: &[&str]) -> Vec<(String, String)> {
    Columns::find(&row(headers)).unwrap().mapping()
}

fn errors(headers: &[&str]) -> Vec<(&'static str, String)> {
    Columns::find(&row(headers)).unwrap_err().into_iter().map(|e| (e.code, e.message)).collect()
}

fn pair(header: &str, field: &str) -> (String, String) {
    (header.to_owned(), field.to_owned())
}

fn to(key: &str, field: &str) -> (String, Option<String>) {
    (key.to_owned(), (!field.is_empty()).then(|| field.to_owned()))
}

#[test]
fn the_sample_files_headers_are_known() {
    let headers =
        ["Name", "Contact Information", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"];
    assert_eq!(
        mapped(&headers),
        [
            pair("Name", "name"),
            pair("Contact Information", "contact"),
            pair("Outstanding Payment Amount", "outstanding"),
            pair("Payment Due Date", "due_date"),
            pair("Payment Status", "status"),
        ]
    );
}

#[test]
fn case_spaces_and_punctuation_do_not_matter() {
    assert_eq!(
        mapped(&["CUSTOMER_NAME", " e-mail\u{a0}address ", "Amt. due", "Due\nDate", "Customer #"]),
        [
            pair("CUSTOMER_NAME", "name"),
            pair("e-mail address", "email"),
            pair("Amt. due", "outstanding"),
            pair("Due Date", "due_date"),
            pair("Customer #", "reference"),
        ]
    );
}

#[test]
fn a_unit_in_brackets_is_allowed_and_unknown_headers_are_ignored() {
    assert_eq!(
        mapped(&["Name", "Amount (USD)", "Due date [YYYY-MM-DD]", "Shoe size", ""]),
        [
            pair("Name", "name"),
            pair("Amount (USD)", "outstanding"),
            pair("Due date [YYYY-MM-DD]", "due_date")
        ]
    );
}

#[test]
fn amounts_in_thousands_are_refused() {
    for header in [
        "Amount (in thousands)",
        "Balance (k€)",
        "Amount (USD 000)",
        "Amount (USD, million)",
        "Amount (TEUR)",
    ] {
        let errors = Columns::find(&row(&["Name", header]));
        assert!(matches!(&errors, Err(list) if list[0].code == "unsupported_unit"), "{header}: {errors:?}");
    }
}

#[test]
fn a_misspelt_name_is_suggested_and_never_taken() {
    assert_eq!(
        errors(&["Namee", "Email"]),
        [("missing_column", "There is no “Name” column. Did you mean “Namee” in column A?".to_owned())]
    );
    assert_eq!(
        errors(&["Email", "Phone", "Costumer"])[0].1,
        "There is no “Name” column. Did you mean “Costumer” in column C?"
    );
    assert_eq!(
        errors(&["Full name", "Email"])[0].1,
        "There is no “Name” column. Did you mean “Full name” in column A?"
    );
    assert!(!errors(&["Email", "Phone"])[0].1.contains("Did you mean"));
}

#[test]
fn a_misspelt_money_column_is_not_silently_ignored() {
    let found = errors(&["Name", "Outstandng amount", "Due dat"]);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        (
            "misspelt_column",
            "“Outstandng amount” in column B is not a known header. Did you mean “Outstanding amount”? Correct \
             it, or rename it if it is something else."
                .to_owned()
        )
    );
    assert!(found[1].1.starts_with("“Due dat” in column C"));
    assert_eq!(mapped(&["Name", "Status", "Statuss", "Tax", "Address 2"]).len(), 2);
}

#[test]
fn two_columns_for_one_field_are_named_both() {
    assert_eq!(
        errors(&["Name", "Amount", "Balance due"]),
        [(
            "duplicate_column",
            "“Amount” in column B and “Balance due” in column C both stand for Outstanding amount. Remove or \
             rename one."
                .to_owned()
        )]
    );
}

#[test]
fn every_problem_is_named() {
    let codes: Vec<_> = errors(&["Namee", "Email", "E-mail", "Due dat"]).into_iter().map(|e| e.0).collect();
    assert_eq!(codes, ["duplicate_column", "missing_column", "misspelt_column"]);
}

#[test]
fn an_empty_first_row_is_no_header() {
    assert_eq!(errors(&[])[0].0, "no_header");
    assert_eq!(errors(&["", " \u{a0}"])[0].0, "no_header");
}

#[test]
fn a_file_says_by_its_headers_what_its_rows_are() {
    let kind = |headers: &[&str]| Mapping::guess(None, &survey(headers, &[])).kind();
    for headers in [
        &["Name", "Contact Information", "Outstanding Payment Amount", "Payment Due Date", "Payment Status"]
            [..],
        &["Customer", "Amt Due", "Due"],
        &["Name", "Email", "Payment method"],
        &["Invoice", "Amount"],
    ] {
        assert_eq!(kind(headers), Kind::Customers, "{headers:?}");
    }
    assert_eq!(kind(&["Customer No", "Invoice No", "Invoice Date", "Due Date", "Amount"]), Kind::Invoices);
    assert_eq!(kind(&["Customer", "Date", "Amount", "Invoice"]), Kind::Payments);
    assert_eq!(kind(&["Customer", "Payment date", "Amount received", "Payment method"]), Kind::Payments);
    assert_eq!(kind(&["Name", "Email", "Invoice No", "Due Date", "Amount"]), Kind::Combined);
    assert_eq!(kind(&public_sample::headers()), Kind::Combined);
}

#[test]
fn the_public_late_payments_file_maps_itself() {
    let survey = survey(
        &public_sample::headers(),
        &[&[
            "391",
            "0379-NEVHP",
            "4/6/2013",
            "0000611365",
            "1/2/2013",
            "2/1/2013",
            "55.94",
            "No",
            "1/15/2013",
            "Paper",
            "13",
            "0",
        ]],
    );
    let mapping = Mapping::guess(None, &survey);
    assert_eq!(
        mapping.fields(),
        [
            pair("customerID", "reference"),
            pair("invoiceNumber", "invoice_number"),
            pair("InvoiceDate", "issue_date"),
            pair("DueDate", "due_date"),
            pair("InvoiceAmount", "total"),
            pair("Disputed", "disputed"),
            pair("SettledDate", "settled_on"),
        ]
    );
    assert_eq!(mapping.check(), Ok(()));
    // 1/15/2013 settles it for the other date columns too.
    assert!(mapping.questions(&survey, &Options::default()).is_empty());
}

#[test]
fn a_date_order_no_column_tells_is_asked_for_and_the_answer_taken() {
    let survey = survey(
        &["Name", "Amount", "Due date"],
        &[&["A", "5.00", "03/04/2025"], &["B", "5.00", "01/02/2025"]],
    );
    let mapping = Mapping::guess(None, &survey);
    let questions = mapping.questions(&survey, &Options::default());
    assert_eq!(questions.len(), 1);
    assert_eq!(
        (questions[0].column.as_str(), questions[0].option.as_str(), questions[0].example.as_str()),
        ("Due date", "date_order", "03/04/2025")
    );
    let labels: Vec<&str> = questions[0].choices.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!(labels, ["The day: 03/04/2025 is 3 Apr 2025", "The month: 03/04/2025 is 4 Mar 2025"]);
    for choice in &questions[0].choices {
        let options: Options =
            serde_json::from_value(serde_json::json!({ questions[0].option.as_str(): choice.value }))
                .unwrap();
        assert!(mapping.questions(&survey, &options).is_empty());
        let columns = mapping.columns(&survey, &options).unwrap();
        assert_eq!(columns.of(Field::DueDate).unwrap().dates, options.date_order);
    }
}

#[test]
fn a_point_that_may_part_thousands_is_asked_for() {
    let survey = survey(&["Name", "Amount", "Due date"], &[&["A", "1.234", "2025-03-04"]]);
    let mapping = Mapping::guess(None, &survey);
    let questions = mapping.questions(&survey, &Options::default());
    assert_eq!((questions[0].option.as_str(), questions[0].example.as_str()), ("decimal", "1.234"));
    let labels: Vec<&str> = questions[0].choices.iter().map(|choice| choice.label.as_str()).collect();
    assert_eq!(labels, ["Thousands: 1.234 is 1234", "Decimals: 1.234 is 1.234"]);
    let answered = Options { decimal: Some(crate::sheet::DecimalMark::Comma), ..Options::default() };
    assert!(mapping.questions(&survey, &answered).is_empty());
}

#[test]
fn a_column_with_both_orders_is_nobodys_guide() {
    let survey = survey(
        &["Name", "Invoice", "Invoice date", "Due date", "Amount"],
        &[&["A", "1", "20/03/2025", "03/04/2025", "5"], &["A", "2", "03/20/2025", "03/05/2025", "5"]],
    );
    let mapping = Mapping::guess(None, &survey);
    let questions = mapping.questions(&survey, &Options::default());
    assert_eq!(questions.len(), 1, "{questions:?}");
    assert_eq!(questions[0].column, "Due date");
}

#[test]
fn values_tell_what_an_unknown_header_does_not() {
    let guess = |header: &str, values: &[&str]| {
        let rows: Vec<[&str; 2]> = values.iter().map(|value| ["A", *value]).collect();
        let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
        let survey = survey(&["Name", header], &rows);
        let view = Mapping::guess(Some(Kind::Customers), &survey).view(&survey, &Options::default());
        let column = view.columns[1].clone();
        (column.field, column.reason)
    };
    let is = |field: &str, reason: &str| (Some(field.to_owned()), Some(reason.to_owned()));
    assert_eq!(guess("Reach", &["a@b.com", "c@d.org"]), is("email", "its values are e-mail addresses"));
    assert_eq!(
        guess("Reach", &["+44 20 7946 0018", "(020) 7946-0018"]),
        is("phone", "its values are telephone numbers")
    );
    assert_eq!(
        guess("Reach", &["a@b.com", "020 7946 0018"]),
        is("contact", "its values are e-mail addresses and telephone numbers")
    );
    assert_eq!(guess("Contact", &["a@b.com"]), is("contact", "by its header"));
    assert_eq!(
        guess("Contact", &["12345678", "23456789", "34567890", "45678901", "56789012"]),
        is("contact", "by its header")
    );
    assert_eq!(
        guess("Contact", &["Ann", "Bob", "Cid", "Dan", "Eve"]),
        (None, Some("its values are neither e-mail addresses nor telephone numbers".to_owned()))
    );
    assert_eq!(guess("Region", &["North", "South"]), (None, None));
    assert_eq!(guess("Code", &["2025-03-20", "12345678", "150.75"]), (None, None));
    assert_eq!(guess("Frist", &["01/02/2026", "02-03-2026", "03/04/2026"]), (None, None));
}

#[test]
fn the_user_corrects_a_guess_and_a_moved_field_leaves_its_column() {
    let survey = survey(&["Name", "Amount", "Rest", "Due date"], &[]);
    let mut mapping = Mapping::guess(Some(Kind::Customers), &survey);
    mapping.correct(&[to(" rest ", "outstanding"), to("Due date", "")]).unwrap();
    assert_eq!(mapping.fields(), [pair("Name", "name"), pair("Rest", "outstanding")]);
    let mut again = Mapping::guess(Some(Kind::Customers), &survey);
    again.correct(&mapping.corrections()).unwrap();
    assert_eq!(again.fields(), mapping.fields(), "a saved mapping makes the same one");
    // “total” is no wire name of a customer's field; “Balance” is one of its headers.
    mapping.correct(&[to("Rest", ""), to("Amount", "Balance")]).unwrap();
    assert_eq!(mapping.fields(), [pair("Name", "name"), pair("Amount", "outstanding")]);
}

#[test]
fn wrong_corrections_are_all_named_and_change_nothing() {
    let survey = survey(&["Name", "Amount"], &[]);
    let mut mapping = Mapping::guess(Some(Kind::Customers), &survey);
    let before = mapping.clone();
    let errors =
        mapping.correct(&[to("Nmae", "name"), to("Amount", "settled_on"), to("Name", "")]).unwrap_err();
    let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
    assert_eq!(codes, ["unknown_header", "unknown_field"]);
    assert!(errors[0].message.contains("Name, Amount"), "{}", errors[0].message);
    assert!(errors[1].message.contains("outstanding"), "{}", errors[1].message);
    assert_eq!(mapping, before);
}

#[test]
fn columns_that_share_a_header_or_have_none_go_by_their_letters() {
    let survey = survey(&["Name", "Amount", "amount", "", "Due date"], &[]);
    let mut mapping = Mapping::guess(Some(Kind::Customers), &survey);
    assert_eq!(mapping.check().unwrap_err()[0].code, "duplicate_column");
    mapping.correct(&[to("Column C", ""), to("column d", "notes")]).unwrap();
    assert_eq!(
        mapping.fields(),
        [
            pair("Name", "name"),
            pair("Column B", "outstanding"),
            pair("Column D", "notes"),
            pair("Due date", "due_date")
        ]
    );
    assert!(mapping.check().is_ok());
}

#[test]
fn a_misspelt_column_the_user_leaves_out_is_no_problem() {
    let survey = survey(&["Name", "Due dat", "Amount"], &[]);
    let mut mapping = Mapping::guess(Some(Kind::Customers), &survey);
    let view = mapping.view(&survey, &Options::default());
    assert_eq!((view.problems.len(), view.columns[1].suggestion.as_deref()), (1, Some("due_date")));
    mapping.correct(&[to("Due dat", "")]).unwrap();
    assert_eq!(mapping.check(), Ok(()));
}

#[test]
fn what_a_kind_can_not_do_without_is_named() {
    let missing = |kind, headers: &[&str]| -> Vec<String> {
        let found = Mapping::guess(Some(kind), &survey(headers, &[])).check().unwrap_err();
        found.into_iter().map(|error| error.message).collect()
    };
    assert_eq!(
        missing(Kind::Invoices, &["Notes"]),
        [
            "There is no “Customer reference” or “Name” column. Add it, or say which column it is.",
            "There is no “Invoice number” column. Add it, or say which column it is.",
            "There is no “Invoice amount” column. Add it, or say which column it is.",
            "There is no “Due date” or “Terms” column. Add it, or say which column it is.",
        ]
    );
    assert_eq!(missing(Kind::Payments, &["Customer", "Amount"]).len(), 1);
}

#[test]
fn a_view_shows_samples_and_what_must_be_there() {
    let survey =
        survey(&["Name", "Amount"], &[&["A", "1"], &["B", ""], &["A", "2"], &["C", "3"], &["D", "4"]]);
    let view = Mapping::guess(None, &survey).view(&survey, &Options::default());
    assert_eq!(view.columns[0].samples, ["A", "B", "C"]);
    assert_eq!((view.columns[1].filled, view.columns[1].letter.as_str()), (4, "B"));
    let required: Vec<&str> =
        view.fields.iter().filter(|field| field.required).map(|field| field.field.as_str()).collect();
    assert_eq!(required, ["name"]);
    assert_eq!(view.signature, signature(&row(&["Name", "Amount"])));
    let json = serde_json::to_value(&view).unwrap();
    assert_eq!(serde_json::from_value::<MappingView>(json).unwrap(), view);
}

#[test]
fn only_a_mapping_that_leaves_nothing_open_is_certain() {
    let certain = |headers: &[&str], cells: &[&str]| {
        let survey = survey(headers, &[cells]);
        Mapping::guess(None, &survey).view(&survey, &Options::default()).certain
    };
    assert!(certain(&["Name", "Amount", "Due date", "Region"], &["A", "5.00", "2025-03-10", "North"]));
    assert!(!certain(&["Name", "Amount", "Due date"], &["A", "5.00", "03/04/2025"]), "a question is open");
    assert!(!certain(&["Name", "Reach"], &["A", "a@b.com"]), "only the values speak for it");
    assert!(!certain(&["Name", "Adress"], &["A", "1 High St"]), "it may be the address");
    assert!(!certain(&["Amount", "Due date"], &["5.00", "2025-03-10"]), "the name is missing");
}

#[test]
fn an_amount_that_no_header_names_is_not_overlooked_but_looked_at() {
    let view = |headers: &[&str], cells: &[&str]| {
        let survey = survey(headers, &[cells]);
        let mapping = Mapping::guess(Some(Kind::Customers), &survey);
        let amount = mapping.fields().into_iter().find(|(_, field)| field == "outstanding");
        (amount.map(|(header, _)| header), mapping.view(&survey, &Options::default()).certain)
    };
    for header in ["Total amount", "Invoice total", "Gesamtbetrag", "Total (EUR)", "Grand Total"] {
        let found = view(&["Name", header, "Due date"], &["A", "5.00", "2025-03-10"]);
        assert_eq!(found, (Some(header.to_owned()), false), "it is taken, and the user has a look");
    }
    for (headers, cells) in [
        (["Name", "Total amount", "Grand total"], ["A", "5.00", "3.00"]),
        (["Name", "Total amount", "City"], ["A", "much", "Rome"]),
        (["Name", "Total tax", "City"], ["A", "5.00", "Rome"]),
        (["Name", "Total orders", "City"], ["A", "5", "Rome"]),
    ] {
        assert_eq!(view(&headers, &cells), (None, false), "{headers:?}: only the user knows");
    }
    let named = view(&["Name", "Amount due", "Total amount"], &["A", "5.00", "9.00"]);
    assert_eq!(named, (Some("Amount due".to_owned()), true));
    assert_eq!(view(&["Name", "Debtor group", "City"], &["A", "12", "Rome"]), (None, true));
    let scaled = survey(&["Name", "Total (k)", "Due date"], &[&["A", "5.00", "2025-03-10"]]);
    assert!(Mapping::guess(None, &scaled).check().is_err(), "thousands are not taken for units");
}

#[test]
fn headers_of_other_languages_are_known() {
    let fields = |kind, headers: &[&str]| {
        let survey = survey(headers, &[]);
        let fields = Mapping::guess(kind, &survey).fields();
        fields.into_iter().map(|(_, field)| field).collect::<Vec<_>>()
    };
    let customers = ["reference", "name", "phone", "outstanding", "due_date", "status"];
    for headers in [
        ["Kunden-Nr.", "Kunde", "Telefon", "Offener Betrag", "Fällig am", "Zahlungsstatus"],
        ["Code client", "Raison sociale", "Téléphone", "Montant dû", "Date d'échéance", "Statut"],
        ["Código de cliente", "Nombre", "Teléfono", "Saldo pendiente", "Fecha de vencimiento", "Estado"],
        ["Codice cliente", "Ragione sociale", "Telefono", "Importo dovuto", "Data di scadenza", "Stato"],
        ["Klantnummer", "Klant", "Telefoon", "Openstaand bedrag", "Vervaldatum", "Betaalstatus"],
    ] {
        assert_eq!(fields(None, &headers), customers, "{headers:?}");
    }
    let invoices = ["name", "invoice_number", "issue_date", "due_date", "total"];
    for headers in [
        ["Kunde", "Rechnungsnr.", "Rechnungsdatum", "Fälligkeit", "Gesamtbetrag"],
        ["Client", "N° facture", "Date de facture", "Échéance", "Montant TTC"],
        ["Cliente", "Factura", "Fecha de factura", "Vencimiento", "Importe total"],
    ] {
        assert_eq!(fields(None, &headers), invoices, "{headers:?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_sheet_is_mapped_without_a_panic(
        headers in proptest::collection::vec("(Name|Amount|Due date|Invoice|.{0,20})", 0..8),
        rows in proptest::collection::vec(proptest::collection::vec(".{0,20}", 0..10), 0..6),
        key in ".{0,12}",
        name in "(name|due_date|total|.{0,8})",
    ) {
        let mut survey = Survey::new(&headers);
        for cells in &rows {
            survey.observe(&cells.iter().cloned().map(Cell::Text).collect::<Vec<_>>());
        }
        for kind in [None, Some(Kind::Payments), Some(Kind::Combined)] {
            let mut mapping = Mapping::guess(kind, &survey);
            let _ = mapping.correct(&[(key.clone(), Some(name.clone()))]);
            let view = mapping.view(&survey, &Options::default());
            proptest::prop_assert_eq!(view.columns.len(), headers.len());
            proptest::prop_assert_eq!(mapping.columns(&survey, &Options::default()).is_ok(), view.problems.is_empty());
        }
    }
}
