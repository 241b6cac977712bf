//! GET /api/v2/keys/signing

use grantd_model::AssertionAlgorithm;
use grantd_token::PublicKey;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::fixtures::{Requests, mask_certificates};
use super::rotate_signing_keys::{rotate, wait};
use crate::support::App;

/// The answer without what another run has another of.
async fn listed(app: &App) -> String {
    let mut keys = app.get("/keys/signing").await.json();
    mask_certificates(&mut keys);
    for key in keys.as_array_mut().unwrap() {
        let colons = key["fingerprint"].as_str().unwrap().replace(':', "");
        assert_eq!(key["thumbprint"], colons);
        (key["fingerprint"], key["thumbprint"]) = (json!("(with colons)"), json!("(without)"));
    }
    format!("{keys:#}")
}

#[tokio::test]
async fn a_new_tenant_has_a_current_and_a_next_key() {
    let app = App::start().await;
    assert_snapshot!(listed(&app).await, @r#"
    [
      {
        "kid": "Sds7KTt5GNbnwUh1CMGTp",
        "cert": "(a certificate)",
        "pkcs7": "(a bag of certificates)",
        "current": true,
        "next": false,
        "previous": false,
        "current_since": "2026-01-02T02:47:25.000Z",
        "fingerprint": "(with colons)",
        "thumbprint": "(without)",
        "revoked": false
      },
      {
        "kid": "xHUqdIwmrcJxlP6vaZA8m",
        "cert": "(a certificate)",
        "pkcs7": "(a bag of certificates)",
        "current": false,
        "next": true,
        "previous": false,
        "fingerprint": "(with colons)",
        "thumbprint": "(without)",
        "revoked": false
      }
    ]
    "#);
}

#[tokio::test]
async fn after_a_rotation_the_former_key_is_shown_with_its_times() {
    let app = App::start().await;
    rotate(&app).await;
    assert_snapshot!(listed(&app).await, @r#"
    [
      {
        "kid": "xHUqdIwmrcJxlP6vaZA8m",
        "cert": "(a certificate)",
        "pkcs7": "(a bag of certificates)",
        "current": true,
        "next": false,
        "previous": false,
        "current_since": "2026-01-02T03:04:05.000Z",
        "fingerprint": "(with colons)",
        "thumbprint": "(without)",
        "revoked": false
      },
      {
        "kid": "xkUG7oc6FXfy4Rdi4HfZo",
        "cert": "(a certificate)",
        "pkcs7": "(a bag of certificates)",
        "current": false,
        "next": true,
        "previous": false,
        "fingerprint": "(with colons)",
        "thumbprint": "(without)",
        "revoked": false
      },
      {
        "kid": "Sds7KTt5GNbnwUh1CMGTp",
        "cert": "(a certificate)",
        "pkcs7": "(a bag of certificates)",
        "current": false,
        "next": false,
        "previous": true,
        "current_since": "2026-01-02T02:47:25.000Z",
        "current_until": "2026-01-02T03:04:05.000Z",
        "fingerprint": "(with colons)",
        "thumbprint": "(without)",
        "revoked": false
      }
    ]
    "#);
}

#[tokio::test]
async fn rsa_keys_come_first_and_of_each_kind_the_current_one() {
    let app = App::start().await;
    for (identifier, algorithm) in [("https://ed", "EdDSA"), ("https://es", "ES256")] {
        let body = json!({"identifier": identifier, "signing_alg": algorithm});
        app.create("/resource-servers", body).await;
    }
    wait(&app).await;
    rotate(&app).await;
    wait(&app).await;
    rotate(&app).await;
    let kinds: Vec<String> =
        app.get("/keys/signing").await.json().as_array().unwrap().iter().map(kind).collect();
    assert_eq!(
        kinds,
        [
            "RSA current",
            "RSA next",
            "RSA previous",
            "RSA previous",
            "P-256 current",
            "P-256 next",
            "P-256 previous",
            "P-256 previous",
            "Ed25519 current",
            "Ed25519 next",
            "Ed25519 previous",
            "Ed25519 previous",
        ]
    );
}

fn kind(key: &Value) -> String {
    let public = PublicKey::from_pem(key["cert"].as_str().unwrap()).unwrap();
    let kinds = [
        ("RSA", AssertionAlgorithm::RS256),
        ("P-256", AssertionAlgorithm::ES256),
        ("Ed25519", AssertionAlgorithm::EdDSA),
    ];
    let (kind, _) = kinds.into_iter().find(|(_, algorithm)| public.supports(*algorithm)).unwrap();
    let states = ["current", "next", "previous"].into_iter().filter(|state| key[*state] == true);
    format!("{kind} {}", states.collect::<Vec<_>>().join("+"))
}
