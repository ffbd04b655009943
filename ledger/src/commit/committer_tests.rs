//! The next batch decides while one is being written: it knows what the first changed, and nothing of what came to nothing.

use std::time::Duration;

use domain::account::NewPayment;
use domain::customer::MoneyInput;
use domain::{Account, Customer, CustomerId, EventKind};

use super::{CalledBy, Command, Desk, Needs, NewEvent, Stop};
use crate::store::tamper_tests::books;
use crate::{Caller, Error, Idempotency, Ledger};

/// A transaction of its own: two bulky commands are never written together.
fn alone<T>(
    caller: &Caller,
    decide: impl FnMut(&mut Desk) -> Result<T, Stop> + Send + 'static,
    event: impl Fn(&T) -> NewEvent + Send + 'static,
) -> Command<String>
where
    T: std::fmt::Debug + Send + Sync + 'static,
{
    let (seen, mut decide) = (std::sync::Arc::new(std::sync::Mutex::new(None)), decide);
    let keep = seen.clone();
    Command::new(
        caller,
        Needs::default(),
        move |desk, _| {
            let decided = decide(desk)?;
            let event = event(&decided);
            *keep.lock().unwrap() = Some(format!("{decided:?}"));
            Ok(Some(event))
        },
        move |_| Ok(seen.lock().unwrap().clone().unwrap_or_default()),
    )
    .bulky()
}

fn changed(id: &CustomerId) -> NewEvent {
    NewEvent::new(EventKind::CustomerUpdated, "customer", id.as_str()).customer(id)
}

async fn alice(ledger: &Ledger, ada: &Caller) -> Customer {
    let page = ledger.customers(ada, &Default::default()).await.unwrap();
    page.value.data.into_iter().next().unwrap()
}

#[tokio::test]
async fn what_is_being_written_is_known_to_the_next_batch() {
    let (ledger, ada) = books().await;
    let alice = alice(&ledger, &ada).await;
    let (id, old) = (alice.id.clone(), alice.reference.clone());
    let first = alone(
        &ada,
        move |desk| {
            desk.reference_owner("NEW-1")?;
            let customer = &mut desk.account_mut(&id)?.customer;
            customer.name = "Alicia".to_owned();
            customer.reference = "NEW-1".to_owned();
            desk.free_reference(&old, &id);
            desk.give_reference("NEW-1", &id);
            Ok(id.clone())
        },
        changed,
    );
    let (id, old) = (alice.id.clone(), alice.reference.clone());
    let event = alice.id.clone();
    let second = alone(
        &ada,
        move |desk| {
            desk.account_mut(&id)?.customer.notes = Some("Seen".to_owned());
            Ok((
                desk.customers_called(&CalledBy::name("alice"))?.len(),
                desk.customers_called(&CalledBy::name("ALICIA"))? == [id.clone()],
                desk.reference_owner(&old)?,
                desk.reference_owner("new-1")? == Some(id.clone()),
                desk.account(&id)?.customer.version,
            ))
        },
        move |_| changed(&event),
    );
    let (first, second) = (ledger.send(first).unwrap(), ledger.send(second).unwrap());
    first.await.unwrap();
    assert_eq!(second.await.unwrap().value, format!("(0, true, None, true, {})", alice.version + 1));
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    assert_eq!((after.name.as_str(), after.version), ("Alicia", alice.version + 2));
    assert!(ledger.verify().await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn what_could_not_be_written_is_unknown_to_the_next_batch() {
    let (ledger, ada) = books().await;
    let alice = alice(&ledger, &ada).await;
    let (id, twin) = (alice.id.clone(), alice.clone());
    let first = alone(
        &ada,
        move |desk| {
            // As a new customer, although its id is in the books: the database refuses it.
            desk.reference_owner("TWIN")?;
            desk.give_reference("TWIN", &id);
            let account = Account {
                customer: Customer { name: "Twin".to_owned(), ..twin.clone() },
                invoices: Default::default(),
                payments: Default::default(),
            };
            desk.add_account(account);
            Ok(id.clone())
        },
        changed,
    );
    let (id, event) = (alice.id.clone(), alice.id.clone());
    let second = alone(
        &ada,
        move |desk| {
            desk.account_mut(&id)?.customer.notes = Some("Seen".to_owned());
            Ok((
                desk.account(&id)?.customer.name.clone(),
                desk.customers_called(&CalledBy::name("twin"))?.len(),
                desk.reference_owner("twin")?,
            ))
        },
        move |_| changed(&event),
    );
    let (first, second) = (ledger.send(first).unwrap(), ledger.send(second).unwrap());
    let refused = first.await.map(|answer| answer.value);
    assert!(matches!(refused, Err(Error::Database(_))), "{refused:?}");
    assert_eq!(second.await.unwrap().value, r#"("Alice", 0, None)"#);
    assert!(ledger.verify().await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn who_got_a_note_in_the_same_moment_is_not_deleted() {
    let (ledger, ada) = books().await;
    for round in 0..10 {
        let new = domain::customer::NewCustomer { name: format!("Bob {round}"), ..Default::default() };
        let bob = ledger.create_customer(&ada, &new, None).await.unwrap().value;
        let (noted, deleted) = tokio::join!(
            ledger.add_note(&ada, &bob.id, "Called him."),
            ledger.delete_customer(&ada, &bob.id)
        );
        assert!(noted.is_ok());
        assert!(matches!(deleted, Err(Error::Conflict { code: "has_history", .. })), "{deleted:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn batches_that_overtake_nothing_lose_nothing() {
    const PAYERS: usize = 12;
    const PAYMENTS: usize = 15;
    let (ledger, ada) = books().await;
    let alice = alice(&ledger, &ada).await;
    let tasks = (0..PAYERS).map(|payer| {
        let (ledger, ada, id) = (ledger.clone(), ada.clone(), alice.id.clone());
        tokio::spawn(async move {
            for number in 0..PAYMENTS {
                if payer % 3 == 0 {
                    let (of, event) = (id.clone(), id.clone());
                    let command = alone(
                        &ada,
                        move |desk| {
                            let customer = &mut desk.account_mut(&of)?.customer;
                            customer.notes = Some(format!("{payer}.{number}"));
                            Ok(())
                        },
                        move |()| changed(&event),
                    );
                    ledger.send(command).unwrap().await.unwrap();
                } else {
                    let new = NewPayment {
                        customer_id: id.to_string(),
                        amount: MoneyInput { amount: "1.00".into(), currency: None },
                        ..Default::default()
                    };
                    let once = Idempotency::new(format!("{payer}-{number}"), "POST /payments", b"1");
                    ledger.record_payment(&ada, &new, &once).await.unwrap();
                }
                if number % 4 == payer % 4 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let after = ledger.customer(&ada, &alice.id).await.unwrap().value;
    let paid = (PAYERS - PAYERS / 3) * PAYMENTS;
    assert_eq!(after.version, alice.version + (PAYERS * PAYMENTS) as i64);
    assert_eq!(after.outstanding.minor() - after.unapplied.minor(), 6000 - 100 * paid as i64);
    assert!(ledger.verify().await.unwrap().differences.is_empty());
}
