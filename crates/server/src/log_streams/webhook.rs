//! A delivery over HTTP: its body in the format that the stream asks for, and its signature (Standard Webhooks).
//!
//! The identifier is a digest of the body, so that it is the same whenever the same events are sent again, after a
//! restart too, and another whenever they are put together in another way.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use grantd_model::{ContentFormat, LogStream, Timestamp};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::batch::Event;

/// How a signing secret begins.
const SECRET: &str = "whsec_";

/// The body of a delivery.
pub(super) fn body(format: ContentFormat, events: &[Event]) -> Bytes {
    let texts = events.iter().map(|event| event.text.as_str());
    let text = match format {
        ContentFormat::JsonLines => texts.flat_map(|text| [text, "\n"]).collect(),
        ContentFormat::JsonArray => format!("[{}]", texts.collect::<Vec<_>>().join(",")),
        ContentFormat::JsonObject => texts.collect(),
    };
    Bytes::from(text)
}

/// The headers of a delivery at this time; none if the definition has what no header can have.
pub(super) fn headers(stream: &LogStream, body: &[u8], now: Timestamp) -> Option<HeaderMap> {
    let sink = &stream.settings.sink;
    let mut headers = HeaderMap::new();
    for custom in sink.http_custom_headers.iter().flatten() {
        let name = HeaderName::from_bytes(custom.header.as_bytes()).ok()?;
        headers.insert(name, sensitive(&custom.value)?);
    }
    if let Some(authorization) = &sink.http_authorization {
        headers.insert(AUTHORIZATION, sensitive(authorization)?);
    }
    let content_type = sink.http_content_type.as_deref().unwrap_or("application/json");
    headers.insert(CONTENT_TYPE, content_type.parse().ok()?);
    let id = id(stream, body);
    let seconds = now.seconds().to_string();
    let sign = |secret: &grantd_model::Secret| signature(secret.expose_str(), &id, &seconds, body);
    let signatures = stream.signing.signing(now).map(sign).collect::<Option<Vec<_>>>()?;
    headers.insert("webhook-id", id.parse().ok()?);
    headers.insert("webhook-timestamp", seconds.parse().ok()?);
    headers.insert("webhook-signature", signatures.join(" ").parse().ok()?);
    Some(headers)
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn id(stream: &LogStream, body: &[u8]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(stream.id.as_str().as_bytes());
    context.update(body);
    let digest = context.finish();
    format!(
        "msg_{}",
        BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref().iter().take(18).copied().collect::<Vec<_>>())
    )
}

/// `v1,` and the HMAC of identifier, time and body; none if the secret is none.
fn signature(secret: &str, id: &str, seconds: &str, body: &[u8]) -> Option<String> {
    let key = BASE64_STANDARD.decode(secret.strip_prefix(SECRET)?).ok()?;
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    context.update(format!("{id}.{seconds}.").as_bytes());
    context.update(body);
    Some(format!("v1,{}", BASE64_STANDARD.encode(context.sign())))
}
