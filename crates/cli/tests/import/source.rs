//! A tenant that answers from a table, and refuses first: what an import meets at a service that limits its callers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

pub struct Source {
    address: SocketAddr,
    asked_for: Arc<Mutex<Vec<String>>>,
    refusals: Arc<AtomicUsize>,
    answers: Arc<AtomicUsize>,
}

impl Source {
    /// It refuses so many requests first, in turn with 429 and 503, and then answers so many before it fails for good.
    pub fn start(refusals: usize, answers: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = Self {
            address: listener.local_addr().unwrap(),
            asked_for: Arc::default(),
            refusals: Arc::new(AtomicUsize::new(refusals)),
            answers: Arc::new(AtomicUsize::new(answers)),
        };
        let served = Self {
            address: source.address,
            asked_for: Arc::clone(&source.asked_for),
            refusals: Arc::clone(&source.refusals),
            answers: Arc::clone(&source.answers),
        };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                served.serve(&stream.unwrap());
            }
        });
        source
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What was asked for and answered, since the last call.
    pub fn answered(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked_for.lock().unwrap())
    }

    /// It answers everything from now on.
    pub fn recover(&self) {
        self.answers.store(usize::MAX, Ordering::SeqCst);
    }

    fn serve(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
        let request = lines.next().unwrap();
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        assert!(
            head.iter().any(|line| line.eq_ignore_ascii_case("authorization: bearer the-token")),
            "{head:?}"
        );
        let path = request.split(' ').nth(1).unwrap().to_owned();
        let take = |left: &AtomicUsize| {
            left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
        };
        let (status, body) = match (take(&self.refusals), take(&self.answers)) {
            (Ok(left), _) if left % 2 == 0 => ("429 Too Many Requests\r\nRetry-After: 0", json!({})),
            (Ok(_), _) => ("503 Service Unavailable\r\nRetry-After: 0", json!({})),
            (Err(_), Ok(_)) => match answer(&self.url(), &path) {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", json!({})),
            },
            (Err(_), Err(_)) => ("401 Unauthorized", json!({})),
        };
        if status == "200 OK" {
            self.asked_for.lock().unwrap().push(path);
        }
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        (&*stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
    }
}

/// The answers of a small tenant; bodies as Auth0's are.
fn answer(url: &str, path: &str) -> Option<Value> {
    let management = format!("{url}api/v2/");
    Some(match path.strip_prefix("/api/v2")? {
        "/clients?is_global=false&take=100" => json!({"clients": [{
            "tenant": "t", "global": false, "is_token_endpoint_ip_header_trusted": false, "name": "Worker",
            "client_id": "WorkerWorkerWorkerWorkerWorkerWo", "client_secret": "kept-secret-kept-secret",
            "callbacks": [], "is_first_party": true, "oidc_conformant": true, "sso_disabled": false,
            "cross_origin_auth": false, "cross_origin_authentication": false, "callback_url_template": false,
            "signing_keys": [{"cert": "x"}], "grant_types": ["client_credentials"], "custom_login_page_on": true,
            "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000, "secret_encoded": false},
            "app_type": "non_interactive", "brand_new_member": true,
        }], "next": "cursor=="}),
        "/clients?is_global=false&take=100&from=cursor%3D%3D" => json!({"clients": [{
            "name": "By key", "client_id": "ByKeyByKeyByKeyByKeyByKeyByKeyBy", "is_first_party": true,
            "grant_types": ["client_credentials"], "jwt_configuration": {"alg": "RS256", "secret_encoded": false},
            "client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": "cred_1"}]}},
        }]}),
        "/clients/ByKeyByKeyByKeyByKeyByKeyByKeyBy/credentials" => json!([{
            "id": "cred_1", "credential_type": "public_key", "kid": "the-kid", "alg": "RS256",
        }]),
        "/resource-servers?per_page=100&page=0&include_totals=true" => json!({
            "total": 2, "start": 0, "limit": 100,
            "resource_servers": [
                {"id": "69e9ce2f0000000000000001", "name": "Auth0 Management API", "identifier": management, "is_system": true},
                {"id": "69e9ce2f0000000000000002", "name": "Orders", "identifier": "https://orders.test/", "scopes": [{"value": "read"}]},
            ],
        }),
        "/client-grants?take=100" => json!({"client_grants": [
            {
                "id": "cgr_0000000000000001", "client_id": "WorkerWorkerWorkerWorkerWorkerWo",
                "audience": "https://orders.test/", "scope": ["read"], "organization_usage": "allow", "subject_type": "client",
            },
            {
                "id": "cgr_0000000000000002", "client_id": "WorkerWorkerWorkerWorkerWorkerWo", "audience": management,
                "scope": ["read:clients", "read:things_to_come"], "subject_type": "client",
            },
        ]}),
        "/client-grants/cgr_0000000000000001/organizations?take=100" => {
            json!({"organizations": [{"id": "org_0000000000000001", "name": "acme"}]})
        }
        "/organizations?take=100" => json!({"organizations": [{
            "id": "org_0000000000000001", "name": "acme", "display_name": "Acme", "third_party_client_access": "block",
            "is_app_entitlement_active": false,
        }]}),
        "/tenants/settings" => json!({
            "friendly_name": "Imported", "flags": {"universal_login": true, "enable_sso": true}, "sandbox_versions_available": ["22"],
        }),
        "/connections?per_page=1&include_totals=true" => json!({"total": 3, "connections": [{}]}),
        _ => return None,
    })
}
