//! `POST /clients/{id}/rotate-secret`, and of our own `POST …/secrets`, of clients without one

use serde_json::json;

use super::{Robot, complaint};
use crate::management_api::client_secrets;

#[tokio::test]
async fn a_client_that_proves_itself_without_a_secret_gets_none() {
    let robot = Robot::start().await;
    let rotate = async || robot.app.call("POST", &format!("{}/rotate-secret", robot.path), None).await;
    let secrets = format!("{}/secrets", robot.path.trim_start_matches("/clients"));
    let add = async || client_secrets::call(&robot.app, "POST", &secrets, None).await;
    for method in ["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"] {
        assert_eq!(robot.enable(method, &[]).await.status, 200);
        let expected = "a client with `client_authentication_methods` has no client secret";
        assert_eq!(complaint(&rotate().await), expected, "{method}");
        assert_eq!(complaint(&add().await), expected, "{method}");
    }
    robot.change(json!({"client_authentication_methods": null})).await;
    assert_eq!(rotate().await.status, 200);
    assert_eq!(add().await.status, 201);
}
