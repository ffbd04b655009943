//! Numbered, checksummed migrations. Each runs once, in one transaction with the note that it ran.

use sha2::{Digest, Sha256};
use surrealdb::types::SurrealValue;

use super::Store;
use crate::{OpenError, chain::hex};

const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_foundation", include_str!("../../migrations/0001_foundation.surql")),
    ("0002_summaries", include_str!("../../migrations/0002_summaries.surql")),
    ("0003_imports", include_str!("../../migrations/0003_imports.surql")),
    ("0004_customer_indexes", include_str!("../../migrations/0004_customer_indexes.surql")),
    ("0005_summary_moves", include_str!("../../migrations/0005_summary_moves.surql")),
    ("0006_inbox", include_str!("../../migrations/0006_inbox.surql")),
    ("0007_saved_views", include_str!("../../migrations/0007_saved_views.surql")),
    ("0008_sign_in", include_str!("../../migrations/0008_sign_in.surql")),
    ("0009_view_version", include_str!("../../migrations/0009_view_version.surql")),
    ("0010_entries", include_str!("../../migrations/0010_entries.surql")),
    ("0011_import_seqs", include_str!("../../migrations/0011_import_seqs.surql")),
    ("0012_index_in_memory", include_str!("../../migrations/0012_index_in_memory.surql")),
];

#[derive(SurrealValue)]
struct Applied {
    name: String,
    checksum: String,
}

impl Store {
    pub(super) async fn migrate(&self) -> Result<(), OpenError> {
        self.migrate_to(MIGRATIONS).await
    }

    async fn migrate_to(&self, migrations: &[(&str, &str)]) -> Result<(), OpenError> {
        let failed =
            |name: &str, error: surrealdb::Error| OpenError(format!("Migration {name} failed: {error}"));
        let mut response = self
            .db
            .query("DEFINE TABLE IF NOT EXISTS migration SCHEMALESS; SELECT name, checksum FROM migration ORDER BY name;")
            .await
            .map_err(|error| failed("list", error))?;
        let applied: Vec<Applied> = response.take(1).map_err(|error| failed("list", error))?;
        for (index, (name, text)) in migrations.iter().enumerate() {
            let checksum = hex(&Sha256::digest(text.as_bytes()));
            match applied.get(index) {
                Some(done) if done.name != *name => {
                    return Err(OpenError(format!(
                        "Migration {} was applied where {name} belongs.",
                        done.name
                    )));
                }
                Some(done) if done.checksum != checksum => {
                    return Err(OpenError(format!("Migration {name} was changed after it was applied.")));
                }
                Some(_) => {}
                None => {
                    let script = format!(
                        "BEGIN; {text}\nCREATE migration CONTENT {{ name: $name, checksum: $checksum, at: time::now() }}; COMMIT;"
                    );
                    self.db
                        .query(script)
                        .bind(("name", (*name).to_owned()))
                        .bind(("checksum", checksum))
                        .await
                        .and_then(|response| response.check())
                        .map_err(|error| failed(name, error))?;
                    tracing::info!(migration = name, "migrated");
                }
            }
        }
        if applied.len() > migrations.len() {
            return Err(OpenError(
                "This database was written by a newer Duebook; use that version.".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_older_books_did_not_say_yet_is_filled_in() {
        let store = Store::connect("mem://", None, 0).await.unwrap();
        store.migrate_to(&MIGRATIONS[..3]).await.unwrap();
        let done = r#"[{"row":2,"outcome":"created"},{"row":3,"outcome":"rejected"},{"row":4,"outcome":"updated",
            "changes":[{"field":"notes","new":"\"outcome\":\"created\""}]},{"row":5,"outcome":"skipped"}]"#;
        store
            .db
            .query("CREATE customer:ann SET email = 'Ann@Example.org'; CREATE customer:bob SET name = 'Bob', name_key = 'bob';")
            .query("CREATE customer:carl SET name = 'Carl', archived = true;")
            .query("CREATE import_result:['imp_1', 0] SET text = $done; CREATE import_result:['imp_1', 1] SET text = '[]';")
            .query("UPDATE import_result SET customers = ['ann', 'gone']; UPDATE import_result:['imp_1', 0] SET customers += 'bob';")
            .query("FOR $seq IN [3, 9, 12] { CREATE type::record('event', $seq) SET seq = $seq, subject_id = 'imp_1', \
                    kind = IF $seq = 12 { 'import.undone' } ELSE { 'import.committed' } };")
            .bind(("done", done))
            .await
            .unwrap()
            .check()
            .unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.import_outcomes("imp_1", 2).await.unwrap(), ["cxus", ""]);
        let query = "SELECT VALUE import_seqs FROM customer";
        let seqs: Vec<Option<Vec<i64>>> = store.db.query(query).await.unwrap().take(0).unwrap();
        assert_eq!(seqs, [Some(vec![3, 9, 12]), Some(vec![3]), None]);
    }

    #[tokio::test]
    async fn what_was_read_before_stays_read() {
        let store = Store::connect("mem://", None, 0).await.unwrap();
        store.migrate_to(&MIGRATIONS[..4]).await.unwrap();
        let before = "CREATE notification_state:usr_1 SET all_before = 3, read = [5]";
        store.db.query(before).await.unwrap().check().unwrap();
        store.migrate().await.unwrap();
        let state = store.mark_read("usr_1", &[4, 5]).await.unwrap();
        assert_eq!((state.version, state.all_before, state.read), (2, 3, vec![4, 5]));
    }
}
