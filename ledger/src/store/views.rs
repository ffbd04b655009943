//! Saved views.

use domain::view::SavedView;
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
    pub(crate) async fn saved_views(&self, owner: &str) -> Result<Vec<SavedView>> {
        let query = "SELECT * FROM saved_view WHERE owner = $owner OR shared = true ORDER BY name_key, id";
        let rows: Vec<SavedViewRow> =
            self.db.query(query).bind(("owner", owner.to_owned())).await?.take(0)?;
        Ok(rows.into_iter().map(SavedView::from).collect())
    }

    pub(crate) async fn saved_view(&self, id: &str) -> Result<Option<SavedView>> {
        let rows: Vec<SavedViewRow> = self.pick("saved_view", std::iter::once(id)).await?;
        Ok(rows.into_iter().next().map(SavedView::from))
    }

    /// Keeps a view; its owner may have no other of this name.
    pub(crate) async fn put_view(&self, view: &SavedView) -> Result<()> {
        let row = SavedViewRow::from(view);
        let put = self
            .beside(|db| db.query("UPSERT $row.id CONTENT $row RETURN NONE").bind(("row", row.clone())))
            .await;
        match put {
            // The index says so in its text alone.
            Err(Error::Database(error)) if error.to_string().contains("already contains") => {
                Err(name_taken())
            }
            put => put.map(|_| ()),
        }
    }

    pub(crate) async fn delete_view(&self, id: &str) -> Result<()> {
        let id = record("saved_view", id);
        self.beside(|db| db.query("DELETE $id RETURN NONE").bind(("id", id.clone()))).await?;
        Ok(())
    }
}

fn name_taken() -> Error {
    Error::conflict("name_taken", "You have a view of this name already; choose another name.")
}
