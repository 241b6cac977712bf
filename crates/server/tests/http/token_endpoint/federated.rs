//! Clients without a secret: a token of an outside issuer is exchanged for one of ours.

use http::Request;
use serde_json::{Value, json};

use super::outside_issuer::{Key, OUTSIDE, OutsideIssuer, SUBJECT};
use crate::support::{App, ISSUER, NOW};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const PUBLIC: &str = "93.184.216.34";
const API: &str = "https://orders";

/// A client with a grant, on a server that can ask the issuer.
pub struct Scene {
    pub app: App,
    pub issuer: OutsideIssuer,
    pub key: Key,
    pub client: String,
    secret: String,
}

impl Scene {
    pub async fn start() -> Self {
        Self::resolving(PUBLIC).await
    }

    /// The issuer's name leads to this address.
    async fn resolving(address: &str) -> Self {
        let key = Key::new("one");
        let issuer = OutsideIssuer::start(&key).await;
        let app = App::asking(issuer.outbound(address)).await;
        app.create("/resource-servers", json!({"identifier": API, "scopes": [{"value": "read"}]})).await;
        let client = app.create("/clients", json!({"name": "job", "app_type": "non_interactive"})).await;
        let [id, secret] =
            ["client_id", "client_secret"].map(|name| client[name].as_str().unwrap().to_owned());
        app.create("/client-grants", json!({"client_id": id, "audience": API, "scope": ["read"]})).await;
        Self { app, issuer, key, client: id, secret }
    }

    /// With an identity of this trust, the issuer apart.
    pub async fn trusting(trust: Value) -> Self {
        let scene = Self::start().await;
        scene.trust(trust).await;
        scene
    }

    pub async fn trust(&self, mut trust: Value) -> Value {
        if trust.get("issuer").is_none() {
            trust["issuer"] = json!(OUTSIDE);
        }
        let uri = format!("/grantd/v1/clients/{}/federated_identities", self.client);
        let request = Request::post(uri)
            .header("authorization", format!("Bearer {}", self.app.token()))
            .body(trust.to_string().into());
        let answer = self.app.send(request.unwrap()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    /// Status and error of the exchange of a token; 200 and the scope if there is one of ours.
    pub async fn exchange(&self, token: &str) -> String {
        self.exchange_as(&[("client_id", &self.client)], token).await
    }

    async fn exchange_as(&self, parameters: &[(&str, &str)], token: &str) -> String {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("audience", API),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", token),
        ];
        form.extend_from_slice(parameters);
        let answer = self.app.ask(&form).await;
        let body = answer.json();
        let said = body["scope"].as_str().or_else(|| body["error"].as_str()).unwrap().to_owned();
        format!("{} {said}", answer.status.as_u16())
    }
}

pub const REFUSED: &str = "401 invalid_client";

pub fn subject() -> Value {
    json!({"subject": SUBJECT})
}

#[tokio::test]
async fn a_job_without_a_secret_gets_a_token_by_the_keys_that_its_issuer_publishes() {
    let scene = Scene::trusting(subject()).await;
    let token = scene.key.sign(&json!({}));
    for _ in 0..3 {
        assert_eq!(scene.exchange(&token).await, "200 read", "the platform's token is good until it ends");
    }
    assert_eq!(scene.issuer.asked(), 2, "metadata and keys, once");
    let by_uri = Scene::trusting(json!({"subject": SUBJECT, "jwks_uri": format!("{OUTSIDE}/keys")})).await;
    assert_eq!(by_uri.exchange(&by_uri.key.sign(&json!({}))).await, "200 read");
    assert_eq!(by_uri.issuer.asked(), 1);
}

#[tokio::test]
async fn pinned_keys_are_used_and_nobody_is_asked() {
    let (scene, pinned) = (Scene::start().await, Key::new("pinned"));
    scene.trust(json!({"subject": SUBJECT, "jwks": pinned.jwks()})).await;
    assert_eq!(scene.exchange(&pinned.sign(&json!({}))).await, "200 read");
    assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, REFUSED, "published, not pinned");
    assert_eq!(scene.issuer.asked(), 0);
}

#[tokio::test]
async fn a_token_that_differs_in_one_thing_is_refused() {
    let scene = Scene::trusting(subject()).await;
    let now = NOW.seconds();
    assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, "200 read");
    for others in [
        json!({"iss": "https://issuer.example/"}),
        json!({"iss": "https://ISSUER.example"}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"sub": "repo:acme/app:ref:refs/heads/other"}),
        json!({"sub": null}),
        json!({"aud": "https://auth.test"}),
        json!({"aud": "https://auth.test/oauth/token"}),
        json!({"aud": [API]}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"exp": now}),
        json!({"exp": null}),
        json!({"exp": (now + 300).to_string()}),
        json!({"nbf": now + 60}),
        json!({"iat": now + 60}),
    ] {
        assert_eq!(scene.exchange(&scene.key.sign(&others)).await, REFUSED, "{others}");
    }
    assert_eq!(scene.exchange(&Key::new("one").sign(&json!({}))).await, REFUSED, "somebody else's key");
    let several = json!({"aud": ["https://other.example", ISSUER]});
    assert_eq!(scene.exchange(&scene.key.sign(&several)).await, "200 read");
}

#[tokio::test]
async fn rules_on_claims_all_hold() {
    let rules = json!({"claims": {"repository": "acme/app", "sub": "repo:acme/app:*"}});
    let scene = Scene::trusting(rules).await;
    assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, "200 read");
    for others in [
        json!({"repository": "acme/other"}),
        json!({"repository": null}),
        json!({"sub": "repo:acme/app-of-another:ref:refs/heads/main"}),
    ] {
        assert_eq!(scene.exchange(&scene.key.sign(&others)).await, REFUSED, "{others}");
    }
}

#[tokio::test]
async fn any_identity_of_the_client_is_enough_and_each_has_its_audience() {
    let scene = Scene::trusting(json!({"subject": "another"})).await;
    scene.trust(json!({"subject": SUBJECT, "audience": "api://grantd"})).await;
    assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, REFUSED);
    assert_eq!(scene.exchange(&scene.key.sign(&json!({"aud": "api://grantd"}))).await, "200 read");
    assert_eq!(scene.exchange(&scene.key.sign(&json!({"sub": "another"}))).await, "200 read");
}

#[tokio::test]
async fn the_client_is_named_and_its_identities_are_its_own() {
    let scene = Scene::trusting(subject()).await;
    let token = scene.key.sign(&json!({}));
    let other = scene.app.create("/clients", json!({"name": "other", "app_type": "non_interactive"})).await;
    assert_eq!(
        scene.exchange_as(&[("client_id", other["client_id"].as_str().unwrap())], &token).await,
        REFUSED
    );
    assert_eq!(scene.exchange_as(&[("client_id", "nobody")], &token).await, REFUSED);
    assert_eq!(scene.exchange_as(&[], &token).await, REFUSED);
    assert_eq!(scene.exchange_as(&[("client_id", SUBJECT)], &token).await, REFUSED);
    let both = [("client_id", &*scene.client), ("client_secret", &*scene.secret)];
    assert_eq!(scene.exchange_as(&both, &token).await, "400 invalid_request", "two methods");
    let form = [("grant_type", "client_credentials"), ("audience", API), both[0], both[1]];
    assert_eq!(scene.app.ask(&form).await.status, 200, "its registered method still works");
}

#[tokio::test]
async fn a_removed_identity_is_refused_at_once() {
    let scene = Scene::start().await;
    let identity = scene.trust(subject()).await;
    let token = scene.key.sign(&json!({}));
    assert_eq!(scene.exchange(&token).await, "200 read");
    let (client, id) = (&scene.client, identity["id"].as_str().unwrap());
    let request = Request::delete(format!("/grantd/v1/clients/{client}/federated_identities/{id}"))
        .header("authorization", format!("Bearer {}", scene.app.token()))
        .body("".into());
    assert_eq!(scene.app.send(request.unwrap()).await.status, 204);
    assert_eq!(scene.exchange(&token).await, REFUSED);
}

#[tokio::test]
async fn a_new_key_of_the_issuer_is_fetched_and_invented_ones_ask_once_in_half_a_minute() {
    let scene = Scene::trusting(subject()).await;
    assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, "200 read");
    let next = Key::new("two");
    scene.issuer.publish(&next);
    assert_eq!(scene.exchange(&next.sign(&json!({}))).await, REFUSED, "it was asked moments ago");
    scene.app.advance(30);
    scene.app.follower.catch_up().await.unwrap();
    assert_eq!(scene.exchange(&next.sign(&json!({}))).await, "200 read");
    assert_eq!(scene.issuer.asked(), 4);
    for kid in ["x1", "x2", "x3", "x4", "x5"] {
        assert_eq!(scene.exchange(&Key::new(kid).sign(&json!({}))).await, REFUSED);
    }
    assert_eq!(scene.issuer.asked(), 4);
    assert_eq!(
        scene.exchange(&scene.key.sign(&json!({}))).await,
        REFUSED,
        "the former key is published no more"
    );
}

/// Attack case 11, from the request on: the name of the issuer leads into our own network.
/// By the clock that was ahead they are fresh for another year, and their issuer was asked just now.
#[tokio::test]
async fn keys_that_were_fetched_while_the_clock_was_ahead_are_fetched_again() {
    const YEAR: u64 = 365 * 24 * 3600;
    let scene = Scene::trusting(subject()).await;
    let at = |seconds| {
        let now = NOW.seconds() + seconds;
        json!({"iat": now, "nbf": now, "exp": now + 60})
    };
    scene.app.advance(YEAR);
    scene.app.follower.catch_up().await.unwrap();
    assert_eq!(scene.exchange(&scene.key.sign(&at(YEAR))).await, "200 read");
    scene.app.turn_back(YEAR);
    let next = Key::new("next");
    scene.issuer.publish(&next);
    assert_eq!(scene.exchange(&next.sign(&at(0))).await, "200 read", "published since");
    assert_eq!(scene.exchange(&scene.key.sign(&at(0))).await, REFUSED, "withdrawn since");
}

#[tokio::test]
async fn an_issuer_that_leads_to_a_private_address_is_never_asked() {
    for address in ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "fd00:ec2::254"] {
        let scene = Scene::resolving(address).await;
        scene.trust(subject()).await;
        assert_eq!(scene.exchange(&scene.key.sign(&json!({}))).await, REFUSED, "{address}");
        assert_eq!(scene.issuer.asked(), 0, "{address}");
    }
}

#[tokio::test]
async fn a_token_for_nobody_asks_nobody() {
    let scene = Scene::trusting(subject()).await;
    let strange = scene.key.sign(&json!({"iss": "https://evil.example"}));
    assert_eq!(scene.exchange(&strange).await, REFUSED);
    assert_eq!(scene.exchange_as(&[("client_id", "nobody")], &scene.key.sign(&json!({}))).await, REFUSED);
    let long = scene.key.sign(&json!({"padding": "x".repeat(8192)}));
    assert_eq!(scene.exchange(&long).await, REFUSED);
    assert_eq!(scene.issuer.asked(), 0);
}
