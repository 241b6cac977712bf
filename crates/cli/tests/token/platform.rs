//! A platform that gives its jobs tokens, on loopback: GitHub's endpoint for them, its metadata and its keys.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PublicKeyData};
use serde_json::{Value, json};

/// What a job shows the platform.
pub const BEARER: &str = "the-jobs-own";

pub struct Platform {
    address: SocketAddr,
    key: Arc<KeyPair>,
    asked_for: Arc<Mutex<Vec<String>>>,
}

impl Platform {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let platform = Self {
            address: listener.local_addr().unwrap(),
            key: Arc::new(KeyPair::generate().unwrap()),
            asked_for: Arc::default(),
        };
        let served = Self {
            address: platform.address,
            key: Arc::clone(&platform.key),
            asked_for: Arc::clone(&platform.asked_for),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                served.serve(&stream.unwrap());
            }
        });
        platform
    }

    /// Host and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The audiences that tokens were asked for.
    pub fn asked_for(&self) -> Vec<String> {
        self.asked_for.lock().unwrap().clone()
    }

    /// A token of a job.
    #[expect(clippy::disallowed_methods, reason = "the server that reads it has the system's clock")]
    pub fn sign(&self, subject: &str, audience: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims = json!({
            "iss": self.issuer(), "sub": subject, "aud": audience, "jti": "1", "repository": "acme/app",
            "iat": now, "nbf": now, "exp": now + 300,
        });
        let header = Header { kid: Some("one".into()), ..Header::new(Algorithm::ES256) };
        let key = EncodingKey::from_ec_der(self.key.serialized_der());
        encode(&header, &claims, &key).unwrap()
    }

    fn serve(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
        let request = lines.next().unwrap();
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let url =
            reqwest::Url::parse(&self.issuer()).unwrap().join(request.split(' ').nth(1).unwrap()).unwrap();
        let bearer = format!("authorization: bearer {BEARER}");
        let knows = head.iter().any(|line| line.eq_ignore_ascii_case(&bearer));
        let (status, body) = match url.path() {
            "/token" if knows => ("200 OK", self.token(&url)),
            "/token" => ("401 Unauthorized", json!({})),
            "/.well-known/openid-configuration" => {
                let keys = format!("{}/keys", self.issuer());
                ("200 OK", json!({"issuer": self.issuer(), "jwks_uri": keys}))
            }
            "/keys" => ("200 OK", self.keys()),
            _ => ("404 Not Found", json!({})),
        };
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        (&*stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
    }

    fn token(&self, url: &reqwest::Url) -> Value {
        let audience = url.query_pairs().find(|(name, _)| name == "audience").unwrap().1.into_owned();
        assert!(url.query_pairs().any(|(name, value)| name == "api-version" && value == "2.0"));
        self.asked_for.lock().unwrap().push(audience.clone());
        json!({"count": 1, "value": self.sign("repo:acme/app:ref:refs/heads/main", &audience)})
    }

    fn keys(&self) -> Value {
        // 4, x and y (SEC 1 §2.3.3).
        let point = self.key.der_bytes();
        let (x, y) = point[1..].split_at(32);
        let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "x": x, "y": y}]})
    }
}
