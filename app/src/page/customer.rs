//! One customer: what is owed and by when at the right, and at the left what it is made of, what came in, and what
//! happened. Everything follows live.

mod allocate;
mod allotment;
mod correcting;
mod dangers;
mod desk;
mod edit;
mod invoice_fix;
mod invoice_sheet;
mod invoices;
mod note;
mod payments;
mod presence;
mod record;
mod refund;
mod reverse;
mod settle;
mod simulate;
mod summary;
mod timeline;
mod unapplied;

use domain::{Action, CustomerId};
use leptos::ev;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_params_map, use_query_map};

use self::desk::{Desk, Loaded};
use self::edit::EditSheet;
use self::invoice_sheet::InvoiceSheet;
use self::invoices::Invoices;
use self::note::NoteSheet;
use self::payments::Payments;
use self::presence::Others;
use self::record::RecordSheet;
use self::simulate::SimulateDialog;
use self::summary::Summary;
use self::timeline::Timeline;
use self::unapplied::Unapplied;
use crate::api::Snapshot;
use crate::browser;
use crate::error::Fault;
use crate::session::use_session;
use crate::ui::{
    CustomerStatusBadge, EmptyState, ErrorState, IconName, LinkButton, PageHead, Skeleton, Tab, Tabs,
};

/// One customer.
#[component]
pub fn CustomerPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let first = Resource::new(move || id.get(), |id| desk::load(CustomerId::from(id)));
    view! {
        <Suspense fallback=|| view! { <PageHead title="Customer" /><Skeleton rows=10 /> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(loaded) => view! { <CustomerDesk loaded /> }.into_any(),
                    Err(fault) => view! { <NoDesk fault retry=move || first.refetch() /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

/// Why there is no desk.
#[component]
fn NoDesk(fault: Fault, #[prop(into)] retry: Callback<()>) -> impl IntoView {
    if fault.0.status == 404 {
        #[cfg(feature = "ssr")]
        crate::api::answer_status(404);
        return view! { <PageHead title="Customer not found" /><Gone /> }.into_any();
    }
    view! { <PageHead title="Customer" /><ErrorState fault retry /> }.into_any()
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <EmptyState
            icon=IconName::Customers
            title="There is no such customer"
            text="Perhaps it was deleted, or the address was mistyped."
        >
            <LinkButton href="/customers">"Go to customers"</LinkButton>
        </EmptyState>
    }
}

/// Which dialog lies over the desk.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    record: RwSignal<bool>,
    simulate: RwSignal<bool>,
    edit: RwSignal<bool>,
    note: RwSignal<bool>,
    invoice: RwSignal<bool>,
}

#[component]
fn CustomerDesk(loaded: Snapshot<Loaded>) -> impl IntoView {
    let desk = Desk::new(loaded);
    desk.follow();
    let opened = Opened {
        record: RwSignal::new(false),
        simulate: RwSignal::new(false),
        edit: RwSignal::new(false),
        note: RwSignal::new(false),
        invoice: RwSignal::new(false),
    };
    listen_to_keys(desk, opened);
    let query = use_query_map();
    let tab = Memo::new(move |_| {
        query.with(|query| match query.get_str("tab") {
            Some("payments") => "payments",
            Some("timeline") => "timeline",
            _ => "invoices",
        })
    });
    let customer = desk.customer;
    let name = Signal::derive(move || customer.with(|customer| customer.name.clone()));
    let address = move |tab: &'static str| {
        let id = desk.id.get_value();
        if tab == "invoices" { format!("/customers/{id}") } else { format!("/customers/{id}?tab={tab}") }
    };
    let current = move |key: &'static str| Signal::derive(move || tab.get() == key);
    let count = |total: RwSignal<u64>| Signal::derive(move || Some(total.get()));
    view! {
        <Show when=move || !desk.gone.get() fallback=|| view! {
            <PageHead title="Customer deleted" />
            <Gone />
        }>
            <nav class="crumbs" aria-label="Back"><A href="/customers">"Customers"</A></nav>
            <PageHead title=name>
                <Others desk />
                {move || view! { <CustomerStatusBadge status=customer.with(|customer| customer.status) /> }}
            </PageHead>
            <div class="customer-desk">
                <Summary desk opened />
                <section class="customer-main" aria-label="Account">
                    <Unapplied desk />
                    <Tabs label="Account">
                        <Tab label="Invoices" href=address("invoices") current=current("invoices") count=count(desk.invoices.total) />
                        <Tab label="Payments" href=address("payments") current=current("payments") count=count(desk.payments.total) />
                        <Tab label="Timeline" href=address("timeline") current=current("timeline") count=count(desk.events.total) />
                    </Tabs>
                    {move || match tab.get() {
                        "payments" => view! { <Payments desk opened /> }.into_any(),
                        "timeline" => view! { <Timeline desk opened /> }.into_any(),
                        _ => view! { <Invoices desk opened /> }.into_any(),
                    }}
                </section>
            </div>
        </Show>
        <RecordSheet desk open=opened.record />
        <SimulateDialog desk open=opened.simulate />
        <EditSheet desk open=opened.edit />
        <NoteSheet desk open=opened.note />
        <InvoiceSheet desk open=opened.invoice />
    }
}

/// `p` records a payment, `i` enters an invoice, `n` adds a note, `e` edits; not while someone types or a dialog is open.
fn listen_to_keys(desk: Desk, opened: Opened) {
    let session = use_session();
    let (may_pay, may_note, may_edit) =
        (session.may(Action::RecordPayment), session.may(Action::AddNote), session.may(Action::EditCustomer));
    let may_invoice = session.may(Action::ManageInvoices);
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            let held = event.ctrl_key() || event.meta_key() || event.alt_key();
            if held || event.default_prevented() || browser::is_typing(&event) || browser::has_open_dialog() {
                return;
            }
            let open = match event.key().as_str() {
                "p" if may_pay && !desk.is_archived() => opened.record,
                "i" if may_invoice && !desk.is_archived() => opened.invoice,
                "n" if may_note => opened.note,
                "e" if may_edit && !desk.is_archived() => opened.edit,
                _ => return,
            };
            event.prevent_default();
            open.set(true);
        });
        on_cleanup(move || handle.remove());
    });
}
