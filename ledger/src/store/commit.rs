//! The one transaction that writes business data.

use surrealdb::types::{QueryError, RecordId};

use super::Store;
use super::rows::{
    CustomerRow, EmailRow, EventRow, HeadRow, IdempotencyRow, ImportErrorRow, ImportResultRow, ImportRow,
    InvoiceRow, MoveRow, PaymentRow, ReferenceRow, TokenRow, UserRow,
};
use crate::commit::Head;
use crate::{Error, Result};

/// Everything one transaction writes.
pub(crate) struct Write {
    /// The head the decisions were taken on.
    from: i64,
    head: Head,
    pub events: Vec<EventRow>,
    pub new_customers: Vec<CustomerRow>,
    pub customers: Vec<CustomerRow>,
    pub new_invoices: Vec<InvoiceRow>,
    pub invoices: Vec<InvoiceRow>,
    pub new_payments: Vec<PaymentRow>,
    pub payments: Vec<PaymentRow>,
    pub new_references: Vec<ReferenceRow>,
    pub references: Vec<ReferenceRow>,
    pub users: Vec<UserRow>,
    pub emails: Vec<EmailRow>,
    pub imports: Vec<ImportRow>,
    pub import_results: Vec<ImportResultRow>,
    pub import_errors: Vec<ImportErrorRow>,
    pub kept: Vec<IdempotencyRow>,
    pub tokens: Vec<TokenRow>,
    /// What is added to the running totals; they are folded in later, so that commits write one row instead of each total.
    pub totals: Option<MoveRow>,
    pub deleted: Vec<RecordId>,
}

impl Write {
    pub(crate) fn new(from: i64, head: Head) -> Self {
        Self {
            from,
            head,
            events: Vec::new(),
            new_customers: Vec::new(),
            customers: Vec::new(),
            new_invoices: Vec::new(),
            invoices: Vec::new(),
            new_payments: Vec::new(),
            payments: Vec::new(),
            new_references: Vec::new(),
            references: Vec::new(),
            users: Vec::new(),
            emails: Vec::new(),
            imports: Vec::new(),
            import_results: Vec::new(),
            import_errors: Vec::new(),
            kept: Vec::new(),
            tokens: Vec::new(),
            totals: None,
            deleted: Vec::new(),
        }
    }
}

/// Why a transaction did not commit.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Another node moved the head: load and decide again.
    Conflict,
    /// Anything else.
    Failed(Error),
}

/// Thrown when the head is not where the decisions were taken.
const HEAD_MOVED: &str = "head moved";

impl Store {
    /// The head row.
    pub(crate) async fn head(&self) -> Result<Head> {
        let row: Option<HeadRow> =
            self.db.query("SELECT seq, hash, next_reference FROM ONLY head:main").await?.take(0)?;
        let row = row.ok_or_else(|| Error::internal("the head row is gone"))?;
        Ok(Head { seq: row.seq, hash: row.hash, next_reference: row.next_reference })
    }

    /// Writes everything or nothing. Durable when it answers.
    pub(crate) async fn commit(&self, write: Write) -> Result<(), CommitError> {
        let last = (write.head.seq, write.head.hash.clone());
        match self.try_commit(write).await {
            Err(CommitError::Failed(error)) => {
                // The answer may have been lost on its way although the transaction committed: the event tells.
                if self.has_event(last.0, &last.1).await { Ok(()) } else { Err(CommitError::Failed(error)) }
            }
            other => other,
        }
    }

    async fn try_commit(&self, write: Write) -> Result<(), CommitError> {
        let mut text = String::with_capacity(1024);
        text.push_str(
            "BEGIN;
             LET $moved = (UPDATE head:main SET seq = $seq, hash = $hash, next_reference = $next_reference
                           WHERE seq = $from RETURN seq);
             IF array::len($moved) = 0 { THROW 'head moved' };
             INSERT INTO event $events RETURN NONE;",
        );
        for (present, statement) in [
            // First, while there is little to roll back: an UPSERT of a known row tries an insert, rolls back to a savepoint,
            // and RocksDB then builds the index of the whole transaction anew.
            (!write.users.is_empty(), "FOR $row IN $users { UPSERT $row.id CONTENT $row RETURN NONE };"),
            (!write.emails.is_empty(), "FOR $row IN $emails { UPSERT $row.id CONTENT $row RETURN NONE };"),
            (!write.tokens.is_empty(), "FOR $row IN $tokens { UPSERT $row.id CONTENT $row RETURN NONE };"),
            (!write.imports.is_empty(), "FOR $row IN $imports { UPSERT $row.id CONTENT $row RETURN NONE };"),
            (!write.new_customers.is_empty(), "INSERT INTO customer $new_customers RETURN NONE;"),
            (
                !write.customers.is_empty(),
                "FOR $row IN $customers { UPDATE $row.id CONTENT $row RETURN NONE };",
            ),
            (!write.new_invoices.is_empty(), "INSERT INTO invoice $new_invoices RETURN NONE;"),
            (
                !write.invoices.is_empty(),
                "FOR $row IN $invoices { UPDATE $row.id CONTENT $row RETURN NONE };",
            ),
            (!write.new_payments.is_empty(), "INSERT INTO payment $new_payments RETURN NONE;"),
            (
                !write.payments.is_empty(),
                "FOR $row IN $payments { UPDATE $row.id CONTENT $row RETURN NONE };",
            ),
            (!write.deleted.is_empty(), "DELETE $deleted RETURN NONE;"),
            (!write.new_references.is_empty(), "INSERT INTO customer_reference $new_references RETURN NONE;"),
            (
                !write.references.is_empty(),
                "FOR $row IN $references { UPDATE $row.id CONTENT $row RETURN NONE };",
            ),
            (!write.import_results.is_empty(), "INSERT INTO import_result $import_results RETURN NONE;"),
            (!write.import_errors.is_empty(), "INSERT IGNORE INTO import_error $import_errors RETURN NONE;"),
            (!write.kept.is_empty(), "INSERT INTO idempotency $kept RETURN NONE;"),
            (write.totals.is_some(), "CREATE $totals.id CONTENT $totals RETURN NONE;"),
        ] {
            if present {
                text.push_str(statement);
            }
        }
        text.push_str("COMMIT;");
        let mut response = self
            .db
            .query(text)
            .bind(("from", write.from))
            .bind(("seq", write.head.seq))
            .bind(("hash", write.head.hash))
            .bind(("next_reference", write.head.next_reference))
            .bind(("events", write.events))
            .bind(("new_customers", write.new_customers))
            .bind(("customers", write.customers))
            .bind(("new_invoices", write.new_invoices))
            .bind(("invoices", write.invoices))
            .bind(("new_payments", write.new_payments))
            .bind(("payments", write.payments))
            .bind(("deleted", write.deleted))
            .bind(("new_references", write.new_references))
            .bind(("references", write.references))
            .bind(("users", write.users))
            .bind(("emails", write.emails))
            .bind(("imports", write.imports))
            .bind(("import_results", write.import_results))
            .bind(("import_errors", write.import_errors))
            .bind(("kept", write.kept))
            .bind(("tokens", write.tokens))
            .bind(("totals", write.totals))
            .await
            .map_err(|error| classify(vec![error], HEAD_MOVED))?;
        let errors: Vec<surrealdb::Error> = response.take_errors().into_values().collect();
        if errors.is_empty() { Ok(()) } else { Err(classify(errors, HEAD_MOVED)) }
    }

    async fn has_event(&self, seq: i64, hash: &str) -> bool {
        let found: Result<Option<String>, surrealdb::Error> = async {
            self.db
                .query("SELECT VALUE hash FROM ONLY $id")
                .bind(("id", RecordId::new("event", seq)))
                .await?
                .take(0)
        }
        .await;
        matches!(found, Ok(Some(found)) if found == hash)
    }
}

/// The conflict, or what was `thrown` because of one, shows on one of the statements; the others only say that they were not
/// executed.
pub(super) fn classify(errors: Vec<surrealdb::Error>, thrown: &str) -> CommitError {
    let conflict = |error: &surrealdb::Error| is_conflict(error) || error.message().contains(thrown);
    if errors.iter().any(conflict) {
        return CommitError::Conflict;
    }
    let telling = errors.into_iter().max_by_key(|error| {
        !matches!(error.query_details(), Some(QueryError::NotExecuted | QueryError::Cancelled))
    });
    match telling {
        Some(error) => CommitError::Failed(error.into()),
        None => CommitError::Failed(Error::internal("a failure without an error")),
    }
}

/// Whether two transactions met on one row and this one lost. Nothing of it was done, so it can be tried again.
pub(super) fn is_conflict(error: &surrealdb::Error) -> bool {
    matches!(error.query_details(), Some(QueryError::TransactionConflict))
        || error.message().contains("can be retried")
}
