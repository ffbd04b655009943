//! Payments.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::account::{Correction, Moment, NewAllocation, NewPayment, positive};
use domain::customer::{MoneyInput, SortBy};
use domain::field::optional_line;
use domain::payment::{Awaited, DeclineCode, Outcome, PaymentView, ReversalKind};
use domain::{
    Account, Action, CustomerId, EventKind, FieldError, FieldErrors, Money, Page, Payment, PaymentId,
    PaymentMethod, PaymentSource, PaymentStatus, Rule,
};
use serde::{Deserialize, Serialize};

use crate::commit::{Command, Desk, Needs, NewEvent, Stop};
use crate::customer::{cursor_keyset, keyset_cursor, order_name, page, page_size};
use crate::gateway::Charge;
use crate::index::Filled;
use crate::invoice::Why;
use crate::store::PaymentPage;
use crate::{Caller, Error, Idempotency, Ledger, Read, Result};

/// What a list of payments can be ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentSort {
    /// The day the money came.
    #[default]
    ReceivedOn,
    /// Face value.
    Amount,
    /// When entered.
    CreatedAt,
}

impl PaymentSort {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            PaymentSort::ReceivedOn => "received_on",
            PaymentSort::Amount => "amount",
            PaymentSort::CreatedAt => "created_at",
        }
    }
}

impl std::str::FromStr for PaymentSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "received_on" => Ok(PaymentSort::ReceivedOn),
            "amount" => Ok(PaymentSort::Amount),
            "created_at" => Ok(PaymentSort::CreatedAt),
            _ => Err("Sort by one of received_on, amount, created_at.".to_owned()),
        }
    }
}

/// Which page of which payments; newest first unless `sort` says otherwise.
#[derive(Clone, Debug, Default)]
pub struct PaymentQuery {
    /// Of one customer.
    pub customer_id: Option<CustomerId>,
    /// In one state.
    pub status: Option<PaymentStatus>,
    /// That came one way.
    pub method: Option<PaymentMethod>,
    /// Received on or after.
    pub received_from: Option<NaiveDate>,
    /// Received on or before.
    pub received_to: Option<NaiveDate>,
    /// Part of the reference or of the customer's name.
    pub q: Option<String>,
    /// In which order.
    pub sort: Vec<SortBy<PaymentSort>>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl PaymentQuery {
    /// The order asked for, or newest first.
    pub(crate) fn order(&self) -> &[SortBy<PaymentSort>] {
        const NEWEST_FIRST: &[SortBy<PaymentSort>] =
            &[SortBy { field: PaymentSort::CreatedAt, descending: true }];
        if self.sort.is_empty() { NEWEST_FIRST } else { &self.sort }
    }
}

/// An answer, and whether it is the first one again because its idempotency key was seen before.
#[derive(Clone, Debug)]
pub struct Replayed<T> {
    /// The answer.
    pub value: T,
    /// Whether it was given before.
    pub replay: bool,
}

/// A payment to send through the mock gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSimulation {
    /// Who pays.
    pub customer_id: String,
    /// How much.
    pub amount: MoneyInput,
    /// `succeed` (default), `decline`, `timeout`, `delayed`, `duplicate`, `out_of_order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// Why it is to decline; `do_not_honor` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// Milliseconds until the gateway answers, at most 600,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<i64>,
}

/// A change of a payment's state by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusChange {
    /// `completed` or `pending`.
    pub status: String,
    /// Why; required when a completed payment is marked pending again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The version this change was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

impl Ledger {
    /// One page of payments.
    pub async fn payments(&self, caller: &Caller, query: &PaymentQuery) -> Result<Read<Page<PaymentView>>> {
        caller.authorise(Action::Read)?;
        let sort = query.order();
        let order = order_name(sort.iter().map(|by| (by.field.as_str(), by.descending)));
        let after = cursor_keyset(query.cursor.as_deref(), &order)?;
        let limit = page_size(query.limit);
        let index = self.index(Filled::All).await;
        // Read first: what the page holds can only be newer.
        let listed =
            index.and_then(|index| Some((index.seq(), index.payments(query, sort, limit, after.as_ref())?)));
        let (seq, found) = match listed {
            Some((seq, listed)) => {
                let rows = self.store().payments_by_id(&listed.ids).await?;
                (seq, PaymentPage { rows, next: listed.next, total: listed.total })
            }
            None => (self.seq().await?, self.store().payments(query, sort, limit, after.as_ref()).await?),
        };
        let next = found.next.map(|next| keyset_cursor(&next, &order));
        let ids: Vec<&str> = found.rows.iter().map(|payment| payment.customer_id.as_str()).collect();
        let names = self.store().customer_names(&ids).await?;
        let rows = found
            .rows
            .into_iter()
            .map(|payment| PaymentView {
                customer_name: names.get(payment.customer_id.as_str()).cloned().unwrap_or_default(),
                payment,
            })
            .collect();
        Ok(Read { seq, value: page(rows, next, found.total) })
    }

    /// One payment.
    pub async fn payment(&self, caller: &Caller, id: &PaymentId) -> Result<PaymentView> {
        caller.authorise(Action::Read)?;
        let payment = self.store().payment(id).await?;
        let customer_name = self.store().customer(&payment.customer_id).await?.name;
        Ok(PaymentView { payment, customer_name })
    }

    /// Records money received or announced.
    pub async fn record_payment(
        &self,
        caller: &Caller,
        new: &NewPayment,
        idempotency: &Idempotency,
    ) -> Result<Replayed<Payment>> {
        caller.authorise(Action::RecordPayment)?;
        let customer = CustomerId::from(new.customer_id.as_str());
        let id = PaymentId::from_unique(&self.unique());
        let needs = Needs { accounts: vec![customer.clone()], ..Needs::default() };
        let new = new.clone();
        let answer = payment_on(&customer, &id);
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = account_named(desk, &customer)?;
                let draft = new.validate(account.customer.currency, moment.business_date)?;
                let status = draft.status;
                account.record_payment(id.clone(), draft, PaymentSource::Manual, moment)?;
                Ok(Some(payment_event(EventKind::of_payment(status), &customer, &id)))
            },
            answer,
        );
        self.commit(command.once(Some(idempotency))).await
    }

    /// Sends a payment through the mock gateway; its outcome arrives later, as a gateway's callback would.
    pub async fn simulate_payment(
        &self,
        caller: &Caller,
        new: &NewSimulation,
        idempotency: &Idempotency,
    ) -> Result<Replayed<Payment>> {
        caller.authorise(Action::SimulatePayment)?;
        let mut errors = FieldErrors::default();
        let outcome = match new.outcome.as_deref() {
            None => Outcome::Succeed,
            Some(text) => errors
                .check(
                    text.parse()
                        .map_err(|message: String| FieldError::new("outcome", "unknown_outcome", message)),
                )
                .unwrap_or_default(),
        };
        let decline_code: Option<DeclineCode> = new.decline_code.as_deref().and_then(|text| {
            let code = text.parse();
            errors.check(
                code.map_err(|message: String| FieldError::new("decline_code", "unknown_code", message)),
            )
        });
        if decline_code.is_some() && outcome != Outcome::Decline {
            errors.add("decline_code", "not_declined", "Only what is to be declined has a reason for it.");
        }
        let delay = new.delay_ms.unwrap_or(if outcome == Outcome::Delayed { SLOW_MS } else { QUICK_MS });
        if !(0..=LONGEST_MS).contains(&delay) {
            errors.add("delay_ms", "out_of_range", format!("Use 0 to {LONGEST_MS} milliseconds."));
        }
        errors.into_result()?;
        let awaited = move |at| Awaited {
            outcome: Some(outcome),
            decline_code,
            due_at: at + Duration::milliseconds(delay),
        };
        self.send_to_gateway(caller, &new.customer_id, &new.amount, awaited, idempotency).await
    }

    /// Records a payment as processing, then asks the gateway to collect it. When the process dies in between, the
    /// reconciler finds the payment and asks the gateway what became of it.
    async fn send_to_gateway(
        &self,
        caller: &Caller,
        customer: &str,
        amount: &MoneyInput,
        awaited: impl Fn(DateTime<Utc>) -> Awaited + Send + 'static,
        idempotency: &Idempotency,
    ) -> Result<Replayed<Payment>> {
        let customer = CustomerId::from(customer);
        let id = PaymentId::from_unique(&self.unique());
        let needs = Needs { accounts: vec![customer.clone()], ..Needs::default() };
        let amount = amount.clone();
        let answer = payment_on(&customer, &id);
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = account_named(desk, &customer)?;
                let amount = positive("amount", &amount, account.customer.currency).map_err(Error::from)?;
                account.start_at_gateway(id.clone(), amount, awaited(moment.at), moment)?;
                Ok(Some(payment_event(EventKind::PaymentProcessing, &customer, &id)))
            },
            answer,
        );
        let payment = self.commit(command.once(Some(idempotency))).await?;
        if !payment.replay
            && let Err(error) = self.inner.gateway.0.collect(Charge::of(&payment.value)).await
        {
            tracing::warn!(%error, payment = %payment.value.id, "the gateway could not be reached; asking later");
        }
        self.inner.reconcile.notify_one();
        Ok(payment)
    }

    /// Marks a payment completed or pending.
    pub async fn set_payment_status(
        &self,
        caller: &Caller,
        id: &PaymentId,
        change: &StatusChange,
    ) -> Result<Payment> {
        caller.authorise(Action::RecordPayment)?;
        let mut errors = FieldErrors::default();
        let to = match change.status.as_str() {
            "completed" => PaymentStatus::Completed,
            "pending" => PaymentStatus::Pending,
            _ => {
                errors.add("status", "invalid_status", "A payment is marked completed or pending by hand.");
                PaymentStatus::Pending
            }
        };
        let reason = errors.check(optional_line("reason", change.reason.as_deref(), 500)).flatten();
        if errors.is_empty() && to == PaymentStatus::Pending && reason.is_none() {
            errors.add("reason", "required", "Say why it is pending again.");
        }
        errors.into_result()?;
        self.move_payment(caller, id, to, reason, change.version).await
    }

    /// Gives up a pending payment.
    pub async fn cancel_payment(
        &self,
        caller: &Caller,
        id: &PaymentId,
        reason: Option<&str>,
    ) -> Result<Payment> {
        caller.authorise(Action::RecordPayment)?;
        let reason = optional_line("reason", reason, 500)?;
        self.move_payment(caller, id, PaymentStatus::Canceled, reason, None).await
    }

    /// Pays a payment back, in whole or (with `amount`) in part.
    pub async fn refund_payment(
        &self,
        caller: &Caller,
        id: &PaymentId,
        amount: Option<&MoneyInput>,
        why: &Why,
        idempotency: &Idempotency,
    ) -> Result<Replayed<Payment>> {
        let amount = amount.cloned();
        let kind = EventKind::PaymentRefunded;
        self.correct_payment(
            caller,
            Action::Refund,
            id,
            why,
            Some(idempotency),
            kind,
            move |account, id, why, moment| account.refund(id, amount.as_ref(), why, moment),
        )
        .await
    }

    /// Takes a payment away that bounced, was charged back, or was entered by mistake.
    pub async fn reverse_payment(
        &self,
        caller: &Caller,
        id: &PaymentId,
        kind: Option<&str>,
        why: &Why,
        idempotency: &Idempotency,
    ) -> Result<Replayed<Payment>> {
        let reversal = match kind.filter(|text| !text.is_empty()) {
            None => ReversalKind::default(),
            Some(text) => {
                text.parse().map_err(|message: String| FieldError::new("kind", "unknown_kind", message))?
            }
        };
        let event = EventKind::PaymentReversed;
        self.correct_payment(
            caller,
            Action::Refund,
            id,
            why,
            Some(idempotency),
            event,
            move |account, id, why, moment| account.reverse(id, reversal, why, moment),
        )
        .await
    }

    /// Makes a payment settle exactly these invoices (oldest due first when absent).
    pub async fn reallocate_payment(
        &self,
        caller: &Caller,
        id: &PaymentId,
        wanted: Option<&[NewAllocation]>,
        why: &Why,
        idempotency: Option<&Idempotency>,
    ) -> Result<Replayed<Payment>> {
        let wanted = wanted.map(<[_]>::to_vec);
        let why = &Why {
            // Where money goes needs no excuse; where it came from stands in the entries.
            reason: why
                .reason
                .clone()
                .filter(|text| !text.trim().is_empty())
                .or(Some("reallocated".to_owned())),
            ..why.clone()
        };
        let kind = EventKind::PaymentReallocated;
        self.correct_payment(
            caller,
            Action::RecordPayment,
            id,
            why,
            idempotency,
            kind,
            move |account, id, why, moment| account.reallocate(id, wanted.as_deref(), why, moment),
        )
        .await
    }

    /// Settles a customer's open invoices with its unapplied money, oldest first. Answers what was applied.
    pub async fn apply_unapplied(&self, caller: &Caller, customer: &CustomerId) -> Result<Money> {
        caller.authorise(Action::RecordPayment)?;
        let needs =
            Needs { accounts: vec![customer.clone()], unapplied: vec![customer.clone()], ..Needs::default() };
        let (applied, answer) = (Arc::new(AtomicI64::new(0)), customer.clone());
        let (counted, customer) = (Arc::clone(&applied), customer.clone());
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_with_unapplied(&customer)?;
                let minor = account.apply_unapplied(moment)?;
                counted.store(minor, Ordering::Relaxed);
                if minor == 0 {
                    return Ok(None);
                }
                let amount = Money::from_minor(minor, account.customer.currency);
                let event = NewEvent::new(EventKind::PaymentReallocated, "customer", customer.as_str());
                Ok(Some(event.customer(&customer).with("amount", amount)))
            },
            move |desk| {
                let account = desk.accounts.get(&answer).and_then(Option::as_ref);
                let currency = account.ok_or(Error::NotFound("customer"))?.customer.currency;
                Ok(Money::from_minor(applied.load(Ordering::Relaxed), currency))
            },
        );
        Ok(self.commit(command).await?.value)
    }

    #[expect(clippy::too_many_arguments, reason = "each of them differs between the corrections")]
    async fn correct_payment(
        &self,
        caller: &Caller,
        action: Action,
        id: &PaymentId,
        why: &Why,
        idempotency: Option<&Idempotency>,
        kind: EventKind,
        correct: impl Fn(&mut Account, &PaymentId, &Correction, Moment) -> Result<(), Rule> + Send + 'static,
    ) -> Result<Replayed<Payment>> {
        caller.authorise(action)?;
        let customer = self.store().payment(id).await?.customer_id;
        let needs =
            Needs { accounts: vec![customer.clone()], payments: vec![id.clone()], ..Needs::default() };
        let (id, why) = (id.clone(), why.clone());
        let answer = payment_on(&customer, &id);
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_with_payment(&customer, &id)?;
                let payment = account.payments.get(&id).ok_or(Error::NotFound("payment"))?;
                if why.version.is_some_and(|version| version != payment.version) {
                    return Err(Error::stale(payment).into());
                }
                let why = why.correction(payment.received_on, moment)?;
                let before = payment.refunded.minor();
                correct(account, &id, &why, moment)?;
                let event = payment_event(kind, &customer, &id).with("reason", &why.reason);
                let payment = account.payments.get(&id).ok_or(Error::NotFound("payment"))?;
                let back = payment.refunded.minor() - before;
                Ok(Some(if back > 0 {
                    event.with("refunded", Money::from_minor(back, payment.amount.currency()))
                } else {
                    event
                }))
            },
            answer,
        );
        self.commit(command.once(idempotency)).await
    }

    /// Moves a payment through its state machine, with all that means for its account.
    pub(crate) async fn move_payment(
        &self,
        caller: &Caller,
        id: &PaymentId,
        to: PaymentStatus,
        reason: Option<String>,
        version: Option<i64>,
    ) -> Result<Payment> {
        let customer = self.store().payment(id).await?.customer_id;
        let needs =
            Needs { accounts: vec![customer.clone()], payments: vec![id.clone()], ..Needs::default() };
        let id = id.clone();
        let answer = payment_on(&customer, &id);
        let command = Command::new(
            caller,
            needs,
            move |desk, moment| {
                let account = desk.account_with_payment(&customer, &id)?;
                if let Some(current) = account.payments.get(&id)
                    && version.is_some_and(|version| version != current.version)
                {
                    return Err(Error::stale(current).into());
                }
                account.move_payment(&id, to, reason.clone(), moment)?;
                if to == PaymentStatus::Unknown
                    && let Some(payment) = account.payments.get_mut(&id)
                {
                    let due_at = moment.at + Duration::milliseconds(RECONCILE_MS);
                    let none = Awaited { outcome: None, decline_code: None, due_at };
                    payment.awaited = Some(Awaited { due_at, ..payment.awaited.take().unwrap_or(none) });
                }
                let event = payment_event(EventKind::of_payment(to), &customer, &id);
                Ok(Some(match &reason {
                    Some(reason) => event.with("reason", reason),
                    None => event,
                }))
            },
            answer,
        );
        Ok(self.commit(command).await?.value)
    }
}

/// Milliseconds until the mock gateway answers when nobody says: a quick card terminal.
const QUICK_MS: i64 = 800;
/// … and a slow bank.
const SLOW_MS: i64 = 5_000;
/// The longest anyone may make it wait.
const LONGEST_MS: i64 = 600_000;
/// Milliseconds after a time-out at which the reconciler asks the gateway what became of the payment.
const RECONCILE_MS: i64 = 10_000;

pub(crate) fn account_named<'a>(
    desk: &'a mut Desk,
    id: &CustomerId,
) -> Result<&'a mut domain::Account, Stop> {
    desk.account_mut(id).map_err(|stop| match stop {
        Stop::Refused(Error::NotFound(_)) => {
            Error::from(FieldError::new("customer_id", "unknown_customer", "There is no such customer."))
                .into()
        }
        other => other,
    })
}

fn payment_event(kind: EventKind, customer: &CustomerId, id: &PaymentId) -> NewEvent {
    NewEvent::new(kind, "payment", id.as_str()).customer(customer).payment(id)
}

fn payment_on(customer: &CustomerId, id: &PaymentId) -> impl Fn(&Desk) -> Result<Payment> + Send + 'static {
    let (customer, id) = (customer.clone(), id.clone());
    move |desk| {
        let account =
            desk.accounts.get(&customer).and_then(Option::as_ref).ok_or(Error::NotFound("customer"))?;
        account.payments.get(&id).cloned().ok_or(Error::NotFound("payment"))
    }
}
