//! Receivers that do not take what comes: everything comes again until they do, in order.

use std::time::Duration;

use tokio::time::sleep;

use crate::receiver::{Mood, Receiver, assert_all_in_order};
use crate::scene::Scene;

#[tokio::test]
async fn events_come_in_batches_in_order_and_once_where_nothing_fails() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.webhook(&receiver.url()).await;
    scene.happen(250).await;
    receiver.until_taken(250).await;
    scene.happen(1).await;
    receiver.until_taken(251).await;
    let sizes: Vec<usize> = receiver.requests().iter().map(|one| one.lines().len()).collect();
    assert!(sizes.iter().all(|size| *size <= 100), "{sizes:?}");
    assert_eq!(receiver.taken(), (1..=251).collect::<Vec<_>>());
    scene.until("all deliveries are counted", |figures| figures.delivered >= 251).await;
    let figures = scene.figures().await;
    assert_eq!((figures.delivered, figures.failures, figures.skipped), (251, 0, 0));
}

#[tokio::test]
async fn a_receiver_that_fails_in_any_way_gets_everything_once_it_takes() {
    for mood in [
        Mood::Answers(500),
        Mood::Answers(400),
        Mood::Answers(401),
        Mood::Answers(410),
        Mood::Answers(302),
        Mood::Answers(307),
        Mood::Asks(0),
        Mood::Hangs,
        Mood::HangsUp,
        Mood::TakesSilently,
    ] {
        let (scene, receiver) = (Scene::start().await, Receiver::start(mood).await);
        scene.webhook(&receiver.url()).await;
        scene.happen(3).await;
        scene.until_failed(2).await;
        assert_eq!(scene.figures().await.backlog, 3, "{mood:?}");
        receiver.set(Mood::Takes);
        scene.happen(3).await;
        receiver.until_taken(6).await;
        assert_all_in_order(&receiver.taken(), 1, 6);
        let requests = receiver.requests();
        let ids =
            requests.iter().filter(|one| one.body == requests[0].body).map(|one| one.header("webhook-id"));
        assert!(ids.clone().all(|id| id == requests[0].header("webhook-id")), "{mood:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_is_away_gets_everything_when_it_is_back_on_its_port() {
    let (scene, mut receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.webhook(&receiver.url()).await;
    for round in 1..=5 {
        scene.happen(20).await;
        receiver.until_taken(round * 40 - 20).await;
        receiver.stop().await;
        scene.happen(20).await;
        sleep(Duration::from_millis(30)).await;
        receiver.restart().await;
        receiver.until_taken(round * 40).await;
    }
    assert_all_in_order(&receiver.taken(), 1, 200);
}

#[tokio::test]
async fn a_receiver_that_asks_for_time_gets_it_within_bounds() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Asks(3600)).await);
    scene.webhook(&receiver.url()).await;
    scene.happen(1).await;
    receiver.until("the first attempt", |receiver| !receiver.requests().is_empty()).await;
    receiver.set(Mood::Takes);
    receiver.until_taken(1).await;
}

#[tokio::test]
async fn one_receiver_that_hangs_holds_up_no_other() {
    let (scene, slow) = (Scene::start().await, Receiver::start(Mood::Hangs).await);
    let quick = Receiver::start(Mood::Takes).await;
    let sink = |receiver: &Receiver| serde_json::json!({"httpEndpoint": receiver.url()});
    scene.stream("lst_slow", sink(&slow), serde_json::json!({})).await;
    scene.stream("lst_quick", sink(&quick), serde_json::json!({})).await;
    scene.happen(150).await;
    quick.until_taken(150).await;
    assert_eq!(quick.taken().len(), 150);
    assert!(slow.taken().is_empty());
}

#[tokio::test]
async fn what_retention_removed_first_is_skipped_and_counted() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Answers(500)).await);
    scene.webhook(&receiver.url()).await;
    scene.happen(10).await;
    receiver.until("the first attempt", |receiver| !receiver.requests().is_empty()).await;
    scene.happen(390).await;
    scene.forget().await;
    scene.happen(100).await;
    receiver.set(Mood::Takes);
    receiver.until_taken(500).await;
    let taken = receiver.taken();
    // What was read before it was removed is delivered all the same.
    let before = taken.iter().filter(|position| **position <= 400).count() as u64;
    assert!(before < 400 && taken.iter().filter(|position| **position > 400).count() == 100, "{taken:?}");
    assert_eq!(scene.figures().await.skipped, 400 - before);
    scene.until_noted().await;
    scene.forget().await;
    scene.happen(5).await;
    receiver.until_taken(505).await;
    assert_eq!(scene.figures().await.skipped, 400 - before);
}

#[tokio::test]
async fn a_log_that_is_removed_whole_is_skipped_too() {
    let mut scene = Scene::start().await;
    let receiver = Receiver::start(Mood::Takes).await;
    scene.webhook(&receiver.url()).await;
    scene.happen(1).await;
    receiver.until_taken(1).await;
    scene.stop().await;
    scene.happen(9).await;
    scene.forget().await;
    scene.deliver().await;
    scene.happen(1).await;
    receiver.until_taken(11).await;
    assert_eq!((receiver.taken(), scene.figures().await.skipped), (vec![1, 11], 9));
}
