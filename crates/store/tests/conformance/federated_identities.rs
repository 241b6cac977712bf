//! Federated identities: of one client each, few, and in an order.

use grantd_model::Timestamp;
use grantd_store::{Change, Noun, Store, StoreError};

use crate::backend::Backend;
use crate::fixtures::*;

fn create(id: &str, client: &str) -> Change {
    Change::CreateFederatedIdentity(identity(id, client, "subject"))
}

async fn ids(store: &dyn Store, client: &str) -> Vec<String> {
    let identities = store.list_federated_identities(&client.into()).await.unwrap();
    identities.iter().map(|identity| identity.id.to_string()).collect()
}

pub async fn an_identity_reads_back_as_it_was_written(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [create("fid_1", "client_1")]).await;
    let mut expected = identity("fid_1", "client_1", "subject");
    let read = async || store.get_federated_identity(&"client_1".into(), &"fid_1".into()).await.unwrap();
    assert_eq!(read().await, Some(at(expected.clone(), 2)));
    assert_eq!(loaded(&*store).await.federated_identities, [expected.clone()]);

    expected.trust.subject = Some("another".into());
    expected.updated_at = Timestamp::from_millis(1_767_323_099_999);
    commit_each(&*store, [Change::UpdateFederatedIdentity(at(expected.clone(), 2))]).await;
    assert_eq!(read().await, Some(at(expected, 3)));
}

pub async fn identities_of_a_client_are_in_order_of_creation(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let changes =
        [("fid_c", "client_1"), ("fid_x", "client_2"), ("fid_a", "client_1"), ("fid_b", "client_1")];
    commit_each(&*store, changes.map(|(id, client)| create(id, client))).await;
    assert_eq!(ids(&*store, "client_1").await, ["fid_c", "fid_a", "fid_b"]);
    assert_eq!(ids(&*store, "client_2").await, ["fid_x"]);
    assert!(ids(&*store, "nobody").await.is_empty());
    commit_each(&*store, [disown("client_1", "fid_a")]).await;
    assert_eq!(ids(&*store, "client_1").await, ["fid_c", "fid_b"]);
}

pub async fn an_identity_is_found_under_its_client_only(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [create("fid_1", "client_1")]).await;
    assert_eq!(store.get_federated_identity(&"client_2".into(), &"fid_1".into()).await.unwrap(), None);
    let foreign = [
        disown("client_2", "fid_1"),
        Change::UpdateFederatedIdentity(at(identity("fid_1", "client_2", "taken over"), 2)),
    ];
    for change in foreign {
        let outcome = store.commit(vec![change]).await;
        assert!(matches!(outcome, Err(StoreError::Missing(Noun::FederatedIdentity))), "{outcome:?}");
    }
    let taken = store.commit(vec![create("fid_1", "client_2")]).await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Noun::FederatedIdentity))), "{taken:?}");
    assert_eq!(ids(&*store, "client_1").await, ["fid_1"]);
}

pub async fn a_client_goes_with_its_identities(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let changes = [create("fid_1", "client_1"), create("fid_2", "client_1"), create("fid_3", "client_2")];
    commit_each(&*store, changes).await;
    commit_each(&*store, [Change::DeleteClient("client_1".into())]).await;
    let left = loaded(&*store).await.federated_identities;
    assert_eq!(left, [identity("fid_3", "client_2", "subject")]);
}

pub async fn an_update_of_another_version_is_stale(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    commit_each(&*store, [create("fid_1", "client_1")]).await;
    let update = Change::UpdateFederatedIdentity(at(identity("fid_1", "client_1", "changed"), 1));
    let outcome = store.commit(vec![update]).await;
    assert!(matches!(outcome, Err(StoreError::Stale(Noun::FederatedIdentity))), "{outcome:?}");
}

pub async fn what_an_identity_needs_is_missing(backend: impl Backend) {
    let store = backend.open().await;
    let orphan = store.commit(vec![create("fid_1", "nobody")]).await;
    assert!(matches!(orphan, Err(StoreError::Missing(Noun::Client))), "{orphan:?}");
    let gone = store.commit(vec![disown("nobody", "fid_1")]).await;
    assert!(matches!(gone, Err(StoreError::Missing(Noun::FederatedIdentity))), "{gone:?}");
}

pub async fn the_21st_identity_of_a_client_is_too_many(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let twenty = (0..20).map(|number| create(&format!("fid_{number}"), "client_1"));
    store.commit(twenty.collect()).await.unwrap();
    let outcome = store.commit(vec![create("fid_more", "client_1")]).await;
    assert!(matches!(outcome, Err(StoreError::TooMany(Noun::FederatedIdentity))), "{outcome:?}");
    commit_each(&*store, [create("fid_other", "client_2"), disown("client_1", "fid_7")]).await;
    commit_each(&*store, [create("fid_more", "client_1")]).await;
}

pub async fn of_30_identities_made_at_once_20_are_there(backend: impl Backend) {
    let stores = [backend.open().await, backend.open().await];
    fill(&*stores[0]).await;
    let commits = (0..30).map(|number| {
        let store = std::sync::Arc::clone(&stores[number % 2]);
        tokio::spawn(async move { store.commit(vec![create(&format!("fid_{number}"), "client_1")]).await })
    });
    let mut made = 0;
    for commit in commits.collect::<Vec<_>>() {
        made += usize::from(commit.await.unwrap().is_ok());
    }
    assert_eq!((made, ids(&*stores[0], "client_1").await.len()), (20, 20));
}
