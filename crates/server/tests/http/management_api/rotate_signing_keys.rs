//! POST /api/v2/keys/signing/rotate

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{self, Requests, text};
use crate::support::{Answer, App};

/// Rotates; fails unless that is done.
pub async fn rotate(app: &App) -> Value {
    let answer = ask(app).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn ask(app: &App) -> Answer {
    app.call_with(&app.token_of_current_key().await, "POST", "/keys/signing/rotate", None).await
}

/// Until every verifier can know the next key.
pub async fn wait(app: &App) {
    app.advance(25);
    app.follower.catch_up().await.unwrap();
}

/// The `kid`s with their states.
pub async fn states(app: &App) -> Vec<(String, &'static str)> {
    let keys = app.call_with(&app.token_of_current_key().await, "GET", "/keys/signing", None).await.json();
    let state = |key: &Value| ["current", "next", "previous"].into_iter().find(|state| key[*state] == true);
    keys.as_array().unwrap().iter().map(|key| (text(key, "kid"), state(key).unwrap())).collect()
}

#[tokio::test]
async fn the_next_key_becomes_the_current_one_and_a_new_one_is_next() {
    let app = App::start().await;
    let before = states(&app).await;
    let answer = rotate(&app).await;
    let new = text(&answer, "kid");
    assert!(text(&answer, "cert").starts_with("-----BEGIN CERTIFICATE-----"), "{answer}");
    assert_eq!(answer.as_object().unwrap().len(), 2);
    let expected = [(before[1].0.clone(), "current"), (new, "next"), (before[0].0.clone(), "previous")];
    assert_eq!(states(&app).await, expected);
}

/// A verifier with a key set from before the next key would meet a `kid` that it does not know.
#[tokio::test]
async fn refuses_to_rotate_before_every_verifier_can_know_the_next_key() {
    let app = App::start().await;
    rotate(&app).await;
    let before = states(&app).await;
    app.advance(1);
    let refused = ask(&app).await;
    assert_eq!(refused.headers["retry-after"], "24");
    assert_snapshot!(refused.wire(), @r#"
        429 Too Many Requests
        {"statusCode":429,"error":"Too Many Requests","message":"The next signing key is not known to every verifier yet; try again in 24 seconds","errorCode":"too_many_requests"}
    "#);
    app.advance(23);
    app.follower.catch_up().await.unwrap();
    assert_eq!(ask(&app).await.headers["retry-after"], "1");
    assert_eq!(states(&app).await, before, "nothing has happened");
    app.advance(1);
    app.follower.catch_up().await.unwrap();
    rotate(&app).await;
}

/// Nobody waits until the next key is old enough by the clock that was ahead: the current one may be in wrong hands.
#[tokio::test]
async fn keys_that_were_made_while_the_clock_was_ahead_can_be_rotated_afterwards() {
    const YEAR: u64 = 365 * 24 * 3600;
    let app = App::start().await;
    app.advance(YEAR);
    app.follower.catch_up().await.unwrap();
    rotate(&app).await;
    app.turn_back(YEAR);
    rotate(&app).await;
    assert_eq!(ask(&app).await.headers["retry-after"], "25", "once");
    wait(&app).await;
    rotate(&app).await;
}

/// Clocks are set by seconds all the time; verifiers that may not know the key are waited for then.
#[tokio::test]
async fn a_clock_that_was_ahead_by_a_minute_makes_for_a_minute_more() {
    let app = App::start().await;
    app.advance(60);
    app.follower.catch_up().await.unwrap();
    rotate(&app).await;
    app.turn_back(60);
    assert_eq!(ask(&app).await.headers["retry-after"], "85");
}

#[tokio::test]
async fn of_many_rotations_at_once_one_happens() {
    let app = App::start().await;
    let token = app.token();
    let answers = (0..6).map(|_| app.call_with(&token, "POST", "/keys/signing/rotate", None));
    let statuses: Vec<u16> =
        futures_util::future::join_all(answers).await.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 5, "{statuses:?}");
    assert_eq!(states(&app).await.len(), 3);
}

#[tokio::test]
async fn both_scopes_are_needed() {
    let app = App::start().await;
    for scope in ["create:signing_keys", "update:signing_keys"] {
        let refused = app.call_holding(&[scope], "POST", "/keys/signing/rotate", None).await;
        let text = "Insufficient scope; expected create:signing_keys and update:signing_keys.";
        assert_eq!((refused.status.as_u16(), &*fixtures::text(&refused.json(), "message")), (403, text));
    }
    let both = ["create:signing_keys", "update:signing_keys"];
    assert_eq!(app.call_holding(&both, "POST", "/keys/signing/rotate", None).await.status, 201);
}

/// `current_until` and the longest lifetime, and no sooner: a token that lives has its key in the set.
#[tokio::test]
async fn a_key_leaves_when_no_token_of_its_can_live_any_longer() {
    let app = App::start().await;
    let first = states(&app).await[0].0.clone();
    rotate(&app).await;
    app.advance(2_592_000);
    app.follower.catch_up().await.unwrap();
    rotate(&app).await;
    assert!(states(&app).await.contains(&(first.clone(), "previous")));
    wait(&app).await;
    rotate(&app).await;
    let left = states(&app).await;
    assert!(!left.iter().any(|(kid, _)| *kid == first), "{left:?}");
    assert_eq!(left.len(), 4, "{left:?}");
}

/// Every verifier reads all keys of the set, so there is an end to them. Revoking makes room.
#[tokio::test]
async fn there_is_an_end_to_previous_keys() {
    let app = App::start().await;
    let current = grantd_store::Store::signing_keys(&*app.store).await.unwrap().remove(0);
    let now = grantd_model::Clock::now(&*app.clock);
    let previous = (0..64).map(|number| {
        let kid = format!("previous_{number}").into();
        grantd_store::Change::CreateSigningKey(grantd_model::SigningKey {
            kid,
            ..current.clone().retired(now)
        })
    });
    grantd_store::Store::commit(&*app.store, previous.collect()).await.unwrap();
    let refused = ask(&app).await;
    assert_eq!(refused.headers["retry-after"], "2592010");
    assert_snapshot!(refused.wire(), @r#"
        429 Too Many Requests
        {"statusCode":429,"error":"Too Many Requests","message":"Too many previous signing keys are in use; revoke some, or try again in 2592010 seconds","errorCode":"too_many_requests"}
    "#);
    assert_eq!(app.call("PUT", "/keys/signing/previous_0/revoke", None).await.status, 200);
    rotate(&app).await;
}

#[tokio::test]
async fn a_kind_of_key_is_made_with_the_first_api_that_needs_it() {
    let app = App::start().await;
    let count = async || states(&app).await.len();
    assert_eq!(count().await, 2);
    let api = json!({"identifier": "https://ps", "signing_alg": "PS256"});
    let path = format!("/resource-servers/{}", text(&app.create("/resource-servers", api).await, "id"));
    assert_eq!(count().await, 2, "RSA keys sign PS256 too");
    assert_eq!(app.patch(&path, json!({"signing_alg": "ES256"})).await.json()["signing_alg"], "ES256");
    assert_eq!(count().await, 4);
    app.create("/resource-servers", json!({"identifier": "https://es", "signing_alg": "ES256"})).await;
    assert_eq!(count().await, 4, "once");
    let refused = json!({"identifier": "https://es", "signing_alg": "EdDSA"});
    assert_eq!(app.post("/resource-servers", refused).await.status, 409);
    assert_eq!(count().await, 4, "with the API or not at all");
}
