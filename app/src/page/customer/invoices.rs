//! The invoices of a customer, by due date, with what became of each and what can be done about it.

use domain::invoice::{InvoiceAction, InvoiceEntry, InvoiceEntryKind, InvoiceView};
use domain::{Action, Invoice, InvoiceKind, date};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Opened;
use super::desk::Desk;
use super::invoice_fix::{Fix, FixDialog, Fixing};
use super::invoice_sheet::InvoiceSheet;
use crate::api::invoice::issue_invoice;
use crate::session::use_session;
use crate::ui::{
    Amount, Button, ButtonSize, DueDate, EmptyState, Icon, IconName, InvoiceStatusBadge, Menu, TableFrame,
    Toasts,
};

/// What the menus of the rows share. Copy.
#[derive(Clone, Copy)]
struct Doing {
    desk: Desk,
    editing: RwSignal<Option<Invoice>>,
    edit_open: RwSignal<bool>,
    fixing: Fixing,
    may_manage: bool,
    may_write_off: bool,
    toasts: Toasts,
}

#[component]
pub(super) fn Invoices(desk: Desk, opened: Opened) -> impl IntoView {
    let list = desk.invoices;
    let session = use_session();
    let doing = Doing {
        desk,
        editing: RwSignal::new(None),
        edit_open: RwSignal::new(false),
        fixing: Fixing::new(),
        may_manage: session.may(Action::ManageInvoices),
        may_write_off: session.may(Action::WriteOff),
        toasts: Toasts::expect(),
    };
    let may_add =
        Memo::new(move |_| doing.may_manage && desk.customer.with(|customer| customer.archived_at.is_none()));
    let add = move || {
        may_add.get().then(|| {
            view! {
                <Button size=ButtonSize::Small on_click=move |_| opened.invoice.set(true)>
                    <Icon name=IconName::Plus size=16 />
                    "New invoice"
                </Button>
            }
        })
    };
    let ids = Memo::new(move |_| {
        list.rows.with(|rows| rows.iter().map(|row| row.invoice.id.clone()).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !ids.with(Vec::is_empty) fallback=move || view! {
            <EmptyState
                icon=IconName::File
                title="No invoices"
                text="Nothing has been charged yet. An outstanding amount typed on a new customer, or imported with a spreadsheet, appears here as an opening balance."
            >
                {add}
            </EmptyState>
        }>
            <div class="list-actions">{add}</div>
            <TableFrame label="Invoices" cards=true>
                <thead>
                    <tr>
                        <th scope="col">"Invoice"</th>
                        <th scope="col">"Issued"</th>
                        <th scope="col">"Due"</th>
                        <th scope="col" class="numeric">"Total"</th>
                        <th scope="col" class="numeric">"Balance"</th>
                        <th scope="col">"Status"</th>
                        {doing.may_do_something().then(|| view! {
                            <th scope="col"><span class="sr-only">"Actions"</span></th>
                        })}
                    </tr>
                </thead>
                <tbody>
                    <For each=move || ids.get() key=Clone::clone let:id>
                        {
                            let key = id.clone();
                            let row = Memo::new(move |_| {
                                list.rows.with(|rows| rows.iter().find(|row| row.invoice.id == id).cloned())
                            });
                            view! {
                                <tr class:changed=move || desk.is_tinted(key.as_str())>
                                    {move || row.get().map(|row| view! { <Cells desk row /> })}
                                    {doing.may_do_something().then(|| view! {
                                        <td class="cell-actions"><RowMenu doing row /></td>
                                    })}
                                </tr>
                            }
                        }
                    </For>
                </tbody>
            </TableFrame>
            <Show when=move || list.next.with(Option::is_some)>
                <div class="more">
                    <Button busy=list.reading on_click=move |_| desk.more_invoices()>"Show more invoices"</Button>
                </div>
            </Show>
        </Show>
        {doing.may_manage.then(|| view! {
            <InvoiceSheet desk open=doing.edit_open editing=doing.editing />
        })}
        {doing.may_do_something().then(|| view! { <FixDialog desk fixing=doing.fixing /> })}
    }
}

#[component]
fn Cells(desk: Desk, row: InvoiceView) -> impl IntoView {
    let invoice = row.invoice.clone();
    let opening = invoice.kind == InvoiceKind::OpeningBalance;
    let open = invoice.is_open();
    let due = invoice.due_date;
    view! {
        <td data-label="Invoice" class="cell-main">
            <span>{invoice.number.clone()}</span>
            {invoice.memo.clone().map(|memo| view! { <span class="cell-note">{memo}</span> })}
            {invoice.entries.iter().map(|entry| view! { <span class="cell-note">{told(entry)}</span> }).collect_view()}
        </td>
        <td data-label="Issued">
            {if opening {
                view! { <span class="faint">"before Duebook"</span> }.into_any()
            } else {
                view! { <time datetime=invoice.issue_date.to_string()>{date::show(invoice.issue_date)}</time> }.into_any()
            }}
        </td>
        <td data-label="Due">
            {move || if open {
                view! { <DueDate date=Some(due) business_date=desk.today.get() /> }.into_any()
            } else {
                view! { <time datetime=due.to_string()>{date::show(due)}</time> }.into_any()
            }}
            {invoice.terms.map(|terms| view! { <span class="cell-note">{terms.label()}</span> })}
        </td>
        <td data-label="Total" class="numeric"><Amount money=invoice.total /></td>
        <td data-label="Balance" class="numeric"><Amount money=invoice.balance quiet_zero=true /></td>
        <td data-label="Status"><InvoiceStatusBadge invoice=row /></td>
    }
}

/// What became of an invoice, in a line.
fn told(entry: &InvoiceEntry) -> String {
    let what = match entry.kind {
        InvoiceEntryKind::Credited => "Credit note",
        InvoiceEntryKind::WrittenOff => "Written off",
        InvoiceEntryKind::Recovered => "Recovered",
        InvoiceEntryKind::Voided => "Voided",
    };
    format!("{what} {} on {}: {}", entry.amount, date::show(entry.on), entry.reason)
}

impl Doing {
    fn may_do_something(self) -> bool {
        self.may_manage || self.may_write_off
    }

    /// Whether the viewer's role and the customer let it be offered.
    fn offers(self, action: InvoiceAction) -> bool {
        match action {
            InvoiceAction::WriteOff | InvoiceAction::Recover => self.may_write_off,
            // Nothing new is asked of a customer who was put away.
            InvoiceAction::Issue => {
                self.may_manage && self.desk.customer.with(|customer| customer.archived_at.is_none())
            }
            InvoiceAction::Edit | InvoiceAction::Void | InvoiceAction::Credit => self.may_manage,
        }
    }

    fn start(self, action: InvoiceAction, invoice: Invoice) {
        match (action, Fix::of(action)) {
            (_, Some(fix)) => self.fixing.ask(fix, invoice),
            (InvoiceAction::Issue, None) => self.issue(invoice),
            (_, None) => {
                self.editing.set(Some(invoice));
                self.edit_open.set(true);
            }
        }
    }

    fn issue(self, invoice: Invoice) {
        let Self { desk, toasts, .. } = self;
        spawn_local(async move {
            match issue_invoice(invoice.id).await {
                Ok(view) => {
                    desk.put_invoice(view.invoice);
                    desk.settle_without_live();
                }
                Err(fault) => {
                    toasts.refuse(fault);
                    desk.read_again();
                }
            }
        });
    }
}

/// What can be done to an invoice. It stays while the row changes, so that the focus has where to go back to.
#[component]
fn RowMenu(doing: Doing, row: Memo<Option<InvoiceView>>) -> impl IntoView {
    let number = Memo::new(move |_| {
        row.with(|row| row.as_ref().map(|row| row.invoice.number.clone()).unwrap_or_default())
    });
    let actions = Memo::new(move |_| {
        let mut actions = row.with(|row| row.as_ref().map(|row| row.invoice.actions()).unwrap_or_default());
        actions.retain(|action| doing.offers(*action));
        actions
    });
    let any = Memo::new(move |_| !actions.with(Vec::is_empty));
    move || {
        any.get().then(|| {
            view! {
                <Menu
                    label=format!("Actions for invoice {}", number.get())
                    floating=true
                    face=|| view! {
                        <span class="button button-quiet button-icon button-small"><Icon name=IconName::More size=16 /></span>
                    }
                >
                    {move || actions.get().into_iter().map(|action| view! { <Item doing row action /> }).collect_view()}
                </Menu>
            }
        })
    }
}

#[component]
fn Item(doing: Doing, row: Memo<Option<InvoiceView>>, action: InvoiceAction) -> impl IntoView {
    let (icon, label) = match action {
        InvoiceAction::Edit => (IconName::Edit, "Edit"),
        InvoiceAction::Issue => (IconName::Check, "Issue"),
        InvoiceAction::Void => (IconName::Close, "Void…"),
        InvoiceAction::Credit => (IconName::Note, "Credit…"),
        InvoiceAction::WriteOff => (IconName::Archive, "Write off…"),
        InvoiceAction::Recover => (IconName::Plus, "Recover…"),
    };
    view! {
        <button
            type="button"
            class="menu-item"
            class:menu-item-danger=action == InvoiceAction::Void
            on:click=move |_| {
                if let Some(row) = row.get_untracked() {
                    doing.start(action, row.invoice);
                }
            }
        >
            <Icon name=icon />
            {label}
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_an_invoice_is_told_with_amount_day_and_reason() {
        let entry = InvoiceEntry {
            kind: InvoiceEntryKind::Credited,
            on: chrono::NaiveDate::from_ymd_opt(2025, 3, 3).unwrap(),
            amount: domain::Money::from_minor(5_000, domain::Currency::USD),
            reason: "Damaged goods".to_owned(),
        };
        assert_eq!(told(&entry), "Credit note 50.00 USD on 3 Mar 2025: Damaged goods");
    }
}
