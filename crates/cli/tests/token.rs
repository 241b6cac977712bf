//! `grantd token`: a token in one line, with the identity of a job and without a secret.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "token/platform.rs"]
mod platform;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::process::{Command, Output};

use platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};
use support::api::Api;
use support::{Place, Server, grantd};

const API: &str = "https://api.test/";
const SUBJECT: &str = "repo:acme/app:ref:refs/heads/main";

/// A server, a client with a grant, and a platform whose jobs are the client.
struct World {
    platform: Platform,
    place: Place,
    server: Server,
    client: Value,
}

impl World {
    async fn start() -> Self {
        let platform = Platform::start();
        let place = Place::new();
        let server = place.start(&["--outbound-allow", &platform.host()]);
        let api = Api::open(&server.base, &place.data()).await;
        api.create(
            "/api/v2/resource-servers",
            json!({"identifier": API, "scopes": [{"value": "read"}, {"value": "write"}]}),
        )
        .await;
        let client =
            api.create("/api/v2/clients", json!({"name": "job", "app_type": "non_interactive"})).await;
        let grant = json!({"client_id": client["client_id"], "audience": API, "scope": ["read", "write"]});
        api.create("/api/v2/client-grants", grant).await;
        let path =
            format!("/grantd/v1/clients/{}/federated_identities", client["client_id"].as_str().unwrap());
        let identity = json!({"issuer": platform.issuer(), "subject": SUBJECT});
        let answer = api.call(Method::POST, &path, Some(&identity)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        Self { platform, place, server, client }
    }

    /// `grantd token` for the client, with these arguments and nothing of the environment but these variables.
    fn token(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let ca = self.place.data().join("ca.pem");
        let mut command = grantd(&["token", "--issuer", &self.server.base, "--audience", API]);
        command.args(["--client-id", self.client["client_id"].as_str().unwrap()]);
        command.arg("--ca").arg(ca).args(arguments);
        without_github(&mut command).envs(variables.iter().copied()).output().unwrap()
    }

    /// The variables of a job.
    fn job(&self) -> [(&'static str, String); 2] {
        [
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/token?api-version=2.0", self.platform.issuer())),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", platform::BEARER.to_owned()),
        ]
    }

    fn issuer(&self) -> String {
        format!("{}/", self.server.base)
    }
}

fn without_github(command: &mut Command) -> &mut Command {
    command.env_remove("ACTIONS_ID_TOKEN_REQUEST_URL").env_remove("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode::<Value>(token.trim_end()).unwrap().claims
}

#[tokio::test]
async fn a_github_job_gets_a_token_in_one_line() {
    let world = World::start().await;
    let job = world.job();
    let variables = job.each_ref().map(|(name, value)| (*name, value.as_str()));
    let printed = out(&world.token(&["--github-actions"], &variables));
    assert_eq!(printed.lines().count(), 1);
    let claims = claims(&printed);
    assert_eq!((&claims["azp"], &claims["aud"]), (&world.client["client_id"], &json!(API)));
    assert_eq!(claims["scope"], "read write");
    assert_eq!(world.platform.asked_for(), [world.issuer()], "GitHub was asked for a token for this server");
}

#[tokio::test]
async fn a_token_of_the_platform_comes_from_a_file_or_a_variable() {
    let world = World::start().await;
    let file = world.place.beside("token");
    let assertion = world.platform.sign(SUBJECT, &world.issuer());
    std::fs::write(&file, format!("{assertion}\n")).unwrap();
    let printed = out(&world.token(&["--assertion-file", file.to_str().unwrap(), "--json"], &[]));
    let answer: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&answer["token_type"], &answer["scope"]), (&json!("Bearer"), &json!("read write")));
    let printed = out(&world.token(&["--assertion-env", "CI_JWT"], &[("CI_JWT", &assertion)]));
    assert_eq!(claims(&printed)["azp"], world.client["client_id"]);
    let secret = world.client["client_secret"].as_str().unwrap();
    let printed = out(&world.token(&["--client-secret-env", "SECRET"], &[("SECRET", secret)]));
    assert_eq!(claims(&printed)["azp"], world.client["client_id"]);
}

#[tokio::test]
async fn what_the_server_refuses_is_said_without_what_was_sent() {
    let world = World::start().await;
    let foreign = world.platform.sign("repo:acme/other:ref:refs/heads/main", &world.issuer());
    let told = error(&world.token(&["--assertion-env", "CI_JWT"], &[("CI_JWT", &foreign)]));
    assert!(told.contains("/oauth/token answered 401 Unauthorized: "), "{told}");
    assert!(told.contains("The server's log says why"), "{told}");
    assert!(!told.contains(&foreign), "{told}");
    let secret = world.client["client_secret"].as_str().unwrap();
    let variables = [("SECRET", secret)];
    let told = error(&world.token(&["--client-secret-env", "SECRET", "--scope", "delete"], &variables));
    assert!(told.contains("Client has not been granted scopes: delete"), "{told}");
    assert!(told.contains("client grants") && !told.contains(secret), "{told}");
}

#[tokio::test]
async fn a_job_without_the_permission_is_told_which() {
    let world = World::start().await;
    let told = error(&world.token(&["--github-actions"], &[]));
    assert!(told.contains("ACTIONS_ID_TOKEN_REQUEST_URL is not set"), "{told}");
    assert!(told.contains("permissions: id-token: write"), "{told}");
    let [(url, value), (bearer, _)] = world.job();
    let told = error(&world.token(&["--github-actions"], &[(url, &value), (bearer, "another")]));
    assert!(told.contains("GitHub answered 401 Unauthorized"), "{told}");
    assert!(!told.contains(&value) && !told.contains("another"), "a job's capability is not logged: {told}");
}

#[test]
fn a_proof_that_is_not_there_is_told_before_anybody_is_asked() {
    let place = Place::new();
    let empty = place.beside("empty");
    std::fs::write(&empty, "\n").unwrap();
    let run = |arguments: &[&str]| {
        let common = ["token", "--issuer", "https://127.0.0.1:1", "--audience", API, "--client-id", "x"];
        let mut command = grantd(&common);
        without_github(command.args(arguments)).env("EMPTY", " ").env_remove("ABSENT").output().unwrap()
    };
    assert!(error(&run(&["--assertion-file", empty.to_str().unwrap()])).contains("there is no token in it"));
    assert!(error(&run(&["--assertion-file", "/nowhere/token"])).contains("/nowhere/token: No such file"));
    assert!(error(&run(&["--assertion-env", "EMPTY"])).contains("EMPTY: there is nothing in it"));
    assert!(
        error(&run(&["--client-secret-env", "ABSENT"])).contains("ABSENT: environment variable not found")
    );
    for arguments in
        [&[][..], &["--github-actions", "--assertion-env", "EMPTY"], &["--assertion-audience", "x"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let output = grantd(&["token", "--issuer", "http://127.0.0.1:1", "--audience", API, "--client-id", "x"])
        .args(["--assertion-env", "CI_JWT"])
        .env("CI_JWT", "a.b.c")
        .output()
        .unwrap();
    let told = error(&output);
    assert!(told.contains("http://127.0.0.1:1/oauth/token: ") && told.contains("refused"), "{told}");
}
