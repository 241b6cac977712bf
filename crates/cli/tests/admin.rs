//! `grantd admin`: the way back for who has lost the administration client.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use grantd_model::{ClientId, Secret, ThirdPartySecurityMode, TokenEndpointAuthMethod};
use grantd_store::{Change, KeyEncryptionKey, SqliteStore, Store};
use serde_json::{Value, json};
use support::api::{Api, admin};
use support::{Place, grantd};

/// `grantd admin` on the folder.
fn regain(place: &Place) -> Output {
    grantd(&["admin", "--data"]).arg(place.data()).output().unwrap()
}

fn regained(place: &Place) -> Value {
    let output = regain(place);
    assert!(output.status.success(), "{output:?}");
    let file = place.data().canonicalize().unwrap().join("admin.json");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("the administration client and its new secret are in {}\n", file.display()));
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    let admin = admin(&place.data());
    let secret = admin["client_secret"].as_str().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains(secret) && !log.contains(secret), "{log}");
    admin
}

/// Changes the stopped server's configuration behind its back, as no request may any longer.
async fn meddle(place: &Place, change: impl AsyncFnOnce(&SqliteStore, ClientId) -> Change) {
    let key = Secret::from(fs::read(place.data().join("key-encryption-key")).unwrap());
    let file = place.data().join("grantd.db");
    let store = SqliteStore::open(&file, KeyEncryptionKey::new(&key).unwrap()).await.unwrap();
    let id = ClientId::from(admin(&place.data())["client_id"].as_str().unwrap());
    let change = change(&store, id).await;
    store.commit(vec![change]).await.unwrap();
    store.close().await;
}

fn refused(output: &Output, parts: &[&str]) {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(String::from_utf8_lossy(&output.stderr).contains(part), "{part}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_secret_is_replaced() {
    let place = Place::new();
    let server = place.start(&["--issuer", "https://auth.example.com/"]);
    let api = Api::open(&server.base, &place.data()).await;
    let kept = api.create("/api/v2/clients", json!({"name": "Kept"})).await;
    server.stop();
    let before = admin(&place.data());
    fs::remove_file(place.data().join("admin.json")).unwrap();

    let now = regained(&place);
    for member in ["issuer", "audience", "client_id", "ca"] {
        assert_eq!(now[member], before[member], "{member}");
    }
    assert_ne!(now["client_secret"], before["client_secret"]);
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    assert_eq!(api.get("/api/v2/clients").await[1]["client_id"], kept["client_id"]);
    let former = api.ask(&before["client_id"], &before["client_secret"], &before["audience"]).await;
    assert_eq!(former.status, 401, "{former:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_gets_no_token_is_made_usable_again() {
    let place = Place::new();
    place.start(&[]).stop();
    meddle(&place, async |store, id| {
        let mut client = store.get_client(&id).await.unwrap().unwrap();
        client.record.grant_types = Some(Vec::new());
        client.record.is_first_party = false;
        client.record.third_party_security_mode = Some(ThirdPartySecurityMode::Strict);
        client.record.token_endpoint_auth_method = Some(TokenEndpointAuthMethod::None);
        client.record.require_proof_of_possession = Some(true);
        Change::UpdateClient(client)
    })
    .await;
    let before = admin(&place.data());
    let now = regained(&place);
    assert_eq!(now["client_id"], before["client_id"]);
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let clients = api.get("/api/v2/clients").await;
    assert_eq!(clients[0]["grant_types"], json!(["client_credentials"]));
    assert_eq!(clients[0]["is_first_party"], json!(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_gone_is_made_anew_with_its_grant() {
    let place = Place::new();
    place.start(&[]).stop();
    meddle(&place, async |_, id| Change::DeleteClient(id)).await;
    let before = admin(&place.data());
    let now = regained(&place);
    assert_ne!(now["client_id"], before["client_id"]);
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let grants = api.get("/api/v2/client-grants").await;
    assert_eq!(grants.as_array().unwrap().len(), 1, "{grants}");
    assert_eq!((&grants[0]["client_id"], &grants[0]["is_system"]), (&now["client_id"], &json!(true)));
    server.stop();
    assert_eq!(regained(&place)["client_id"], now["client_id"], "the next time it is found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_is_left_alone() {
    let place = Place::new();
    let server = place.start(&[]);
    let before = admin(&place.data());
    refused(&regain(&place), &["another grantd runs on this data folder: "]);
    assert_eq!(admin(&place.data()), before);
    Api::open(&server.base, &place.data()).await;
}

#[test]
fn what_is_no_data_folder_is_left_alone() {
    let place = Place::new();
    refused(&regain(&place), &["grantd.db is not there"]);
    assert!(!place.data().exists(), "nothing was made");

    place.start(&[]).stop();
    let before = admin(&place.data());
    fs::write(place.data().join("key-encryption-key"), [7; 32]).unwrap();
    refused(&regain(&place), &["key-encryption-key cannot be used"]);
    assert_eq!(admin(&place.data()), before, "a key that opens nothing changes nothing");
}

/// Who regains a client that others have got hold of wants to be alone with it.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_added_to_the_client_does_not_outlive_the_new_secret() {
    let place = Place::new();
    let server = place.start(&["--issuer", "https://auth.example.com/"]);
    let api = Api::open(&server.base, &place.data()).await;
    let before = admin(&place.data());
    let path = format!("/grantd/v1/clients/{}", before["client_id"].as_str().unwrap());
    let planted = api.create(&format!("{path}/secrets"), json!({"label": "planted"})).await;
    let trust = json!({
        "issuer": "https://evil.example", "subject": "me",
        "jwks": {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]},
    });
    api.create(&format!("{path}/federated_identities"), trust).await;
    server.stop();
    let now = regained(&place);
    let server = place.start(&[]);
    let api = Api::open(&server.base, &place.data()).await;
    let answer = api.ask(&now["client_id"], &planted["client_secret"], &now["audience"]).await;
    let identities = api.get(&format!("{path}/federated_identities")).await;
    assert_eq!(answer.status, 401, "the planted secret; identities: {identities}");
    assert_eq!(identities["federated_identities"], json!([]));
}
