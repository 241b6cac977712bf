//! The flags of `grantd serve` for certificates of clients.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::{Certificate, Client, Identity};
use serde_json::{Value, json};
use support::api::{Api, admin, https};
use support::{Place, Server, grantd};

/// An authority for clients, as a file, and what one of its clients shows.
fn authority(place: &Place) -> (PathBuf, Identity) {
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let file = place.beside("client-ca.pem");
    fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
    let client_key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(params, key);
    let client = CertificateParams::default().signed_by(&client_key, &issuer).unwrap();
    let pem = client.pem() + &client_key.serialize_pem();
    (file, Identity::from_pem(pem.as_bytes()).unwrap())
}

async fn metadata(client: &Client, base: &str) -> Value {
    let url = format!("{base}/.well-known/openid-configuration");
    let text = client.get(url).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

fn methods(metadata: &Value) -> String {
    let methods = metadata.get("token_endpoint_auth_methods_supported").and_then(Value::as_array).unwrap();
    methods
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| name.contains("tls_"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_certificates_of_clients_when_asked_to() {
    let place = Place::new();
    let (file, identity) = authority(&place);
    let arguments = ["--client-ca", file.to_str().unwrap(), "--mtls-url", "https://mtls.example.com"];
    let server = place.start(&arguments);
    let ca = place.data().join("ca.pem");
    let without = https(&ca);
    let certificate = Certificate::from_pem(&fs::read(&ca).unwrap()).unwrap();
    let with = Client::builder().tls_certs_only([certificate]).identity(identity).build().unwrap();
    let api = Api::open_with(without.clone(), &server.base, &admin(&place.data())).await;
    let mtls = json!({"mtls": {"enable_endpoint_aliases": true}});
    let answer = api.call(reqwest::Method::PATCH, "/api/v2/tenants/settings", Some(&mtls)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for client in [with, without] {
        let metadata = metadata(&client, &server.base).await;
        assert_eq!(methods(&metadata), "tls_client_auth self_signed_tls_client_auth");
        let aliases = json!({
            "token_endpoint": "https://mtls.example.com/oauth/token",
            "introspection_endpoint": "https://mtls.example.com/oauth/introspect",
            "revocation_endpoint": "https://mtls.example.com/oauth/revoke",
        });
        assert_eq!(metadata.get("mtls_endpoint_aliases"), Some(&aliases));
    }
    server.stop();

    let server = place.start(&["--client-certificates"]);
    assert_eq!(methods(&metadata(&https(&ca), &server.base).await), "self_signed_tls_client_auth");
    server.stop();
    let server = place.start(&[]);
    assert_eq!(methods(&metadata(&https(&ca), &server.base).await), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn trusts_the_proxies_that_it_is_told_of() {
    let place = Place::new();
    place.start(&[]).stop();
    let client = https(&place.data().join("ca.pem"));
    let flags = ["--plain-http", "--trusted-proxy", "10.0.0.7", "--trusted-proxy", "fd00::/8"];
    let server = place.start(&flags);
    assert_eq!(
        methods(&metadata(&client, &server.base).await),
        "tls_client_auth self_signed_tls_client_auth"
    );
    server.stop();
    let mut command = place.serve(&[]);
    command.env("GRANTD_TRUSTED_PROXY", "10.0.0.7,fd00::/8").env("GRANTD_CLIENT_CERTIFICATES", "false");
    let server = Server::start(command).unwrap();
    assert_eq!(
        methods(&metadata(&client, &server.base).await),
        "tls_client_auth self_signed_tls_client_auth"
    );
}

#[test]
fn names_the_file_with_authorities_that_cannot_be_used() {
    let place = Place::new();
    let (good, _) = authority(&place);
    let bad = place.beside("bad.pem");
    let name = bad.to_str().unwrap().to_owned();
    let good = fs::read_to_string(good).unwrap();
    let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cases = [
        (None, "No such file"),
        (Some(String::new()), "no certificate in it"),
        (Some("nothing".to_owned()), "no certificate in it"),
        (Some(KeyPair::generate().unwrap().serialize_pem()), "no certificate in it"),
        (Some(good.replace("-----END", "----END")), ""),
        (Some(format!("{good}{not_der}")), "certificate 2 of the bundle cannot be read as an authority"),
    ];
    for (content, expected) in cases {
        if let Some(content) = &content {
            fs::write(&bad, content).unwrap();
        }
        let ended = place.fail(&["--client-ca", &name]);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(&name) && ended.stderr.contains(expected), "{}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
    assert!(!place.data().exists(), "nothing was begun");
}

#[test]
fn refuses_flags_that_mean_nothing() {
    let place = Place::new();
    let cases: [(&[&str], &str); 7] = [
        (&["--trusted-proxy", "proxy.example.com"], "an address looks like 10.0.0.7"),
        (&["--trusted-proxy", "10.0.0.7/8"], "may be meant to be 10.0.0.0/8"),
        (&["--trusted-proxy", "0.0.0.0/0"], "not everybody is a trusted proxy"),
        (&["--trusted-proxy", "10.0.0.7,"], "an address looks like 10.0.0.7"),
        (&["--plain-http", "--client-certificates"], "cannot be used with"),
        (&["--plain-http", "--client-ca", "a.pem"], "cannot be used with"),
        (&["--mtls-url", "mtls.example.com"], "it looks like https://mtls.example.com/"),
    ];
    for (arguments, expected) in cases {
        let ended = place.fail(arguments);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    let ended = place.fail(&["--mtls-url", "https://mtls.example.com/"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("--mtls-url needs certificates of clients"), "{}", ended.stderr);
    let mut command = grantd(&["serve", "--data"]);
    command.arg(place.data()).env("GRANTD_TRUSTED_PROXY", "10.0.0.7/8");
    assert!(Server::start(command).err().unwrap().stderr.contains("10.0.0.0/8"));
    assert!(!place.data().exists(), "nothing was begun");
}
