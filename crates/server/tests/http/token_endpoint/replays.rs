//! Attack case 6: what works once works once, also when the server was restarted in between. In order: nothing is
//! forgotten and nothing else is refused. After a crash: what may have been used is refused.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use super::assertions::stage_with;
use super::keys::{JWT_BEARER, RSA, assertion_claims};
use super::scene::Stage;
use crate::support::{NOW, Stop};

const REFUSED: &str = "401 invalid_client: Client authentication failed";
const GRANTED: &str = "200 [read write]";

/// An assertion of this name, issued so many seconds after [`NOW`], or without a time.
fn assertion(stage: &Stage, jti: &str, issued: Option<u64>) -> String {
    let mut claims = assertion_claims(&stage.filled("{client}"));
    claims["jti"] = json!(jti);
    claims["iat"] = issued.map_or(Value::Null, |seconds| json!(NOW.seconds() + seconds));
    if issued.is_none() {
        claims.as_object_mut().unwrap().shift_remove("iat");
    }
    RSA.sign(&Header::new(Algorithm::RS256), &claims)
}

async fn line(stage: &Stage, assertion: &str) -> String {
    let parameters =
        [("client_id", ""), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    stage.in_a_line(&stage.ask(&parameters).await)
}

#[tokio::test]
async fn after_an_orderly_stop_everything_is_known_and_nothing_else_is_refused() {
    let mut stage = stage_with(&RSA, "RS256").await;
    stage.app.restart(Stop::InOrder).await;
    let used =
        [assertion(&stage, "a", Some(0)), assertion(&stage, "b", None), assertion(&stage, "c", Some(9))];
    for assertion in &used {
        assert_eq!(line(&stage, assertion).await, GRANTED);
    }
    let unused = assertion(&stage, "unused", Some(0));
    stage.app.restart(Stop::InOrder).await;
    for assertion in &used {
        assert_eq!(line(&stage, assertion).await, REFUSED);
    }
    assert_eq!(line(&stage, &unused).await, GRANTED);
}

#[tokio::test]
async fn after_a_crash_whatever_may_have_been_used_is_refused() {
    let mut stage = stage_with(&RSA, "RS256").await;
    stage.app.restart(Stop::InOrder).await;
    let used =
        [assertion(&stage, "a", Some(0)), assertion(&stage, "b", None), assertion(&stage, "c", Some(9))];
    for assertion in &used {
        assert_eq!(line(&stage, assertion).await, GRANTED);
    }
    stage.app.restart(Stop::Crash).await;
    for assertion in &used {
        assert_eq!(line(&stage, assertion).await, REFUSED);
    }
    // Issued before the start and never used: nobody can tell, but on PostgreSQL, where each use is durable before it is
    // answered. Issued after it: fine. Without a time: its use would have been noted.
    let unused = if stage.app.is_on_postgres() { GRANTED } else { REFUSED };
    assert_eq!(line(&stage, &assertion(&stage, "unused", Some(0))).await, unused);
    assert_eq!(line(&stage, &assertion(&stage, "untimed", None)).await, GRANTED);
    assert_eq!(line(&stage, &assertion(&stage, "new", Some(1))).await, GRANTED);
    stage.app.advance(1);
    assert_eq!(line(&stage, &assertion(&stage, "newer", Some(1))).await, GRANTED);
}

#[tokio::test]
async fn after_two_crashes_the_uses_before_the_first_are_still_refused() {
    let mut stage = stage_with(&RSA, "RS256").await;
    stage.app.restart(Stop::InOrder).await;
    let untimed = assertion(&stage, "untimed", None);
    assert_eq!(line(&stage, &untimed).await, GRANTED);
    stage.app.restart(Stop::Crash).await;
    stage.app.restart(Stop::Crash).await;
    assert_eq!(line(&stage, &untimed).await, REFUSED);
}

/// Its end had passed by the clock that was ahead, and comes once more.
#[tokio::test]
async fn an_assertion_stays_used_when_the_clock_jumps_ahead_and_back() {
    for stop in [None, Some(Stop::InOrder), Some(Stop::Crash)] {
        let mut stage = stage_with(&RSA, "RS256").await;
        stage.app.restart(Stop::InOrder).await;
        let used = [assertion(&stage, "timed", Some(0)), assertion(&stage, "untimed", None)];
        for assertion in &used {
            assert_eq!(line(&stage, assertion).await, GRANTED);
        }
        let unused = assertion(&stage, "unused", None);
        stage.app.advance(3600);
        stage.app.follower.catch_up().await.unwrap();
        // By that clock it is too old, and refused before it is spent.
        assert_eq!(line(&stage, &unused).await, REFUSED);
        let mut other = assertion_claims(&stage.filled("{client}"));
        for (name, add) in [("iat", 3600), ("exp", 3660)] {
            other[name] = json!(NOW.seconds() + add);
        }
        other["jti"] = json!("other");
        let other = RSA.sign(&Header::new(Algorithm::RS256), &other);
        assert_eq!(line(&stage, &other).await, GRANTED);
        if let Some(stop) = stop {
            stage.app.restart(stop).await;
        }
        stage.app.turn_back(3600);
        for assertion in &used {
            assert_eq!(line(&stage, assertion).await, REFUSED);
        }
        assert_eq!(line(&stage, &unused).await, GRANTED);
    }
}

#[tokio::test]
async fn a_replay_at_the_same_moment_finds_one_use() {
    let stage = Arc::new(stage_with(&RSA, "RS256").await);
    let assertion = assertion(&stage, "one", Some(0));
    let tries = (0..16).map(|_| {
        let (stage, assertion) = (Arc::clone(&stage), assertion.clone());
        tokio::spawn(async move { line(&stage, &assertion).await })
    });
    let mut answers = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        answers.push(tried.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| *answer == GRANTED).count(), 1);
    assert_eq!(answers.iter().filter(|answer| *answer == REFUSED).count(), 15);
}
