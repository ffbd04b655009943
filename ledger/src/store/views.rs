//! Saved views.

use domain::view::{SavedView, ViewList};
use surrealdb::IndexedResults;
use surrealdb::types::{RecordId, SurrealValue};

use super::{Store, key, record};
use crate::{Error, Result};

#[derive(Clone, Debug, SurrealValue)]
struct SavedViewRow {
    id: RecordId,
    name: String,
    /// Without case: unique among its owner's.
    name_key: String,
    query: String,
    shared: bool,
    owner: String,
    owner_name: String,
}

impl From<&SavedView> for SavedViewRow {
    fn from(view: &SavedView) -> Self {
        Self {
            id: record("saved_view", view.id.as_str()),
            name: view.name.clone(),
            name_key: view.name.to_lowercase(),
            query: view.query.clone(),
            shared: view.shared,
            owner: view.owner.as_str().to_owned(),
            owner_name: view.owner_name.clone(),
        }
    }
}

impl From<SavedViewRow> for SavedView {
    fn from(row: SavedViewRow) -> Self {
        Self {
            id: key(row.id).into(),
            name: row.name,
            query: row.query,
            shared: row.shared,
            owner: row.owner.into(),
            owner_name: row.owner_name,
        }
    }
}

impl Store {
    /// Those of `owner` and those that are shared, by name.
    pub(crate) async fn saved_views(&self, owner: &str) -> Result<ViewList> {
        // The version first: rows that are newer than it says are read once more, never once too few.
        let query = "SELECT VALUE count FROM ONLY view_version:main; \
                     SELECT * FROM saved_view WHERE owner = $owner OR shared = true ORDER BY name_key, id";
        let mut answer = self.db.query(query).bind(("owner", owner.to_owned())).await?;
        let rows: Vec<SavedViewRow> = answer.take(1)?;
        Ok(ViewList {
            version: version(&mut answer, 0)?,
            views: rows.into_iter().map(SavedView::from).collect(),
        })
    }

    /// Grows with each change of any view.
    pub(crate) async fn view_version(&self) -> Result<i64> {
        version(&mut self.db.query("SELECT VALUE count FROM ONLY view_version:main").await?, 0)
    }

    pub(crate) async fn saved_view(&self, id: &str) -> Result<Option<SavedView>> {
        let rows: Vec<SavedViewRow> = self.pick("saved_view", std::iter::once(id)).await?;
        Ok(rows.into_iter().next().map(SavedView::from))
    }

    /// Keeps a view; its owner may have no other of this name. The version of all views after it.
    pub(crate) async fn put_view(&self, view: &SavedView) -> Result<i64> {
        let row = SavedViewRow::from(view);
        let put = self
            .beside(|db| {
                let change = "UPSERT $row.id CONTENT $row RETURN NONE";
                db.query(and_count(change)).bind(("row", row.clone()))
            })
            .await;
        match put {
            // The index says so in its text alone.
            Err(Error::Database(error)) if error.to_string().contains("already contains") => {
                Err(name_taken())
            }
            put => version(&mut put?, 0),
        }
    }

    /// Forgets a view. The version of all views after it.
    pub(crate) async fn delete_view(&self, id: &str) -> Result<i64> {
        let id = record("saved_view", id);
        let deleted =
            self.beside(|db| db.query(and_count("DELETE $id RETURN NONE")).bind(("id", id.clone())));
        version(&mut deleted.await?, 0)
    }
}

/// One statement, and so one transaction: a change, and the version it leaves.
fn and_count(change: &str) -> String {
    format!("RETURN {{ {change}; RETURN (UPDATE ONLY view_version:main SET count += 1).count }}")
}

fn version(answer: &mut IndexedResults, statement: usize) -> Result<i64> {
    let version: Option<i64> = answer.take(statement)?;
    version.ok_or_else(|| Error::internal("the version of the saved views is gone"))
}

fn name_taken() -> Error {
    Error::conflict("name_taken", "You have a view of this name already; choose another name.")
}
