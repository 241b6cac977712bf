//! Reading bodies that may be too long, or may never end.

use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no body.
pub(crate) enum Unread {
    /// It is longer than allowed.
    TooLong,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke, or the framing is wrong.
    Broken,
}

/// How much of a body that is too long is read and dropped. A client that is still writing when the connection
/// closes never reads the answer.
const DROPPED: usize = 8 * 1024 * 1024;

/// The whole body, of at most `limit` bytes.
pub(crate) async fn read(body: Body, limit: usize) -> Result<Bytes, Unread> {
    tokio::time::timeout(PATIENCE, collect(body, limit)).await.map_err(|_| Unread::TooSlow)?
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, Unread> {
    let mut collected = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > limit.saturating_add(DROPPED) {
            break;
        }
        if length <= limit {
            collected.extend_from_slice(&data);
        }
    }
    if length > limit { Err(Unread::TooLong) } else { Ok(collected.freeze()) }
}

/// The essence of a media type: `application/json` of `application/json; charset=utf-8`, in lower case.
pub(crate) fn media_type(headers: &http::HeaderMap) -> Option<Cow<'_, str>> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    let name = value.split(';').next().unwrap_or_default().trim();
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) })
}
