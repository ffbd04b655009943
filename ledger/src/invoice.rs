//! Invoices.

use chrono::NaiveDate;
use domain::invoice::InvoiceView;
use domain::{Action, CustomerId, InvoiceId, InvoiceStatus, Page};

use crate::customer::{cursor_keyset, keyset_cursor, page, page_size};
use crate::{Caller, Ledger, Result};

/// Which page of which invoices, by due date.
#[derive(Clone, Debug, Default)]
pub struct InvoiceQuery {
    /// Of one customer.
    pub customer_id: Option<CustomerId>,
    /// Of one stored state.
    pub status: Option<InvoiceStatus>,
    /// Only those overdue, or only those not.
    pub overdue: Option<bool>,
    /// Due on or after.
    pub due_from: Option<NaiveDate>,
    /// Due on or before.
    pub due_to: Option<NaiveDate>,
    /// Part of the number.
    pub q: Option<String>,
    /// Rows a page, 1–200, 50 when absent.
    pub limit: Option<u32>,
    /// From the page before.
    pub cursor: Option<String>,
}

impl Ledger {
    /// One page of invoices.
    pub async fn invoices(&self, caller: &Caller, query: &InvoiceQuery) -> Result<Page<InvoiceView>> {
        caller.authorise(Action::Read)?;
        let after = cursor_keyset(query.cursor.as_deref(), "due_date")?;
        let limit = page_size(query.limit);
        let (rows, next, total) =
            self.store().invoices(query, self.business_date(), limit, after.as_ref()).await?;
        Ok(page(rows, next.map(|next| keyset_cursor(&next, "due_date")), total))
    }

    /// One invoice.
    pub async fn invoice(&self, caller: &Caller, id: &InvoiceId) -> Result<InvoiceView> {
        caller.authorise(Action::Read)?;
        Ok(self.store().invoice(id).await?.view(self.business_date()))
    }
}
