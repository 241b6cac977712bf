//! A commit happens whole or not at all, at a revision of its own, and says why when it does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use grantd_model::{Revision, Tenant};
use grantd_store::{Change, Noun, Store, StoreError};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

pub async fn the_revision_grows_by_one_with_each_commit(backend: impl Backend) {
    let store = backend.open().await;
    for number in 1..=5 {
        let revision = store.commit(vec![Change::CreateClient(client(&number.to_string()))]).await.unwrap();
        assert_eq!(revision, Revision(number));
        assert_eq!(store.revision().await.unwrap(), revision);
    }
    let changes = vec![Change::DeleteClient("1".into()), Change::DeleteClient("2".into())];
    assert_eq!(store.commit(changes).await.unwrap(), Revision(6), "however many changes it has");
}

pub async fn a_commit_that_fails_leaves_revision_and_records_alone(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let before = loaded(&*store).await;
    for _ in 0..3 {
        store.commit(vec![Change::CreateClient(client("client_1"))]).await.unwrap_err();
        store.commit(vec![Change::DeleteClient("nobody".into())]).await.unwrap_err();
    }
    assert_eq!(loaded(&*store).await, before);
    let next = store.commit(vec![Change::CreateClient(client("later"))]).await.unwrap();
    assert_eq!(next, Revision(before.revision.0 + 1));
}

pub async fn all_changes_of_a_commit_or_none(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let before = loaded(&*store).await;
    let changes = [
        Change::CreateClient(client("new")),
        Change::CreateOrganization(organization("org_new", "new")),
        Change::CreateResourceServer(api("api_new", "https://new/")),
        Change::CreateClientGrant(grant("cgr_new", "new", "https://new/")),
        associate("org_new", "cgr_new"),
        Change::DeleteOrganization("org_1".into()),
        Change::DeleteClient("client_1".into()),
        Change::MoveResourceServer { id: "api_a".into(), identifier: "https://moved/".into() },
        Change::UpdateTenant(at(Tenant::default(), 0)),
        Change::DeleteResourceServer("api_b".into()),
    ];
    // Wherever the fault stands, nothing of the others is kept.
    for place in 0..=changes.len() {
        let mut faulty = changes.to_vec();
        faulty.insert(place, Change::DeleteClient("nobody".into()));
        let outcome = store.commit(faulty).await;
        assert!(matches!(outcome, Err(StoreError::Missing(Noun::Client))), "at {place}: {outcome:?}");
        assert_eq!(loaded(&*store).await, before, "fault at {place}");
    }
    store.commit(changes.to_vec()).await.unwrap();
}

pub async fn changes_of_a_commit_see_the_ones_before_them(backend: impl Backend) {
    let store = backend.open().await;
    let changes = vec![
        Change::CreateClient(client("c")),
        Change::UpdateClient(at(client_with("c", json!({"description": "new"})), 1)),
        Change::CreateResourceServer(api("api", "https://a/")),
        Change::CreateClientGrant(grant("cgr", "c", "https://a/")),
        Change::DeleteClient("c".into()),
        Change::CreateClient(client("c")),
    ];
    store.commit(changes).await.unwrap();
    assert_eq!(stored_client(&*store, "c").await, at(client("c"), 1));
    assert_eq!(grants(&*store).await, Vec::<String>::new());
}

pub async fn what_a_change_needs_and_is_not_there_is_missing(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let homeless =
        client_with("new", json!({"default_organization": {"organization_id": "org_none", "flows": []}}));
    let missing = [
        (Noun::Client, Change::UpdateClient(at(client("nobody"), 1))),
        (Noun::Client, Change::DeleteClient("nobody".into())),
        (Noun::Organization, Change::CreateClient(homeless.clone())),
        (
            Noun::Organization,
            Change::UpdateClient(at(grantd_model::Client { client_id: "client_1".into(), ..homeless }, 1)),
        ),
        (Noun::Credential, Change::UpdateClient(at(client_with_keys("client_1", &["cred_none"]), 1))),
        (Noun::Client, Change::CreateCredential(credential("cred_new", "nobody"))),
        (Noun::Credential, Change::UpdateCredential(at(credential("cred_none", "client_1"), 1))),
        (Noun::Credential, Change::DeleteCredential("cred_none".into())),
        (Noun::ResourceServer, Change::UpdateResourceServer(at(api("api_none", "https://none/"), 1))),
        (Noun::ResourceServer, Change::DeleteResourceServer("api_none".into())),
        (
            Noun::ResourceServer,
            Change::MoveResourceServer { id: "api_none".into(), identifier: "https://c/".into() },
        ),
        (Noun::ResourceServer, Change::CreateClientGrant(grant("cgr_new", "client_1", "https://none/"))),
        (Noun::Client, Change::CreateClientGrant(grant("cgr_new", "nobody", "https://a/"))),
        (Noun::ClientGrant, Change::UpdateClientGrant(at(grant("cgr_none", "client_1", "https://a/"), 1))),
        (Noun::ClientGrant, Change::DeleteClientGrant("cgr_none".into())),
        (Noun::Organization, Change::UpdateOrganization(at(organization("org_none", "none"), 1))),
        (Noun::Organization, Change::DeleteOrganization("org_none".into())),
        (Noun::Organization, associate("org_none", "cgr_1a")),
        (Noun::ClientGrant, associate("org_1", "cgr_none")),
        (Noun::Association, separate("org_1", "cgr_1b")),
        (Noun::Association, separate("org_none", "cgr_1a")),
    ];
    let before = loaded(&*store).await;
    for (noun, change) in missing {
        let outcome = store.commit(vec![change.clone()]).await;
        assert!(matches!(outcome, Err(StoreError::Missing(of)) if of == noun), "{change:?}: {outcome:?}");
    }
    assert_eq!(loaded(&*store).await, before);
}

pub async fn many_grants_in_one_commit_are_all_there_or_none(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let name = |number| (format!("api_{number}"), format!("https://{number}/"));
    let apis = (0..100).map(name).map(|(id, identifier)| Change::CreateResourceServer(api(&id, &identifier)));
    commit_each(&*store, [Change::CreateClient(client("new"))]).await;
    store.commit(apis.collect()).await.unwrap();
    let made = |number| Change::CreateClientGrant(grant(&format!("cgr_{number}"), "new", &name(number).1));
    let before = loaded(&*store).await;
    let faults = [
        (grant("cgr_x", "new", "https://none/"), "Missing(ResourceServer)"),
        (grant("cgr_x", "nobody", "https://a/"), "Missing(Client)"),
        (grant("cgr_x", "new", "https://7/"), "Duplicate(ClientGrant)"),
        (grant("cgr_7", "new", "https://a/"), "Duplicate(ClientGrant)"),
    ];
    for (grant, expected) in faults {
        let mut changes: Vec<_> = (0..100).map(made).collect();
        changes.insert(70, Change::CreateClientGrant(grant));
        let error = store.commit(changes).await.unwrap_err();
        assert_eq!(format!("{error:?}"), expected);
        assert_eq!(loaded(&*store).await, before);
    }
    let revision = store.commit((0..100).map(made).collect()).await.unwrap();
    assert_eq!(revision.0, before.revision.0 + 1);
    assert_eq!(loaded(&*store).await.client_grants.len(), before.client_grants.len() + 100);
    let found = store.get_client_grant(&"cgr_42".into()).await.unwrap().unwrap();
    assert_eq!(found, at(grant("cgr_42", "new", "https://42/"), revision.0));
}

pub async fn an_update_of_another_version_is_stale(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let updates = |revision| {
        [
            (Noun::Client, Change::UpdateClient(at(client("client_1"), revision))),
            (Noun::ResourceServer, Change::UpdateResourceServer(at(api("api_a", "https://a/"), revision))),
            (
                Noun::ClientGrant,
                Change::UpdateClientGrant(at(grant("cgr_1a", "client_1", "https://a/"), revision)),
            ),
            (Noun::Organization, Change::UpdateOrganization(at(organization("org_1", "one"), revision))),
        ]
    };
    for (_, change) in updates(1) {
        commit_each(&*store, [change]).await;
    }
    commit_each(&*store, [Change::UpdateTenant(at(Tenant::default(), 0))]).await;
    let tenant = (Noun::Tenant, Change::UpdateTenant(at(Tenant::default(), 0)));
    let before = loaded(&*store).await;
    for (noun, change) in updates(1).into_iter().chain([tenant]) {
        let outcome = store.commit(vec![change.clone()]).await;
        assert!(matches!(outcome, Err(StoreError::Stale(of)) if of == noun), "{change:?}: {outcome:?}");
    }
    assert_eq!(loaded(&*store).await, before);
}

pub async fn of_20_updates_of_one_version_one_happens(backend: impl Backend) {
    let stores = [backend.open().await, backend.open().await];
    fill(&*stores[0]).await;
    let updates = (0..20).map(|number| {
        let store = Arc::clone(&stores[number % 2]);
        let client = client_with("client_1", json!({"description": number.to_string()}));
        tokio::spawn(async move { store.commit(vec![Change::UpdateClient(at(client, 1))]).await })
    });
    let mut happened = 0;
    for update in updates.collect::<Vec<_>>() {
        match update.await.unwrap() {
            Ok(_) => happened += 1,
            Err(StoreError::Stale(Noun::Client)) => {}
            Err(error) => panic!("neither done nor stale: {error:?}"),
        }
    }
    assert_eq!(happened, 1);
}

/// Commits that wait together share a transaction; those that fail take no other along.
pub async fn commits_side_by_side_do_not_spoil_each_other(backend: impl Backend) {
    let store = backend.open().await;
    let commits = (0..200).map(|number| {
        let store = Arc::clone(&store);
        let mut changes = vec![Change::CreateClient(client(&format!("client_{number}")))];
        if number % 3 == 0 {
            changes.push(Change::DeleteClient("nobody".into()));
        }
        tokio::spawn(async move { store.commit(changes).await })
    });
    let mut there = 0;
    for (number, commit) in commits.collect::<Vec<_>>().into_iter().enumerate() {
        let (outcome, id) = (commit.await.unwrap(), format!("client_{number}"));
        assert_eq!(outcome.is_ok(), number % 3 != 0);
        assert_eq!(store.get_client(&id.as_str().into()).await.unwrap().is_some(), outcome.is_ok());
        there += u64::from(outcome.is_ok());
    }
    assert_eq!(store.revision().await.unwrap(), Revision(there));
}

pub async fn every_answered_commit_has_a_revision_of_its_own(backend: impl Backend) {
    let store: Arc<dyn Store> = backend.open().await;
    let commits = (0..300).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let revision =
                store.commit(vec![Change::CreateClient(client(&number.to_string()))]).await.unwrap();
            let read = stored_client(&*store, &number.to_string()).await;
            assert_eq!(read.revision, revision, "an answered commit is seen by the next read");
            revision
        })
    });
    let mut revisions = BTreeSet::new();
    for commit in commits.collect::<Vec<_>>() {
        revisions.insert(commit.await.unwrap());
    }
    assert_eq!(revisions, (1..=300).map(Revision).collect());
}
