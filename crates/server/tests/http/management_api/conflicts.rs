//! Many requests at once: one of equals wins, and nobody's change is lost.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fixtures::{API, Requests, World, app_with_client, client, grant};
use super::settings;
use crate::support::{Answer, App};

/// The answers to requests that are all under way at once.
async fn at_once<F>(requests: impl IntoIterator<Item = F>) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let tasks: Vec<_> = requests.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

/// A request as a task of its own.
fn task(
    app: &Arc<App>,
    method: &'static str,
    path: &str,
    body: Value,
) -> impl Future<Output = Answer> + use<> {
    let (app, path) = (Arc::clone(app), path.to_owned());
    async move { app.call(method, &path, Some(body)).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_equal_grants_one_is_made() {
    let (app, client_id) = app_with_client().await;
    let app = Arc::new(app);
    let body = |n: usize| json!({"client_id": client_id, "audience": API, "scope": [n.to_string()]});
    let answers = at_once((0..100).map(|n| task(&app, "POST", "/client-grants", body(n)))).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 99));
    let winner = answers.iter().find(|answer| answer.status == 201).unwrap();
    assert_eq!(app.get("/client-grants").await.json(), json!([winner.json()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_equal_default_grants_apis_organizations_and_associations_one_is_made() {
    let world = World::start().await;
    let associations = format!("/organizations/{}/client-grants", world.organization);
    let app = Arc::new(world.app);
    for (path, body) in [
        ("/client-grants", json!({"default_for": "third_party_clients", "audience": API})),
        ("/resource-servers", json!({"identifier": "x"})),
        ("/organizations", json!({"name": "x"})),
        (&*associations, json!({"grant_id": world.grant})),
    ] {
        let answers = at_once((0..20).map(|_| task(&app, "POST", path, body.clone()))).await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 19), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_record_at_once_are_all_kept() {
    let (app, client_id) = app_with_client().await;
    let app = Arc::new(app);
    let path = format!("/clients/{client_id}");
    let body = |n: usize| json!({"client_metadata": {n.to_string(): "x"}});
    let answers = at_once((0..10).map(|n| task(&app, "PATCH", &path, body(n)))).await;
    assert_eq!(count(&answers, 200), 10);
    let metadata = app.get(&path).await.json()["client_metadata"].clone();
    assert_eq!(metadata.as_object().unwrap().len(), 10, "{metadata}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_grant_that_are_changed_at_once_are_all_changed() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/client-grants/{}", grant(&app, json!({"client_id": client_id})).await);
    let app = Arc::new(app);
    for round in 0..10 {
        let scope = json!([round.to_string()]);
        let bodies = [
            json!({"scope": scope}),
            json!({"organization_usage": if round % 2 == 0 { "allow" } else { "require" }}),
            json!({"allow_any_organization": round % 2 == 0}),
        ];
        let answers = at_once(bodies.clone().map(|body| task(&app, "PATCH", &path, body))).await;
        assert_eq!(count(&answers, 200), 3);
        let held = app.get(&path).await.json();
        for body in bodies {
            let (name, value) = body.as_object().unwrap().iter().next().unwrap();
            assert_eq!(&held[name], value, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_of_one_record_at_once_all_succeed() {
    let (app, client_id) = app_with_client().await;
    let path = format!("/clients/{client_id}");
    let app = Arc::new(app);
    let answers = at_once((0..100).map(|n| task(&app, "PATCH", &path, json!({"name": n.to_string()})))).await;
    assert_eq!(count(&answers, 200), 100);
    let held = app.get(&path).await.json()["name"].clone();
    assert!(answers.iter().any(|answer| answer.json()["name"] == held));
}

#[tokio::test(flavor = "multi_thread")]
async fn our_settings_and_auth0s_do_not_overwrite_each_other() {
    let app = Arc::new(App::start().await);
    for round in 0..10 {
        let name = round.to_string();
        let ours = {
            let (app, token) = (Arc::clone(&app), app.token());
            let body = json!({"allow_granting_unheld_scopes": round % 2 == 0});
            tokio::spawn(async move { settings::call(&app, &token, "PATCH", Some(body)).await })
        };
        let theirs = task(&app, "PATCH", "/tenants/settings", json!({"friendly_name": name}));
        assert_eq!(theirs.await.status, 200);
        assert_eq!(ours.await.unwrap().status, 200);
        let held = settings::call(&app, &app.token(), "GET", None).await.json();
        assert_eq!(held["allow_granting_unheld_scopes"], json!(round % 2 == 0));
        assert_eq!(app.get("/tenants/settings").await.json()["friendly_name"], json!(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_deleted_meanwhile_leaves_no_grant_behind() {
    let (app, _) = app_with_client().await;
    let app = Arc::new(app);
    for _ in 0..10 {
        let client_id = client(&app).await;
        let creation = json!({"client_id": client_id, "audience": API});
        let deletion = {
            let (app, path) = (Arc::clone(&app), format!("/clients/{client_id}"));
            tokio::spawn(async move { app.delete(&path).await })
        };
        let made = task(&app, "POST", "/client-grants", creation).await;
        assert!([201, 404].contains(&made.status.as_u16()), "{}", made.text);
        assert_eq!(deletion.await.unwrap().status, 204);
        assert_eq!(app.get(&format!("/client-grants?client_id={client_id}")).await.json(), json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_once_leave_the_secret_that_one_of_them_showed() {
    let (app, client_id) = app_with_client().await;
    let app = Arc::new(app);
    let path = format!("/clients/{client_id}/rotate-secret");
    let answers = at_once((0..8).map(|_| task(&app, "POST", &path, json!({})))).await;
    assert_eq!(count(&answers, 200), 8);
    let held = app.get(&format!("/clients/{client_id}")).await.json()["client_secret"].clone();
    assert!(answers.iter().any(|answer| answer.json()["client_secret"] == held));
}
