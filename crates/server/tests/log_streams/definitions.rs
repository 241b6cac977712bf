//! What becomes of a stream that is changed, paused and deleted while it delivers, and where a new one begins.

use std::sync::atomic::Ordering;
use std::time::Duration;

use grantd_model::{LogEventKind, Timestamp, Versioned};
use serde_json::json;
use tokio::time::sleep;

use crate::receiver::{Mood, Receiver, assert_all_in_order};
use crate::scene::{NOW, Scene};

/// Long enough for anything that should not happen to happen.
async fn a_while() {
    sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn a_new_stream_begins_with_what_happens_after_it_was_made() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.happen(5).await;
    scene.clock.0.fetch_add(1000, Ordering::Relaxed);
    scene.webhook(&receiver.url()).await;
    scene.happen(5).await;
    receiver.until_taken(10).await;
    assert_eq!(receiver.taken(), [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_stream_that_starts_in_the_past_begins_there() {
    let mut scene = Scene::start().await;
    let receiver = Receiver::start(Mood::Takes).await;
    scene.stop().await;
    for second in [10, 20, 19, 30] {
        scene.clock.0.store(NOW.millis() + second * 1000, Ordering::Relaxed);
        scene.happen(2).await;
    }
    scene.webhook(&receiver.url()).await;
    let mut stream = scene.stored("lst_1").await;
    stream.record.start = Timestamp::from_seconds(NOW.seconds() + 19);
    scene.replace(Versioned { ..stream }).await;
    scene.deliver().await;
    receiver.until_taken(8).await;
    assert_eq!(receiver.taken(), [3, 4, 5, 6, 7, 8], "dates are not quite in order");
}

#[tokio::test]
async fn a_stream_begins_where_it_says_even_when_nobody_delivered_then() {
    let mut scene = Scene::start().await;
    let receiver = Receiver::start(Mood::Takes).await;
    scene.stop().await;
    scene.happen(3).await;
    scene.clock.0.fetch_add(1, Ordering::Relaxed);
    scene.webhook(&receiver.url()).await;
    scene.happen(3).await;
    scene.deliver().await;
    receiver.until_taken(6).await;
    assert_eq!(receiver.taken(), [4, 5, 6]);
}

#[tokio::test]
async fn a_paused_or_suspended_stream_keeps_its_place() {
    let mut scene = Scene::start().await;
    let receiver = Receiver::start(Mood::Takes).await;
    scene.webhook(&receiver.url()).await;
    for (round, status) in [(1, "paused"), (2, "suspended")] {
        scene.happen(10).await;
        receiver.until_taken(round * 20 - 10).await;
        scene.until_noted().await;
        scene.change("lst_1", json!({"status": status})).await;
        a_while().await;
        scene.happen(10).await;
        scene.deliver().await;
        a_while().await;
        assert_eq!(receiver.taken().len() as u64, round * 20 - 10, "{status}");
        assert_eq!(scene.figures().await.backlog, 10);
        scene.change("lst_1", json!({"status": "active"})).await;
        receiver.until_taken(round * 20).await;
    }
    assert_all_in_order(&receiver.taken(), 1, 40);
}

#[tokio::test]
async fn a_stream_that_is_led_elsewhere_goes_on_there_with_what_was_not_taken() {
    let (scene, first) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    let second = Receiver::start(Mood::Takes).await;
    scene.webhook(&first.url()).await;
    scene.happen(5).await;
    first.until_taken(5).await;
    first.set(Mood::Hangs);
    scene.happen(5).await;
    first.until("an attempt", |first| first.requests().last().unwrap().mood == Mood::Hangs).await;
    scene.change("lst_1", json!({"sink": {"httpEndpoint": second.url()}})).await;
    second.until_taken(10).await;
    assert_all_in_order(&[first.taken(), second.taken()].concat(), 1, 10);
    let before = first.requests().len();
    a_while().await;
    assert_eq!(first.requests().len(), before, "the former receiver is left alone");
}

#[tokio::test]
async fn a_deleted_stream_delivers_nothing_more() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Answers(500)).await);
    scene.webhook(&receiver.url()).await;
    scene.happen(5).await;
    receiver.until("an attempt", |receiver| !receiver.requests().is_empty()).await;
    scene.delete("lst_1").await;
    a_while().await;
    receiver.set(Mood::Takes);
    let before = receiver.requests().len();
    a_while().await;
    assert_eq!(receiver.requests().len(), before);
}

#[tokio::test]
async fn only_events_of_the_categories_that_filters_name_come() {
    use LogEventKind::{ManagementWrite, RateLimitHit, TokenDenied, TokenIssued};
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    let names = ["auth.token_exchange.fail", "management.success"];
    let filters: Vec<_> = names.iter().map(|name| json!({"type": "category", "name": name})).collect();
    scene.stream("lst_1", json!({"httpEndpoint": receiver.url()}), json!({"filters": filters})).await;
    for kind in [TokenIssued, TokenDenied, RateLimitHit, ManagementWrite, TokenIssued] {
        scene.happen_of(kind, 1).await;
    }
    scene.happen(1500).await;
    scene.happen_of(ManagementWrite, 1).await;
    receiver.until_taken(1506).await;
    assert_eq!(receiver.taken(), [2, 4, 1506]);
    scene.until_noted().await;
}
