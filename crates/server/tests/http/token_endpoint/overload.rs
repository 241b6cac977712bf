//! More requests at once than there can be tokens in time: those at the end of the line are told to come back, and the
//! others get theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::scene::Scene;
use crate::support::App;

/// Together they take seconds on any machine: each is an RSA signature.
const REQUESTS: usize = 3_000;

#[tokio::test]
async fn who_would_wait_for_too_long_is_told_at_once_to_come_back() {
    let stage = Arc::new(Scene::default().make_in(App::recording().await).await);
    // What a request takes is known from those before it.
    assert!(stage.in_a_line(&stage.ask(&[]).await).starts_with("200 "));
    let mut requests = JoinSet::new();
    for _ in 0..REQUESTS {
        let stage = Arc::clone(&stage);
        requests.spawn(async move {
            let answer = stage.ask(&[]).await;
            let retry = answer.headers.get("retry-after").map(|after| after.to_str().unwrap().to_owned());
            let line = stage.in_a_line(&answer);
            (if line.starts_with("200 ") { "200".to_owned() } else { line }, retry)
        });
    }
    let mut answers = BTreeMap::<_, usize>::new();
    for answer in requests.join_all().await {
        *answers.entry(answer).or_default() += 1;
    }
    let issued = answers[&("200".to_owned(), None)];
    let turned_away =
        ("503 temporarily_unavailable: The server is overloaded".to_owned(), Some("1".to_owned()));
    assert_eq!(answers[&turned_away], REQUESTS - issued, "{answers:?}");
    assert!(issued > 0 && issued < REQUESTS, "{answers:?}");
    // They are counted, and not recorded one by one.
    let metrics = stage.app.watched("/metrics").await.text;
    assert!(metrics.contains(&format!("\ngrantd_overloaded_total {}\n", REQUESTS - issued)), "{metrics}");
    let events = stage.app.events().await;
    assert_eq!(events.iter().filter(|event| event["type"] == "feccft").count(), 0);
    // The line is empty again.
    assert!(stage.in_a_line(&stage.ask(&[]).await).starts_with("200 "));
}
