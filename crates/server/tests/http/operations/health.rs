//! GET /health/live and /health/ready

use insta::assert_snapshot;

use crate::support::App;

async fn ready(app: &App) -> String {
    let answer = app.watched("/health/ready").await;
    format!("{} {}", answer.status.as_u16(), answer.text)
}

#[tokio::test]
async fn a_server_that_issues_tokens_is_live_and_ready() {
    let app = App::recording().await;
    assert_snapshot!(app.watched("/health/live").await.text, @r#"{"status":"live"}"#);
    assert_snapshot!(ready(&app).await, @r#"200 {"status":"ready","checks":{"server":"ok","snapshot":"ok","store":"ok","event_log":"ok"}}"#);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready_and_lives_still() {
    let app = App::start().await;
    app.begin_to_stop();
    assert_snapshot!(ready(&app).await, @r#"503 {"status":"unready","checks":{"server":"it is stopping","snapshot":"ok","store":"ok","event_log":"ok"}}"#);
    assert_eq!(app.watched("/health/live").await.status, 200);
}

#[tokio::test]
async fn a_server_that_knows_nothing_new_is_not_ready_until_it_does() {
    let app = App::start().await;
    app.advance(60);
    assert_snapshot!(ready(&app).await, @r#"503 {"status":"unready","checks":{"server":"ok","snapshot":"the store was last read 60s ago","store":"ok","event_log":"ok"}}"#);
    app.follower.catch_up().await.unwrap();
    assert_eq!(app.watched("/health/ready").await.status, 200);
}

#[tokio::test]
async fn nothing_else_is_there() {
    let app = App::start().await;
    assert_eq!(app.watched("/api/v2/clients").await.status, 404);
    assert_eq!(app.watched("/").await.text, "There are /health/live, /health/ready and /metrics here.\n");
}
