//! GET /clients/{id}

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, client, text};
use crate::support::App;

async fn path_of_a_client(app: &App) -> String {
    let body = json!({"name": "Robot", "description": "Does things", "app_type": "non_interactive"});
    format!("/clients/{}", text(&app.create("/clients", body).await, "client_id"))
}

fn names(client: &Value) -> Vec<&str> {
    client.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn who_may_read_clients_and_keys_sees_all() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    assert_snapshot!(app.get(&path).await.shown_without_certificate(), @r#"
        200 OK
        {
          "tenant": "auth.test",
          "client_id": "Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk",
          "name": "Robot",
          "global": false,
          "is_first_party": true,
          "grant_types": [
            "authorization_code",
            "implicit",
            "refresh_token",
            "client_credentials"
          ],
          "is_token_endpoint_ip_header_trusted": false,
          "oidc_conformant": false,
          "sso_disabled": false,
          "cross_origin_authentication": false,
          "custom_login_page_on": true,
          "jwt_configuration": {
            "secret_encoded": false,
            "lifetime_in_seconds": 36000
          },
          "refresh_token": {
            "rotation_type": "non-rotating",
            "expiration_type": "non-expiring",
            "leeway": 0,
            "token_lifetime": 2592000,
            "infinite_token_lifetime": true,
            "infinite_idle_token_lifetime": true,
            "idle_token_lifetime": 1296000
          },
          "description": "Does things",
          "app_type": "non_interactive",
          "client_secret": "xHUqdIwmrcJxlP6vaZA8mfM8Yj1DMdnzEapt2GTn9Kkun0gK9kZG3teNEveP6xkU",
          "signing_keys": [
            {
              "cert": "(a certificate)",
              "pkcs7": "(a bag of certificates)",
              "subject": "deprecated"
            }
          ]
        }
    "#);
}

#[tokio::test]
async fn who_may_read_clients_sees_no_secret() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    let secret = text(&app.get(&path).await.json(), "client_secret");
    let answer = app.call_holding(&["read:clients"], "GET", &path, None).await;
    let client = answer.json();
    assert_eq!((client.get("client_secret"), client.get("signing_keys")), (None, None));
    assert!(!answer.text.contains(&secret));
    assert_eq!(client["grant_types"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn who_may_read_summaries_sees_four_members() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    assert_snapshot!(app.call_holding(&["read:client_summary"], "GET", &path, None).await.wire(), @r#"
        200 OK
        {"client_id":"Sds7KTt5GNbnwUh1CMGTp2eJ7iSgJEvk","name":"Robot","description":"Does things","app_type":"non_interactive"}
    "#);
}

#[tokio::test]
async fn who_may_read_credentials_sees_the_summary_and_the_keys() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    app.patch(&path, json!({"encryption_key": {"pub": "x", "cert": "y", "subject": "/CN=z"}})).await;
    let client = app.call_holding(&["read:client_credentials"], "GET", &path, None).await.json();
    let mut seen = names(&client);
    seen.sort_unstable();
    let expected =
        ["app_type", "client_id", "client_secret", "description", "encryption_key", "name", "signing_keys"];
    assert_eq!(seen, expected);
    let without = app.call_holding(&["read:clients"], "GET", &path, None).await.json();
    assert_eq!(without.get("encryption_key"), None);
}

#[tokio::test]
async fn fields_are_chosen_or_left_out() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    let chosen = app.get(&format!("{path}?fields=client_id,app_type&include_fields=true")).await.json();
    assert_eq!(names(&chosen), ["client_id", "app_type", "signing_keys"], "as recorded");
    let all = app.get(&path).await.json();
    let omitted = ["client_secret", "signing_keys", "name"];
    let query = format!("fields={}&include_fields=false", omitted.join(","));
    let rest = app.get(&format!("{path}?{query}")).await.json();
    let expected: Vec<&str> = names(&all).into_iter().filter(|name| !omitted.contains(name)).collect();
    assert_eq!(names(&rest), expected);
    assert_eq!(app.get(&format!("{path}?fields=tea")).await.status, 400);
    assert_eq!(app.get(&format!("{path}?fields=name&include_fields=maybe")).await.status, 400);
}

#[tokio::test]
async fn choosing_the_secret_does_not_show_it_to_who_may_not_see_it() {
    let app = App::start().await;
    let path = path_of_a_client(&app).await;
    let chosen = format!("{path}?fields=client_secret,name");
    let answer = app.call_holding(&["read:clients"], "GET", &chosen, None).await;
    assert_eq!(answer.text, r#"{"name":"Robot"}"#);
}

#[tokio::test]
async fn a_client_that_is_not_there_is_not_found() {
    let app = App::start().await;
    client(&app).await;
    assert_snapshot!(app.get("/clients/nobody").await.wire(), @r#"
        404 Not Found
        {"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}
    "#);
}
