//! How token requests get to a server: on connections that stay or on new ones, with TLS or without.

use std::net::SocketAddr;

use bytes::Bytes;
use rustls::HandshakeKind;
use serde::Serialize;
use tokio_rustls::TlsConnector;

use crate::Outcome;
use crate::caller::TokenRequest;
use crate::connection::Connection;
use crate::tls::{Certificate, HTTP1, HTTP2};

/// Streams of HTTP/2 on one connection.
pub(crate) const STREAMS: usize = 8;

/// A way to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    /// Keep-alive HTTP/1.1 without TLS.
    Plain,
    /// A new TLS connection for each token, with a full handshake.
    FullHandshake,
    /// A new TLS connection for each token, which resumes the session of the one before.
    ResumedSession,
    /// Keep-alive HTTP/1.1 over TLS.
    KeptAlive,
    /// HTTP/2 over TLS, several streams on a connection.
    Http2,
}

impl Transport {
    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "HTTP/1.1",
            Self::FullHandshake => "TLS, full handshake",
            Self::ResumedSession => "TLS, resumed session",
            Self::KeptAlive => "TLS, keep-alive HTTP/1.1",
            Self::Http2 => "TLS, HTTP/2",
        }
    }
}

/// A way to travel, and the certificate that a server is believed by on it, if it has one.
#[derive(Clone, Copy)]
pub(crate) struct Route<'a> {
    /// The way.
    pub(crate) transport: Transport,
    /// The certificate.
    pub(crate) certificate: Option<&'a Certificate>,
}

impl Route<'_> {
    /// Where there is no TLS.
    pub(crate) const PLAIN: Self = Self { transport: Transport::Plain, certificate: None };
}

/// What carries one request at a time.
pub(crate) struct Line {
    address: SocketAddr,
    connector: Option<TlsConnector>,
    /// The connection that stays, while it is open.
    kept: Option<Connection>,
    /// The handshake that each new connection shall have; none if they stay.
    handshake: Option<HandshakeKind>,
    /// Whether there is a session to resume.
    has_session: bool,
}

impl Line {
    /// So many lines to a server.
    pub(crate) async fn open(number: usize, address: SocketAddr, route: Route<'_>) -> Outcome<Vec<Self>> {
        let mut lines = Vec::with_capacity(number);
        for place in 0..number {
            let mut line = Self::new(address, route)?;
            line.kept = match lines.last() {
                Some(Self { kept: Some(before), .. })
                    if route.transport == Transport::Http2 && place % STREAMS > 0 =>
                {
                    Some(before.another_stream()?)
                }
                _ if line.handshake.is_none() => Some(line.connect().await?),
                _ => None,
            };
            lines.push(line);
        }
        Ok(lines)
    }

    fn new(address: SocketAddr, route: Route<'_>) -> Outcome<Self> {
        let connector = |protocol, resumes| -> Outcome<TlsConnector> {
            route.certificate.ok_or("there is no certificate for TLS")?.connector(protocol, resumes)
        };
        let (connector, handshake) = match route.transport {
            Transport::Plain => (None, None),
            Transport::FullHandshake => (Some(connector(HTTP1, false)?), Some(HandshakeKind::Full)),
            Transport::ResumedSession => (Some(connector(HTTP1, true)?), Some(HandshakeKind::Resumed)),
            Transport::KeptAlive => (Some(connector(HTTP1, false)?), None),
            Transport::Http2 => (Some(connector(HTTP2, false)?), None),
        };
        Ok(Self { address, connector, kept: None, handshake, has_session: false })
    }

    /// Asks for a token. A connection that failed is opened again for the next.
    pub(crate) async fn token(&mut self, asked: TokenRequest) -> Outcome<Bytes> {
        let mut connection = match self.kept.take() {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let answer = connection.token(asked).await?;
        if self.handshake.is_none() {
            self.kept = Some(connection);
        }
        Ok(answer)
    }

    async fn connect(&mut self) -> Outcome<Connection> {
        let Some(connector) = &self.connector else { return Connection::open(self.address).await };
        let (connection, kind) = Connection::open_with_tls(self.address, connector).await?;
        // The first connection has nothing to resume.
        let may_differ = self.handshake == Some(HandshakeKind::Resumed) && !self.has_session;
        self.has_session = true;
        if self.handshake.is_some() && kind != self.handshake && !may_differ {
            return Err(format!("a handshake was {kind:?} instead of {:?}", self.handshake).into());
        }
        Ok(connection)
    }
}
