//! Secrets in the file: never in plain, and nowhere but in their own row under their own key.

use grantd_model::{ResourceServer, ResourceServerId, Revision, SigningKey, Versioned};
use grantd_store::{Change, Noun, Store, StoreError};
use serde_json::json;

use crate::file::{File, client, signing_key};

const CLIENT_SECRET: &str = "the-secret-of-a-client-a9Zk";
const ROTATED_SECRET: &str = "the-next-secret-of-it-b8Yl";
const FURTHER_SECRET: &str = "a-further-secret-of-it-d6Wn";
const SIGNING_SECRET: &str = "the-secret-of-an-API-c7Xm";
/// As DER has them: bytes that are no text.
const PRIVATE_KEY: [u8; 32] = [
    0x30, 0x82, 0x04, 0xbe, 0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
    0x01, 0x01, 0x01, 0x05, 0x00, 0x04, 0x82, 0x04, 0xa8, 0xff, 0xfe, 0xfd, 0x00, 0x80, 0x7f,
];

fn api(id: &str) -> ResourceServer {
    let body = json!({
        "identifier": format!("https://{id}/"), "signing_alg": "HS256", "signing_secret": SIGNING_SECRET,
    });
    ResourceServer::from_request(&ResourceServerId::from(id), body.as_object().cloned().unwrap()).unwrap()
}

fn key(kid: &str) -> SigningKey {
    signing_key(kid, PRIVATE_KEY.to_vec())
}

/// Two of each record that has a secret.
async fn fill(store: &impl Store) {
    let changes = ["one", "two"].into_iter().flat_map(|id| {
        [
            Change::CreateClient(client(id, CLIENT_SECRET)),
            Change::CreateResourceServer(api(id)),
            Change::CreateSigningKey(key(id)),
        ]
    });
    store.commit(changes.collect()).await.unwrap();
}

#[tokio::test]
async fn no_secret_is_ever_in_the_files_in_plain() {
    let file = File::new();
    let store = file.open().await;
    fill(&store).await;
    let mut rotated = client("one", ROTATED_SECRET);
    rotated.further_secrets.push(FURTHER_SECRET.into());
    let rotated = Versioned { record: rotated, revision: Revision(1) };
    store.commit(vec![Change::UpdateClient(rotated)]).await.unwrap();
    store.commit(vec![Change::DeleteClient("two".into())]).await.unwrap();
    let texts = [CLIENT_SECRET, ROTATED_SECRET, FURTHER_SECRET, SIGNING_SECRET];
    let secrets = texts.map(str::as_bytes).into_iter().chain([&PRIVATE_KEY[..]]).collect::<Vec<_>>();
    assert!(file.contains(b"https://one/"), "what is no secret is found");
    for secret in &secrets {
        assert!(!file.contains(secret), "while the store is open");
        assert!(!file.contains(&secret[..12]), "not even a part");
    }
    store.close().await;
    assert!(file.contains(b"https://one/"));
    for secret in secrets {
        assert!(!file.contains(secret), "when the store is closed");
    }
}

#[tokio::test]
async fn secrets_open_when_the_file_is_opened_again_under_the_same_key() {
    let file = File::new();
    let store = file.open().await;
    fill(&store).await;
    store.close().await;
    let store = file.open().await;
    let client = store.get_client(&"one".into()).await.unwrap().unwrap().record;
    assert_eq!(client.client_secret.value.expose_str(), CLIENT_SECRET);
    let api = store.get_resource_server(&"one".into()).await.unwrap().unwrap().record;
    assert_eq!(api.signing_secret.unwrap().expose_str(), SIGNING_SECRET);
    assert_eq!(store.signing_keys().await.unwrap(), [key("one"), key("two")]);
}

fn assert_sealed<T: std::fmt::Debug>(noun: Noun, outcome: &Result<T, StoreError>) {
    assert!(matches!(outcome, Err(StoreError::Sealed(of)) if *of == noun), "{outcome:?}");
}

#[tokio::test]
async fn another_key_opens_no_secret() {
    let file = File::new();
    let store = file.open().await;
    fill(&store).await;
    store.close().await;
    let store = file.try_open(8).await.unwrap();
    assert_sealed(Noun::Client, &store.get_client(&"one".into()).await);
    assert_sealed(Noun::ResourceServer, &store.get_resource_server(&"one".into()).await);
    assert_sealed(Noun::SigningKey, &store.signing_keys().await);
    assert_sealed(Noun::SigningKey, &store.load().await);
}

#[tokio::test]
async fn a_sealed_secret_opens_in_no_other_row() {
    let file = File::new();
    let store = file.open().await;
    fill(&store).await;
    file.execute(
        "UPDATE clients SET sealed_secret = (SELECT sealed_secret FROM clients WHERE client_id = 'one') \
         WHERE client_id = 'two'",
    )
    .await;
    assert!(store.get_client(&"one".into()).await.is_ok());
    assert_sealed(Noun::Client, &store.get_client(&"two".into()).await);
    file.execute(
        "UPDATE resource_servers SET sealed_signing_secret = \
         (SELECT sealed_secret FROM clients WHERE client_id = 'one') WHERE id = 'one'",
    )
    .await;
    assert_sealed(Noun::ResourceServer, &store.get_resource_server(&"one".into()).await);
    file.execute(
        "UPDATE signing_keys SET sealed_private_key = \
         (SELECT sealed_private_key FROM signing_keys WHERE kid = 'one') WHERE kid = 'two'",
    )
    .await;
    assert_sealed(Noun::SigningKey, &store.signing_keys().await);
}

#[tokio::test]
async fn further_secrets_open_in_their_own_row_and_column_only() {
    let file = File::new();
    let store = file.open().await;
    let with_further = |id: &str| {
        let mut client = client(id, CLIENT_SECRET);
        client.further_secrets.push(FURTHER_SECRET.into());
        Change::CreateClient(client)
    };
    store.commit(vec![with_further("one"), with_further("two")]).await.unwrap();
    file.execute(
        "UPDATE clients SET sealed_further_secrets = \
         (SELECT sealed_further_secrets FROM clients WHERE client_id = 'one') WHERE client_id = 'two'",
    )
    .await;
    assert!(store.get_client(&"one".into()).await.is_ok());
    assert_sealed(Noun::ClientSecret, &store.get_client(&"two".into()).await);
    // What was read before is remembered by who alone writes; somebody else has written now.
    let store = file.open().await;
    file.execute("UPDATE clients SET sealed_secret = sealed_further_secrets").await;
    assert_sealed(Noun::Client, &store.get_client(&"one".into()).await);
    file.execute("UPDATE clients SET secret_terms = '{\"id\": \"sec_\", \"created_at\": 0}'").await;
    assert!(store.get_client(&"one".into()).await.is_err());
}

#[tokio::test]
async fn a_row_whose_identity_was_changed_does_not_open() {
    let file = File::new();
    let store = file.open().await;
    fill(&store).await;
    file.execute(
        "UPDATE clients SET client_id = 'three', record = json_set(record, '$.client_id', 'three') \
         WHERE client_id = 'one'",
    )
    .await;
    assert_sealed(Noun::Client, &store.get_client(&"three".into()).await);
}
