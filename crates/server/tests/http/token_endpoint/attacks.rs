//! Attacks that others have suffered, one test each, by the number in our list of them; here those on client
//! authentication. `../` is the folder of the tests over HTTP, `cli` is `crates/cli/tests`.
//!
//! | attack | where |
//! |---|---|
//! | 1: an assertion without an algorithm | here |
//! | 2: the public key as a secret, other algorithms than the key's | here |
//! | 3: an assertion that brings its own key or rules | here |
//! | 4: two methods, a decoy beside the one that counts | here, `basic.rs` |
//! | 5: an assertion for somebody else | here |
//! | 6: replays, also across restarts and clocks that jump | `replays.rs`, `crossings.rs`; on another node `cli/nodes/shared.rs` |
//! | 7: numbers that are none | `assertions.rs`, `crossings.rs` |
//! | 8: claims that are missing | `assertions.rs` |
//! | 9: keys that are over, gone or another client's | `assertions.rs` |
//! | 10: names that disagree, Basic credentials that are none | here, `basic.rs` |
//! | 11: being sent into private networks | `crates/outbound/tests`, `federated.rs` |
//! | 12: forged certificates | `certificates.rs`, and with real connections `tests/connections` |
//! | 13: who asks without the secret learns nothing | here; the same work for all `timing.rs` |
//! | 14: a secret that was taken away | `credentials.rs`, `client_secrets.rs`; on another node `nodes.rs`; stale and cut off from the store `unreachable.rs`, `cli/nodes/outages.rs`, `cli/nodes/killed.rs` |
//! | 15: scopes that are not what they seem | `decision_table/scopes.rs`, `json.rs`, `requests.rs`; all scopes of a system API `../management_api/create_client_grant_rules.rs`, `update_client_grant_rules.rs`, `../configuration/faults.rs` |
//! | 16: audiences that are not what they seem | `decision_table/apis.rs`, `requests.rs`, `json.rs` |
//! | 17: ids of others | `../management_api/foreign_ids.rs`, `client_secrets.rs`, `federated_identities.rs`; organizations `decision_table/organizations.rs` |
//! | 18: hosts that the request names, tokens for another API | `hosts.rs`, `../management_api/coverage.rs`, `authority.rs` |
//! | 19: scopes that the caller does not hold, members that nobody may set | `../management_api/escalation.rs`, `authority.rs`, `unasked_members.rs`, `update_client_grant_rules.rs`, `delete_client_grant.rs`, `../configuration/authority.rs` |
//! | 20: cursors, queries and pages | `../management_api/hostile_queries.rs`, `list_client_grants_cursors.rs`, `bad_paths.rs`, `logs.rs`; changes meanwhile `crates/store/tests/conformance/paging.rs` |
//! | 21: races | `../management_api/conflicts.rs`, `create_client_grant_rules.rs`, `races.rs`, `quotas.rs`; between nodes `cli/nodes` |
//! | 22: `DPoP` | `dpop.rs`, `../management_api/bound_tokens.rs`; on another node `cli/nodes/shared.rs` |
//! | 23: altered tokens, introspection by others | `../access_tokens/attacks.rs` |
//! | 24: bodies, heads and keys that are too much | `json.rs`, `requests.rs`, `strangers.rs`, `../management_api/bad_bodies.rs`, `credentials/refused.rs`, `tests/connections`, `crates/token/tests` |
//! | 25: secrets in answers, events and logs | `../management_api/secrecy.rs`, `logs.rs`, `events.rs`, `cli/operations.rs`, `cli/serve.rs`; caches `errors.rs`, `../management_api/coverage.rs`, `hosts.rs`; keys after a rotation `rotation.rs`. There are no pages and no cookies, so neither redirects nor requests of other sites |

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::assertions::stage_with;
use super::keys::{JWT_BEARER, Key, OTHER_P256, OTHER_RSA, P256, RSA, assertion_claims};
use super::scene::Stage;
use super::wire::{FORM, basic, form, post};
use crate::support::ISSUER;

const REFUSED: &str = "401 invalid_client: Client authentication failed";
const UNAUTHORIZED: &str = "401 access_denied: Unauthorized";
const GRANTED: &str = "200 [read write]";

async fn present(stage: &Stage, assertion: &str) -> String {
    let parameters = [
        ("client_id", ""),
        ("client_secret", ""),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    stage.in_a_line(&stage.ask(&parameters).await)
}

/// Header and claims of a usual assertion, encoded and not signed.
fn unsigned(stage: &Stage, header: &Value) -> String {
    let claims = assertion_claims(&stage.filled("{client}"));
    [header, &claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// A usual assertion under exactly this header, well signed.
pub fn signed(stage: &Stage, header: &Value, key: &Key, algorithm: Algorithm) -> String {
    let message = unsigned(stage, header);
    let signature = key.sign_bytes(message.as_bytes(), algorithm);
    format!("{message}.{signature}")
}

#[tokio::test]
async fn attack_1_an_assertion_without_an_algorithm() {
    let stage = stage_with(&RSA, "RS256").await;
    for alg in [
        json!("none"),
        json!("NoNe"),
        json!("NONE"),
        json!(""),
        json!(null),
        json!("rs256"),
        json!(["RS256"]),
    ] {
        for header in [json!({"alg": alg, "typ": "JWT"}), json!({"typ": "JWT"})] {
            let message = unsigned(&stage, &header);
            assert_eq!(present(&stage, &format!("{message}.")).await, REFUSED, "{header}");
            let well_signed = signed(&stage, &header, &RSA, Algorithm::RS256);
            assert_eq!(present(&stage, &well_signed).await, REFUSED, "{header}");
        }
    }
    assert_eq!(
        present(&stage, &signed(&stage, &json!({"alg": "RS256"}), &RSA, Algorithm::RS256)).await,
        GRANTED
    );
}

#[tokio::test]
async fn attack_2_the_public_key_as_a_secret_and_other_algorithms_than_the_keys() {
    for (key, alg, algorithm) in [(&*RSA, "RS256", Algorithm::RS256), (&*P256, "ES256", Algorithm::ES256)] {
        let stage = stage_with(key, alg).await;
        let pem = key.public_pem();
        let claims = assertion_claims(&stage.filled("{client}"));
        for secret in [pem.as_bytes(), pem.trim().as_bytes(), &key.public_der()] {
            for confused in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let secret = EncodingKey::from_secret(secret);
                let assertion = jsonwebtoken::encode(&Header::new(confused), &claims, &secret).unwrap();
                assert_eq!(present(&stage, &assertion).await, REFUSED, "{alg} {confused:?}");
            }
        }
        for other in ["RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "HS256"] {
            if other != alg {
                let swapped = signed(&stage, &json!({"alg": other}), key, algorithm);
                assert_eq!(present(&stage, &swapped).await, REFUSED, "{alg} as {other}");
            }
        }
    }
}

#[tokio::test]
async fn attack_3_an_assertion_that_brings_its_own_key_or_rules() {
    let stage = stage_with(&RSA, "RS256").await;
    let certificate = OTHER_RSA.certificate_pem("attacker");
    let lines: String = certificate.lines().filter(|line| !line.starts_with('-')).collect();
    let brought = [
        json!({"jwk": OTHER_RSA.jwk(Algorithm::RS256)}),
        json!({"jku": "https://attacker.test/jwks.json"}),
        json!({"x5u": "https://attacker.test/cert.pem"}),
        json!({"x5c": [lines]}),
        json!({"kid": "../../../dev/null"}),
        json!({"kid": "' OR 1=1 --"}),
    ];
    for mut header in brought {
        header["alg"] = json!("RS256");
        let forged = signed(&stage, &header, &OTHER_RSA, Algorithm::RS256);
        assert_eq!(present(&stage, &forged).await, REFUSED, "{header}");
    }
    for rule in [json!({"crit": ["exp"]}), json!({"crit": []}), json!({"b64": false, "crit": ["b64"]})] {
        let mut header = rule;
        header["alg"] = json!("RS256");
        let genuine = signed(&stage, &header, &RSA, Algorithm::RS256);
        assert_eq!(present(&stage, &genuine).await, REFUSED, "{header}");
    }
}

#[tokio::test]
async fn attack_4_a_decoy_beside_the_method_that_counts() {
    let with_key = stage_with(&RSA, "RS256").await;
    let genuine = signed(&with_key, &json!({"alg": "RS256"}), &RSA, Algorithm::RS256);
    let with_secret = Stage::usual().await;
    let two = "400 invalid_request: More than one client authentication method was used";
    for (stage, secret) in [(&with_key, "guess"), (&with_secret, with_secret.secret())] {
        let pair = format!("&client_assertion_type={JWT_BEARER}&client_assertion={genuine}");
        let body = form(&format!("&client_id={{client}}&client_secret={secret}{pair}"));
        let answer = post(stage, &[("content-type", FORM)], &body).await;
        assert_eq!(stage.in_a_line(&answer), two);
        let header = basic(stage, &format!("{{client}}:{secret}"));
        let answer = post(stage, &[("content-type", FORM), ("authorization", &header)], &form(&pair)).await;
        assert_eq!(stage.in_a_line(&answer), two);
    }
    // A header that demands signatures changes nothing for a client of secrets, and none was spent.
    assert_eq!(present(&with_secret, &genuine).await, REFUSED);
    assert_eq!(present(&with_key, &genuine).await, GRANTED);
}

#[tokio::test]
async fn attack_5_an_assertion_for_somebody_else() {
    let stage = stage_with(&RSA, "RS256").await;
    let audiences = [
        json!([ISSUER, "https://other.test/"]),
        json!([ISSUER]),
        json!("https://other.test/"),
        json!("https://auth.test/oauth/token"),
        json!("https://auth.test"),
        json!("https://auth.test//"),
        json!("http://auth.test/"),
        json!("https://auth.test.other.test/"),
        json!("https://auth.test@other.test/"),
        json!("https://Auth.test/"),
        json!({"https://auth.test/": true}),
        json!(""),
        json!(null),
    ];
    for audience in audiences {
        let mut claims = assertion_claims(&stage.filled("{client}"));
        claims["aud"] = audience.clone();
        let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
        assert_eq!(present(&stage, &assertion).await, REFUSED, "{audience}");
    }
}

#[tokio::test]
async fn attack_10_names_that_disagree() {
    let mut stage = stage_with(&RSA, "RS256").await;
    stage.create("other", "/clients", &json!({"name": "other"})).await;
    let (client, other) = (stage.filled("{client}"), stage.filled("{other}"));
    for (iss, sub) in [(&client, &other), (&other, &client), (&other, &other)] {
        let mut claims = assertion_claims(iss);
        claims["sub"] = json!(sub);
        let assertion = RSA.sign(&Header::new(Algorithm::RS256), &claims);
        assert_eq!(present(&stage, &assertion).await, REFUSED);
    }
    let genuine = signed(&stage, &json!({"alg": "RS256"}), &RSA, Algorithm::RS256);
    let body =
        form(&format!("&client_id={other}&client_assertion_type={JWT_BEARER}&client_assertion={genuine}"));
    let answer = post(&stage, &[("content-type", FORM)], &body).await;
    assert_eq!(stage.in_a_line(&answer), REFUSED);
    assert_eq!(present(&stage, &genuine).await, GRANTED);
}

#[tokio::test]
async fn attack_10_basic_credentials_that_are_none() {
    let stage = Stage::usual().await;
    let malformed = "400 invalid_request: The Authorization header is malformed";
    for (credentials, expected) in [
        ("{client}:{secret}", GRANTED),
        ("{client}%3A{secret}", malformed),
        ("{client}", malformed),
        ("", malformed),
        ("{client}:", UNAUTHORIZED),
        (":{secret}", UNAUTHORIZED),
        ("{client}:{secret}:", UNAUTHORIZED),
        ("{client}:\u{e9}", UNAUTHORIZED),
        ("{client} :{secret}", UNAUTHORIZED),
    ] {
        let header = basic(&stage, credentials);
        let answer = post(&stage, &[("content-type", FORM), ("authorization", &header)], &form("")).await;
        assert_eq!(stage.in_a_line(&answer), expected, "{credentials}");
    }
}

/// Which of an unknown client and a wrong secret it was cannot be told; that the client was right shows only to who
/// has its secret.
#[tokio::test]
async fn attack_13_who_asks_without_the_secret_learns_nothing() {
    let mut stage = Stage::usual().await;
    stage.create("ungranted", "/clients", &json!({"name": "has no grant"})).await;
    let mut answers = Vec::new();
    for (id, secret) in [
        ("nobody", "guess"),
        ("{client}", "guess"),
        ("{ungranted}", "guess"),
        ("{client}", "a"),
        ("{client}", &"a".repeat(10_000)),
    ] {
        let body = form(&format!("&client_id={id}&client_secret={secret}"));
        let answer = post(&stage, &[("content-type", FORM)], &body).await;
        answers.push((answer.status, format!("{:?}", answer.headers), answer.text));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    for id in ["nobody", "{client}"] {
        let forged = assertion_claims(&stage.filled(id));
        let assertion = OTHER_P256.sign(&Header::new(Algorithm::ES256), &forged);
        assert_eq!(present(&stage, &assertion).await, REFUSED, "{id}");
    }
}
