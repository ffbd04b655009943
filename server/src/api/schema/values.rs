//! How single values are written: names to choose from, dates, amounts, addresses.

use domain::Currency as DomainCurrency;
use serde_json::Value;
use utoipa::openapi::schema::{AnyOfBuilder, Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Values that are one of a few names.
macro_rules! names {
    ($($(#[doc = $doc:literal])? $name:ident: $($value:literal)|+;)*) => {
        $(
            $(#[doc = $doc])?
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$($value),+]));
                    $(let text = text.description(Some($doc.trim()));)?
                    text.into()
                }
            }

            impl ToSchema for $name {}
        )*
    };
}

names! {
    CustomerStatus: "overdue" | "pending" | "paid";
    InvoiceKind: "opening_balance" | "invoice";
    InvoiceStatus: "draft" | "open" | "paid" | "void" | "uncollectible";
    InvoiceEntryKind: "credited" | "written_off" | "recovered" | "voided";
    /// A new invoice is issued at once, or kept as a draft.
    NewInvoiceStatus: "open" | "draft";
    PaymentStatus: "pending" | "processing" | "completed" | "failed" | "canceled" | "unknown" | "partially_refunded" | "refunded" | "reversed";
    /// What people set by hand.
    ManualPaymentStatus: "completed" | "pending";
    PaymentMethod: "bank_transfer" | "card" | "cheque" | "cash" | "direct_debit" | "other";
    PaymentSource: "manual" | "import" | "gateway";
    PaymentEntryKind: "received" | "allocated" | "unallocated" | "refunded" | "reversed" | "reopened";
    ReversalKind: "bounced" | "chargeback" | "entry_error";
    /// What the mock gateway answers.
    Outcome: "succeed" | "decline" | "timeout" | "delayed" | "duplicate" | "out_of_order";
    DeclineCode: "do_not_honor" | "insufficient_funds" | "expired_card" | "lost_or_stolen" | "suspected_fraud";
    Role: "viewer" | "collector" | "manager" | "admin";
    SheetKind: "customers" | "invoices" | "payments" | "combined";
    ImportState: "uploaded" | "mapped" | "validated" | "committing" | "completed" | "completed_with_errors" | "failed" | "canceled" | "undone";
    ImportMode: "upsert" | "create_only";
    /// `auto` saves the valid rows; `review` stops when all are checked.
    CommitMode: "auto" | "review";
    UndoState: "nothing" | "possible" | "undone";
    RowOutcome: "created" | "updated" | "skipped" | "rejected";
    DateOrder: "day_first" | "month_first";
    DecimalMark: "point" | "comma";
    /// What customers are recognised by.
    MatchKey: "reference" | "name" | "email";
    /// In the inbox and by a message at once, in the inbox only, or not at all.
    Delivery: "toast" | "inbox" | "none";
    NotificationKind: "payment.received" | "payment.failed" | "payment.pending" | "invoice.overdue" | "customer.created" | "import.finished" | "user.registered";
    AgeingGroup: "total" | "customer";
}

/// An ISO 4217 code.
pub(crate) struct Currency;

impl PartialSchema for Currency {
    fn schema() -> RefOr<Schema> {
        text()
            .description(Some("An ISO 4217 code."))
            .enum_values(Some(DomainCurrency::all().map(|currency| currency.code().to_owned())))
            .examples([Value::from("USD")])
            .into()
    }
}

impl ToSchema for Currency {}

/// Values that follow a rule.
macro_rules! written {
    ($($(#[doc = $doc:literal])? $name:ident: $schema:expr;)*) => {
        $(
            $(#[doc = $doc])?
            pub(crate) struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    let schema: Schema = $schema.into();
                    schema.into()
                }
            }

            impl ToSchema for $name {}
        )*
    };
}

written! {
    CustomerName: saying(200);
    PersonName: saying(100);
    /// What identifies a row in the user's books.
    Number: saying(64);
    ReasonText: saying(500);
    NoteText: saying(5000);
    EmailAddress: email();
    EmailAddressOrBlank: blank_or(email());
    Password: password();
    /// A calendar date of a plausible year.
    CalendarDate: date();
    DateOrBlank: blank_or(date());
    /// Zero or more, with at most the currency's digits.
    Decimal: decimal("[0-9]{1,14}(\\.[0-9]{1,4})?");
    /// Above zero, with at most the currency's digits.
    PositiveDecimal: decimal(
        "(0*[1-9][0-9]{0,13}(\\.[0-9]{1,4})?|0+\\.([1-9][0-9]{0,3}|0[1-9][0-9]{0,2}|00[1-9][0-9]?|000[1-9]))"
    );
    /// A bound of amounts.
    Bound: decimal("-?[0-9]{1,14}(\\.[0-9]{1,4})?");
    CustomerOrder: order(&domain::customer::CustomerSort::ALL.map(|field| field.as_str()));
    PaymentOrder: order(&["received_on", "amount", "created_at"]);
    BucketBounds: buckets();
    PhoneNumberOrBlank: blank_or(phone());
    TermsOrBlank: blank_or(terms());
    CurrencyOrBlank: blank_or(Currency::schema());
    PaymentMethodOrBlank: blank_or(PaymentMethod::schema());
    ManualPaymentStatusOrBlank: blank_or(ManualPaymentStatus::schema());
    NewInvoiceStatusOrBlank: blank_or(NewInvoiceStatus::schema());
    ReversalKindOrBlank: blank_or(ReversalKind::schema());
    SheetKindOrBlank: blank_or(SheetKind::schema());
    CommitModeOrBlank: blank_or(CommitMode::schema());
    ImportModeOrBlank: blank_or(ImportMode::schema());
}

/// Anything but what leaves no mark: white space, control characters, zero-width signs.
const VISIBLE: &str = r"[^\s\u0000-\u001f\u007f-\u009f\u200b\u2060\ufeff]";

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A text that says something, of at most `most` characters.
fn saying(most: usize) -> Object {
    text().pattern(Some(VISIBLE)).max_length(Some(most)).build()
}

fn email() -> Object {
    let format = SchemaFormat::Custom("idn-email".to_owned());
    text().format(Some(format)).max_length(Some(254)).examples([Value::from("ann@example.com")]).build()
}

fn password() -> Object {
    let format = SchemaFormat::KnownFormat(KnownFormat::Password);
    let (least, most) = (domain::user::PASSWORD_MIN, domain::user::PASSWORD_MAX);
    text().format(Some(format)).min_length(Some(least)).max_length(Some(most)).build()
}

fn date() -> Object {
    text()
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .pattern(Some("^(19[7-9][0-9]|2[01][0-9]{2})-"))
        .examples([Value::from("2026-03-20")])
        .build()
}

fn decimal(pattern: &str) -> Object {
    text().pattern(Some(format!("^{pattern}$"))).examples([Value::from("1234.50")]).build()
}

/// Some of the `fields` a list can be ordered by.
fn order(fields: &[&str]) -> Object {
    let one = format!("\\s*(-?({})\\s*)?", fields.join("|"));
    let example = fields.first().map(|field| Value::from(format!("-{field}")));
    text().pattern(Some(format!("^{one}(,{one})*$"))).examples(example).build()
}

/// Up to eleven numbers of 1 to 3650. That they have to rise, no schema can say.
fn buckets() -> Object {
    let days = "([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650)";
    text().pattern(Some(format!("^{days}(,{days}){{0,10}}$"))).examples([Value::from("30,60,90")]).build()
}

fn phone() -> Object {
    let signs = r"[ +\-()./x#]*";
    let pattern = format!("^{signs}([0-9]{signs}){{5,20}}$");
    text().pattern(Some(pattern)).max_length(Some(40)).examples([Value::from("+44 20 7946 0018")]).build()
}

fn terms() -> Object {
    let days = "([0-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-5])";
    let pattern = format!("^(net_{days}|end_of_month(_{days})?)$");
    text().pattern(Some(pattern)).examples([Value::from("net_30"), Value::from("end_of_month_15")]).build()
}

/// An optional value that counts as absent when it is an empty text, as forms send it.
fn blank_or(value: impl Into<RefOr<Schema>>) -> Schema {
    AnyOfBuilder::new().item(value).item(text().max_length(Some(0)).build()).into()
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use utoipa::PartialSchema;

    /// Each documented name is read as a value that is written the same; `all` of them are documented.
    #[track_caller]
    fn same<Documented: PartialSchema, T: DeserializeOwned + Serialize + Debug>(all: &[T]) {
        let schema = serde_json::to_value(Documented::schema()).unwrap();
        let names = schema["enum"].as_array().unwrap();
        for name in names {
            let value: T = serde_json::from_value(name.clone()).unwrap();
            assert_eq!(serde_json::to_value(value).unwrap(), *name);
        }
        for value in all {
            assert!(names.contains(&serde_json::to_value(value).unwrap()), "{value:?} is not documented");
        }
    }

    #[test]
    fn the_documented_names_are_those_that_are_read_and_written() {
        use domain::{customer, import, invoice, notification, payment, sheet};
        same::<super::CustomerStatus, _>(&customer::CustomerStatus::ALL);
        same::<super::InvoiceKind, invoice::InvoiceKind>(&[]);
        same::<super::InvoiceStatus, invoice::InvoiceStatus>(&[]);
        same::<super::InvoiceEntryKind, invoice::InvoiceEntryKind>(&[]);
        same::<super::PaymentStatus, _>(&payment::PaymentStatus::ALL);
        same::<super::PaymentMethod, _>(&payment::PaymentMethod::ALL);
        same::<super::PaymentSource, payment::PaymentSource>(&[]);
        same::<super::PaymentEntryKind, payment::PaymentEntryKind>(&[]);
        same::<super::ReversalKind, _>(&payment::ReversalKind::ALL);
        same::<super::Outcome, _>(&payment::Outcome::ALL);
        same::<super::DeclineCode, _>(&payment::DeclineCode::ALL);
        same::<super::Role, _>(&domain::Role::ALL);
        same::<super::SheetKind, _>(&sheet::Kind::ALL);
        same::<super::ImportState, import::ImportState>(&[]);
        same::<super::ImportMode, import::Mode>(&[]);
        same::<super::CommitMode, import::CommitMode>(&[]);
        same::<super::UndoState, import::UndoState>(&[]);
        same::<super::RowOutcome, _>(&import::RowOutcome::ALL);
        same::<super::DateOrder, sheet::DateOrder>(&[]);
        same::<super::DecimalMark, sheet::DecimalMark>(&[]);
        same::<super::MatchKey, _>(&sheet::MatchKey::ALL);
        same::<super::Delivery, _>(&notification::Delivery::ALL);
        same::<super::NotificationKind, _>(&notification::NotificationKind::ALL);
        same::<super::Currency, _>(&[domain::Currency::USD, domain::Currency::KWD]);
    }
}
