//! DELETE /clients/{id}

use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{Requests, app_with_client, client, grant, organization};
use crate::support::App;

#[tokio::test]
async fn a_client_goes_with_its_grants_and_their_associations() {
    let (app, client_id) = app_with_client().await;
    let own = grant(&app, json!({"client_id": client_id, "organization_usage": "allow"})).await;
    let users = grant(&app, json!({"client_id": client_id, "subject_type": "user"})).await;
    let kept = grant(&app, json!({"client_id": client(&app).await})).await;
    let members = format!("/organizations/{}/client-grants", organization(&app, "acme").await);
    app.create(&members, json!({"grant_id": own})).await;

    assert_snapshot!(app.delete(&format!("/clients/{client_id}")).await.wire(), @"204 No Content");

    assert_eq!(app.get(&format!("/clients/{client_id}")).await.status, 404);
    for id in [own, users] {
        assert_eq!(app.get(&format!("/client-grants/{id}")).await.status, 404);
    }
    assert_eq!(app.get(&format!("/client-grants/{kept}")).await.status, 200);
    assert_eq!(app.get(&members).await.json(), json!([]));
}

#[tokio::test]
async fn a_client_that_is_not_there_is_gone_already() {
    let app = App::start().await;
    assert_snapshot!(app.delete("/clients/nobody").await.wire(), @"204 No Content");
}
