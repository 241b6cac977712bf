//! A tenant to ask for tokens in, made through the Management API, and what comes back in one line.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, App};

/// What there is before the request. `{api}`, `{client}`, `{grant}`, `{acme}` and `{bird}` stand for the
/// identifiers of these records, wherever a body, a path, a parameter or an expectation names them.
pub struct Scene {
    pub api: Value,
    pub client: Value,
    pub grant: Option<Value>,
    /// The organizations that the grant is added to.
    pub associated: Vec<&'static str>,
    /// Other grants.
    pub more_grants: Vec<Value>,
    /// The body for `PATCH /api/v2/tenants/settings`.
    pub settings: Value,
    /// The body for `PATCH /grantd/v1/settings`.
    pub extensions: Value,
    /// Requests to the Management API, after everything else.
    pub afterwards: Vec<(&'static str, &'static str, Value)>,
    /// Whether the client sends its secret.
    pub sends_secret: bool,
}

impl Default for Scene {
    /// The client `shop` holds a grant for two of the three scopes of `https://orders`.
    fn default() -> Self {
        let scopes = ["read", "write", "delete"].map(|scope| json!({"value": scope}));
        Self {
            api: json!({"identifier": "https://orders", "scopes": scopes}),
            client: json!({"name": "shop"}),
            grant: Some(
                json!({"client_id": "{client}", "audience": "https://orders", "scope": ["read", "write"]}),
            ),
            associated: Vec::new(),
            more_grants: Vec::new(),
            settings: Value::Null,
            extensions: Value::Null,
            afterwards: Vec::new(),
            sends_secret: true,
        }
    }
}

impl Scene {
    /// Sets a member of the grant.
    pub fn grant_has(&mut self, name: &str, value: Value) {
        self.grant.as_mut().unwrap()[name] = value;
    }

    /// Makes it all.
    pub async fn make(self) -> Stage {
        self.make_in(App::start().await).await
    }

    /// Makes it all in this application.
    pub async fn make_in(self, app: App) -> Stage {
        let mut stage = Stage { app, names: Vec::new(), secret: None };
        for name in ["acme", "bird"] {
            let body = json!({"name": name, "display_name": format!("The {name} Company")});
            stage.create(name, "/organizations", &body).await;
        }
        stage.create("api", "/resource-servers", &self.api).await;
        let client = stage.create("client", "/clients", &self.client).await;
        stage.secret = client["client_secret"].as_str().map(str::to_owned).filter(|_| self.sends_secret);
        if let Some(grant) = &self.grant {
            stage.create("grant", "/client-grants", grant).await;
        }
        for organization in self.associated {
            let path = format!("/organizations/{{{organization}}}/client-grants");
            stage.create("", &path, &json!({"grant_id": "{grant}"})).await;
        }
        for grant in &self.more_grants {
            stage.create("", "/client-grants", grant).await;
        }
        if !self.settings.is_null() {
            stage.change("PATCH", "/tenants/settings", &self.settings).await;
        }
        if !self.extensions.is_null() {
            stage.extend(&self.extensions).await;
        }
        for (method, path, body) in &self.afterwards {
            stage.change(method, path, body).await;
        }
        stage
    }
}

/// A scene that has been made.
pub struct Stage {
    pub app: App,
    names: Vec<(String, String)>,
    secret: Option<String>,
}

impl Stage {
    /// The stage of the usual scene.
    pub async fn usual() -> Self {
        Scene::default().make().await
    }

    /// The usual scene with other members of the API.
    pub async fn with_api(members: Value) -> Self {
        let mut scene = Scene::default();
        scene.api.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        scene.make().await
    }

    /// The secret that the client was made with.
    pub fn secret(&self) -> &str {
        self.secret.as_deref().unwrap()
    }

    /// The secret, or no text if the client has none.
    pub fn secret_or_none(&self) -> &str {
        self.secret.as_deref().unwrap_or_default()
    }

    /// Puts identifiers in place of their names.
    pub fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// Puts names in place of the identifiers.
    pub fn named(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, id)| text.replace(id, &format!("{{{name}}}")))
    }

    /// Creates a record, and gives its identifier this name.
    pub async fn create(&mut self, name: &str, path: &str, body: &Value) -> Value {
        let record = self.change("POST", path, body).await;
        let id = record.get("client_id").filter(|_| path == "/clients").or_else(|| record.get("id"));
        if !name.is_empty() {
            self.names.push((name.to_owned(), id.and_then(Value::as_str).unwrap().to_owned()));
        }
        record
    }

    /// Changes something through the Management API.
    pub async fn change(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = Some(self.filled(&body.to_string())).filter(|body| body != "null");
        let body = body.map(|body| serde_json::from_str(&body).unwrap());
        let answer = self.app.call(method, &self.filled(path), body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    pub async fn extend(&self, body: &Value) {
        let request = Request::patch("/grantd/v1/settings")
            .header("authorization", format!("Bearer {}", self.app.token()))
            .header("content-type", "application/json");
        let answer = self.app.send(request.body(body.to_string().into()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    /// The parameters of a usual request; these replace those of the same name, and an empty one removes.
    pub fn parameters(&self, others: &[(&str, &str)]) -> Vec<(String, String)> {
        let client = self.filled("{client}");
        let usual = [
            ("grant_type", "client_credentials"),
            ("client_id", &client),
            ("client_secret", self.secret.as_deref().unwrap_or_default()),
            ("audience", "https://orders"),
        ];
        let kept = usual.iter().filter(|(name, _)| others.iter().all(|(other, _)| other != name));
        let all = kept.chain(others).filter(|(_, value)| !value.is_empty());
        all.map(|(name, value)| ((*name).to_owned(), self.filled(value))).collect()
    }

    /// Asks for a token with these parameters in place of the usual ones.
    pub async fn ask(&self, others: &[(&str, &str)]) -> Answer {
        let parameters = self.parameters(others);
        let borrowed: Vec<(&str, &str)> =
            parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.app.ask(&borrowed).await
    }

    /// The answer in one line: what the token grants, or status, error and description.
    pub fn in_a_line(&self, answer: &Answer) -> String {
        assert_uncached(answer);
        self.named(&line(answer))
    }
}

/// No answer of the endpoint may stay in a cache (RFC 6749 §5.1).
pub fn assert_uncached(answer: &Answer) {
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["pragma"], "no-cache");
    assert_eq!(answer.headers["content-type"], "application/json");
}

fn line(answer: &Answer) -> String {
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    if answer.status != StatusCode::OK {
        return format!("{} {}: {}", answer.status.as_u16(), text("error"), text("error_description"));
    }
    let claims = claims(body["access_token"].as_str().unwrap());
    assert_eq!(claims.get("scope"), body.get("scope"));
    let organization = claims.get("org_id").map(|id| {
        let name = claims.get("org_name").map(|name| format!(" ({})", name.as_str().unwrap()));
        format!(" for {}{}", id.as_str().unwrap(), name.unwrap_or_default())
    });
    format!("200 [{}]{}", text("scope"), organization.unwrap_or_default())
}

/// The claims of a signed token, unverified.
pub fn claims(token: &str) -> Value {
    decoded(token, 1)
}

/// The header of a token.
pub fn header(token: &str) -> Value {
    decoded(token, 0)
}

fn decoded(token: &str, part: usize) -> Value {
    let encoded = token.split('.').nth(part).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}
