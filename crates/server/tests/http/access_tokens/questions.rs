//! A token of the usual client, the face of its API, and what they ask about it.

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::Answer;
use crate::token_endpoint::scene::{Scene, Stage};
use crate::token_endpoint::wire::FORM;

pub const INTROSPECT: &str = "/oauth/introspect";
pub const REVOKE: &str = "/oauth/revoke";
pub const INACTIVE: &str = r#"{"active":false}"#;

/// Credentials of a client.
pub type Credentials = (String, String);

/// A stage with the client `{face}`, which is the face of the API.
pub struct Questions {
    pub stage: Stage,
    pub face: Credentials,
    pub client: Credentials,
}

impl Questions {
    pub async fn usual() -> Self {
        Self::of(Scene::default()).await
    }

    pub async fn with_api(members: Value) -> Self {
        let mut scene = Scene::default();
        scene.api.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        Self::of(scene).await
    }

    pub async fn of(scene: Scene) -> Self {
        let mut stage = scene.make().await;
        let face = face_of(&mut stage, "face", "https://orders").await;
        let client = (stage.filled("{client}"), stage.secret().to_owned());
        Self { stage, face, client }
    }

    /// A token of the usual client.
    pub async fn token(&self) -> String {
        self.token_with(&[]).await
    }

    /// The same with these parameters.
    pub async fn token_with(&self, parameters: &[(&str, &str)]) -> String {
        let answer = self.stage.ask(parameters).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Lets time pass, with a node that follows.
    pub async fn wait(&self, seconds: u64) {
        self.stage.app.advance(seconds);
        self.stage.app.follower.catch_up().await.unwrap();
    }

    /// What the face of the API learns of a token.
    pub async fn introspect(&self, token: &str) -> Answer {
        self.ask(INTROSPECT, &self.face, token).await
    }

    /// Whether a token counts, for the face of its API.
    pub async fn is_active(&self, token: &str) -> bool {
        let answer = self.introspect(token).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let active = answer.json()["active"] == json!(true);
        assert!(active || answer.text == INACTIVE, "{}", answer.text);
        active
    }

    /// The client gives a token back.
    pub async fn revoke(&self, token: &str) -> Answer {
        self.ask(REVOKE, &self.client, token).await
    }

    /// A question or request about a token, with these credentials in the body.
    pub async fn ask(&self, path: &str, (id, secret): &Credentials, token: &str) -> Answer {
        self.send(path, &[], &[("client_id", id), ("client_secret", secret), ("token", token)]).await
    }

    /// A form with these headers.
    pub async fn send(&self, path: &str, headers: &[(&str, &str)], parameters: &[(&str, &str)]) -> Answer {
        send(&self.stage.app.router, path, headers, parameters).await
    }

    /// The answer with names in place of identifiers.
    pub fn shown(&self, answer: &Answer) -> String {
        self.stage.named(&answer.shown())
    }
}

/// A client that is the face of an API.
pub async fn face_of(stage: &mut Stage, name: &str, identifier: &str) -> Credentials {
    let body = json!({
        "name": name, "app_type": "resource_server", "resource_server_identifier": identifier,
    });
    let made = stage.create(name, "/clients", &body).await;
    credentials(&made)
}

/// The credentials of a client that was just made.
pub fn credentials(made: &Value) -> Credentials {
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("client_id"), text("client_secret"))
}

/// A form for this router.
pub async fn send(
    router: &Router,
    path: &str,
    headers: &[(&str, &str)],
    parameters: &[(&str, &str)],
) -> Answer {
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let request =
        headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    let request = request.header("content-type", FORM).body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    assert_eq!(parts.headers["cache-control"], "no-store");
    assert_eq!(parts.headers["pragma"], "no-cache");
    Answer { status: parts.status, headers: parts.headers, text }
}
