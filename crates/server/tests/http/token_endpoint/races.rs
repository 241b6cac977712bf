//! Attack case 21: what is taken away while tokens are asked for. Whoever asks meanwhile gets a token or the usual
//! refusal; whoever asks when it is gone gets none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};

use super::scene::Stage;

const ASKERS: usize = 8;

/// Asks again and again until it is refused; fails where a token came of a request that began when all was done.
async fn until_refused(stage: Arc<Stage>, all_ask: Arc<Barrier>, gone: Arc<AtomicBool>) -> String {
    let mut first = true;
    loop {
        let late = gone.load(Ordering::SeqCst);
        let line = stage.in_a_line(&stage.ask(&[]).await);
        if !line.starts_with("200 ") {
            return line;
        }
        assert!(!late, "a token for what is gone");
        if std::mem::take(&mut first) {
            all_ask.wait().await;
        }
        // Nothing of an answer waits for anything, and others have to come by.
        yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_while_tokens_are_asked_for_gives_none_afterwards() {
    let no_grant = concat!(
        r#"403 access_denied: Client "{client}" is not authorized to access resource server "https://orders". "#,
        r#"You need to create a "client-grant" associated to this API."#
    );
    for (method, path, body, refusal) in [
        ("DELETE", "/client-grants/{grant}", Value::Null, no_grant),
        ("DELETE", "/clients/{client}", Value::Null, "401 access_denied: Unauthorized"),
        ("POST", "/clients/{client}/rotate-secret", Value::Null, "401 access_denied: Unauthorized"),
        (
            "DELETE",
            "/resource-servers/{api}",
            Value::Null,
            "403 access_denied: Service not enabled within domain: https://orders",
        ),
        (
            "PATCH",
            "/clients/{client}",
            json!({"grant_types": []}),
            "403 unauthorized_client: Grant type 'client_credentials' not allowed for the client.",
        ),
    ] {
        let stage = Arc::new(Stage::usual().await);
        let (all_ask, gone) = (Arc::new(Barrier::new(ASKERS + 1)), Arc::new(AtomicBool::new(false)));
        let askers: JoinSet<String> = (0..ASKERS)
            .map(|_| until_refused(Arc::clone(&stage), Arc::clone(&all_ask), Arc::clone(&gone)))
            .collect();
        all_ask.wait().await;
        stage.change(method, path, &body).await;
        gone.store(true, Ordering::SeqCst);
        for line in askers.join_all().await {
            assert_eq!(line, refusal, "{method} {path}");
        }
    }
}

/// A grant that is deleted and made anew without end: each token is whole, with the scopes of one of its lives.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_comes_and_goes_gives_whole_tokens_or_none() {
    let stage = Arc::new(Stage::usual().await);
    let over = Arc::new(AtomicBool::new(false));
    let askers: JoinSet<Vec<String>> = (0..4)
        .map(|_| {
            let (stage, over) = (Arc::clone(&stage), Arc::clone(&over));
            async move {
                let mut lines = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    lines.push(stage.in_a_line(&stage.ask(&[]).await));
                    yield_now().await;
                }
                lines
            }
        })
        .collect();
    let mut path = stage.filled("/client-grants/{grant}");
    for round in 0..20 {
        stage.change("DELETE", &path, &Value::Null).await;
        let scope = if round % 2 == 0 { json!(["delete"]) } else { json!(["read", "write"]) };
        let body = json!({"client_id": "{client}", "audience": "https://orders", "scope": scope});
        let made = stage.change("POST", "/client-grants", &body).await;
        path = format!("/client-grants/{}", made["id"].as_str().unwrap());
    }
    over.store(true, Ordering::SeqCst);
    for line in askers.join_all().await.concat() {
        let whole = ["200 [read write]", "200 [delete]"].contains(&&*line);
        assert!(whole || line.starts_with("403 access_denied: Client \"{client}\" is not"), "{line}");
    }
}
