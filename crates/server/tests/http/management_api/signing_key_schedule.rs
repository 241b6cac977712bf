//! Rotation on a schedule: the setting, and what is done when it is due.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use grantd_management::{Context, signing_keys};
use grantd_model::KeyId;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::rotate_signing_keys::{rotate, states};
use super::settings::call;
use crate::support::{App, CountedEntropy, ISSUER};

const DAY: u64 = 86_400;

async fn set(app: &App, days: Value) -> String {
    let body = json!({"signing_key_rotation_days": days});
    call(app, &app.token_of_current_key().await, "PATCH", Some(body)).await.wire()
}

/// A node that asks whether the keys are due.
async fn ask(app: &App) -> Option<KeyId> {
    static ASKED: AtomicUsize = AtomicUsize::new(1);
    let entropy = CountedEntropy::default();
    // Each draws other identifiers than the application and those before it.
    grantd_model::alphanumeric(&entropy, 1000 * ASKED.fetch_add(1, Ordering::Relaxed));
    let context = Context {
        log: None,
        store: Arc::clone(&app.store),
        entropy: Arc::new(entropy),
        clock: Arc::clone(&app.clock) as Arc<dyn grantd_model::Clock>,
        tenant: "auth.test".into(),
        management_audience: format!("{ISSUER}api/v2/").into(),
        may_ask: Arc::new(|_| Err("nobody is asked".to_owned())),
        has_log_files: false,
    };
    signing_keys::rotate_if_due(&context).await.unwrap()
}

/// Lets time go by; tokens of the Management API are over after a day.
async fn pass(app: &App, seconds: u64) {
    app.advance(seconds);
    app.follower.catch_up().await.unwrap();
}

#[tokio::test]
async fn a_number_of_days_turns_it_on_and_null_off() {
    let app = App::start().await;
    assert_snapshot!(set(&app, json!(90)).await, @r#"
        200 OK
        {"scope_handling":"auth0","allow_granting_unheld_scopes":false,"signing_key_rotation_days":90,"rate_limits":null}
    "#);
    assert_snapshot!(set(&app, json!(null)).await, @r#"
        200 OK
        {"scope_handling":"auth0","allow_granting_unheld_scopes":false,"signing_key_rotation_days":null,"rate_limits":null}
    "#);
    for refused in [json!(1), json!(3651), json!(-1), json!(1.5), json!("90"), json!(true)] {
        assert!(set(&app, refused.clone()).await.starts_with("400 Bad Request"), "{refused}");
    }
    for allowed in [json!(2), json!(3650)] {
        assert!(set(&app, allowed.clone()).await.starts_with("200 OK"), "{allowed}");
    }
}

#[tokio::test]
async fn nothing_rotates_unless_it_is_asked_for() {
    let app = App::start().await;
    pass(&app, 4000 * DAY).await;
    assert_eq!(ask(&app).await, None);
}

#[tokio::test]
async fn the_keys_rotate_when_the_current_one_has_signed_that_long() {
    let app = App::start().await;
    set(&app, json!(2)).await;
    let before = states(&app).await;
    // The first key has signed for 1000 seconds when the test begins.
    pass(&app, 2 * DAY - 1001).await;
    assert_eq!(ask(&app).await, None);
    pass(&app, 1).await;
    let next = ask(&app).await.unwrap().to_string();
    let token_is_over = app.call("GET", "/keys/signing", None).await;
    assert_eq!(token_is_over.status, 200, "a token of the former key");
    let expected = [(before[1].0.clone(), "current"), (next, "next"), (before[0].0.clone(), "previous")];
    assert_eq!(states(&app).await, expected);
    assert_eq!(ask(&app).await, None, "once");
    pass(&app, 2 * DAY - 1).await;
    assert_eq!(ask(&app).await, None);
    pass(&app, 1).await;
    assert!(ask(&app).await.is_some());
}

#[tokio::test]
async fn of_two_nodes_that_ask_at_once_one_rotates() {
    let app = App::start().await;
    set(&app, json!(2)).await;
    pass(&app, 2 * DAY).await;
    let (one, other) = tokio::join!(ask(&app), ask(&app));
    assert!(one.is_some() != other.is_some(), "{one:?} {other:?}");
}

#[tokio::test]
async fn keys_that_sign_since_a_time_in_the_future_are_due_once() {
    let app = App::start().await;
    set(&app, json!(2)).await;
    pass(&app, 365 * DAY).await;
    assert!(ask(&app).await.is_some());
    app.turn_back(365 * DAY);
    assert!(ask(&app).await.is_some(), "not in a year");
    pass(&app, 2 * DAY - 1).await;
    assert_eq!(ask(&app).await, None);
    pass(&app, 1).await;
    assert!(ask(&app).await.is_some());
}

/// Somebody rotated by hand a moment ago, and set the clock back since: what is due waits.
#[tokio::test]
async fn what_is_due_waits_until_every_verifier_can_know_the_next_key() {
    let app = App::start().await;
    rotate(&app).await;
    set(&app, json!(2)).await;
    pass(&app, 2 * DAY - 1).await;
    assert_eq!(ask(&app).await, None, "the hand has begun the days anew");
    pass(&app, 1).await;
    assert!(ask(&app).await.is_some());
}
