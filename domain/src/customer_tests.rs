use serde_json::json;

use super::*;

fn draft(json: serde_json::Value) -> Result<CustomerDraft, FieldErrors> {
    serde_json::from_value::<NewCustomer>(json).unwrap().validate(Currency::USD)
}

fn codes(errors: FieldErrors) -> Vec<(String, String)> {
    errors.0.into_iter().map(|e| (e.pointer, e.code.into_owned())).collect()
}

fn pair(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

fn customer() -> Customer {
    Customer {
        id: "cus_1".into(),
        reference: "C-1001".to_owned(),
        name: "Alice Johnson".to_owned(),
        email: Some("alice@example.com".to_owned()),
        phone: Some("+44 20 7946 0018".to_owned()),
        address: None,
        notes: Some("Calls back".to_owned()),
        tags: vec!["vip".to_owned()],
        currency: Currency::USD,
        owner: Some("usr_1".into()),
        credit_limit: None,
        outstanding: Money::from_minor(21_000, Currency::USD),
        overdue: Money::zero(Currency::USD),
        unapplied: Money::zero(Currency::USD),
        next_due_date: "2025-03-20".parse().ok(),
        status: CustomerStatus::Pending,
        open_invoices: 1,
        archived_at: None,
        import_id: None,
        version: 3,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn patch(json: serde_json::Value) -> CustomerPatch {
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_name_is_enough_for_a_customer() {
    let draft = draft(json!({ "name": "  Alice\u{a0}Johnson " })).unwrap();
    assert_eq!((draft.name.as_str(), draft.currency, draft.opening), ("Alice Johnson", Currency::USD, None));
}

#[test]
fn what_is_owed_already_needs_a_due_date_and_the_past_will_do() {
    let owed = |amount: &str, due: Option<&str>| {
        draft(json!({ "name": "A", "outstanding": { "amount": amount }, "due_date": due }))
            .map(|draft| draft.opening.map(|(amount, due)| (amount.minor(), due.to_string())))
            .map_err(codes)
    };
    assert_eq!(owed("210", Some("2019-03-20")), Ok(Some((21_000, "2019-03-20".to_owned()))));
    assert_eq!(owed("210", None), Err(vec![pair("/due_date", "required")]));
    assert_eq!(owed("210", Some(" ")), Err(vec![pair("/due_date", "required")]));
    assert_eq!(owed("210", Some("20.03.2025")), Err(vec![pair("/due_date", "invalid_date")]));
    assert_eq!(owed("0", None), Ok(None), "owes nothing");
    assert_eq!(owed("-1", None), Err(vec![pair("/outstanding/amount", "negative_amount")]));
}

#[test]
fn every_wrong_field_of_a_new_customer_is_named() {
    let errors = draft(json!({
        "name": "", "reference": "r".repeat(65), "email": "x", "phone": "y", "address": "a".repeat(501),
        "notes": "n".repeat(5001), "tags": ["t".repeat(41)], "credit_limit": { "amount": "1.234" },
        "outstanding": { "amount": "abc" }, "due_date": "soon",
    }))
    .unwrap_err();
    assert_eq!(
        codes(errors),
        [
            pair("/name", "required"),
            pair("/reference", "too_long"),
            pair("/email", "invalid_email"),
            pair("/phone", "invalid_phone"),
            pair("/address", "too_long"),
            pair("/notes", "too_long"),
            pair("/tags", "too_long"),
            pair("/credit_limit/amount", "too_many_decimals"),
            pair("/outstanding/amount", "invalid_amount"),
            pair("/due_date", "invalid_date"),
        ]
    );
}

#[test]
fn the_currency_is_the_one_named_or_the_one_owed_in_or_the_organisations() {
    let currency = |json| draft(json).map(|draft| draft.currency).map_err(codes);
    let owed = json!({ "amount": "1", "currency": "EUR" });
    assert_eq!(
        currency(json!({ "name": "A", "outstanding": owed, "due_date": "2025-03-20" })),
        Ok(Currency::EUR)
    );
    assert_eq!(currency(json!({ "name": "A", "currency": "kwd" })), Ok(Currency::KWD));
    assert_eq!(currency(json!({ "name": "A", "currency": "" })), Ok(Currency::USD));
    assert_eq!(
        currency(json!({ "name": "A", "currency": "ABC" })),
        Err(vec![pair("/currency", "unknown_currency")])
    );
    assert_eq!(
        currency(json!({ "name": "A", "currency": "USD", "outstanding": owed, "due_date": "2025-03-20" })),
        Err(vec![pair("/outstanding/currency", "currency_mismatch")])
    );
}

#[test]
fn amounts_as_json_numbers_and_unknown_fields_are_refused() {
    for json in [
        json!({ "name": "A", "outstanding": { "amount": 12.5 } }),
        json!({ "name": "A", "outstanding": "12.5" }),
        json!({ "name": "A", "status": "paid" }),
    ] {
        assert!(serde_json::from_value::<NewCustomer>(json.clone()).is_err(), "{json}");
    }
}

#[test]
fn tags_are_trimmed_sorted_and_said_once() {
    let given = ["vip", " North ", "vip", ""].map(str::to_owned);
    assert_eq!(tags(&given).unwrap(), ["North", "vip"]);
    assert_eq!(tags(&["a, b".to_owned(), "c;d".to_owned()]).unwrap(), ["a", "b", "c", "d"]);
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    assert!(tags(&many).is_err() && tags(&many[..20]).is_ok());
}

#[test]
fn absent_fields_of_a_change_stay_and_null_clears() {
    let mut changed = customer();
    patch(json!({})).apply(&mut changed).unwrap();
    assert_eq!(changed, customer());
    patch(json!({ "email": null, "notes": null, "owner": null, "tags": null })).apply(&mut changed).unwrap();
    assert_eq!((&changed.email, &changed.notes, &changed.owner), (&None, &None, &None));
    assert!(changed.tags.is_empty());
    assert_eq!(changed.phone, customer().phone);
    patch(json!({ "email": "new@example.com", "credit_limit": { "amount": "100" } }))
        .apply(&mut changed)
        .unwrap();
    assert_eq!(changed.email.as_deref(), Some("new@example.com"));
    assert_eq!(changed.credit_limit, Some(Money::from_minor(10_000, Currency::USD)));
    patch(json!({ "credit_limit": null, "email": "" })).apply(&mut changed).unwrap();
    assert_eq!((changed.credit_limit, changed.email), (None, None));
}

#[test]
fn a_change_goes_through_json_with_absent_and_null_apart() {
    for json in
        [json!({}), json!({ "email": null }), json!({ "email": "a@b.com", "owner": null, "version": 2 })]
    {
        let change: CustomerPatch = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&change).unwrap(), json);
    }
    assert!(serde_json::from_value::<CustomerPatch>(json!({ "outstanding": { "amount": "1" } })).is_err());
}

#[test]
fn a_wrong_change_names_every_field_and_changes_nothing() {
    let mut changed = customer();
    let errors = patch(json!({
        "name": null, "reference": null, "email": "x", "phone": "y", "credit_limit": { "amount": "1", "currency": "EUR" },
        "notes": "fine",
    }))
    .apply(&mut changed)
    .unwrap_err();
    assert_eq!(
        codes(errors),
        [
            pair("/name", "required"),
            pair("/reference", "required"),
            pair("/email", "invalid_email"),
            pair("/phone", "invalid_phone"),
            pair("/credit_limit/currency", "currency_mismatch"),
        ]
    );
    assert_eq!(changed, customer());
}

#[track_caller]
fn assert_matches(expected: bool, filter: CustomerFilter) {
    assert_eq!(filter.matches(&customer()), expected, "{filter:?}");
}

#[test]
fn amount_filters_include_their_own_bounds() {
    let face = customer().outstanding.face_value();
    for (min, max, shown) in [
        (Some(face), Some(face), true),
        (Some(face), None, true),
        (None, Some(face), true),
        (Some(face + 1), None, false),
        (None, Some(face - 1), false),
    ] {
        assert_matches(
            shown,
            CustomerFilter { min_outstanding: min, max_outstanding: max, ..Default::default() },
        );
    }
}

#[test]
fn due_date_filters_include_their_own_bounds_and_need_a_due_date() {
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    for (from, to, shown) in [
        (day("2025-03-20"), day("2025-03-20"), true),
        (day("2025-03-21"), None, false),
        (None, day("2025-03-19"), false),
    ] {
        assert_matches(shown, CustomerFilter { due_from: from, due_to: to, ..Default::default() });
    }
    let nothing_due = Customer { next_due_date: None, ..customer() };
    assert!(!CustomerFilter { due_to: day("2099-01-01"), ..Default::default() }.matches(&nothing_due));
    assert!(CustomerFilter::default().matches(&nothing_due));
}

#[test]
fn each_filter_can_hide_a_customer() {
    assert_matches(true, CustomerFilter::default());
    assert_matches(true, CustomerFilter { status: Some(CustomerStatus::Pending), ..Default::default() });
    assert_matches(false, CustomerFilter { status: Some(CustomerStatus::Paid), ..Default::default() });
    assert_matches(true, CustomerFilter { owner: Some("usr_1".into()), ..Default::default() });
    assert_matches(false, CustomerFilter { owner: Some("usr_2".into()), ..Default::default() });
    assert_matches(true, CustomerFilter { tag: Some("vip".to_owned()), ..Default::default() });
    assert_matches(false, CustomerFilter { tag: Some("vi".to_owned()), ..Default::default() });
    assert_matches(false, CustomerFilter { currency: Some(Currency::EUR), ..Default::default() });
    assert_matches(false, CustomerFilter { archived: true, ..Default::default() });
}

#[test]
fn a_search_finds_parts_of_name_reference_email_and_telephone() {
    for q in ["ali", "JOHN ali", "c-1001", "example.com", "7946", "442079460018", "+44 20", "", "  "] {
        assert_matches(true, CustomerFilter { q: Some(q.to_owned()), ..Default::default() });
    }
    for q in ["bob", "alice bob", "Calls", "johnsonc"] {
        assert_matches(false, CustomerFilter { q: Some(q.to_owned()), ..Default::default() });
    }
}

#[test]
fn a_list_of_sort_fields_is_read_in_order() {
    let sorts = SortBy::<CustomerSort>::parse_list("-overdue, name,").unwrap();
    assert_eq!(
        sorts,
        [
            SortBy { field: CustomerSort::Overdue, descending: true },
            SortBy { field: CustomerSort::Name, descending: false }
        ]
    );
    assert_eq!(SortBy::<CustomerSort>::parse_list(""), Ok(vec![]));
    for sort in CustomerSort::ALL {
        assert_eq!(SortBy::parse_list(sort.as_str()), Ok(vec![SortBy { field: sort, descending: false }]));
    }
    for bad in ["name; DROP TABLE customer", "--name", "-", "Name", "name desc"] {
        assert!(
            SortBy::<CustomerSort>::parse_list(bad).unwrap_err().starts_with("Sort by one of name, "),
            "{bad}"
        );
    }
}

#[test]
fn statuses_go_by_their_names_and_sort_the_most_urgent_first() {
    for status in CustomerStatus::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
    }
    assert!(CustomerStatus::ALL.is_sorted());
}
