//! What is written to the log about a request: one event an exchange, one a management write.
//!
//! Only the making of events is here; their shape is `LogEvent`, their way to the disk the `Recorder`.

pub(crate) mod exchange;
pub(crate) mod management;
pub(crate) mod rate_limit;

use std::borrow::Cow;
use std::net::IpAddr;

use grantd_model::{LogEvent, LogEventKind};
use http::header::USER_AGENT;
use http::{Extensions, HeaderMap};

use crate::State;
use crate::arrival::{PeerAddress, ThroughProxy};

/// Characters of a text of a stranger's that an event repeats.
const ECHO: usize = 256;

/// Where a request came from.
pub(crate) struct Origin<'r> {
    ip: Option<IpAddr>,
    user_agent: Option<&'r str>,
}

impl<'r> Origin<'r> {
    /// What the connection and the headers say.
    pub(crate) fn of(headers: &'r HeaderMap, extensions: &Extensions) -> Self {
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(clip);
        Self { ip: sender(headers, extensions), user_agent }
    }

    /// An event with this origin, at this moment.
    fn event<'e>(
        &self,
        state: &'e State,
        kind: LogEventKind,
        description: impl Into<Cow<'e, str>>,
    ) -> LogEvent<'e>
    where
        'r: 'e,
    {
        let event = LogEvent::new(kind, state.clock().now(), description, &*state.context.tenant);
        LogEvent { ip: self.ip, user_agent: self.user_agent.map(Cow::Borrowed), ..event }
    }
}

/// Who sends a request. A trusted proxy says for whom it asks; it adds that address last.
pub(crate) fn sender(headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<PeerAddress>().map(|PeerAddress(peer)| peer.ip());
    let named = || headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next();
    let forwarded = extensions.get::<ThroughProxy>().and_then(|_| named()?.trim().parse().ok());
    forwarded.or(peer)
}

fn clip(text: &str) -> &str {
    let end = text.char_indices().nth(ECHO).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}
