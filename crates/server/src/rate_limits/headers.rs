//! How a limit stands, in Auth0's headers.

use grantd_model::{RateStanding, Timestamp};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// The limit of the client (Auth0: Custom rate limit policies).
pub(super) const CLIENT: HeaderName = HeaderName::from_static("auth0-ratelimit");

/// The headers of an answer. Those of a quota that is used up stay: it is what holds the client up.
pub(super) fn mark(headers: &mut HeaderMap, standing: &RateStanding, now: Timestamp) {
    if headers.contains_key(LIMIT) {
        return;
    }
    headers.insert(LIMIT, standing.burst.into());
    headers.insert(REMAINING, standing.remaining.into());
    headers.insert(RESET, standing.reset(now).into());
    if !standing.allowed {
        headers.insert(RETRY_AFTER, standing.retry_after().into());
    }
}

/// `client;q=10;t=1;r=9`: what the bucket holds, seconds until there is one more, what is left.
pub(super) fn of_client(standing: &RateStanding) -> String {
    let mut header = String::with_capacity(48);
    for (name, value) in [
        ("client;q=", standing.burst.into()),
        (";t=", standing.retry_after()),
        (";r=", standing.remaining.into()),
    ] {
        header.push_str(name);
        header.push_str(itoa::Buffer::new().format::<u64>(value));
    }
    header
}
