//! Entering an invoice, and changing a draft: a sheet over the desk, so that the debt stays in sight. The due date follows
//! the terms as one types, until it is typed by hand.

use chrono::NaiveDate;
use domain::customer::{MoneyInput, parse_date};
use domain::invoice::{InvoicePatch, NewInvoice};
use domain::{
    Action, FieldError, FieldErrors, Invoice, InvoiceId, InvoiceStatus, Money, PaymentTerms, Problem, date,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::correcting::Once;
use super::desk::{Desk, use_show_invoices};
use crate::api::invoice::{create_invoice, edit_invoice, issue_invoice};
use crate::api::payment::apply_unapplied;
use crate::error::Fault;
use crate::session::use_session;
use crate::ui::{
    Amount, Button, ButtonKind, Choice, Dialog, DialogFoot, DialogForm, Field, Form, Icon, IconName,
    MoneyField, Select, TextArea, Toasts, plain,
};

/// A field of the sheet, and what stands in it for an invoice.
type Entry = (RwSignal<String>, fn(&Invoice) -> String);

/// What is typed. It outlives the sheet: closing it loses nothing.
#[derive(Clone, Copy)]
struct Draft {
    /// The draft that is changed, as it was when it was last read; none while a new invoice is typed.
    base: RwSignal<Option<Invoice>>,
    number: RwSignal<String>,
    total: RwSignal<String>,
    issue_date: RwSignal<String>,
    terms: RwSignal<String>,
    due_date: RwSignal<String>,
    memo: RwSignal<String>,
    /// Whether it was last sent to be issued rather than to be kept as a draft: more is asked of it then.
    issue: RwSignal<bool>,
    /// Whether unapplied money is to settle what is due once it is issued.
    apply: RwSignal<bool>,
}

impl Draft {
    fn new() -> Self {
        Self {
            base: RwSignal::new(None),
            number: RwSignal::default(),
            total: RwSignal::default(),
            issue_date: RwSignal::default(),
            terms: RwSignal::default(),
            due_date: RwSignal::default(),
            memo: RwSignal::default(),
            issue: RwSignal::new(true),
            apply: RwSignal::new(false),
        }
    }

    fn entries(&self) -> [Entry; 6] {
        [
            (self.number, |invoice| invoice.number.clone()),
            (self.total, |invoice| invoice.total.to_decimal()),
            (self.issue_date, |invoice| invoice.issue_date.to_string()),
            (self.terms, |invoice| invoice.terms.map(|terms| terms.to_string()).unwrap_or_default()),
            (self.due_date, |invoice| invoice.due_date.to_string()),
            (self.memo, |invoice| invoice.memo.clone().unwrap_or_default()),
        ]
    }

    /// The sheet opens for a new invoice: offers today and the customer's usual terms.
    fn begin(self, desk: Desk) {
        if self.issue_date.with_untracked(String::is_empty) {
            self.issue_date.set(desk.today.get_untracked().to_string());
        }
        if self.due_date.with_untracked(String::is_empty) && self.terms.with_untracked(String::is_empty) {
            self.terms.set(usual_terms(desk).to_string());
        }
    }

    /// The sheet opens for a draft: starts from it, unless something was typed over it already.
    fn take_up(self, invoice: Invoice) {
        if !(self.is_about(Some(&invoice.id)) && self.is_changed()) {
            self.restart(invoice);
        }
    }

    /// Whether it is (still) this invoice that is typed here; `None` is a new one.
    fn is_about(&self, id: Option<&InvoiceId>) -> bool {
        let about = |base: &Option<Invoice>| base.as_ref().map(|base| &base.id) == id;
        self.base.try_with_untracked(about).unwrap_or_default()
    }

    fn restart(self, invoice: Invoice) {
        for (typed, of) in self.entries() {
            let _ = typed.try_set(of(&invoice));
        }
        let _ = self.base.try_set(Some(invoice));
    }

    /// The invoice is entered: the next one starts afresh.
    fn end(self) {
        for (typed, _) in self.entries() {
            let _ = typed.try_set(String::new());
        }
        let _ = self.base.try_set(None);
        let _ = self.issue.try_set(true);
        let _ = self.apply.try_set(false);
    }

    fn is_changed(&self) -> bool {
        self.base.with_untracked(|base| {
            let differs = |(typed, of): &Entry, base| typed.with_untracked(|typed| *typed != of(base));
            base.as_ref().is_some_and(|base| self.entries().iter().any(|entry| differs(entry, base)))
        })
    }

    /// What is typed stands over `now` from here on: fields nobody touched here follow it.
    fn follow(self, now: Invoice) {
        let Some(base) = self.base.try_get_untracked().flatten() else { return };
        for (typed, of) in self.entries() {
            if typed.try_with_untracked(|typed| *typed == of(&base)) == Some(true) {
                let _ = typed.try_set(of(&now));
            }
        }
        let _ = self.base.try_set(Some(now));
    }

    fn invoice(&self, desk: Desk) -> NewInvoice {
        let filled = |text: RwSignal<String>| Some(text.get()).filter(|text| !text.trim().is_empty());
        NewInvoice {
            customer_id: desk.id.get_value().into(),
            number: filled(self.number),
            total: self.money(),
            issue_date: filled(self.issue_date),
            due_date: filled(self.due_date),
            terms: filled(self.terms),
            memo: filled(self.memo),
            status: Some(if self.issue.get() { "open" } else { "draft" }.to_owned()),
        }
    }

    fn patch(&self, version: i64) -> InvoicePatch {
        InvoicePatch {
            number: Some(self.number.get()),
            total: Some(self.money()),
            issue_date: Some(self.issue_date.get()),
            due_date: Some(self.due_date.get()),
            terms: Some(self.terms.get()),
            memo: Some(self.memo.get()),
            version: Some(version),
        }
    }

    fn money(&self) -> MoneyInput {
        MoneyInput { amount: plain(&self.total.get()), currency: None }
    }

    /// What is wrong with it, by the rules of a new invoice and, over a draft, of a change as well.
    fn check(&self, desk: Desk) -> FieldErrors {
        let (currency, today) = (desk.customer.with(|customer| customer.currency), desk.today.get());
        let mut errors = self.invoice(desk).validate(currency, today).err().unwrap_or_default();
        let change = self.base.get().and_then(|mut base| base.edit(&self.patch(base.version), today).err());
        for error in change.unwrap_or_default().0 {
            if !errors.0.iter().any(|known| known.pointer == error.pointer) {
                errors.0.push(error);
            }
        }
        if self.total.with(|total| total.trim().is_empty()) {
            errors.0.retain(|error| !error.pointer.starts_with("/total"));
            errors.0.push(FieldError::new("total", "required", "Enter an amount, such as 1234.50."));
        }
        errors
    }

    /// When it is due by the terms chosen; `None` while it is set by hand.
    fn due_by_terms(&self, desk: Desk) -> Option<NaiveDate> {
        let terms: PaymentTerms = self.terms.with(|terms| terms.parse().ok())?;
        let issued = self.issue_date.with(|typed| {
            // What an absent issue date means.
            if typed.is_empty() { Some(desk.today.get()) } else { parse_date("issue_date", typed).ok() }
        });
        issued.map(|issued| terms.due_date(issued))
    }
}

/// The terms of the invoice entered last that has some.
fn usual_terms(desk: Desk) -> PaymentTerms {
    let last = desk.invoices.rows.with_untracked(|rows| {
        let with_terms = rows.iter().filter(|row| row.invoice.terms.is_some());
        with_terms.max_by_key(|row| row.invoice.created_at).and_then(|row| row.invoice.terms)
    });
    last.unwrap_or(PaymentTerms::Net(30))
}

/// The sheet; with `editing`, for the draft that is in it when it opens.
#[component]
pub(super) fn InvoiceSheet(
    desk: Desk,
    open: RwSignal<bool>,
    #[prop(optional)] editing: Option<RwSignal<Option<Invoice>>>,
) -> impl IntoView {
    let draft = Draft::new();
    let busy = RwSignal::new(false);
    let form = Form::new(move || draft.check(desk));
    let sender = Sender { desk, draft, form, busy, open, once: Once::new() };
    Effect::new(move |_| {
        if !open.get() {
            return;
        }
        match editing {
            None => {
                draft.begin(desk);
                sender.once.begin(NEW);
            }
            Some(editing) => editing.get_untracked().into_iter().for_each(|invoice| draft.take_up(invoice)),
        }
    });
    follow_terms(desk, draft, form);
    let toasts = Toasts::expect();
    let show_invoices = use_show_invoices(desk);
    let send = StoredValue::new(move |issue: bool| send(sender, issue, toasts, show_invoices.clone()));
    let currency = Signal::derive(move || desk.customer.with(|customer| customer.currency.to_string()));
    let new = editing.is_none();
    let waits_for = move |issue: bool| Signal::derive(move || busy.get() && draft.issue.get() == issue);
    view! {
        <Dialog title=if new { "New invoice" } else { "Edit invoice" } open side=true>
            <DialogForm form on_submit=move |()| send.with_value(|send| send(true))>
                <p class="dialog-context">
                    {move || desk.customer.with(|customer| format!("{} owes {}.", customer.name, customer.outstanding))}
                </p>
                <div class="fields-2">
                    <Field
                        name="number"
                        label="Number"
                        value=draft.number
                        form
                        optional=new
                        autofocus=true
                        id="invoice-number"
                        help=if new { "Made up when empty." } else { "As on the paper, zeros in front included." }
                    />
                    <MoneyField name="total" label="Total" value=draft.total currency form id="invoice-total" />
                </div>
                <div class="fields-2">
                    <Field name="issue_date" label="Issue date" kind="date" value=draft.issue_date form id="invoice-issued" />
                    <Select
                        name="terms"
                        label="Payment terms"
                        value=draft.terms
                        form
                        id="invoice-terms"
                        choices=terms_offered(desk, editing)
                    />
                </div>
                <Field
                    name="due_date"
                    label="Due date"
                    kind="date"
                    value=draft.due_date
                    form
                    id="invoice-due"
                    help="Follows the terms; type another one to set it by hand."
                />
                <TextArea
                    name="memo"
                    label="What it is for"
                    value=draft.memo
                    form
                    rows=2
                    optional=true
                    id="invoice-memo"
                />
                <Preview desk draft />
                <Unapplied desk apply=draft.apply />
                <DialogFoot slot>
                    {if new {
                        view! { <Button on_click=move |_| open.set(false)>"Close"</Button> }
                    } else {
                        view! {
                            <Button on_click=move |_| {
                                draft.end();
                                form.reset();
                                open.set(false);
                            }>"Discard"</Button>
                        }
                    }}
                    <Button busy=waits_for(false) on_click=move |_| send.with_value(|send| send(false))>
                        "Save as draft"
                    </Button>
                    <Button kind=ButtonKind::Primary submit=true busy=waits_for(true)>"Issue"</Button>
                </DialogFoot>
            </DialogForm>
        </Dialog>
    }
}

/// Keeps the due date with the terms, and lets go of the terms when another due date is typed.
fn follow_terms(desk: Desk, draft: Draft, form: Form) {
    Effect::new(move |_| {
        let Some(due) = draft.due_by_terms(desk).map(|due| due.to_string()) else { return };
        if draft.due_date.with_untracked(|typed| *typed != due) {
            draft.due_date.set(due);
            form.mend("due_date");
        }
    });
    Effect::new(move |_| {
        let typed = draft.due_date.get();
        if untrack(|| draft.due_by_terms(desk)).is_some_and(|due| due.to_string() != typed) {
            draft.terms.set(String::new());
        }
    });
}

/// The common terms, those this customer had last, and those of the draft.
fn terms_offered(desk: Desk, editing: Option<RwSignal<Option<Invoice>>>) -> Vec<Choice> {
    let own = editing.and_then(|editing| editing.with_untracked(|draft| draft.as_ref()?.terms));
    let mut offered = PaymentTerms::COMMON.to_vec();
    for terms in [Some(usual_terms(desk)), own].into_iter().flatten() {
        if !offered.contains(&terms) {
            offered.push(terms);
        }
    }
    let by_hand = Choice::new("", "Due date by hand");
    offered.into_iter().map(|terms| Choice::new(terms.to_string(), terms.label())).chain([by_hand]).collect()
}

/// What sending the sheet needs. Copy.
#[derive(Clone, Copy)]
struct Sender {
    desk: Desk,
    draft: Draft,
    form: Form,
    busy: RwSignal<bool>,
    open: RwSignal<bool>,
    once: Once,
}

/// What the key of a new invoice is about: only one is typed at a time.
const NEW: &str = "new";

/// Sends what is typed, to be issued or kept as a draft.
fn send(sender: Sender, issue: bool, toasts: Toasts, show_invoices: impl Fn() + 'static) {
    let Sender { desk, draft, form, busy, open, once } = sender;
    if busy.get_untracked() {
        return;
    }
    draft.issue.set(issue);
    if !form.submit() {
        return;
    }
    busy.set(true);
    let command = untrack(|| Command::of(draft, desk, once, issue));
    let id = draft.base.with_untracked(|base| base.as_ref().map(|base| base.id.clone()));
    let apply = Some(desk.id.get_value()).filter(|_| issue && draft.apply.get_untracked());
    spawn_local(async move {
        let answer = command.run(desk, draft).await;
        let _ = busy.try_set(false);
        match answer {
            Ok(invoice) => {
                once.answered(NEW);
                desk.put_invoice(invoice);
                // Meanwhile the sheet may have been opened for another draft.
                if draft.is_about(id.as_ref()) {
                    draft.end();
                    form.reset();
                    // A new one may have been entered from any tab.
                    if open.try_set(false).is_none() && id.is_none() {
                        show_invoices();
                    }
                }
                if let Some(customer) = apply
                    && let Err(fault) = apply_unapplied(customer).await
                {
                    toasts.refuse(fault);
                }
                desk.settle_without_live();
            }
            Err(fault) => refuse(sender, id.as_ref(), fault),
        }
    });
}

/// What is asked of the server.
enum Command {
    Create { new: NewInvoice, key: String },
    Save { base: Box<Invoice>, patch: Option<InvoicePatch>, issue: bool },
}

impl Command {
    fn of(draft: Draft, desk: Desk, once: Once, issue: bool) -> Self {
        match draft.base.get() {
            None => Command::Create { new: draft.invoice(desk), key: once.send() },
            Some(base) => {
                let patch = draft.is_changed().then(|| draft.patch(base.version));
                Command::Save { base: Box::new(base), patch, issue }
            }
        }
    }

    async fn run(self, desk: Desk, draft: Draft) -> Result<Invoice, Fault> {
        match self {
            Command::Create { new, key } => create_invoice(new, key).await.map(|view| view.invoice),
            Command::Save { base, patch, issue } => {
                let mut invoice = *base;
                if let Some(patch) = patch {
                    invoice = edit_invoice(invoice.id.clone(), patch).await?.invoice;
                    desk.put_invoice(invoice.clone());
                    // Issuing it may still be refused: what is typed stands over this one now.
                    if draft.is_about(Some(&invoice.id)) {
                        draft.follow(invoice.clone());
                    }
                }
                if issue {
                    invoice = issue_invoice(invoice.id).await?.invoice;
                }
                Ok(invoice)
            }
        }
    }
}

fn refuse(sender: Sender, id: Option<&InvoiceId>, fault: Fault) {
    let Sender { desk, draft, form, once, .. } = sender;
    let now = fault.current::<Invoice>();
    let mut problem = once.refused(
        NEW,
        fault.0,
        "The invoice you sent before is entered. Look at the invoices; send again only if this is another one.",
    );
    if let Some(now) = &now {
        desk.put_invoice(now.clone());
    } else if problem.status == 409 || problem.code() == "idempotency_key_reused" {
        desk.read_again();
    }
    if !draft.is_about(id) {
        return;
    }
    if let Some(now) = now {
        problem = changed_meanwhile(&now, problem);
        draft.follow(now);
    }
    form.refuse(problem);
}

/// Someone else changed the draft: what it is now, beside what is typed.
fn changed_meanwhile(now: &Invoice, problem: Problem) -> Problem {
    let detail = if now.status == InvoiceStatus::Draft {
        format!(
            "Now it is {} over {}, issued {}, due {}. What you changed stays as you typed it, the rest follows. Save again \
             to put it in place.",
            now.number,
            now.total,
            date::show(now.issue_date),
            date::show(now.due_date),
        )
    } else {
        format!("{} is no longer a draft, so it can't be edited any more. Nothing was saved.", now.number)
    };
    Problem { title: "Someone changed this invoice in the meantime".to_owned(), detail, ..problem }
}

/// When it is due and what is owed then, in words.
#[component]
fn Preview(desk: Desk, draft: Draft) -> impl IntoView {
    move || {
        let due = draft.due_date.with(|typed| parse_date("due_date", typed).ok())?;
        let (currency, outstanding) =
            desk.customer.with(|customer| (customer.currency, customer.outstanding));
        let total = Money::parse(&plain(&draft.total.get()), currency).ok().filter(Money::is_positive);
        let after = total.and_then(|total| outstanding.checked_add(total));
        let today = desk.today.get();
        Some(view! {
            <div class="preview" role="status">
                <p class="preview-line">
                    <span>
                        {format!("Due {}", date::show(due))}
                        {(due < today).then(|| view! { <span class="cell-note">"overdue as soon as it is issued"</span> })}
                    </span>
                    <span>{date::relation(due, today)}</span>
                </p>
                {after.map(|after| view! {
                    <p class="preview-line preview-sum"><span>"Owed once it is issued"</span><Amount money=after /></p>
                })}
            </div>
        })
    }
}

/// Money that settles nothing yet could settle this one.
#[component]
fn Unapplied(desk: Desk, apply: RwSignal<bool>) -> impl IntoView {
    let may_apply = use_session().may(Action::RecordPayment);
    let unapplied = Memo::new(move |_| desk.customer.with(|customer| customer.unapplied));
    move || {
        let money = unapplied.get();
        money.is_positive().then(|| {
            view! {
                <div class="notice notice-waiting">
                    <Icon name=IconName::Payments />
                    <div class="stack">
                        <p class="notice-title">{format!("{money} is unapplied")}</p>
                        <p>"This customer paid it already, and it settles nothing yet. Issuing an invoice doesn't touch it."</p>
                        {may_apply.then(|| view! {
                            <label class="choice">
                                <input
                                    type="checkbox"
                                    prop:checked=move || apply.get()
                                    on:change=move |event| apply.set(event_target_checked(&event))
                                />
                                <span>"Once this is issued, apply it to what is due, oldest first"</span>
                            </label>
                        })}
                    </div>
                </div>
            }
        })
    }
}
