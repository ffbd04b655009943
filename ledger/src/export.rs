//! Exports: every list and report as a file, exactly the rows of its filter in the order of its sort.
//!
//! Rows are read in parts and written as they come, so an export takes the same memory however long it is. All parts of a
//! list are read from one snapshot of the books: the file is what the list was at the moment the export began, whatever
//! happens meanwhile. Reports are computed as the screens compute them, and then written.

mod file;
mod stream;
mod table;

pub(crate) use stream::AT_ONCE;

use domain::bulk::MOST;
use domain::customer::{CustomerSort, SortBy};
use domain::{Action, CustomerId, FieldError};
use futures::StreamExt;
use futures::stream::BoxStream;

use self::file::Cell;
use self::table::{List, Table};
use crate::report::AgeingQuery;
use crate::store::Selection;
use crate::{Caller, CustomerQuery, InvoiceQuery, Ledger, PaymentQuery, Result};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An Excel workbook.
    Xlsx,
    /// Comma-separated values (RFC 4180) in UTF-8, with the mark by which spreadsheets know it.
    Csv,
}

impl ExportFormat {
    /// How a file's name ends.
    pub fn extension(self) -> &'static str {
        match self {
            ExportFormat::Xlsx => "xlsx",
            ExportFormat::Csv => "csv",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ExportFormat::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// A file on its way.
pub struct Export {
    /// Such as `duebook-customers-2026-03-20.xlsx`, with the business date.
    pub file_name: String,
    /// What it is.
    pub format: ExportFormat,
    /// Its bytes, in order. After an error the file is not whole.
    pub chunks: BoxStream<'static, Result<Vec<u8>>>,
}

/// One row.
type Row = Vec<Cell>;
/// Rows, some at a time.
type Rows = BoxStream<'static, Result<Vec<Row>>>;

impl Ledger {
    /// The customers of `query`, all pages of them; can be imported again.
    pub async fn export_customers(
        &self,
        caller: &Caller,
        query: &CustomerQuery,
        format: ExportFormat,
    ) -> Result<Export> {
        caller.authorise(Action::Export)?;
        self.export_customer_list(caller, Selection::customers(&query.filter, query.order()), format).await
    }

    /// Exactly these customers, in this order.
    pub async fn export_chosen_customers(
        &self,
        caller: &Caller,
        ids: &[CustomerId],
        sort: &[SortBy<CustomerSort>],
        format: ExportFormat,
    ) -> Result<Export> {
        caller.authorise(Action::Export)?;
        if ids.len() > MOST {
            let message = format!("Choose at most {MOST} customers.");
            return Err(FieldError::new("ids", "out_of_range", message).into());
        }
        let query = CustomerQuery { sort: sort.to_vec(), ..CustomerQuery::default() };
        self.export_customer_list(caller, Selection::chosen_customers(ids, query.order()), format).await
    }

    /// The invoices of `query`, all pages of them.
    pub async fn export_invoices(
        &self,
        caller: &Caller,
        query: &InvoiceQuery,
        format: ExportFormat,
    ) -> Result<Export> {
        caller.authorise(Action::Export)?;
        let today = self.business_date();
        let selection = Selection::invoices(query, today);
        self.export_list(caller, List::Invoices { today }, selection, format).await
    }

    /// The payments of `query`, all pages of them.
    pub async fn export_payments(
        &self,
        caller: &Caller,
        query: &PaymentQuery,
        format: ExportFormat,
    ) -> Result<Export> {
        caller.authorise(Action::Export)?;
        let selection = Selection::payments(query, query.order());
        self.export_list(caller, List::Payments, selection, format).await
    }

    /// The ageing report, in total or by customer.
    pub async fn export_ageing(
        &self,
        caller: &Caller,
        query: &AgeingQuery,
        format: ExportFormat,
    ) -> Result<Export> {
        caller.authorise(Action::Export)?;
        let report = self.ageing(caller, query).await?;
        let table = table::of_ageing(&report, query.by_customer);
        let rows = table::ageing_rows(self.store().snapshot().await?, report, query.by_customer);
        self.export_table(caller, table, rows, format).await
    }

    /// The figures of today at a glance, one to a row.
    pub async fn export_dashboard(&self, caller: &Caller, format: ExportFormat) -> Result<Export> {
        caller.authorise(Action::Export)?;
        let dashboard = self.dashboard(caller).await?.value;
        let rows = futures::stream::once(async move { Ok(table::dashboard_rows(&dashboard)) });
        self.export_table(caller, table::of_dashboard(), rows.boxed(), format).await
    }

    async fn export_customer_list(
        &self,
        caller: &Caller,
        selection: Selection,
        format: ExportFormat,
    ) -> Result<Export> {
        let owners = self.store().users().await?;
        let owners = owners.into_iter().map(|user| (crate::store::key(user.id), user.name)).collect();
        self.export_list(caller, List::Customers { owners }, selection, format).await
    }

    async fn export_list(
        &self,
        caller: &Caller,
        list: List,
        selection: Selection,
        format: ExportFormat,
    ) -> Result<Export> {
        let snapshot = self.store().snapshot().await?;
        let table = list.table();
        self.export_table(caller, table, list.rows(snapshot, selection), format).await
    }

    async fn export_table(
        &self,
        caller: &Caller,
        table: Table,
        rows: Rows,
        format: ExportFormat,
    ) -> Result<Export> {
        let file_name = format!("duebook-{}-{}.{}", table.slug, self.business_date(), format.extension());
        tracing::info!(user = %caller.id, file_name, "export");
        let chunks = stream::write(std::sync::Arc::clone(&self.inner.export_slots), table, rows, format);
        Ok(Export { file_name, format, chunks: chunks.await? })
    }
}
