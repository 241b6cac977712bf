//! Servers that restart, in order and not, while receivers do what they like.

use std::time::Duration;

use tokio::time::sleep;

use crate::receiver::{Mood, Receiver, assert_all_in_order};
use crate::scene::Scene;

#[tokio::test]
async fn a_server_that_restarts_in_order_goes_on_where_it_stopped() {
    let (mut scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.webhook(&receiver.url()).await;
    for round in 1..=5_u64 {
        scene.happen(30).await;
        receiver.until_taken(round * 30).await;
        scene.until_noted().await;
        scene.stop().await;
        scene.deliver().await;
    }
    assert_eq!(receiver.taken(), (1..=150).collect::<Vec<_>>(), "nothing comes twice");
}

#[tokio::test]
async fn what_a_killed_server_sent_and_did_not_write_down_comes_again_under_the_same_identifier() {
    let (mut scene, receiver) = (Scene::start().await, Receiver::start(Mood::Hangs).await);
    scene.webhook(&receiver.url()).await;
    scene.happen(10).await;
    receiver.until("the first attempt", |receiver| !receiver.requests().is_empty()).await;
    scene.kill().await;
    receiver.set(Mood::Takes);
    scene.deliver().await;
    receiver.until_taken(10).await;
    let requests = receiver.requests();
    let (first, last) = (&requests[0], requests.last().unwrap());
    assert_eq!(first.body, last.body);
    assert_eq!(first.header("webhook-id"), last.header("webhook-id"));
}

/// Everything at once, in an order that is always the same.
#[tokio::test]
async fn whatever_fails_and_restarts_every_event_comes_at_least_once_and_in_order() {
    const MOODS: [Mood; 8] = [
        Mood::Takes,
        Mood::Answers(500),
        Mood::HangsUp,
        Mood::TakesSilently,
        Mood::Takes,
        Mood::Hangs,
        Mood::Asks(1),
        Mood::Answers(429),
    ];
    let (mut scene, mut receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.webhook(&receiver.url()).await;
    let mut dice = 12_345_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut events = 0;
    for _ in 0..60 {
        let some = roll(40);
        scene.happen(usize::try_from(some).unwrap()).await;
        events += some;
        receiver.set(MOODS[usize::try_from(roll(8)).unwrap()]);
        match roll(6) {
            0 => scene.kill().await,
            1 => scene.stop().await,
            2 => receiver.stop().await,
            _ => {}
        }
        sleep(Duration::from_millis(roll(30))).await;
        if scene.is_stopped() {
            scene.deliver().await;
        }
        receiver.restart().await;
    }
    receiver.set(Mood::Takes);
    receiver.until_taken(events).await;
    assert_all_in_order(&receiver.taken(), 1, events);
    let requests = receiver.requests();
    for request in &requests {
        crate::signatures::verify(request, &[b"the key"]);
        let same = requests.iter().filter(|other| other.header("webhook-id") == request.header("webhook-id"));
        assert!(same.clone().all(|other| other.body == request.body), "one identifier, one body");
    }
}
