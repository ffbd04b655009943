//! Correcting an issued invoice: voiding it, a credit note, a write-off, and taking a write-off back. One dialog, which
//! names the amount, the invoice, the customer and what follows before anything is done.

use domain::account::Correction as Reason;
use domain::customer::MoneyInput;
use domain::invoice::InvoiceAction;
use domain::{FieldErrors, Invoice, InvoiceStatus, Money, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::correcting::Once;
use super::desk::Desk;
use super::record::ask_for_amount;
use crate::api::invoice::{credit_invoice, recover_invoice, void_invoice, write_off_invoice};
use crate::api::payment::Correction;
use crate::error::Fault;
use crate::ui::{Button, ButtonKind, Dialog, DialogFoot, DialogForm, Field, Form, MoneyField, plain};

/// What is to be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fix {
    Void,
    Credit,
    WriteOff,
    Recover,
}

impl Fix {
    /// The correction that `action` asks for; editing and issuing are none.
    pub(super) fn of(action: InvoiceAction) -> Option<Self> {
        match action {
            InvoiceAction::Void => Some(Fix::Void),
            InvoiceAction::Credit => Some(Fix::Credit),
            InvoiceAction::WriteOff => Some(Fix::WriteOff),
            InvoiceAction::Recover => Some(Fix::Recover),
            InvoiceAction::Edit | InvoiceAction::Issue => None,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Fix::Void => "Void invoice",
            Fix::Credit => "Credit note",
            Fix::WriteOff => "Write off invoice",
            Fix::Recover => "Recover write-off",
        }
    }

    fn kind(self) -> ButtonKind {
        match self {
            Fix::Void | Fix::WriteOff => ButtonKind::Danger,
            Fix::Credit | Fix::Recover => ButtonKind::Primary,
        }
    }

    /// Whether a part can be corrected.
    fn has_amount(self) -> bool {
        matches!(self, Fix::Credit | Fix::Recover)
    }

    /// All of it that can be corrected.
    fn most(self, invoice: &Invoice) -> Money {
        match self {
            Fix::Void => invoice.total,
            Fix::Credit | Fix::WriteOff => invoice.balance,
            Fix::Recover => Money::from_minor(invoice.written_off(), invoice.total.currency()),
        }
    }

    /// Who reads the reason, and what it may look like.
    fn example(self) -> &'static str {
        match self {
            Fix::Void => "Everyone who sees this customer can read it, such as “Entered twice”.",
            Fix::Credit => "Everyone who sees this customer can read it, such as “Damaged goods”.",
            Fix::WriteOff => "Everyone who sees this customer can read it, such as “Insolvent”.",
            Fix::Recover => "Everyone who sees this customer can read it, such as “Paid by the insurance”.",
        }
    }
}

/// Which invoice is to be corrected, and how. Copy.
#[derive(Clone, Copy)]
pub(super) struct Fixing {
    invoice: RwSignal<Option<Invoice>>,
    fix: RwSignal<Fix>,
    open: RwSignal<bool>,
}

impl Fixing {
    pub(super) fn new() -> Self {
        Self { invoice: RwSignal::new(None), fix: RwSignal::new(Fix::Void), open: RwSignal::new(false) }
    }

    /// Asks for what is needed to do it.
    pub(super) fn ask(&self, fix: Fix, invoice: Invoice) {
        self.fix.set(fix);
        self.invoice.set(Some(invoice));
        self.open.set(true);
    }
}

/// What is typed. Copy.
#[derive(Clone, Copy)]
struct Draft {
    amount: RwSignal<String>,
    reason: RwSignal<String>,
    effective_on: RwSignal<String>,
    /// What it was typed for: the correction and the invoice.
    about: StoredValue<String>,
    /// The amount that was filled in for the user, as long as they leave it.
    offered: StoredValue<String>,
}

impl Draft {
    fn new() -> Self {
        Self {
            amount: RwSignal::default(),
            reason: RwSignal::default(),
            effective_on: RwSignal::default(),
            about: StoredValue::default(),
            offered: StoredValue::default(),
        }
    }

    /// The dialog opens: what was typed for something else is gone. Whether it starts afresh.
    fn begin(self, fix: Fix, invoice: &Invoice) -> bool {
        let about = about(fix, invoice);
        let fresh = !self.is_about(&about);
        if fresh {
            self.end();
            self.about.set_value(about);
        }
        self.offer(fix, invoice);
        fresh
    }

    fn is_about(&self, about: &str) -> bool {
        self.about.try_with_value(|typed| typed == about).unwrap_or_default()
    }

    /// Fills the whole amount in unless another was typed.
    fn offer(self, fix: Fix, invoice: &Invoice) {
        let most = fix.most(invoice).to_decimal();
        let left = self
            .offered
            .try_with_value(|offered| self.amount.try_with_untracked(|amount| amount == offered))
            .flatten();
        if left == Some(true) {
            let _ = self.amount.try_set(most.clone());
            self.offered.try_update_value(|offered| *offered = most);
        }
    }

    fn end(self) {
        for typed in [self.amount, self.reason, self.effective_on] {
            let _ = typed.try_set(String::new());
        }
        self.about.try_update_value(String::clear);
        self.offered.try_update_value(String::clear);
    }

    fn money(&self) -> MoneyInput {
        MoneyInput { amount: plain(&self.amount.get()), currency: None }
    }

    fn effective_on(&self) -> Option<String> {
        Some(self.effective_on.get()).filter(|day| !day.is_empty())
    }

    fn check(&self, desk: Desk, fixing: Fixing) -> FieldErrors {
        let Some(invoice) = fixing.invoice.get() else { return FieldErrors::default() };
        let amount = match fixing.fix.get() {
            Fix::Credit => invoice.credit_amount(&self.money()),
            Fix::Recover => invoice.recovery_amount(Some(&self.money())),
            fix => Ok(fix.most(&invoice)),
        };
        let mut errors = amount.err().unwrap_or_default();
        if fixing.fix.get().has_amount() {
            self.amount.with(|amount| ask_for_amount(amount, &mut errors));
        }
        let (reason, on) = (self.reason.get(), self.effective_on());
        let why = Reason::parse(Some(&reason), on.as_deref(), invoice.issue_date, desk.today.get());
        errors.0.extend(why.err().unwrap_or_default().0);
        errors
    }
}

/// What a key and what was typed belong to.
fn about(fix: Fix, invoice: &Invoice) -> String {
    format!("{} {}", fix.title(), invoice.id)
}

/// The dialog.
#[component]
pub(super) fn FixDialog(desk: Desk, fixing: Fixing) -> impl IntoView {
    let Fixing { invoice, fix, open } = fixing;
    let draft = Draft::new();
    let busy = RwSignal::new(false);
    let form = Form::new(move || draft.check(desk, fixing));
    let sender = Sender { desk, fixing, draft, form, busy, once: Once::new() };
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        let Some(invoice) = invoice.get_untracked() else { return };
        let fix = fix.get_untracked();
        if draft.begin(fix, &invoice) {
            form.reset();
        }
        sender.once.begin(&about(fix, &invoice));
    });
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    let consequence = move || {
        invoice.with(|invoice| {
            let amount = draft.amount.with(|amount| plain(amount));
            let name = desk.customer.with(|customer| customer.name.clone());
            invoice.as_ref().map(|invoice| consequence(fix.get(), invoice, &name, &amount))
        })
    };
    let command = move || {
        invoice.with(|invoice| {
            let amount = draft.amount.with(|amount| plain(amount));
            invoice.as_ref().map(|invoice| command(fix.get(), invoice, &amount))
        })
    };
    let since =
        move || invoice.with(|invoice| invoice.as_ref().map(|invoice| date::show(invoice.issue_date)));
    view! {
        <Dialog title=Signal::derive(move || fix.get().title().to_owned()) open>
            <DialogForm form on_submit=move |()| send(sender)>
                <p class="consequence" role="status">{consequence}</p>
                <Show when=move || fix.get().has_amount()>
                    <MoneyField name="amount" label="Amount" value=draft.amount currency form autofocus=true id="fix-amount" />
                </Show>
                {move || {
                    let fix = fix.get();
                    view! {
                        <Field
                            name="reason"
                            label="Reason"
                            value=draft.reason
                            form
                            id="fix-reason"
                            autofocus=!fix.has_amount()
                            help=fix.example()
                        />
                    }
                }}
                <Show when=move || fix.get() != Fix::Void>
                    <Field
                        name="effective_on"
                        label="Counts from"
                        kind="date"
                        value=draft.effective_on
                        form
                        optional=true
                        id="fix-effective"
                        help=format!("Today when empty; never before {}.", since().unwrap_or_default())
                    />
                </Show>
                <DialogFoot slot>
                    <Button on_click=move |_| open.set(false)>"Keep it as it is"</Button>
                    {move || {
                        let kind = fix.get().kind();
                        view! { <Button kind submit=true busy>{command}</Button> }
                    }}
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

/// What sending the dialog needs. Copy.
#[derive(Clone, Copy)]
struct Sender {
    desk: Desk,
    fixing: Fixing,
    draft: Draft,
    form: Form,
    busy: RwSignal<bool>,
    once: Once,
}

fn send(sender: Sender) {
    let Sender { desk, fixing, draft, form, busy, once } = sender;
    let Some(invoice) = fixing.invoice.get_untracked() else { return };
    if busy.get_untracked() || !form.submit() {
        return;
    }
    busy.set(true);
    let (fix, key) = (fixing.fix.get_untracked(), once.send());
    let (amount, why) = untrack(|| {
        let (reason, effective_on) = (Some(draft.reason.get()), draft.effective_on());
        (draft.money(), Correction { reason, effective_on, version: Some(invoice.version) })
    });
    spawn_local(async move {
        let (about, id) = (about(fix, &invoice), invoice.id);
        let answer = match fix {
            Fix::Void => void_invoice(id, why, key).await,
            Fix::Credit => credit_invoice(id, amount, why, key).await,
            Fix::WriteOff => write_off_invoice(id, why, key).await,
            Fix::Recover => recover_invoice(id, amount, why, key).await,
        };
        let _ = busy.try_set(false);
        match answer {
            Ok(view) => {
                once.answered(&about);
                desk.put_invoice(view.invoice);
                desk.settle_without_live();
                // Meanwhile the dialog may have been opened for something else.
                if draft.is_about(&about) {
                    draft.end();
                    form.reset();
                    let _ = fixing.open.try_set(false);
                }
            }
            Err(fault) => refuse(sender, &about, fault),
        }
    });
}

/// After a refusal because the invoice changed: shows it as it is, so that sending again is about what is seen.
fn refuse(sender: Sender, about: &str, fault: Fault) {
    let Sender { desk, fixing, draft, form, once, .. } = sender;
    let now = fault.current::<Invoice>();
    let problem = once.refused(
        about,
        fault.0,
        "What you sent before is done. Look at the invoice; send again only if this is another correction.",
    );
    if let Some(now) = &now {
        desk.put_invoice(now.clone());
    } else if problem.status == 409 || problem.code() == "idempotency_key_reused" {
        desk.read_again();
    }
    if !draft.is_about(about) {
        return;
    }
    if let (Some(now), Some(fix)) = (now, fixing.fix.try_get_untracked()) {
        draft.offer(fix, &now);
        let _ = fixing.invoice.try_set(Some(now));
    }
    form.refuse(problem);
}

/// What is typed as an amount, if it can be corrected.
fn typed(fix: Fix, invoice: &Invoice, amount: &str) -> Option<Money> {
    let most = fix.most(invoice);
    if !fix.has_amount() {
        return Some(most);
    }
    Money::parse(amount, most.currency())
        .ok()
        .filter(|amount| amount.is_positive() && amount.minor() <= most.minor())
}

/// What stands on the button.
fn command(fix: Fix, invoice: &Invoice, amount: &str) -> String {
    let verb = match fix {
        Fix::Void => return format!("Void {}", invoice.number),
        Fix::Credit => "Credit",
        Fix::WriteOff => "Write off",
        Fix::Recover => "Recover",
    };
    typed(fix, invoice, amount).map_or_else(|| verb.to_owned(), |amount| format!("{verb} {amount}"))
}

/// What follows, in a sentence or two.
fn consequence(fix: Fix, invoice: &Invoice, name: &str, amount: &str) -> String {
    let number = &invoice.number;
    let amount = typed(fix, invoice, amount);
    let some =
        |amount: Option<Money>| amount.map_or_else(|| "that much".to_owned(), |amount| amount.to_string());
    match fix {
        Fix::Void if invoice.status == InvoiceStatus::Draft => format!(
            "The draft {number} over {} for {name} is given up. It stays in the books as void, and that can't be undone.",
            invoice.total
        ),
        Fix::Void => format!(
            "{name} no longer owes the {} of {number}. It stays in the books as void, and that can't be undone.",
            invoice.total
        ),
        Fix::Credit => {
            let rest = amount.and_then(|amount| invoice.balance.checked_sub(amount));
            let after = match rest {
                Some(rest) if rest.is_zero() => "That settles the rest of it.".to_owned(),
                Some(rest) => format!("{rest} stays owed."),
                None => format!("{} is owed on it now.", invoice.balance),
            };
            format!("{name} owes {} less on {number}. {after} A credit note can't be undone.", some(amount))
        }
        Fix::WriteOff => format!(
            "{} on {number} is given up: {name} no longer owes it. Should the money come after all, recover it first.",
            some(amount)
        ),
        Fix::Recover => {
            format!("{name} owes {} on {number} again, due {}.", some(amount), date::show(invoice.due_date))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(status: &str, balance: &str) -> Invoice {
        let usd = |amount: &str| serde_json::json!({"amount": amount, "currency": "USD"});
        serde_json::from_value(serde_json::json!({
            "id": "inv_1", "customer_id": "cus_1", "number": "0042", "kind": "invoice", "issue_date": "2025-03-01",
            "due_date": "2025-03-31", "total": usd("1200.00"), "balance": usd(balance), "status": status, "version": 1,
            "created_at": "2025-03-01T00:00:00Z", "updated_at": "2025-03-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_correction_names_amount_invoice_customer_and_consequence() {
        let open = invoice("open", "1200.00");
        assert_eq!(
            consequence(Fix::WriteOff, &open, "Acme", ""),
            "1,200.00 USD on 0042 is given up: Acme no longer owes it. Should the money come after all, recover it first."
        );
        assert_eq!(command(Fix::WriteOff, &open, ""), "Write off 1,200.00 USD");
        assert_eq!(command(Fix::Void, &open, ""), "Void 0042");
    }

    #[test]
    fn a_credit_note_says_what_stays_owed() {
        let open = invoice("open", "100.00");
        let words = |amount: &str| consequence(Fix::Credit, &open, "Acme", amount);
        assert_eq!(
            words("40"),
            "Acme owes 40.00 USD less on 0042. 60.00 USD stays owed. A credit note can't be undone."
        );
        assert!(words("100.00").contains("That settles the rest of it."));
        assert!(words("100.01").contains("100.00 USD is owed on it now."));
        assert_eq!(command(Fix::Credit, &open, "abc"), "Credit");
    }
}
