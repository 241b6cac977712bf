//! `application/x-www-form-urlencoded` bodies: lists, truth values, and what no schema could mean.

use grantd_schema::Operation;
use insta::assert_snapshot;
use serde_json::json;

use super::fixtures::{API, Requests, World, assert_is_error, with_payload};
use crate::support::Answer;

async fn send(world: &World, operation: Operation, form: &str) -> Answer {
    let bearer = format!("Bearer {}", world.app.token());
    let headers = [("authorization", &*bearer), ("content-type", "application/x-www-form-urlencoded")];
    world.send(operation, &headers, form.to_owned()).await
}

#[tokio::test]
async fn lists_come_in_three_notations() {
    let world = World::start().await;
    for (form, expected) in [
        ("scope[]=a&scope[]=b", json!(["a", "b"])),
        ("scope[0]=a&scope[1]=b", json!(["a", "b"])),
        ("scope[1]=b&scope[0]=a", json!(["a", "b"])),
        ("scope=a&scope=b", json!(["a", "b"])),
        ("scope=a", json!(["a"])),
        ("scope%5B%5D=a+b&scope%5B%5D=c%26d", json!(["a b", "c&d"])),
    ] {
        let answer = send(&world, Operation::UpdateClientGrant, form).await;
        assert_eq!(answer.json()["scope"], expected, "{form}: {}", answer.text);
    }
}

#[tokio::test]
async fn truth_values_and_numbers_are_read_by_the_schema() {
    let world = World::start().await;
    let form = "allow_any_organization=true&organization_usage=require";
    assert_snapshot!(send(&world, Operation::UpdateClientGrant, form).await.wire(), @r#"
        200 OK
        {"id":"cgr_BufE1ndIP8pUOCvf","client_id":"wUh1CMGTp2eJ7iSgJEvkDtYZE7mbMue0","audience":"https://api.test/","scope":[],"organization_usage":"require","allow_any_organization":true,"subject_type":"client"}
    "#);
    let form = "token_lifetime=60&allow_offline_access=true&scopes[0][value]=a&scopes[0][description]=A";
    let api = send(&world, Operation::UpdateResourceServer, form).await.json();
    assert_eq!((&api["token_lifetime"], &api["allow_offline_access"]), (&json!(60), &json!(true)));
    assert_eq!(api["scopes"], json!([{"value": "a", "description": "A"}]));
}

#[tokio::test]
async fn what_does_not_fit_its_type_is_refused_in_the_usual_words() {
    let world = World::start().await;
    let refused = send(&world, Operation::UpdateClientGrant, "allow_any_organization=yes").await;
    assert_snapshot!(refused.wire(), @r#"
        400 Bad Request
        {"statusCode":400,"error":"Bad Request","message":"Payload validation error: 'Expected type boolean,null but found type string' on property allow_any_organization (Controls allowing any organization to be used with this grant).","errorCode":"invalid_body"}
    "#);
    for form in ["allow_all_scopes=1", "allow_all_scopes=", "organization_usage=x", "scope[a]=b", "tea=1", ""]
    {
        let answer = send(&world, Operation::UpdateClientGrant, form).await;
        assert_eq!(answer.status, 400, "{form}: {}", answer.text);
        assert_is_error(&answer);
    }
}

#[tokio::test]
async fn a_client_is_made_from_a_form() {
    let world = World::start().await;
    let form = "name=Robot&grant_types[]=client_credentials&is_first_party=true&client_metadata[a]=1";
    let client = send(&world, Operation::CreateClient, form).await.json();
    assert_eq!(client["grant_types"], json!(["client_credentials"]));
    assert_eq!(client["client_metadata"], json!({"a": "1"}));
}

#[tokio::test]
async fn strange_forms_harm_nothing() {
    let world = World::start().await;
    let deep = format!("a{}=1", "[b]".repeat(10_000));
    let many = (0..10_000).map(|n| format!("scope[]={n}")).collect::<Vec<_>>().join("&");
    let strange = [
        "=",
        "&&&",
        "=&=",
        "scope[",
        "scope]",
        "[]=x",
        "[a]=x",
        "scope[][]=x",
        "scope[99999999999999999999]=x",
        "scope[0]=a&scope[0]=b",
        "scope=a&scope[b]=c",
        "scope=%",
        "scope=%zz",
        "scope=%ff",
        "name=%00",
        "%ff=x",
        "__proto__[x]=1",
        "name[]=x",
        "name[a]=x",
        "scope[]=",
        &deep,
        &many,
    ];
    for operation in with_payload() {
        for form in strange {
            let answer = send(&world, operation, form).await;
            let short: String = form.chars().take(40).collect();
            assert!(!answer.status.is_server_error(), "{operation:?} {short}: {}", answer.text);
            if answer.status.is_client_error() {
                assert_is_error(&answer);
            }
        }
    }
}

#[tokio::test]
async fn our_own_settings_take_json_only() {
    let world = World::start().await;
    let request = http::Request::patch("/grantd/v1/settings")
        .header("authorization", format!("Bearer {}", world.app.token()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("scope_handling=auth0".into())
        .unwrap();
    assert_eq!(world.app.send(request).await.status, 415);
    assert_eq!(world.app.get(&format!("/client-grants?audience={API}")).await.status, 200);
}
