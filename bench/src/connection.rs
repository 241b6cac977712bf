//! A connection to a server on this machine, with TLS or without: keep-alive HTTP/1.1, one request at a time, or a
//! stream of HTTP/2.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::request::Builder;
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::HandshakeKind;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Outcome;
use crate::caller::TokenRequest;
use crate::tls::{HTTP2, server_name};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An open connection.
pub(crate) struct Connection {
    sender: Sender,
    address: SocketAddr,
    host: HeaderValue,
}

/// Where requests go into a connection.
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Self::over(stream, address, false).await
    }

    /// Connects with TLS, and says what kind of handshake it took. The protocol is the one that the connector names.
    pub(crate) async fn open_with_tls(
        address: SocketAddr,
        connector: &TlsConnector,
    ) -> Outcome<(Self, Option<HandshakeKind>)> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = connector.connect(server_name()?, stream).await?;
        let (_, session) = stream.get_ref();
        let (kind, is_http2) = (session.handshake_kind(), session.alpn_protocol() == Some(HTTP2));
        Ok((Self::over(stream, address, is_http2).await?, kind))
    }

    async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        address: SocketAddr,
        is_http2: bool,
    ) -> Outcome<Self> {
        let stream = TokioIo::new(stream);
        // Why a connection ended shows at the request that finds it closed.
        let sender = if is_http2 {
            let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(async move { drop(connection.await) });
            Sender::Http2(sender)
        } else {
            let (sender, connection) = http1::handshake(stream).await?;
            tokio::spawn(async move { drop(connection.await) });
            Sender::Http1(sender)
        };
        Ok(Self { sender, address, host: HeaderValue::from_str(&address.to_string())? })
    }

    /// One more stream of the same connection.
    pub(crate) fn another_stream(&self) -> Outcome<Self> {
        let Sender::Http2(sender) = &self.sender else { return Err("HTTP/1.1 has no streams".into()) };
        Ok(Self { sender: Sender::Http2(sender.clone()), address: self.address, host: self.host.clone() })
    }

    /// Where it goes.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks for a token; anything but 200 is an error.
    pub(crate) async fn token(&mut self, asked: TokenRequest) -> Outcome<Bytes> {
        let request = self.token_request(asked)?;
        self.send(request).await
    }

    /// Asks for a token; the status of the answer, once all of it is there.
    pub(crate) async fn try_token(&mut self, asked: TokenRequest) -> Outcome<StatusCode> {
        let request = self.token_request(asked)?;
        let response = self.exchange(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }

    fn token_request(&self, asked: TokenRequest) -> Outcome<Request<Full<Bytes>>> {
        let mut request = self.request(Method::POST, "/oauth/token").header(CONTENT_TYPE, FORM);
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(asked.form))?)
    }

    /// Gets a JSON document.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Value> {
        let request = self.request(Method::GET, path).body(Full::default())?;
        Ok(serde_json::from_slice(&self.send(request).await?)?)
    }

    /// Asks the Management API; null is no body.
    pub(crate) async fn manage(
        &mut self,
        method: Method,
        bearer: &str,
        path: &str,
        record: &Value,
    ) -> Outcome<Value> {
        let request = self.request(method, path);
        let request = request.header(CONTENT_TYPE, JSON).header(AUTHORIZATION, format!("Bearer {bearer}"));
        let body = if record.is_null() { Vec::new() } else { serde_json::to_vec(record)? };
        let answer = self.send(request.body(Full::from(body))?).await?;
        // What was deleted has nothing to show.
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Outcome<Bytes> {
        let response = self.exchange(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() {
            Ok(body)
        } else {
            Err(format!("the server answered {status}: {}", String::from_utf8_lossy(&body)).into())
        }
    }
    fn request(&self, method: Method, path: &str) -> Builder {
        let request = Request::builder().method(method);
        match self.sender {
            Sender::Http1(_) => request.uri(path).header(HOST, &self.host),
            // Here the URI says what the header says there.
            Sender::Http2(_) => request.uri(format!("https://{}{path}", self.address)),
        }
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Outcome<Response<Incoming>> {
        Ok(match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await?
            }
        })
    }
}
