//! Which invoices money settles, said by hand: a field for each, and what stays over. The sheet that records a payment and
//! the one that changes what a payment settles share it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::account::NewAllocation;
use domain::customer::MoneyInput;
use domain::payment::Allocation;
use domain::{Account, Currency, FieldErrors, InvoiceId, Money, date};
use leptos::prelude::*;

use super::desk::Desk;
use crate::browser;
use crate::ui::{Amount, Button, ButtonKind, ButtonSize, MoneyField, plain};

/// An invoice that the money can settle.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Payable {
    id: InvoiceId,
    number: String,
    due_date: NaiveDate,
    /// What is owed on it, with what the payment at hand would give back.
    owed: Money,
    /// What the payment at hand settles of it now.
    held: Money,
}

/// The open invoices of `account` and those that `held` settles, the oldest due first.
pub(super) fn payables(account: &Account, held: &[Allocation]) -> Vec<Payable> {
    let mut invoices: Vec<_> = account
        .invoices
        .values()
        .filter_map(|invoice| {
            let back = held.iter().filter(|part| part.invoice_id == invoice.id);
            let back = back.map(|part| part.amount.minor()).sum::<i64>();
            (invoice.is_open() || back > 0).then_some((invoice, back))
        })
        .collect();
    invoices.sort_by(|(a, _), (b, _)| {
        (a.due_date, a.issue_date, &a.number, &a.id).cmp(&(b.due_date, b.issue_date, &b.number, &b.id))
    });
    invoices
        .into_iter()
        .map(|(invoice, back)| Payable {
            id: invoice.id.clone(),
            number: invoice.number.clone(),
            due_date: invoice.due_date,
            owed: Money::from_minor(invoice.balance.minor() + back, invoice.balance.currency()),
            held: Money::from_minor(back, invoice.balance.currency()),
        })
        .collect()
}

/// A field.
#[derive(Clone)]
struct Row {
    /// Which opening of the sheet it belongs to.
    turn: u32,
    invoice: Payable,
    // Counted references: they belong to the rows, which come and go, and to no component.
    typed: ArcRwSignal<String>,
    left: ArcRwSignal<bool>,
}

/// What is typed for each invoice. Copy.
#[derive(Clone, Copy)]
pub(super) struct Allotment {
    rows: RwSignal<Vec<Row>>,
    turn: StoredValue<u32>,
    /// Every error shows, whether its field was left or not.
    judged: RwSignal<bool>,
    /// The field that was typed in last: the one to blame when all of them together are too much.
    last: RwSignal<Option<InvoiceId>>,
}

impl Allotment {
    pub(super) fn new() -> Self {
        Self {
            rows: RwSignal::default(),
            turn: StoredValue::new(0),
            judged: RwSignal::new(false),
            last: RwSignal::new(None),
        }
    }

    /// Forgets what was typed.
    pub(super) fn restart(self) {
        self.turn.try_update_value(|turn| *turn += 1);
        let _ = self.rows.try_set(Vec::new());
        let _ = self.judged.try_set(false);
        let _ = self.last.try_set(None);
    }

    /// Shows a field for each of `invoices`: what was typed stays, a new one has what the payment settles now.
    pub(super) fn show(self, invoices: Vec<Payable>) {
        let turn = self.turn.get_value();
        self.rows.update(|rows| {
            let known = std::mem::take(rows);
            *rows = invoices
                .into_iter()
                .map(|invoice| match known.iter().find(|row| row.invoice.id == invoice.id) {
                    Some(row) => Row { invoice, ..row.clone() },
                    None => Row {
                        turn,
                        typed: ArcRwSignal::new(typed(invoice.held)),
                        left: ArcRwSignal::new(false),
                        invoice,
                    },
                })
                .collect();
        });
    }

    /// Fills in `parts`, and nothing elsewhere.
    pub(super) fn fill(self, parts: &[Allocation]) {
        self.rows.with_untracked(|rows| {
            for row in rows {
                let part = parts.iter().find(|part| part.invoice_id == row.invoice.id);
                row.typed.set(part.map_or_else(String::new, |part| typed(part.amount)));
            }
        });
    }

    /// Shows every error.
    pub(super) fn judge(self) {
        self.judged.set(true);
    }

    /// What is typed, without the fields that say nothing or zero, in the order of the fields.
    pub(super) fn wanted(self, currency: Currency) -> Vec<NewAllocation> {
        let wanted = |row: &Row| {
            let amount = row.typed.with(|typed| plain(typed));
            let nothing =
                amount.is_empty() || Money::parse(&amount, currency).is_ok_and(|money| money.is_zero());
            (!nothing).then(|| NewAllocation {
                invoice_id: row.invoice.id.to_string(),
                amount: MoneyInput { amount, currency: None },
            })
        };
        self.rows.with(|rows| rows.iter().filter_map(wanted).collect())
    }
}

fn typed(amount: Money) -> String {
    if amount.is_positive() { amount.to_decimal() } else { String::new() }
}

/// What is wrong, by invoice: `errors` name the places of `wanted`. That all of them are too much is said at `last`, or at
/// the last place.
fn complaints(
    errors: &FieldErrors,
    wanted: &[NewAllocation],
    last: Option<&str>,
) -> BTreeMap<String, String> {
    let mut complaints = BTreeMap::new();
    for error in &errors.0 {
        let Some(place) = error.pointer.strip_prefix("/allocations") else { continue };
        let at = match place.strip_prefix('/') {
            Some(place) => place.split('/').next().and_then(|index| wanted.get(index.parse::<usize>().ok()?)),
            None => {
                wanted.iter().find(|part| last == Some(part.invoice_id.as_str())).or_else(|| wanted.last())
            }
        };
        if let Some(part) = at {
            complaints.entry(part.invoice_id.clone()).or_insert_with(|| error.message.clone());
        }
    }
    complaints
}

/// A field for each invoice, what stays over, and the usual order at a click.
#[component]
pub(super) fn AllotmentFields(
    desk: Desk,
    allotment: Allotment,
    /// What there is; `None` while it can't be read.
    #[prop(into)]
    amount: Signal<Option<Money>>,
    /// What is wrong with what is typed.
    #[prop(into)]
    errors: Signal<FieldErrors>,
    /// Fills in the oldest due first.
    #[prop(into)]
    refill: Callback<()>,
    prefix: &'static str,
    /// The first field gets the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let currency = move || desk.customer.with(|customer| customer.currency);
    let wanted = Memo::new(move |_| allotment.wanted(currency()));
    let wrong = Memo::new(move |_| {
        let last = allotment.last.get();
        let last = last.as_ref().map(InvoiceId::as_str);
        errors.with(|errors| wanted.with(|wanted| complaints(errors, wanted, last)))
    });
    view! {
        <fieldset class="allotment">
            <legend class="field-label">"What it settles"</legend>
            <For
                each=move || allotment.rows.get()
                key=|row| (row.turn, row.invoice.id.clone(), row.invoice.owed.minor())
                let:row
            >
                <Line desk allotment row wrong prefix autofocus />
            </For>
            <Rest wanted amount />
            <p class="allotment-tools">
                <Button
                    size=ButtonSize::Small
                    disabled=Signal::derive(move || amount.with(Option::is_none))
                    on_click=move |_| refill.run(())
                >
                    "Oldest due first"
                </Button>
                <Button kind=ButtonKind::Quiet size=ButtonSize::Small on_click=move |_| allotment.fill(&[])>"Clear all"</Button>
            </p>
        </fieldset>
    }
}

#[component]
fn Line(
    desk: Desk,
    allotment: Allotment,
    row: Row,
    wrong: Memo<BTreeMap<String, String>>,
    prefix: &'static str,
    autofocus: bool,
) -> impl IntoView {
    let Row { invoice, typed, left, .. } = row;
    let (value, left) = (RwSignal::from(typed), RwSignal::from(left));
    let Payable { id, number, due_date, owed, .. } = invoice;
    let place = id.to_string();
    let error = Signal::derive(move || {
        let due = left.get() || allotment.judged.get();
        due.then(|| wrong.with(|wrong| wrong.get(&place).cloned())).flatten()
    });
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    let first = allotment.rows.with_untracked(|rows| rows.first().is_some_and(|row| row.invoice.id == id));
    let field = format!("{prefix}-{id}");
    view! {
        <div
            class="allotment-line"
            on:input=move |_| allotment.last.set(Some(id.clone()))
            on:focusout=move |_| browser::after_press(move || {
                left.try_set(true);
            })
        >
            <MoneyField
                name="allocation"
                label=number
                value
                currency
                error
                autofocus=autofocus && first
                id=field
                help=format!("due {}, {owed} owed", date::show(due_date))
            />
        </div>
    }
}

/// What stays over.
#[component]
fn Rest(wanted: Memo<Vec<NewAllocation>>, amount: Signal<Option<Money>>) -> impl IntoView {
    let rest = move || {
        let amount = amount.get()?;
        let part = |part: &NewAllocation| {
            Money::parse(&part.amount.amount, amount.currency()).ok().filter(Money::is_positive)
        };
        let given =
            wanted.with(|wanted| wanted.iter().filter_map(part).map(|part| part.minor()).sum::<i64>());
        let rest = Money::from_minor(amount.minor() - given, amount.currency());
        Some(if rest.minor() < 0 {
            let over = Money::from_minor(-rest.minor(), rest.currency());
            view! { <span class="late">"More than there is, by"</span><Amount money=over /> }.into_any()
        } else {
            view! { <span>"Stays unapplied"</span><Amount money=rest /> }.into_any()
        })
    };
    view! { <p class="preview-line preview-sum" role="status">{rest}</p> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(invoice: &str) -> NewAllocation {
        NewAllocation {
            invoice_id: invoice.to_owned(),
            amount: MoneyInput { amount: "1".into(), currency: None },
        }
    }

    #[test]
    fn errors_stand_at_the_invoice_they_are_about() {
        let mut errors = FieldErrors::default();
        errors.add("allocations/1/amount", "above_balance", "Only 5.00 USD is owed.");
        errors.add("allocations", "above_amount", "Too much.");
        errors.add("amount", "required", "Enter an amount.");
        let wanted = [part("inv_1"), part("inv_2"), part("inv_3")];
        let told = |last: Option<&str>| complaints(&errors, &wanted, last);
        assert_eq!(told(Some("inv_1")).get("inv_1").map(String::as_str), Some("Too much."));
        assert_eq!(told(None).get("inv_3").map(String::as_str), Some("Too much."));
        // Its own error comes first.
        assert_eq!(told(Some("inv_2")).get("inv_2").map(String::as_str), Some("Only 5.00 USD is owed."));
        assert_eq!(told(Some("inv_9")).len(), 2);
    }

    #[test]
    fn what_says_nothing_is_not_asked_for_and_what_was_typed_outlives_a_change() {
        Owner::new().with(|| {
            let payable = |id: &str, owed: i64, held: i64| Payable {
                id: id.into(),
                number: id.to_owned(),
                due_date: NaiveDate::default(),
                owed: Money::from_minor(owed, Currency::USD),
                held: Money::from_minor(held, Currency::USD),
            };
            let allotment = Allotment::new();
            allotment.show(vec![payable("inv_1", 1000, 400), payable("inv_2", 1000, 0)]);
            let wanted = || -> Vec<(String, String)> {
                let parts = allotment.wanted(Currency::USD).into_iter();
                parts.map(|part| (part.invoice_id, part.amount.amount)).collect()
            };
            assert_eq!(wanted(), [("inv_1".to_owned(), "4.00".to_owned())]);
            allotment.rows.with_untracked(|rows| {
                rows[0].typed.set("0.00".to_owned());
                rows[1].typed.set("1,000.50".to_owned());
            });
            allotment.show(vec![payable("inv_2", 900, 0)]);
            assert_eq!(wanted(), [("inv_2".to_owned(), "1000.50".to_owned())]);
            allotment.fill(&[]);
            assert!(wanted().is_empty());
        });
    }
}
