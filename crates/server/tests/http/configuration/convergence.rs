//! Laws of documents, over generated ones: what was applied is there, and what was exported changes nothing.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};

use super::{applied, apply, export, payments, plan, steps};
use crate::management_api::fixtures::Requests;
use crate::support::App;

/// An optional member of a record.
fn maybe(
    name: &'static str,
    value: impl Strategy<Value = Value> + 'static,
) -> BoxedStrategy<Option<(&'static str, Value)>> {
    proptest::option::of(value).prop_map(move |value| value.map(|value| (name, value))).boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    proptest::sample::select(values.to_vec()).boxed()
}

/// A record with some of its members.
fn record(
    fixed: Value,
    members: Vec<BoxedStrategy<Option<(&'static str, Value)>>>,
) -> impl Strategy<Value = Value> {
    members.prop_map(move |members| {
        let mut record = fixed.clone();
        for (name, value) in members.into_iter().flatten() {
            record[name] = value;
        }
        record
    })
}

fn organization(number: usize) -> impl Strategy<Value = Value> {
    record(
        json!({"name": format!("org-{number}")}),
        vec![
            maybe("display_name", one_of(&[json!("A"), json!("B")])),
            maybe("metadata", one_of(&[json!({}), json!({"a": "b"})])),
            maybe("token_quota", one_of(&[json!({"client_credentials": {"per_hour": 5}})])),
            maybe("third_party_client_access", one_of(&[json!("allow"), json!("block")])),
            maybe("delete_protection", one_of(&[json!(true), json!(false)])),
        ],
    )
}

fn resource_server(number: usize) -> impl Strategy<Value = Value> {
    record(
        json!({"identifier": format!("https://api-{number}.test/")}),
        vec![
            maybe("name", one_of(&[json!("A"), json!("B")])),
            maybe("scopes", one_of(&[json!([]), json!([{"value": "a"}, {"value": "b", "description": ""}])])),
            maybe("token_lifetime", one_of(&[json!(0), json!(60), json!(86_400)])),
            maybe("signing_alg", one_of(&[json!("HS256"), json!("RS256"), json!("PS256")])),
            maybe("token_dialect", one_of(&[json!("rfc9068_profile"), json!("access_token")])),
            maybe("enforce_policies", one_of(&[json!(true), json!(false)])),
            maybe("allow_offline_access", one_of(&[json!(true), json!(false)])),
            maybe(
                "proof_of_possession",
                one_of(&[json!({"mechanism": "dpop", "required": true}), Value::Null]),
            ),
            maybe("subject_type_authorization", one_of(&[json!({"client": {"policy": "deny_all"}})])),
        ],
    )
}

fn client(number: usize) -> impl Strategy<Value = Value> {
    record(
        json!({"name": format!("Client {number}")}),
        vec![
            maybe("app_type", one_of(&["spa", "native", "non_interactive", "regular_web"].map(Value::from))),
            maybe("description", one_of(&[json!(""), json!("Text")])),
            maybe("client_metadata", one_of(&[json!({}), json!({"team": "a"})])),
            maybe("callbacks", one_of(&[json!([]), json!(["https://a.test/cb"])])),
            maybe(
                "jwt_configuration",
                one_of(&[json!({"alg": "RS256"}), json!({"lifetime_in_seconds": 60})]),
            ),
            maybe(
                "refresh_token",
                one_of(&[json!({"rotation_type": "rotating", "expiration_type": "expiring"}), Value::Null]),
            ),
            maybe(
                "token_quota",
                one_of(&[json!({"client_credentials": {"per_day": 9, "enforce": false}}), Value::Null]),
            ),
            maybe("is_first_party", one_of(&[json!(true), json!(false)])),
            maybe("oidc_logout", one_of(&[json!({"backchannel_logout_urls": ["https://a.test/out"]})])),
            maybe(
                "default_organization",
                one_of(&[json!({"organization": "org-0", "flows": ["client_credentials"]})]),
            ),
            maybe("require_proof_of_possession", one_of(&[json!(true), json!(false)])),
        ],
    )
}

fn client_grant(number: usize) -> impl Strategy<Value = Value> {
    let fixed = json!({"client": format!("Client {}", number % 3), "audience": format!("https://api-{}.test/", number / 3)});
    record(
        fixed,
        vec![
            maybe("scope", one_of(&[json!([]), json!(["a"]), json!(["b", "a"])])),
            maybe("organization_usage", one_of(&[json!("deny"), json!("allow"), json!("require")])),
            maybe("allow_any_organization", one_of(&[json!(false), Value::Null])),
            maybe("delete_protection", one_of(&[json!(false)])),
        ],
    )
}

fn document() -> impl Strategy<Value = Value> {
    let lists = (
        (0..3_usize).map(organization).collect::<Vec<_>>(),
        (0..3_usize).map(resource_server).collect::<Vec<_>>(),
        (0..3_usize).map(client).collect::<Vec<_>>(),
        (0..9_usize).map(client_grant).collect::<Vec<_>>(),
        any::<u16>(),
    );
    lists.prop_map(|(organizations, resource_servers, clients, grants, kept)| {
        let kept = |number: usize| kept >> number & 1 == 1;
        let grants: Vec<Value> = grants
            .into_iter()
            .enumerate()
            .filter(|(number, _)| kept(*number))
            .map(|(_, grant)| grant)
            .collect();
        json!({
            "owner": "generated",
            "organizations": organizations,
            "resource_servers": resource_servers,
            "clients": clients,
            "client_grants": grants,
        })
    })
}

/// Two documents one after the other on one server: nothing is left to do after each, and the export of what is there is
/// as good as the document.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_after_an_apply_and_after_an_export_is_empty() {
    let config =
        Config { cases: 24, rng_seed: RngSeed::Fixed(11), failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Handle::current();
    let law = tokio::task::spawn_blocking(move || {
        let law = TestRunner::new(config).run(&(document(), document()), |(one, other)| {
            runtime.block_on(converges(one, other));
            Ok(())
        });
        law.map_err(|error| error.to_string())
    });
    law.await.unwrap().unwrap();
}

async fn converges(one: Value, other: Value) {
    let app = App::start().await;
    for document in [one, other] {
        let answer = apply(&app, json!({"document": document, "prune": true})).await;
        if answer.status == 400 {
            // Pruning meets what the first document protects.
            assert!(answer.text.contains("protected from deletion"), "{}", answer.text);
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.text);
        for document in [document, export(&app, "?owner=generated").await, export(&app, "?ids=true").await] {
            let planned = plan(&app, json!({ "document": document })).await;
            assert_eq!(planned.status, 200, "{} of {document}", planned.text);
            assert_eq!(planned.json()["steps"], json!([]), "{document}");
        }
    }
}

#[tokio::test]
async fn an_export_makes_the_same_configuration_on_another_server() {
    let (one, other) = (App::start().await, App::start().await);
    applied(&one, payments()).await;
    let document = export(&one, "?ids=true").await;
    applied(&other, document.clone()).await;
    assert_eq!(export(&other, "?ids=true").await, document);
    let clients = one.get("/client-grants").await.json();
    assert_eq!(other.get("/client-grants").await.json(), clients);
}

#[tokio::test]
async fn settings_that_no_request_can_say_as_they_are_shown_are_exported_as_one_can() {
    let app = App::start().await;
    applied(&app, json!({"tenant": {"session_lifetime_in_minutes": 181}})).await;
    let document = export(&app, "").await;
    assert_eq!(document["tenant"], json!({"session_lifetime_in_minutes": 181}));
    assert_eq!(steps(&plan(&app, json!({ "document": document })).await.json()), Vec::<String>::new());
}

#[tokio::test]
async fn an_export_has_no_secret_and_names_in_place_of_identifiers() {
    let app = App::start().await;
    applied(&app, payments()).await;
    let document = export(&app, "?owner=payments").await;
    assert!(!document.to_string().contains("a secret of the worker's own"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap(), @r#"
    {
      "version": 1,
      "owner": "payments",
      "organizations": [
        {
          "name": "acme",
          "display_name": "Acme"
        },
        {
          "name": "globex"
        }
      ],
      "resource_servers": [
        {
          "name": "Payments",
          "identifier": "https://payments.test/",
          "scopes": [
            {
              "value": "read:payments"
            },
            {
              "value": "write:payments",
              "description": "Pay"
            }
          ]
        }
      ],
      "clients": [
        {
          "name": "Partner",
          "is_first_party": false,
          "app_type": "regular_web"
        },
        {
          "name": "Worker",
          "grant_types": [
            "client_credentials"
          ],
          "default_organization": {
            "flows": [
              "client_credentials"
            ],
            "organization": "acme"
          },
          "app_type": "non_interactive"
        }
      ],
      "client_grants": [
        {
          "audience": "https://payments.test/",
          "scope": [
            "read:payments"
          ],
          "default_for": "third_party_clients"
        },
        {
          "client": "Worker",
          "audience": "@management-api",
          "scope": [
            "read:clients"
          ]
        },
        {
          "client": "Worker",
          "audience": "https://payments.test/",
          "scope": [
            "read:payments"
          ],
          "organization_usage": "allow",
          "organizations": [
            "acme",
            "globex"
          ]
        },
        {
          "client": "Worker",
          "audience": "https://payments.test/",
          "scope": [],
          "subject_type": "user"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn of_applies_at_the_same_time_each_is_whole() {
    let app = App::start().await;
    let document = |number: usize| {
        json!({"organizations": [{"name": "acme", "display_name": number.to_string()}],
            "resource_servers": [{"identifier": "https://a.test/", "name": number.to_string()}]})
    };
    let all = (0..8).map(|number| apply(&app, json!({ "document": document(number) })));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let organization = app.get("/organizations/name/acme").await.json()["display_name"].clone();
    let apis = app.get("/resource-servers").await.json();
    let api =
        apis.as_array().unwrap().iter().find(|api| api["identifier"] == "https://a.test/").unwrap().clone();
    assert_eq!(api["name"], organization);
    assert_eq!(steps(&plan(&app, json!({"document": document(8)})).await.json()).len(), 2);
}
