//! The ceiling: the least that a server can do and still hand out signed tokens over HTTP.
//!
//! hyper on one thread. It reads the form, puts a counter where grantd puts the client, signs bytes of the same
//! length with a key of the same kind through the same library, and answers with the same members and headers, over TLS if
//! it is given a certificate.
//! It knows no clients, no grants and no time.

use std::cell::Cell;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, PRAGMA};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio_rustls::TlsAcceptor;

use crate::Outcome;
use crate::algorithm::Algorithm;
use crate::check::{Jws, text};
use crate::process::Server;
use crate::signing_key::SigningKey;
use crate::tls::{Certificate, HTTP2, acceptor};

/// What the ceiling imitates.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// An answer of grantd: its tokens have this shape.
    #[arg(long)]
    like: String,
    /// How it signs.
    #[arg(long, value_enum)]
    algorithm: Algorithm,
    /// The certificate of its TLS, PEM.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM.
    #[arg(long)]
    tls_key: Option<PathBuf>,
}

/// Starts the ceiling for these answers in a process of its own, with TLS if there is a certificate.
pub(crate) fn start(
    like: &str,
    algorithm: Algorithm,
    log: &Path,
    certificate: Option<&Certificate>,
) -> Outcome<Server> {
    let algorithm = algorithm.argument();
    let mut arguments = vec!["ceiling", "--like", like, "--algorithm", &algorithm];
    if let Some(certificate) = certificate {
        arguments.extend(certificate.flags()?);
    }
    Server::start(&std::env::current_exe()?, &arguments, log, &[])
}

/// Serves until it is killed.
pub(crate) async fn run(options: &Options) -> Outcome {
    let signer = Rc::new(Signer::like(&options.like, SigningKey::new(options.algorithm)?)?);
    let files = options.tls_cert.as_deref().zip(options.tls_key.as_deref());
    let acceptor = files.map(|(chain, key)| acceptor(chain, key)).transpose()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("the ceiling is ready at http://{}", listener.local_addr()?);
    LocalSet::new().run_until(serve(listener, acceptor, signer)).await
}

async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, signer: Rc<Signer>) -> Outcome {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (signer, acceptor) = (Rc::clone(&signer), acceptor.clone());
        // The load closes connections as it likes.
        spawn_local(async move { drop(converse(stream, acceptor, signer).await) });
    }
}

async fn converse(stream: TcpStream, acceptor: Option<TlsAcceptor>, signer: Rc<Signer>) -> Outcome {
    let service = service_fn(move |request| {
        let signer = Rc::clone(&signer);
        async move { answer(&signer, request).await }
    });
    let Some(acceptor) = acceptor else {
        return Ok(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await?);
    };
    let stream = acceptor.accept(stream).await?;
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
    let stream = TokioIo::new(stream);
    if is_http2 {
        http2::Builder::new(OnThisThread).serve_connection(stream, service).await?;
    } else {
        http1::Builder::new().serve_connection(stream, service).await?;
    }
    Ok(())
}

/// Where the streams of HTTP/2 are served.
#[derive(Clone, Copy)]
struct OnThisThread;

impl<F: Future<Output: 'static> + 'static> Executor<F> for OnThisThread {
    fn execute(&self, stream: F) {
        spawn_local(stream);
    }
}

async fn answer(signer: &Signer, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    let asks = body.is_ok_and(|body| form_urlencoded::parse(&body).any(|(name, _)| name == "client_id"));
    let answer = if asks { signer.answer() } else { None };
    let status = if answer.is_some() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let mut response = Response::new(Full::from(answer.unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// A key, and everything of an answer but the signature and the counter.
struct Signer {
    key: SigningKey,
    header: String,
    before: String,
    width: usize,
    after: String,
    rest: String,
    counter: Cell<u64>,
}

impl Signer {
    fn like(answer: &str, key: SigningKey) -> Outcome<Self> {
        let token = text(&serde_json::from_str::<Value>(answer)?, "access_token")?;
        let jws = Jws::parse(&token)?;
        let (before, subject) = jws.claims.split_once(r#""sub":""#).ok_or("no subject in the claims")?;
        let (id, after) = subject.split_once('@').ok_or("no client in the subject")?;
        let (_, rest) = answer.split_once(&token).ok_or("no token in the answer")?;
        Ok(Self {
            key,
            header: format!("{}.", jws.header),
            before: format!(r#"{before}"sub":""#),
            width: id.len(),
            after: format!("@{after}"),
            rest: rest.to_owned(),
            counter: Cell::new(0),
        })
    }

    /// The next answer; none if the library could not sign.
    fn answer(&self) -> Option<String> {
        let count = self.counter.get();
        self.counter.set(count + 1);
        let claims = format!("{}{count:0width$}{}", self.before, self.after, width = self.width);
        let mut answer = String::with_capacity(2 * claims.len() + 1024);
        answer.push_str(r#"{"access_token":""#);
        let begin = answer.len();
        answer.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut answer);
        let signature = self.key.sign(answer.as_bytes().get(begin..)?).ok()?;
        answer.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut answer);
        answer.push_str(&self.rest);
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_long_as_the_model_verify_and_differ() -> Outcome {
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = r#"{"iss":"http://localhost/","sub":"0123456789abcdef0123456789abcdef@clients"}"#;
        let token = [encode(r#"{"alg":"HS256"}"#), encode(claims), encode(&"s".repeat(32))].join(".");
        let model = format!(r#"{{"access_token":"{token}","expires_in":60,"token_type":"Bearer"}}"#);
        let signer = Signer::like(&model, SigningKey::new(Algorithm::Hs256)?)?;
        let (first, second) = (signer.answer(), signer.answer());
        assert_ne!(first, second);
        for answer in [first, second] {
            let answer = answer.ok_or("no answer")?;
            assert_eq!(answer.len(), model.len());
            let token = text(&serde_json::from_str(&answer)?, "access_token")?;
            Jws::parse(&token)?.verify(Algorithm::Hs256, &Value::Null)?;
        }
        Ok(())
    }
}
