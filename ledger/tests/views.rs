//! Saved views: whose they are, who may change them, and that their names tell them apart.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::{desk, person};
use domain::Role;
use domain::view::{NewView, ViewPatch};
use ledger::{Caller, Error, Ledger};

fn named(name: &str, shared: bool) -> NewView {
    NewView { name: name.into(), query: "status=overdue&sort=-outstanding".into(), shared }
}

async fn names(ledger: &Ledger, caller: &Caller) -> Vec<String> {
    ledger.saved_views(caller).await.unwrap().views.into_iter().map(|view| view.name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_has_their_own_views_and_the_shared_ones() {
    let (ledger, ada) = desk().await;
    let vic = person(&ledger, Some(&ada), "Vic", Role::Viewer).await;
    ledger.save_view(&ada, &named("Mine", false)).await.unwrap();
    ledger.save_view(&ada, &named("For all", true)).await.unwrap();
    ledger.save_view(&vic, &named("Vic's", false)).await.unwrap();
    assert_eq!(names(&ledger, &ada).await, ["For all", "Mine"]);
    assert_eq!(names(&ledger, &vic).await, ["For all", "Vic's"]);
    let seen = ledger.saved_views(&vic).await.unwrap().views.remove(0);
    assert_eq!((seen.owner_name.as_str(), seen.shared), ("Ada", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn sharing_takes_a_manager() {
    let (ledger, ada) = desk().await;
    let cora = person(&ledger, Some(&ada), "Cora", Role::Collector).await;
    let max = person(&ledger, Some(&ada), "Max", Role::Manager).await;
    let refused = ledger.save_view(&cora, &named("For all", true)).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    let own = ledger.save_view(&cora, &named("Own", false)).await.unwrap();
    let share = ViewPatch { shared: Some(true), ..ViewPatch::default() };
    assert!(matches!(ledger.update_view(&cora, &own.id, &share).await, Err(Error::Forbidden { .. })));

    let shared = ledger.save_view(&ada, &named("For all", true)).await.unwrap();
    let rename = ViewPatch { name: Some("Renamed".into()), ..ViewPatch::default() };
    assert!(matches!(ledger.update_view(&cora, &shared.id, &rename).await, Err(Error::Forbidden { .. })));
    assert!(matches!(ledger.delete_view(&cora, &shared.id).await, Err(Error::Forbidden { .. })));
    let renamed = ledger.update_view(&max, &shared.id, &rename).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.owner), ("Renamed", ada.id.clone()));
    // What is another's own nobody else knows of, whatever their role.
    assert!(matches!(ledger.update_view(&ada, &own.id, &rename).await, Err(Error::NotFound("view"))));
    assert!(matches!(ledger.delete_view(&ada, &own.id).await, Err(Error::NotFound("view"))));
    ledger.delete_view(&max, &shared.id).await.unwrap();
    assert_eq!(names(&ledger, &cora).await, ["Own"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_view_of_its_owner() {
    let (ledger, ada) = desk().await;
    let max = person(&ledger, Some(&ada), "Max", Role::Manager).await;
    let late = ledger.save_view(&ada, &named("Late payers", false)).await.unwrap();
    let other = ledger.save_view(&ada, &named("Others", false)).await.unwrap();
    let taken = |error: Error| matches!(error, Error::Conflict { code: "name_taken", .. });
    assert!(taken(ledger.save_view(&ada, &named("LATE payers", false)).await.unwrap_err()));
    let rename = ViewPatch { name: Some("late Payers".into()), ..ViewPatch::default() };
    assert!(taken(ledger.update_view(&ada, &other.id, &rename).await.unwrap_err()));
    // Its own name may be written otherwise, and another's views are no obstacle.
    assert_eq!(ledger.update_view(&ada, &late.id, &rename).await.unwrap().name, "late Payers");
    ledger.save_view(&max, &named("Late payers", false)).await.unwrap();
    ledger.delete_view(&ada, &late.id).await.unwrap();
    ledger.save_view(&ada, &named("Late payers", false)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_view_shows_can_be_saved_anew() {
    let (ledger, ada) = desk().await;
    let view = ledger.save_view(&ada, &named("Late", false)).await.unwrap();
    let patch = ViewPatch { query: Some("status=paid".into()), ..ViewPatch::default() };
    ledger.update_view(&ada, &view.id, &patch).await.unwrap();
    assert_eq!(ledger.saved_views(&ada).await.unwrap().views[0].query, "status=paid");
    let wrong = ViewPatch { name: Some(" ".into()), ..ViewPatch::default() };
    assert!(matches!(ledger.update_view(&ada, &view.id, &wrong).await, Err(Error::Invalid(_))));
}
