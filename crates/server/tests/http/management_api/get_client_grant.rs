//! GET /client-grants/{id}

use insta::assert_snapshot;

use crate::support::App;

#[tokio::test]
async fn a_grant_that_is_not_there_is_not_found() {
    let app = App::start().await;
    let answer = app.call("GET", "/client-grants/cgr_0123456789abcdef", None).await;
    assert_snapshot!(answer.shown(), @"");
}
