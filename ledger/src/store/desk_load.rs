//! Loads what commands need onto the desk, in one query.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Account, CustomerId, Invoice, Payment, PaymentId};
use surrealdb::IndexedResults;
use surrealdb::types::{RecordId, SurrealValue};

use super::rows::{
    CustomerRow, EmailRow, IdempotencyRow, ImportRow, InvoiceRow, PaymentRow, ReferenceRow, UserRow,
};
use super::{Store, key, record};
use crate::Result;
use crate::commit::{CalledBy, Desk, Kept, Needs};
use crate::index::{Filled, Index};

/// Beyond what was asked for, so many generated references are looked up: they are often taken by imported ones.
const SPARE_REFERENCES: usize = 8;

impl Store {
    /// Puts everything named in `needs` on the desk, unless it is there already.
    pub(crate) async fn load(&self, index: &Index, desk: &mut Desk, needs: &Needs) -> Result<()> {
        let accounts = wanted(&needs.accounts, |id| !desk.accounts.contains_key(id));
        let payments = wanted(&needs.payments, |id| !desk.payments.contains(id));
        let invoices = wanted(&needs.invoices, |id| !desk.invoices.contains(id));
        let unapplied = wanted(&needs.unapplied, |id| !desk.unapplied.contains(id));
        let numbers = wanted(&needs.numbers, |key| !desk.numbers.contains_key(key));
        let called = wanted(&needs.called, |by| !desk.called.contains_key(by));
        let received = wanted(&needs.received, |pair| !desk.received.contains_key(pair));
        let mut references = wanted(&needs.references, |key| !desk.references.contains_key(key));
        if needs.generated > 0 {
            references.extend(desk.reference_candidates(needs.generated + SPARE_REFERENCES));
        }
        let users = wanted(&needs.users, |id| !desk.users.contains_key(id));
        let all_users = needs.all_users && !desk.all_users;
        let emails = wanted(&needs.emails, |key| !desk.emails.contains_key(key));
        let imports = wanted(&needs.imports, |id| !desk.imports.contains_key(id));
        let keys = wanted(&needs.keys, |key| !desk.kept.contains_key(key));
        let history = wanted(&needs.history, |id| !desk.history.contains_key(id));

        // Accounts, payments and keys are what every payment needs: one query, so that the hot path is one round trip.
        if !(accounts.is_empty() && payments.is_empty() && keys.is_empty()) {
            // A statement costs about as much as a row, so there is none that finds nothing.
            let (mut text, mut places) = (String::new(), 0..);
            let mut ask = |wanted: bool, statement| {
                wanted.then(|| text.push_str(statement)).and_then(|()| places.next())
            };
            let in_customers = ask(!accounts.is_empty(), "SELECT * FROM $customers;");
            let open = "SELECT * FROM invoice WHERE customer_id IN $customer_ids AND open = true;";
            let in_invoices = ask(!accounts.is_empty(), open);
            let in_payments = ask(!payments.is_empty(), "SELECT * FROM $payments;");
            let in_keys = ask(!keys.is_empty(), "SELECT * FROM $keys;");
            let customer_ids: Vec<String> = accounts.iter().map(|id| id.as_str().to_owned()).collect();
            let mut response = self
                .db
                .query(text)
                .bind(("customers", records("customer", accounts.iter().map(|id| id.as_str()))))
                .bind(("customer_ids", customer_ids))
                .bind(("payments", records("payment", payments.iter().map(|id| id.as_str()))))
                .bind(("keys", records("idempotency", keys.iter().map(String::as_str))))
                .await?;
            let customer_rows: Vec<CustomerRow> = taken(&mut response, in_customers)?;
            let invoice_rows: Vec<InvoiceRow> = taken(&mut response, in_invoices)?;
            let payment_rows: Vec<PaymentRow> = taken(&mut response, in_payments)?;
            let kept_rows: Vec<IdempotencyRow> = taken(&mut response, in_keys)?;
            for id in accounts {
                desk.accounts.insert(id, None);
            }
            for mut row in customer_rows {
                let imported = row.import_seqs.take();
                let customer = domain::Customer::try_from(row)?;
                let id = customer.id.clone();
                desk.imported.extend(imported.map(|seqs| (id.clone(), seqs)));
                let account = Account { customer, invoices: BTreeMap::new(), payments: BTreeMap::new() };
                desk.accounts.insert(id, Some(account));
            }
            for row in invoice_rows {
                let invoice = Invoice::try_from(row)?;
                if let Some(Some(account)) = desk.accounts.get_mut(&invoice.customer_id) {
                    account.invoices.insert(invoice.id.clone(), invoice);
                }
            }
            for key in keys {
                desk.kept.insert(key, None);
            }
            for row in kept_rows {
                desk.kept
                    .insert(key(row.id), Some(Kept { fingerprint: row.fingerprint, answer: row.answer }));
            }
            self.place_payments(desk, payments, payment_rows).await?;
        }
        if !unapplied.is_empty() {
            let ids: Vec<String> = unapplied.iter().map(|id| id.as_str().to_owned()).collect();
            let query = "SELECT * FROM payment WHERE customer_id IN $ids AND unapplied > 0";
            let rows: Vec<PaymentRow> = self.db.query(query).bind(("ids", ids)).await?.take(0)?;
            let found = rows.iter().map(|row| PaymentId::from(key(row.id.clone()))).collect();
            self.place_payments(desk, found, rows).await?;
            desk.unapplied.extend(unapplied);
        }
        if !invoices.is_empty() {
            let rows: Vec<InvoiceRow> = self.pick("invoice", invoices.iter().map(|id| id.as_str())).await?;
            for row in rows {
                place_invoice(desk, Invoice::try_from(row)?);
            }
            desk.invoices.extend(invoices);
        }
        if !numbers.is_empty() {
            let pairs: Vec<Vec<String>> = numbers
                .iter()
                .map(|(customer, number)| vec![customer.as_str().to_owned(), number.clone()])
                .collect();
            // The index begins with the customer and whether the invoice is open.
            let query = "RETURN $pairs.map(|$pair: any| array::concat( \
                         (SELECT VALUE id FROM invoice WHERE customer_id = $pair[0] AND open = true AND number_key = $pair[1]), \
                         (SELECT VALUE id FROM invoice WHERE customer_id = $pair[0] AND open = false AND number_key = $pair[1])))";
            let found: Vec<Vec<RecordId>> = self.db.query(query).bind(("pairs", pairs)).await?.take(0)?;
            for (pair, ids) in numbers.into_iter().zip(found) {
                desk.numbers.insert(pair, ids.into_iter().map(|id| key(id).into()).collect());
            }
        }
        if !called.is_empty() {
            let found = match index.has_seen(desk.stored(), Filled::Customers).await {
                true => index.called(&called),
                false => self.called(&called).await?,
            };
            desk.called.extend(called.into_iter().zip(found));
        }
        if !received.is_empty() {
            let pairs: Vec<Vec<String>> = received
                .iter()
                .map(|(customer, on)| vec![customer.as_str().to_owned(), on.to_string()])
                .collect();
            let query = "RETURN $pairs.map(|$pair: any| (SELECT * FROM payment \
                         WHERE customer_id = $pair[0] AND received_on = $pair[1]))";
            let found: Vec<Vec<PaymentRow>> = self.db.query(query).bind(("pairs", pairs)).await?.take(0)?;
            for (pair, rows) in received.into_iter().zip(found) {
                let payments = rows.into_iter().map(Payment::try_from).collect::<Result<_>>()?;
                desk.received.insert(pair, payments);
            }
        }
        if !references.is_empty() {
            let rows: Vec<ReferenceRow> =
                self.pick("customer_reference", references.iter().map(String::as_str)).await?;
            for key in references {
                desk.references.insert(key, None);
            }
            for row in rows {
                desk.references.insert(key(row.id), Some(CustomerId::from(row.customer_id)));
            }
        }
        if all_users {
            let rows: Vec<UserRow> = self.db.query("SELECT * FROM user").await?.take(0)?;
            desk.all_users = true;
            for row in rows {
                desk.users.entry(key(row.id.clone()).into()).or_insert(Some(row));
            }
        }
        if !users.is_empty() {
            let rows: Vec<UserRow> = self.pick("user", users.iter().map(|id| id.as_str())).await?;
            for id in users {
                desk.users.insert(id, None);
            }
            for row in rows {
                desk.users.insert(key(row.id.clone()).into(), Some(row));
            }
        }
        if !emails.is_empty() {
            let rows: Vec<EmailRow> = self.pick("user_email", emails.iter().map(String::as_str)).await?;
            for key in emails {
                desk.emails.insert(key, None);
            }
            for row in rows {
                desk.emails.insert(key(row.id), Some(row.user_id.into()));
            }
        }
        if !imports.is_empty() {
            let rows: Vec<ImportRow> = self.pick("import", imports.iter().map(|id| id.as_str())).await?;
            for id in imports {
                desk.imports.insert(id, None);
            }
            for row in rows {
                desk.imports.insert(key(row.id.clone()).into(), Some(row));
            }
        }
        if !history.is_empty() {
            let found = self.history(&history).await?;
            for id in history {
                let what = found.get(&id).copied();
                desk.history.insert(id, what);
            }
        }
        Ok(())
    }

    /// Puts payments into their accounts, with the closed invoices they are allocated to.
    async fn place_payments(
        &self,
        desk: &mut Desk,
        ids: Vec<PaymentId>,
        rows: Vec<PaymentRow>,
    ) -> Result<()> {
        let mut closed = BTreeSet::new();
        let mut found = Vec::new();
        for row in rows {
            let payment = Payment::try_from(row)?;
            if let Some(Some(account)) = desk.accounts.get(&payment.customer_id) {
                let allocated = payment.allocations.iter().map(|allocation| &allocation.invoice_id);
                closed.extend(allocated.filter(|id| !account.invoices.contains_key(*id)).cloned());
            }
            found.push(payment);
        }
        if !closed.is_empty() {
            let rows: Vec<InvoiceRow> = self.pick("invoice", closed.iter().map(|id| id.as_str())).await?;
            for row in rows {
                place_invoice(desk, Invoice::try_from(row)?);
            }
        }
        desk.payments.extend(ids);
        for payment in found {
            if let Some(Some(account)) = desk.accounts.get_mut(&payment.customer_id) {
                // What an earlier command of the batch did to it stands.
                account.payments.entry(payment.id.clone()).or_insert(payment);
            }
        }
        Ok(())
    }

    /// Rows by id; those that are not there are left out.
    pub(super) async fn pick<'a, T: SurrealValue>(
        &self,
        table: &str,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<T>> {
        Ok(self.db.query("SELECT * FROM $ids").bind(("ids", records(table, keys))).await?.take(0)?)
    }

    /// For each, who is called so and not archived. Reads all customers: the index is the quicker one to ask.
    async fn called(&self, by: &[CalledBy]) -> Result<Vec<Vec<CustomerId>>> {
        #[derive(SurrealValue)]
        struct Called {
            id: RecordId,
            name_key: String,
            email: Option<String>,
        }
        let query = "SELECT id, name_key, email FROM customer WHERE archived = false \
                     AND (name_key IN $names OR string::lowercase(email ?? '') IN $emails) ORDER BY id";
        let (mut names, mut emails) = (Vec::new(), Vec::new());
        for by in by {
            match by {
                CalledBy::Name(name) => names.push(name.clone()),
                CalledBy::Email(email) => emails.push(email.clone()),
            }
        }
        let asked = self.db.query(query).bind(("names", names)).bind(("emails", emails));
        let rows: Vec<Called> = asked.await?.take(0)?;
        let mut found: HashMap<CalledBy, Vec<CustomerId>> = HashMap::new();
        for Called { id, name_key, email } in rows {
            let id = CustomerId::from(key(id));
            found.entry(CalledBy::Name(name_key)).or_default().push(id.clone());
            if let Some(email) = email {
                found.entry(CalledBy::email(&email)).or_default().push(id);
            }
        }
        Ok(by.iter().map(|by| found.get(by).cloned().unwrap_or_default()).collect())
    }

    /// What hangs on customers, of those on whom something does.
    async fn history(&self, ids: &[CustomerId]) -> Result<BTreeMap<CustomerId, &'static str>> {
        let mut response = self
            .db
            .query("SELECT VALUE customer_id FROM invoice WHERE customer_id IN $ids")
            .query("SELECT VALUE customer_id FROM payment WHERE customer_id IN $ids")
            .query("SELECT VALUE customer_id FROM event WHERE customer_id IN $ids AND kind = 'note.added'")
            .bind(("ids", ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>()))
            .await?;
        let mut found = BTreeMap::new();
        for (index, what) in ["invoices", "payments", "notes"].into_iter().enumerate() {
            let ids: Vec<String> = response.take(index)?;
            for id in ids {
                found.entry(CustomerId::from(id)).or_insert(what);
            }
        }
        Ok(found)
    }
}

/// The rows that a statement answered, if it was asked.
fn taken<T: SurrealValue>(response: &mut IndexedResults, place: Option<usize>) -> Result<Vec<T>> {
    Ok(place.map(|place| response.take(place)).transpose()?.unwrap_or_default())
}

/// Puts an invoice on its account, unless an earlier command of the batch has it there already.
fn place_invoice(desk: &mut Desk, invoice: Invoice) {
    if let Some(Some(account)) = desk.accounts.get_mut(&invoice.customer_id) {
        account.invoices.entry(invoice.id.clone()).or_insert(invoice);
    }
}

fn wanted<T: Clone + Ord>(needed: &[T], absent: impl Fn(&T) -> bool) -> Vec<T> {
    needed.iter().filter(|item| absent(item)).cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

fn records<'a>(table: &str, keys: impl Iterator<Item = &'a str>) -> Vec<RecordId> {
    keys.map(|key| record(table, key)).collect()
}
