//! Whom records belong to, what is protected, and commits that expect a revision.

use grantd_model::{ClientGrantId, ClientId, Owned, Ownership, Revision};
use grantd_store::{Change, Noun, StoreError};

use crate::backend::Backend;
use crate::fixtures::*;

fn owned_by(owner: &str) -> Ownership {
    Ownership { owner: Some(owner.into()), delete_protection: false }
}

fn protected() -> Ownership {
    Ownership { owner: None, delete_protection: true }
}

fn set(owned: impl Into<Owned>, ownership: Ownership) -> Change {
    Change::SetOwnership { owned: owned.into(), ownership }
}

pub async fn whom_records_belong_to_reads_back_and_goes_with_them(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let (client, grant) = (ClientId::from("client_1"), ClientGrantId::from("cgr_1a"));
    store.commit(vec![set(&client, owned_by("a")), set(&grant, owned_by("b"))]).await.unwrap();
    assert_eq!(store.ownerships().await.unwrap()[&Owned::from(&client)], owned_by("a"));
    store.commit(vec![set(&client, owned_by("c"))]).await.unwrap();
    assert_eq!(store.ownerships().await.unwrap()[&Owned::from(&client)], owned_by("c"));
    store.commit(vec![set(&grant, Ownership::default())]).await.unwrap();
    assert_eq!(store.ownerships().await.unwrap().len(), 1);
    store.commit(vec![set(&grant, owned_by("b")), Change::DeleteClient(client)]).await.unwrap();
    assert!(store.ownerships().await.unwrap().is_empty(), "the grant went along");
}

pub async fn what_is_protected_goes_neither_alone_nor_along(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let grant = ClientGrantId::from("cgr_1a");
    store.commit(vec![set(&grant, protected())]).await.unwrap();
    let everything = store.load().await.unwrap();
    for change in [
        Change::DeleteClientGrant(grant.clone()),
        Change::DeleteClient("client_1".into()),
        Change::DeleteResourceServer("api_a".into()),
    ] {
        let refused = store.commit(vec![change]).await;
        assert!(matches!(refused, Err(StoreError::Protected(Noun::ClientGrant))), "{refused:?}");
    }
    assert_eq!(store.load().await.unwrap(), everything);
    store.commit(vec![set(&grant, Ownership::default()), Change::DeleteClientGrant(grant)]).await.unwrap();
}

pub async fn a_commit_that_expects_a_revision_is_stale_after_another(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let revision = store.revision().await.unwrap();
    let expecting = |revision, id: &str| vec![Change::Expect(revision), Change::CreateClient(client(id))];
    store.commit(expecting(revision, "client_8")).await.unwrap();
    let stale = store.commit(expecting(revision, "client_9")).await;
    assert!(matches!(stale, Err(StoreError::Stale(Noun::Configuration))), "{stale:?}");
    assert_eq!(store.get_client(&"client_9".into()).await.unwrap(), None);
    assert_eq!(store.revision().await.unwrap(), Revision(revision.0 + 1));
}
