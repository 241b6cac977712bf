//! What receivers check, worked out here once more from SHA-256 alone (RFC 2104, Standard Webhooks).

use std::sync::atomic::Ordering;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use grantd_model::{LogEventKind, Secret};
use serde_json::{Value, json};

use crate::receiver::{Mood, Receiver, Request};
use crate::scene::{NOW, Scene};

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |pad: u8, rest: &[u8]| {
        let mut text = block.map(|byte| byte ^ pad).to_vec();
        text.extend(rest);
        digest(&SHA256, &text).as_ref().to_vec()
    };
    padded(0x5c, &padded(0x36, message))
}

/// Fails unless the request is signed by these keys, each and in this order.
pub fn verify(request: &Request, keys: &[&[u8]]) {
    let (id, time) = (request.header("webhook-id"), request.header("webhook-timestamp"));
    assert!(id.starts_with("msg_") && id.len() == 28 && !id.contains('.'), "{id}");
    let message = format!("{id}.{time}.{}", request.body);
    let signature = |key: &&[u8]| format!("v1,{}", BASE64_STANDARD.encode(hmac(key, message.as_bytes())));
    let expected: Vec<String> = keys.iter().map(signature).collect();
    assert_eq!(request.header("webhook-signature"), expected.join(" "));
}

#[test]
fn the_hmac_here_is_that_of_the_rfc() {
    let expected = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
    let worked_out = BASE64_STANDARD.encode(hmac(b"Jefe", b"what do ya want for nothing?"));
    assert_eq!(worked_out, expected, "RFC 4231 §4.3");
}

#[tokio::test]
async fn a_delivery_has_the_headers_of_its_stream_and_a_signature() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    let sink = json!({
        "httpEndpoint": receiver.url(), "httpAuthorization": "Bearer s3cr3t", "httpContentType": "text/x",
        "httpCustomHeaders": [{"header": "X-Tenant", "value": "one two"}],
    });
    scene.stream("lst_1", sink, json!({})).await;
    scene.happen(1).await;
    receiver.until_taken(1).await;
    let request = receiver.requests().remove(0);
    assert_eq!(request.line, "POST /logs?key=1 HTTP/1.1");
    let headers = ["authorization", "content-type", "x-tenant", "user-agent", "webhook-timestamp"];
    let expected = ["Bearer s3cr3t", "text/x", "one two", "grantd", "1767323045"];
    assert_eq!(headers.map(|name| request.header(name)), expected);
    assert_eq!(request.header("host"), receiver.address.to_string());
    verify(&request, &[b"the key"]);
    let id = "90020260102030405000000000000000000000000000000000000001";
    assert_eq!(
        request.body,
        format!(
            "{{\"log_id\":\"{id}\",\"data\":{{\"date\":\"2026-01-02T03:04:05.000Z\",\"type\":\"seccft\",\
             \"description\":\"It happened\",\"$event_schema\":{{\"version\":\"1.0.0\"}},\"log_id\":\"{id}\",\
             \"tenant_name\":\"auth.test\",\"_id\":\"{id}\",\"isMobile\":false,\"id\":\"{id}\"}}}}\n"
        )
    );
}

#[tokio::test]
async fn events_come_in_an_array_where_the_stream_says_so() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    let sink = json!({"httpEndpoint": receiver.url(), "httpContentFormat": "JSONARRAY"});
    scene.stream("lst_1", sink, json!({})).await;
    scene.happen(3).await;
    receiver.until("an array", |receiver| !receiver.requests().is_empty()).await;
    let array: Value = serde_json::from_str(&receiver.requests()[0].body).unwrap();
    assert_eq!(array.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn events_come_one_by_one_where_the_stream_says_so() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    let sink = json!({"httpEndpoint": receiver.url(), "httpContentFormat": "JSONOBJECT"});
    scene.stream("lst_1", sink, json!({})).await;
    scene.happen(3).await;
    receiver.until("objects", |receiver| receiver.requests().len() == 3).await;
    for request in &receiver.requests() {
        let object: Value = serde_json::from_str(&request.body).unwrap();
        assert!(object["log_id"].is_string() && object["data"].is_object(), "{object}");
        assert_eq!(request.header("content-type"), "application/json");
        verify(request, &[b"the key"]);
    }
}

#[tokio::test]
async fn while_one_secret_replaces_another_both_sign() {
    let (scene, receiver) = (Scene::start().await, Receiver::start(Mood::Takes).await);
    scene.webhook(&receiver.url()).await;
    let mut stream = scene.stored("lst_1").await;
    stream.record.signing = stream.record.signing.rotated(Secret::from("whsec_YW5vdGhlcg=="), NOW);
    scene.replace(stream).await;
    // What goes by the former definition may still take some events.
    let mut taken = 0;
    let signed_by_both = loop {
        scene.happen(1).await;
        taken += 1;
        receiver.until_taken(taken).await;
        let newest = receiver.requests().pop().unwrap();
        if newest.header("webhook-signature").contains(' ') {
            break newest;
        }
        verify(&newest, &[b"the key"]);
        assert!(taken < 1_000, "the new secret never signs");
    };
    verify(&signed_by_both, &[b"another", b"the key"]);
    scene.clock.0.fetch_add(86_400_000, Ordering::Relaxed);
    scene.happen_of(LogEventKind::ManagementWrite, 1).await;
    receiver.until_taken(taken + 1).await;
    verify(receiver.requests().last().unwrap(), &[b"another"]);
}
