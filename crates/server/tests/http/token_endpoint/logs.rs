//! What stands in the log: the true reason of every refusal with the client it is about, and nothing that must not.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};

use grantd_store::Change;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::scene::{Scene, Stage};
use super::wire::{FORM, basic, form, post, signed_form};

/// Everything that is logged on this thread, at every level.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Where only one subscriber lives, tracing asks the thread that first comes to a place in the code whether that
/// place matters, and other tests have no subscriber. A second one that lives for ever makes it ask all of them.
static ANOTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish()));

impl Log {
    pub fn as_json() -> (Self, DefaultGuard) {
        LazyLock::force(&ANOTHER);
        let log = Self::default();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    /// What has been logged since the last call.
    pub fn text(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }

    /// The events of the server since the last call, from this level on.
    fn events(&self, levels: &[&str]) -> Vec<Value> {
        let text = self.text();
        let events = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ours = events.filter(|event| event["target"].as_str().unwrap().starts_with("grantd"));
        ours.filter(|event| levels.contains(&event["level"].as_str().unwrap())).collect()
    }
}

/// Client, reason and error of the one event of a refusal.
async fn event(log: &Log, stage: &Stage, parameters: &[(&str, &str)]) -> [String; 3] {
    log.text();
    stage.ask(parameters).await;
    let events = log.events(&["INFO", "WARN", "ERROR"]);
    assert_eq!(events.len(), 1, "{events:?}");
    let field = |name: &str| stage.named(events[0]["fields"][name].as_str().unwrap());
    [field("client.id"), field("reason"), field("error")]
}

/// What differs from the usual scene, what is asked for, why it is denied, and with which error.
type Case = (fn(&mut Scene), &'static [(&'static str, &'static str)], &'static str, &'static str);

#[tokio::test]
async fn a_denial_is_logged_once_with_its_client_and_its_reason() {
    let (log, _guard) = Log::as_json();
    let cases: [Case; 5] = [
        (
            |s| s.client["grant_types"] = json!([]),
            &[],
            "the client may not use the client credentials grant",
            "unauthorized_client",
        ),
        (
            |_| {},
            &[("audience", "https://nowhere")],
            r#"no API has the identifier "https://nowhere""#,
            "access_denied",
        ),
        (|s| s.grant = None, &[], r#"the client has no grant for the API "https://orders""#, "access_denied"),
        (|_| {}, &[("scope", "a b")], "scopes not granted: a, b", "access_denied"),
        (|_| {}, &[("organization", "x")], "the grant allows no organization", "invalid_request"),
    ];
    for (set_up, parameters, reason, error) in cases {
        let mut scene = Scene::default();
        set_up(&mut scene);
        let stage = scene.make().await;
        assert_eq!(event(&log, &stage, parameters).await, ["{client}", reason, error]);
    }
}

#[tokio::test]
async fn the_log_knows_why_a_stranger_was_refused_though_the_answer_does_not_say() {
    let (log, _guard) = Log::as_json();
    let mut scene = Scene::default();
    scene.client["token_endpoint_auth_method"] = json!("client_secret_post");
    let stage = scene.make().await;
    let failed = "access_denied";
    let wrong = event(&log, &stage, &[("client_secret", "wrong")]).await;
    assert_eq!(wrong, ["{client}", "the secret is wrong", failed]);
    let unknown = event(&log, &stage, &[("client_id", "nobody")]).await;
    assert_eq!(unknown, ["nobody", "the client is unknown", failed]);
    let without = event(&log, &stage, &[("client_secret", "")]).await;
    let nothing = "the request has nothing but client_id, and the client is not public";
    assert_eq!(without, ["{client}", nothing, failed]);
    let nobody = event(&log, &stage, &[("client_id", ""), ("client_secret", "")]).await;
    assert_eq!(nobody, ["", "no client is named", failed]);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_logged_with_what_is_wrong_with_it() {
    let (log, _guard) = Log::as_json();
    let stage = Stage::usual().await;
    let cases = [
        (
            form("&client_id={client}&client_secret={secret}&client_assertion=x"),
            "More than one client authentication",
        ),
        (form("&client_assertion=x"), "client_assertion and client_assertion_type belong together"),
        (signed_form("&scope=a&scope=b"), "Duplicate parameter: scope"),
        ("a".repeat(65 * 1024), "the body is too long"),
    ];
    for (body, reason) in cases {
        log.text();
        post(&stage, &[("content-type", FORM)], &body).await;
        let events = log.events(&["INFO", "WARN", "ERROR"]);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!(events[0]["fields"]["error"], "invalid_request");
        let said = events[0]["fields"]["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{said}");
        assert!(!events[0].to_string().contains(stage.secret()));
    }
}

/// A refusal that a second look turns into a token is none, and is not logged as one.
#[tokio::test]
async fn a_token_is_not_logged_as_a_refusal() {
    let (log, _guard) = Log::as_json();
    let stage = Stage::usual().await;
    let id = stage.filled("{client}").as_str().into();
    let mut client = stage.app.store.get_client(&id).await.unwrap().unwrap();
    client.record.client_secret = "set on another node".into();
    stage.app.store.commit(vec![Change::UpdateClient(client)]).await.unwrap();
    log.text();
    let answer = stage.ask(&[("client_secret", "set on another node")]).await;
    assert_eq!(stage.in_a_line(&answer), "200 [read write]");
    let events = log.events(&["INFO", "WARN", "ERROR"]);
    assert_eq!(events.len(), 1, "{events:?}");
    let fields = &events[0]["fields"];
    assert_eq!(
        (&fields["http.status"], &fields["client.id"]),
        (&json!(200), &json!(stage.filled("{client}")))
    );
    assert_eq!((fields.get("error"), fields.get("reason")), (None, None));
}

#[tokio::test]
async fn an_internal_error_is_logged_once_with_its_causes() {
    let (log, _guard) = Log::as_json();
    let stage = Stage::usual().await;
    let id = stage.filled("{api}").as_str().into();
    let mut api = stage.app.store.get_resource_server(&id).await.unwrap().unwrap();
    api.record.signing_alg = grantd_model::SigningAlgorithm::HS256;
    stage.app.store.commit(vec![Change::UpdateResourceServer(api)]).await.unwrap();
    stage.app.follower.catch_up().await.unwrap();
    let failed = async |status: u16| {
        log.text();
        assert_eq!(stage.ask(&[]).await.status, status);
        let events = log.events(&["INFO", "WARN", "ERROR"]);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!((&events[0]["level"], &events[0]["target"]), (&json!("ERROR"), &json!("grantd::request")));
        events[0]["fields"]["reason"].as_str().unwrap().to_owned()
    };
    let unsignable = "the token could not be made: the API signs with HS256 and has no signing secret";
    assert_eq!(failed(500).await, unsignable);
    stage.app.advance(60);
    assert_eq!(failed(503).await, "the configuration may be out of date: the store was last read 60s ago");
}

/// What the operations of the Management API are told of: by the templates of their paths, and by codes.
#[tokio::test]
async fn a_request_to_the_management_api_is_one_event_with_its_caller_and_its_code() {
    let (log, _guard) = Log::as_json();
    let stage = Stage::usual().await;
    let told = async |method: &str, path: &str, token: &str| {
        log.text();
        stage.app.call_with(token, method, path, None).await;
        let events = log.events(&["INFO", "WARN", "ERROR"]);
        assert_eq!(events.len(), 1, "{events:?}");
        let mut fields = events[0]["fields"].clone();
        fields["duration_us"] = json!(0);
        fields.to_string()
    };
    let admin = stage.app.token();
    assert_snapshot!(told("GET", "/clients/secret-path?secret=query", &admin).await, @r#"{"message":"request","http.method":"GET","http.route":"/api/v2/clients/{id}","http.status":400,"duration_us":0,"client.id":"administration","error":"invalid_query_string"}"#);
    assert_snapshot!(told("GET", "/clients/{client}", &admin).await, @r#"{"message":"request","http.method":"GET","http.route":"/api/v2/clients/{id}","http.status":404,"duration_us":0,"client.id":"administration","error":"inexistent_client"}"#);
    assert_snapshot!(told("DELETE", "/nowhere/x", &admin).await, @r#"{"message":"request","http.method":"DELETE","http.route":"none","http.status":404,"duration_us":0}"#);
    assert_snapshot!(told(&"A".repeat(10_000), "/clients", &admin).await, @r#"{"message":"request","http.method":"other","http.route":"/api/v2/clients","http.status":404,"duration_us":0}"#);
    assert_snapshot!(told("GET", "/clients", "a.b.c").await, @r#"{"message":"request","http.method":"GET","http.route":"/api/v2/clients","http.status":401,"duration_us":0}"#);
}

#[tokio::test]
async fn no_secret_no_token_and_no_line_break_of_a_caller_is_in_any_event() {
    let (log, _guard) = Log::as_json();
    let stage = Stage::usual().await;
    let token = stage.ask(&[]).await.json()["access_token"].as_str().unwrap().to_owned();
    let breaks = "x\r\n{\"level\":\"INFO\"}\u{1b}[2J\u{85}\u{2028}\0y";
    for name in ["client_id", "client_secret", "audience", "scope", "organization", "grant_type", "resource"]
    {
        stage.ask(&[(name, breaks)]).await;
        stage.ask(&[(name, &breaks.repeat(1000))]).await;
    }
    let header = basic(&stage, "{client}:a-wrong-secret");
    let broken = basic(&stage, &format!("{breaks}:{breaks}"));
    for header in [header.as_str(), &broken, "Basic a-wrong-header"] {
        post(&stage, &[("content-type", FORM), ("authorization", header)], &form("")).await;
    }
    post(&stage, &[("content-type", FORM)], &form("&client_assertion=a-wrong-assertion")).await;
    post(&stage, &[("content-type", "application/json")], r#"{"client_secret":"a-wrong-secret"x"#).await;
    post(&stage, &[("content-type", FORM)], &signed_form("&client_secret=a-wrong-secret")).await;
    stage.change("PATCH", "/clients/{client}", &json!({"client_secret": "a-new-secret"})).await;
    let rotated = stage.change("POST", "/clients/{client}/rotate-secret", &Value::Null).await;
    let management_token = stage.app.token();

    let text = log.text();
    assert!(text.lines().count() >= 15, "{text}");
    let encoded = header.strip_prefix("Basic ").unwrap();
    for secret in [
        stage.secret(),
        rotated["client_secret"].as_str().unwrap(),
        "a-new-secret",
        "a-wrong-secret",
        "a-wrong-header",
        "a-wrong-assertion",
        encoded,
        token.rsplit('.').next().unwrap(),
        management_token.rsplit('.').next().unwrap(),
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let ours = event["target"].as_str().unwrap().starts_with("grantd");
        // The library says whole statements, where it is asked to say everything.
        assert!(!ours || line.len() < 8 * 1024, "{} bytes", line.len());
        for (name, value) in event["fields"].as_object().unwrap() {
            let breaks = |letter: char| letter.is_control() || letter == '\u{2028}';
            assert!(!ours || !value.as_str().unwrap_or_default().contains(breaks), "{name}: {value}");
        }
    }
}
