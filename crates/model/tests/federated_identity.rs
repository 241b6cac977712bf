//! Which tokens a federated identity takes, and which identities would take too many.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]
#![expect(clippy::needless_pass_by_value, reason = "json! is a value")]

use grantd_model::{FederatedIdentityFault, Mismatch, OutsideUrl, Trust, UrlFault};
use serde_json::{Value, json};

fn trust(with: Value) -> Trust {
    let mut body = json!({"issuer": "https://issuer.example"});
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    serde_json::from_value(body).unwrap()
}

fn matches(rules: Value, claims: Value) -> Result<(), Mismatch> {
    trust(rules).matches(claims.as_object().unwrap())
}

fn fault(with: Value) -> Option<FederatedIdentityFault> {
    trust(with).check().err()
}

#[test]
fn a_subject_is_compared_exactly() {
    let rules = json!({"subject": "repo:acme/app:ref:refs/heads/main"});
    assert_eq!(matches(rules.clone(), json!({"sub": "repo:acme/app:ref:refs/heads/main"})), Ok(()));
    for other in [
        json!({"sub": "repo:acme/app:ref:refs/heads/main2"}),
        json!({"sub": "repo:acme/app:ref:refs/heads/mai"}),
        json!({"sub": "REPO:acme/app:ref:refs/heads/main"}),
        json!({"sub": ["repo:acme/app:ref:refs/heads/main"]}),
        json!({"sub": null}),
        json!({}),
    ] {
        assert_eq!(matches(rules.clone(), other.clone()), Err(Mismatch::Subject), "{other}");
    }
}

#[test]
fn all_rules_hold_or_it_is_not_the_client() {
    let rules = json!({"claims": {"repository": "acme/app", "ref": ["refs/heads/main", "refs/tags/*"]}});
    let claims = |repository: &str, branch: &str| json!({"repository": repository, "ref": branch});
    assert_eq!(matches(rules.clone(), claims("acme/app", "refs/heads/main")), Ok(()));
    assert_eq!(matches(rules.clone(), claims("acme/app", "refs/tags/v1")), Ok(()));
    assert_eq!(
        matches(rules.clone(), claims("acme/app", "refs/heads/main/x")),
        Err(Mismatch::Value("ref".into()))
    );
    assert_eq!(
        matches(rules.clone(), claims("acme/other", "refs/heads/main")),
        Err(Mismatch::Value("repository".into()))
    );
    assert_eq!(matches(rules, json!({"ref": "refs/heads/main"})), Err(Mismatch::Absent("repository".into())));
}

#[test]
fn a_claim_that_is_no_text_matches_nothing() {
    for value in [json!(1), json!(true), json!(null), json!(["1"]), json!({"1": "1"})] {
        assert_eq!(
            matches(json!({"claims": {"id": ["1", "true", "null"]}}), json!({"id": value})),
            Err(Mismatch::Absent("id".into())),
            "{value}"
        );
    }
}

#[test]
fn nested_claims_are_named_by_a_pointer_and_dots_are_only_dots() {
    let claims = json!({
        "kubernetes.io": {"namespace": "shop", "serviceaccount": {"name": "robot", "a/b": "c"}},
        "kubernetes.io.namespace": "flat", "https://acme.example/team": "blue",
    });
    for (name, value) in [
        ("/kubernetes.io/namespace", "shop"),
        ("/kubernetes.io/serviceaccount/name", "robot"),
        ("/kubernetes.io/serviceaccount/a~1b", "c"),
        ("/https:~1~1acme.example~1team", "blue"),
        ("kubernetes.io.namespace", "flat"),
        ("https://acme.example/team", "blue"),
    ] {
        assert_eq!(matches(json!({"claims": {name: value}}), claims.clone()), Ok(()), "{name}");
        let other = json!({"claims": {name: format!("{value}.")}});
        assert_eq!(matches(other, claims.clone()), Err(Mismatch::Value(name.into())), "{name}");
    }
    for absent in ["kubernetes.io/namespace", "/kubernetes.io", "/kubernetes.io/none", "kubernetes"] {
        let rules = json!({"claims": {absent: "shop"}});
        assert_eq!(matches(rules, claims.clone()), Err(Mismatch::Absent(absent.into())), "{absent}");
    }
}

#[test]
fn an_identity_that_everybody_has_is_refused() {
    assert_eq!(fault(json!({})), Some(FederatedIdentityFault::Everybody));
    assert_eq!(fault(json!({"claims": {}})), Some(FederatedIdentityFault::Everybody));
    for name in ["iss", "aud", "exp", "nbf", "iat", "jti", "/iss", "/aud/0"] {
        assert_eq!(
            fault(json!({"claims": {name: "x"}})),
            Some(FederatedIdentityFault::NotAboutTheSubject(name.into()))
        );
    }
    assert_eq!(
        fault(json!({"subject": "x", "claims": {"a": "*"}})),
        Some(FederatedIdentityFault::Pattern("*".into()))
    );
}

#[test]
fn a_star_stands_at_the_end_after_a_separator() {
    for pattern in ["repo:acme/*", "refs/heads/release-*", "plain", "", "a.*"] {
        assert_eq!(fault(json!({"claims": {"sub": pattern}})), None, "{pattern}");
        assert_eq!(fault(json!({"claims": {"sub": ["x", pattern]}})), None, "{pattern}");
    }
    for pattern in ["repo:acme*", "*:main", "repo:*/app", "a**", "**", "v1*"] {
        let expected = Some(FederatedIdentityFault::Pattern(pattern.into()));
        assert_eq!(fault(json!({"claims": {"sub": pattern}})), expected);
        assert_eq!(fault(json!({"claims": {"sub": ["x", pattern]}})), expected);
    }
    assert_eq!(fault(json!({"subject": "repo:acme/*"})), Some(FederatedIdentityFault::PatternInSubject));
}

#[test]
fn a_pointer_with_a_wrong_escape_is_refused() {
    for name in ["/a~", "/a~2", "/~"] {
        assert_eq!(fault(json!({"claims": {name: "x"}})), Some(FederatedIdentityFault::Pointer(name.into())));
    }
    assert_eq!(fault(json!({"claims": {"a~": "x", "/~0/~1": "y"}})), None);
}

#[test]
fn keys_come_from_one_place() {
    let keys = json!({"subject": "x", "jwks": {"keys": []}, "jwks_uri": "https://issuer.example/keys"});
    assert_eq!(fault(keys), Some(FederatedIdentityFault::KeysTwice));
    assert_eq!(fault(json!({"subject": "x", "jwks_uri": "https://issuer.example/keys?v=1"})), None);
    for (uri, why) in [
        ("file:///etc/passwd", UrlFault::Scheme),
        ("https://user@host/", UrlFault::Userinfo),
        ("https://host/#x", UrlFault::QueryOrFragment),
    ] {
        assert_eq!(
            fault(json!({"subject": "x", "jwks_uri": uri})),
            Some(FederatedIdentityFault::JwksUri(why))
        );
    }
}

#[test]
fn an_issuer_is_a_url_that_reads_in_one_way() {
    let host = "h".repeat(504);
    for issuer in [
        "https://token.actions.githubusercontent.com",
        "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC/",
        "https://[2001:db8::1]:8443/x",
        "http://localhost:8080",
        &format!("https://{host}"),
    ] {
        assert!(OutsideUrl::parse_issuer(issuer).is_ok(), "{issuer}");
    }
    for (issuer, why) in [
        ("", UrlFault::Scheme),
        ("issuer", UrlFault::Scheme),
        ("HTTPS://issuer", UrlFault::Scheme),
        ("file:///etc/passwd", UrlFault::Scheme),
        ("https://", UrlFault::Host),
        ("https:///path", UrlFault::Host),
        ("https://:443/", UrlFault::Host),
        ("https://?x", UrlFault::Host),
        ("https://user:word@issuer", UrlFault::Userinfo),
        ("https://issuer/?x", UrlFault::QueryOrFragment),
        ("https://issuer/#x", UrlFault::QueryOrFragment),
        ("https://issuer\\evil", UrlFault::Characters),
        ("https://issuer/ x", UrlFault::Characters),
        ("https://issuer/\r\nHost: x", UrlFault::Characters),
        ("https://bücher.example", UrlFault::Characters),
        (&format!("https://{host}h"), UrlFault::TooLong),
    ] {
        assert_eq!(OutsideUrl::parse_issuer(issuer), Err(why), "{issuer}");
    }
}
