//! What the user makes of the columns of a file, until it is sent: what its rows are, which field each column is, and the
//! answers to what the values don't say.

use std::collections::BTreeMap;

use domain::import::{DateOrder, DecimalMark, Kind, MappingChange, MappingView, MatchKey, Options};
use domain::sheet::Field;
use leptos::prelude::*;

/// Each column's key with its field's wire name; empty for one that is not imported.
type Fields = BTreeMap<String, String>;

/// The columns as the user wants them. Copy.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    view: StoredValue<MappingView>,
    kind: RwSignal<Kind>,
    fields: RwSignal<Fields>,
    options: RwSignal<Options>,
    /// It was tried to send: what is missing may be named.
    pub sent: RwSignal<bool>,
    /// The field that is being dragged.
    pub dragged: RwSignal<Option<String>>,
}

impl Draft {
    pub(super) fn of(view: MappingView) -> Self {
        Self {
            kind: RwSignal::new(view.kind),
            fields: RwSignal::new(fields_of(&view, view.kind)),
            options: RwSignal::new(view.options),
            sent: RwSignal::new(false),
            dragged: RwSignal::new(None),
            view: StoredValue::new(view),
        }
    }

    pub(super) fn kind(self) -> Kind {
        self.kind.get()
    }

    /// Rows of another kind have other fields: headers are matched to those.
    pub(super) fn take_as(self, kind: Kind) {
        self.kind.set(kind);
        self.fields.set(self.view.with_value(|view| fields_of(view, kind)));
    }

    /// The field of a column, or nothing.
    pub(super) fn field(self, key: &str) -> String {
        self.fields.with(|fields| fields.get(key).cloned().unwrap_or_default())
    }

    pub(super) fn choose(self, key: &str, field: String) {
        self.fields.update(|fields| {
            fields.insert(key.to_owned(), field);
        });
    }

    /// The fields that no column is taken for.
    pub(super) fn free(self) -> Vec<String> {
        let fields = self.kind.get().fields().iter().map(|field| field.as_str().to_owned());
        self.fields.with(|taken| fields.filter(|field| taken.values().all(|taken| taken != field)).collect())
    }

    /// What was answered to the question about `option`.
    pub(super) fn answer(self, option: &str) -> Option<&'static str> {
        self.options.with(|options| answer_of(options, option))
    }

    pub(super) fn give(self, option: &str, value: Option<&str>) {
        self.options.update(|options| match option {
            "date_order" => options.date_order = value.and_then(date_order),
            _ => options.decimal = value.and_then(decimal),
        });
    }

    /// What customers are recognised by.
    pub(super) fn key(self) -> MatchKey {
        self.options.with(|options| options.key.unwrap_or_default())
    }

    pub(super) fn recognise_by(self, key: MatchKey) {
        // The usual is what is said by saying nothing.
        self.options.update(|options| options.key = Some(key).filter(|key| *key != MatchKey::default()));
    }

    /// What is wrong with the choice for a column.
    pub(super) fn complaint(self, key: &str) -> Option<String> {
        let kind = self.kind.get();
        self.fields.with(|fields| twice(kind, fields, key))
    }

    /// What every row needs and no column is.
    pub(super) fn missing(self) -> Vec<String> {
        let kind = self.kind.get();
        self.fields.with(|fields| missing(kind, fields))
    }

    /// Whether something is left to be answered.
    pub(super) fn is_unanswered(self) -> bool {
        self.view.with_value(|view| {
            self.options.with(|options| {
                view.questions.iter().any(|question| answer_of(options, &question.option).is_none())
            })
        })
    }

    /// Whether it can be sent.
    pub(super) fn is_fine(self) -> bool {
        let keys: Vec<String> = self.fields.with(|fields| fields.keys().cloned().collect());
        keys.iter().all(|key| self.complaint(key).is_none())
            && self.missing().is_empty()
            && !self.is_unanswered()
    }

    /// What differs from what the server knows, if anything does.
    pub(super) fn change(self) -> Option<MappingChange> {
        let (kind, options) = (self.kind.get(), self.options.get());
        self.view.with_value(|view| self.fields.with(|fields| change(view, kind, fields, options)))
    }
}

/// What the columns are as rows of `kind`: as the server says for the kind it knows, by their headers for another.
fn fields_of(view: &MappingView, kind: Kind) -> Fields {
    let mut fields = Fields::new();
    for column in &view.columns {
        let field = if kind == view.kind {
            column.field.clone()
        } else {
            let by_header = Field::of(kind, &column.header).map(|field| field.as_str().to_owned());
            by_header.filter(|field| fields.values().all(|taken| taken != field))
        };
        fields.insert(column.key.clone(), field.unwrap_or_default());
    }
    fields
}

/// One column changed speaks for all: what the user has seen is what is meant.
fn change(view: &MappingView, kind: Kind, fields: &Fields, options: Options) -> Option<MappingChange> {
    let known = kind == view.kind && *fields == fields_of(view, kind);
    let named = |(key, field): (&String, &String)| {
        (key.clone(), Some(field.clone()).filter(|field| !field.is_empty()))
    };
    let change = MappingChange {
        kind: (kind != view.kind).then_some(kind),
        mapping: if known { BTreeMap::new() } else { fields.iter().map(named).collect() },
        options: (options != view.options).then_some(options),
        ..MappingChange::default()
    };
    (change != MappingChange::default()).then_some(change)
}

fn twice(kind: Kind, fields: &Fields, key: &str) -> Option<String> {
    let field = fields.get(key).filter(|field| !field.is_empty())?;
    let (other, _) = fields.iter().find(|(other, taken)| *other != key && *taken == field)?;
    let label = label_of(kind, field);
    Some(format!("“{other}” is taken as {label} too. A field has one column; leave one of the two out."))
}

fn missing(kind: Kind, fields: &Fields) -> Vec<String> {
    let is_taken = |field: &Field| fields.values().any(|taken| taken == field.as_str());
    kind.required()
        .iter()
        .filter(|group| !group.iter().any(is_taken))
        .map(|group| group.iter().map(|field| field.label()).collect::<Vec<_>>().join(" or "))
        .collect()
}

/// Whether no row of `kind` can be read without this field.
pub(super) fn is_needed(kind: Kind, field: Field) -> bool {
    kind.required().iter().any(|group| *group == [field])
}

/// A field's name for people.
pub(super) fn label_of(kind: Kind, field: &str) -> String {
    Field::of(kind, field).map_or_else(|| super::check::words_of(field), |field| field.label().to_owned())
}

fn answer_of(options: &Options, option: &str) -> Option<&'static str> {
    match option {
        "date_order" => options.date_order.map(|order| match order {
            DateOrder::DayFirst => "day_first",
            DateOrder::MonthFirst => "month_first",
        }),
        _ => options.decimal.map(|mark| match mark {
            DecimalMark::Point => "point",
            DecimalMark::Comma => "comma",
        }),
    }
}

fn date_order(value: &str) -> Option<DateOrder> {
    match value {
        "day_first" => Some(DateOrder::DayFirst),
        "month_first" => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

fn decimal(value: &str) -> Option<DecimalMark> {
    match value {
        "point" => Some(DecimalMark::Point),
        "comma" => Some(DecimalMark::Comma),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::import::ColumnView;

    use super::*;

    fn view() -> MappingView {
        let column = |key: &str, field: Option<&str>| ColumnView {
            key: key.to_owned(),
            header: key.to_owned(),
            letter: "A".to_owned(),
            samples: Vec::new(),
            filled: 1,
            field: field.map(str::to_owned),
            reason: None,
            suggestion: None,
        };
        MappingView {
            kind: Kind::Customers,
            columns: vec![column("Who", Some("name")), column("Amount", Some("outstanding"))],
            fields: Vec::new(),
            questions: Vec::new(),
            options: Options::default(),
            problems: Vec::new(),
            certain: false,
            signature: String::new(),
            saved: None,
            header_row: 1,
            top: Vec::new(),
        }
    }

    fn with(pairs: [(&str, &str); 2]) -> Fields {
        pairs.into_iter().map(|(key, field)| (key.to_owned(), field.to_owned())).collect()
    }

    #[test]
    fn a_field_that_two_columns_claim_is_named_with_the_other_column() {
        let fields = with([("Who", "name"), ("Amount", "name")]);
        let complaint = twice(Kind::Customers, &fields, "Amount");
        assert!(complaint.is_some_and(|text| text.contains("“Who” is taken as Name too")));
        let left_out = with([("Who", ""), ("Amount", "")]);
        assert_eq!(twice(Kind::Customers, &left_out, "Amount"), None);
    }

    #[test]
    fn what_every_row_needs_is_missed() {
        assert_eq!(missing(Kind::Customers, &with([("Who", ""), ("Amount", "")])), ["Name"]);
        assert!(missing(Kind::Customers, &with([("Who", "name"), ("Amount", "")])).is_empty());
        let of_invoices = missing(Kind::Invoices, &with([("Who", "name"), ("Amount", "total")]));
        assert_eq!(of_invoices.len(), 2, "{of_invoices:?}");
    }

    #[test]
    fn headers_are_matched_to_the_fields_of_another_kind() {
        let fields = fields_of(&view(), Kind::Payments);
        assert_eq!(fields["Who"], "");
        assert_eq!(fields["Amount"], "amount");
    }

    #[test]
    fn nothing_is_sent_while_nothing_differs_and_everything_once_something_does() {
        let view = view();
        let known = fields_of(&view, view.kind);
        assert_eq!(change(&view, view.kind, &known, view.options), None);
        let sent = change(&view, view.kind, &with([("Who", "name"), ("Amount", "")]), view.options);
        let mapping = sent.map(|sent| sent.mapping).unwrap_or_default();
        assert_eq!(mapping["Amount"], None);
        assert_eq!(mapping["Who"].as_deref(), Some("name"));
        let options = Options { date_order: date_order("day_first"), ..Options::default() };
        let sent = change(&view, view.kind, &known, options);
        assert_eq!(sent.and_then(|sent| sent.options), Some(options));
        let other = change(&view, Kind::Payments, &fields_of(&view, Kind::Payments), view.options);
        assert_eq!(other.and_then(|sent| sent.kind), Some(Kind::Payments));
        assert_eq!(answer_of(&options, "date_order"), Some("day_first"));
        assert_eq!(answer_of(&options, "decimal"), None);
    }
}
