//! Client credentials: what is kept of them, and what holds between them and the clients that use them.

use std::sync::Arc;

use grantd_model::{ClientId, Credential, CredentialKind, Timestamp};
use grantd_store::{Change, Changed, Noun, Store, StoreError};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;

async fn listed(store: &dyn Store, client: &str) -> Vec<String> {
    let credentials = store.list_credentials(&ClientId::from(client)).await.unwrap();
    credentials.iter().map(|credential| credential.id.to_string()).collect()
}

/// A store with two clients, of which the first has these keys.
async fn with_keys(backend: &impl Backend, keys: &[&str]) -> Arc<dyn Store> {
    let store = backend.open().await;
    let mut changes = vec![Change::CreateClient(client("one")), Change::CreateClient(client("two"))];
    changes.extend(keys.iter().map(|id| Change::CreateCredential(credential(id, "one"))));
    store.commit(changes).await.unwrap();
    store
}

pub async fn every_kind_of_credential_reads_back_as_it_was_written(backend: impl Backend) {
    let store = with_keys(&backend, &[]).await;
    let certificate = CredentialKind::X509Cert { thumbprint_sha256: "thumb".into() };
    let subject = CredentialKind::CertSubjectDn { subject_dn: "C=es\nO=Ünïcode".into() };
    let credentials = [
        key_named("cred_key", "one", "the kid", &[0, 255, 1]),
        Credential {
            name: None,
            expires_at: Some(Timestamp::from_millis(1_999_999_999_999)),
            ..credential_of_kind("cred_cert", "one", certificate)
        },
        credential_of_kind("cred_dn", "one", subject),
    ];
    commit_each(&*store, credentials.clone().map(Change::CreateCredential)).await;
    for (revision, credential) in (2..).zip(credentials) {
        assert_eq!(store.get_credential(&credential.id).await.unwrap(), Some(at(credential, revision)));
    }
    assert_eq!(store.get_credential(&"cred_none".into()).await.unwrap(), None);
}

pub async fn credentials_are_listed_newest_first_and_each_client_has_its_own(backend: impl Backend) {
    let store = with_keys(&backend, &["cred_b", "cred_c", "cred_a"]).await;
    commit_each(&*store, [Change::CreateCredential(credential("cred_d", "two"))]).await;
    commit_each(&*store, [Change::CreateCredential(credential("cred_0", "one"))]).await;
    assert_eq!(listed(&*store, "one").await, ["cred_0", "cred_a", "cred_c", "cred_b"]);
    assert_eq!(listed(&*store, "two").await, ["cred_d"]);
    assert_eq!(listed(&*store, "nobody").await, Vec::<String>::new());
    let loaded = store.load().await.unwrap().credentials;
    let ids: Vec<&str> = loaded.iter().map(|credential| credential.id.as_str()).collect();
    assert_eq!(ids, ["cred_0", "cred_a", "cred_c", "cred_b", "cred_d"], "of each client newest first");
}

pub async fn an_update_changes_the_name_and_the_dates_alone(backend: impl Backend) {
    let store = with_keys(&backend, &["cred_1"]).await;
    let updated = Credential {
        name: Some("Renamed".into()),
        updated_at: Timestamp::from_millis(1_888_888_888_888),
        expires_at: Some(Timestamp::from_millis(1_999_999_999_000)),
        ..credential("cred_1", "one")
    };
    commit_each(&*store, [Change::UpdateCredential(at(updated.clone(), 1))]).await;
    assert_eq!(store.get_credential(&"cred_1".into()).await.unwrap(), Some(at(updated.clone(), 2)));
    let changes = store.changes_since(grantd_model::Revision(1)).await.unwrap();
    assert_eq!(changes.changed, [Changed::Credentials("one".into(), vec![updated.clone()])]);
    let again = store.commit(vec![Change::UpdateCredential(at(updated, 1))]).await;
    assert!(matches!(again, Err(StoreError::Stale(Noun::Credential))), "{again:?}");
}

pub async fn a_kid_names_one_key_of_a_client(backend: impl Backend) {
    let store = with_keys(&backend, &[]).await;
    let create = async |id: &str, client: &str, kid: &str, key: &[u8]| {
        store.commit(vec![Change::CreateCredential(key_named(id, client, kid, key))]).await
    };
    create("cred_1", "one", "kid", b"key").await.unwrap();
    let taken = create("cred_2", "one", "kid", b"another").await;
    assert!(matches!(taken, Err(StoreError::Duplicate(Noun::Credential))), "{taken:?}");
    create("cred_2", "one", "kid", b"key").await.unwrap();
    create("cred_3", "one", "KID", b"another").await.unwrap();
    create("cred_4", "two", "kid", b"another").await.unwrap();
    let same_id = create("cred_4", "two", "other", b"key").await;
    assert!(matches!(same_id, Err(StoreError::Duplicate(Noun::Credential))), "{same_id:?}");
}

pub async fn a_client_has_a_bounded_number_of_credentials(backend: impl Backend) {
    let store = with_keys(&backend, &[]).await;
    let creating = (0..30).map(|number| {
        let store = Arc::clone(&store);
        let change = Change::CreateCredential(credential(&format!("cred_{number}"), "one"));
        tokio::spawn(async move { store.commit(vec![change]).await })
    });
    let mut refused = 0;
    for outcome in creating.collect::<Vec<_>>() {
        match outcome.await.unwrap() {
            Ok(_) => {}
            Err(StoreError::TooMany(Noun::Credential)) => refused += 1,
            Err(error) => panic!("neither done nor full: {error:?}"),
        }
    }
    let held = listed(&*store, "one").await;
    assert_eq!((held.len(), refused), (Credential::PER_CLIENT, 10));
    let exchange = vec![
        Change::DeleteCredential(held[0].as_str().into()),
        Change::CreateCredential(credential("cred_new", "one")),
        Change::CreateCredential(credential("cred_other", "two")),
    ];
    store.commit(exchange).await.unwrap();
}

pub async fn a_credential_in_use_does_not_go(backend: impl Backend) {
    let store = with_keys(&backend, &["cred_1", "cred_2", "cred_3"]).await;
    let mut user = client_with_keys("one", &["cred_1"]);
    let signs = json!({"required": true, "credentials": [{"id": "cred_2"}]});
    user.properties.insert("signed_request_object".into(), signs);
    commit_each(&*store, [Change::UpdateClient(at(user, 1))]).await;
    for id in ["cred_1", "cred_2"] {
        let outcome = store.commit(vec![Change::DeleteCredential(id.into())]).await;
        assert!(matches!(outcome, Err(StoreError::InUse(Noun::Credential))), "{id}: {outcome:?}");
    }
    commit_each(&*store, [Change::DeleteCredential("cred_3".into())]).await;
    commit_each(&*store, [Change::UpdateClient(at(client("one"), 2))]).await;
    commit_each(&*store, ["cred_1", "cred_2"].map(|id| Change::DeleteCredential(id.into()))).await;
    assert_eq!(listed(&*store, "one").await, Vec::<String>::new());
}

pub async fn of_an_update_that_uses_a_credential_and_its_deletion_one_happens(backend: impl Backend) {
    let (one, other) = (backend.open().await, backend.open().await);
    for number in 0..20 {
        let (client_id, id) = (format!("client_{number}"), format!("cred_{number}"));
        let created = vec![
            Change::CreateClient(client(&client_id)),
            Change::CreateCredential(credential(&id, &client_id)),
        ];
        let revision = one.commit(created).await.unwrap().0;
        let using = vec![Change::UpdateClient(at(client_with_keys(&client_id, &[&id]), revision))];
        let deleting = vec![Change::DeleteCredential(id.as_str().into())];
        let (used, deleted) = tokio::join!(one.commit(using), other.commit(deleting));
        let there = one.get_credential(&id.as_str().into()).await.unwrap().is_some();
        assert_eq!((used.is_ok(), deleted.is_ok()), (there, !there), "{used:?} {deleted:?}");
    }
}

pub async fn a_client_uses_its_own_credentials_alone(backend: impl Backend) {
    let store = with_keys(&backend, &["cred_1"]).await;
    let before = loaded(&*store).await;
    for stolen in [client_with_keys("two", &["cred_1"]), client_with_keys("one", &["cred_1", "cred_none"])] {
        let outcome = store.commit(vec![Change::UpdateClient(at(stolen, 1))]).await;
        assert!(matches!(outcome, Err(StoreError::Missing(Noun::Credential))), "{outcome:?}");
    }
    assert_eq!(loaded(&*store).await, before);
}

pub async fn a_client_comes_with_its_credentials_in_one_commit(backend: impl Backend) {
    let store = backend.open().await;
    let made = client_with_keys("one", &["cred_1", "cred_2"]);
    let changes = vec![
        Change::CreateClient(made.clone()),
        Change::CreateCredential(credential("cred_1", "one")),
        Change::CreateCredential(credential("cred_2", "one")),
    ];
    store.commit(changes).await.unwrap();
    assert_eq!(stored_client(&*store, "one").await, at(made, 1));
    assert_eq!(listed(&*store, "one").await, ["cred_2", "cred_1"]);
}

pub async fn a_client_goes_with_its_credentials(backend: impl Backend) {
    let store = with_keys(&backend, &["cred_1", "cred_2"]).await;
    commit_each(&*store, [Change::UpdateClient(at(client_with_keys("one", &["cred_1"]), 1))]).await;
    commit_each(&*store, [Change::CreateCredential(credential("cred_3", "two"))]).await;
    commit_each(&*store, [Change::DeleteClient("one".into())]).await;
    assert_eq!(loaded(&*store).await.credentials, [credential("cred_3", "two")]);
    let changed = store.changes_since(grantd_model::Revision(3)).await.unwrap().changed;
    assert!(changed.contains(&Changed::Credentials("one".into(), Vec::new())), "{changed:?}");
    commit_each(&*store, [Change::DeleteClient("two".into())]).await;
}
