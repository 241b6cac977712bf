//! Several secrets of one client, and when each was last used.

use std::collections::HashMap;

use grantd_model::{Client, ClientFilter, ClientSecret, ClientSecretId, Paging, Revision, Timestamp};
use grantd_store::{Change, Changed};

use crate::backend::Backend;
use crate::fixtures::*;

const NOON: Timestamp = Timestamp::from_seconds(1_767_355_200);

fn id(number: u8) -> ClientSecretId {
    ClientSecretId::parse(&format!("sec_{number:016x}")).unwrap()
}

/// A client with three secrets, of which each has other terms.
fn with_secrets(client_id: &str) -> Client {
    let mut client = client(client_id);
    let label = Some("blue – \"quoted\"".to_owned());
    client.client_secret = ClientSecret { id: id(1), label, ..ClientSecret::new("one".into(), NOON) };
    let expires_at = Some(Timestamp::from_millis(NOON.millis() + 1));
    client.further_secrets = vec![
        ClientSecret { id: id(3), expires_at, ..ClientSecret::new("three".into(), NOON) },
        ClientSecret { id: id(2), ..ClientSecret::new("two \\\" \u{1F511}".into(), NOON) },
    ];
    client
}

pub async fn all_secrets_of_a_client_read_back_with_their_terms(backend: impl Backend) {
    let store = backend.open().await;
    let made = with_secrets("client_1");
    commit_each(&*store, [Change::CreateClient(made.clone()), Change::CreateClient(client("plain"))]).await;
    assert_eq!(stored_client(&*store, "client_1").await, at(made.clone(), 1));
    let first = Paging::Offset { page: 0, per_page: 10, include_totals: true };
    let listed = store.list_clients(&ClientFilter::default(), &first).await.unwrap().items;
    assert_eq!(listed, [made.clone(), client("plain")]);
    assert_eq!(loaded(&*store).await.clients, listed);

    let mut fewer = made;
    fewer.client_secret = fewer.further_secrets.remove(0);
    commit_each(&*store, [Change::UpdateClient(at(fewer.clone(), 1))]).await;
    let changes = store.changes_since(Revision(2)).await.unwrap();
    assert_eq!(changes.changed, [Changed::Client("client_1".into(), Some(fewer.clone()))]);
    fewer.further_secrets.clear();
    commit_each(&*store, [Change::UpdateClient(at(fewer.clone(), 3))]).await;
    assert_eq!(stored_client(&*store, "client_1").await, at(fewer, 4));
}

pub async fn a_use_is_known_at_once_to_the_minute_and_changes_no_revision(backend: impl Backend) {
    let store = backend.open().await;
    let (one, other) = (with_secrets("one"), with_secrets("other"));
    commit_each(&*store, [Change::CreateClient(one.clone()), Change::CreateClient(other.clone())]).await;
    assert_eq!(store.secret_uses(&one).await.unwrap(), HashMap::new());
    let later = |seconds: u64| Timestamp::from_seconds(NOON.seconds() + seconds);
    for seconds in [0, 59, 60, 30, 119] {
        store.note_secret_use(&one.client_id, id(2), later(seconds));
    }
    store.note_secret_use(&other.client_id, id(1), NOON);
    store.note_secret_use(&one.client_id, id(9), NOON);
    store.note_secret_use(&"nobody".into(), id(2), NOON);
    assert_eq!(store.secret_uses(&one).await.unwrap(), HashMap::from([(id(2), later(60))]));
    assert_eq!(store.secret_uses(&other).await.unwrap(), HashMap::from([(id(1), NOON)]));
    assert_eq!(store.revision().await.unwrap(), Revision(2));
}
