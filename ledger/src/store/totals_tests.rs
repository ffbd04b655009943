//! Running totals are the same before and after what moved them is folded in, whoever folds.

use super::tamper_tests::books;

#[tokio::test]
async fn folding_changes_no_total_and_leaves_nothing_to_fold() {
    let (ledger, _) = books().await;
    let store = ledger.store();
    let before = store.all_summaries().await.unwrap();
    let due = store.summaries(&["due"]).await.unwrap();
    assert!(due.iter().count() > 0 && due.iter().count() < before.iter().count());
    let moves = async || -> Vec<surrealdb::types::Value> {
        store.db.query("SELECT * FROM summary_move").await.unwrap().take(0).unwrap()
    };
    assert_eq!(moves().await.len(), 3, "the customer and two payments");

    store.fold_totals().await.unwrap();
    assert!(moves().await.is_empty());
    assert_eq!(store.all_summaries().await.unwrap(), before);
    assert_eq!(store.summaries(&["due"]).await.unwrap(), due);
    store.fold_totals().await.unwrap();
    assert_eq!(store.all_summaries().await.unwrap(), before);
    assert!(ledger.verify().await.unwrap().differences.is_empty());
}

#[tokio::test]
async fn nodes_that_fold_at_once_count_each_move_once() {
    let (ledger, _) = books().await;
    let second = super::Store { db: ledger.store().db.clone(), folded: Default::default() };
    second.db.enter(super::NAMESPACE, super::DATABASE).await.unwrap();
    let before = second.all_summaries().await.unwrap();
    let (one, other) = tokio::join!(ledger.store().fold_totals(), second.fold_totals());
    one.unwrap();
    other.unwrap();
    assert_eq!(ledger.store().all_summaries().await.unwrap(), before);
    assert_eq!(second.all_summaries().await.unwrap(), before);
    assert!(ledger.verify().await.unwrap().differences.is_empty());
}
