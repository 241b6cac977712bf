//! One keep-alive HTTP/1.1 connection to a server on this machine, one request at a time.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Outcome;
use crate::caller::TokenRequest;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An open connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    address: SocketAddr,
    host: HeaderValue,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Why it ended shows at the request that finds it closed.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, address, host: HeaderValue::from_str(&address.to_string())? })
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
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }

    fn token_request(&self, asked: TokenRequest) -> Outcome<Request<Full<Bytes>>> {
        let mut request = Request::post("/oauth/token").header(HOST, &self.host).header(CONTENT_TYPE, FORM);
        for (name, value) in asked.headers {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(asked.form))?)
    }

    /// Gets a JSON document.
    pub(crate) async fn get(&mut self, path: &str) -> Outcome<Value> {
        let request = Request::get(path).header(HOST, &self.host).body(Full::default())?;
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
        let request = Request::builder().method(method).uri(path).header(HOST, &self.host);
        let request = request.header(CONTENT_TYPE, JSON).header(AUTHORIZATION, format!("Bearer {bearer}"));
        let body = if record.is_null() { Vec::new() } else { serde_json::to_vec(record)? };
        let answer = self.send(request.body(Full::from(body))?).await?;
        // What was deleted has nothing to show.
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Outcome<Bytes> {
        self.sender.ready().await?;
        let response: Response<Incoming> = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() {
            Ok(body)
        } else {
            Err(format!("the server answered {status}: {}", String::from_utf8_lossy(&body)).into())
        }
    }
}
