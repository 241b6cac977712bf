//! An application to ask: the router, a database of its own, and tokens for it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use grantd_decision::{Authorization, Confirmation};
use grantd_model::{
    Client, ClientId, Clock, Entropy, LogPosition, ResourceServer, ResourceServerId, Scope, Secret,
    SigningKey, SigningKeyKind, SigningKeyState, Timestamp, management_api,
};
use grantd_outbound::{Outbound, Policy};
use grantd_server::{Operations, Recorder, State, router};
use grantd_snapshot::Follower;
use grantd_store::{
    Change, KeyEncryptionKey, Log, PostgresOptions, PostgresStore, SqliteLog, SqliteStore, Store,
};
use grantd_testbed::{Cluster, Durability};
use grantd_token::{Issuer, TokenSigner, generate_signing_key, issue};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use rustls::RootCertStore;
use serde_json::{Value, json};
use tower::ServiceExt;

pub const ISSUER: &str = "https://auth.test/";
/// 2026-01-02T03:04:05Z
pub const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);

/// A clock that stands still until a test moves it.
pub struct FrozenClock(AtomicU64);

impl Clock for FrozenClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Randomness that counts: the same calls give the same identifiers.
#[derive(Default)]
pub struct CountedEntropy(AtomicU64);

impl Entropy for CountedEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let count = self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            let mixed = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            *byte = u8::try_from((mixed ^ (mixed >> 29)) >> 24 & 0xff).unwrap();
        }
    }
}

/// Making an RSA key takes long, so all tests share the first two.
static KEYS: LazyLock<(SigningKey, SigningKey)> = LazyLock::new(|| {
    let entropy = CountedEntropy::default();
    let made = || SigningKey { created_at: LONG_AGO, ..rsa_key(&entropy) };
    (made(), made())
});

/// When the first keys were made: every verifier can know them.
const LONG_AGO: Timestamp = Timestamp::from_seconds(NOW.seconds() - 1000);

/// A new RSA key.
pub fn rsa_key(entropy: &dyn Entropy) -> SigningKey {
    generate_signing_key(SigningKeyKind::Rsa2048, "auth.test", NOW, entropy).unwrap()
}

/// The application.
pub struct App {
    pub router: Router,
    state: Arc<State>,
    pub store: Arc<dyn Store>,
    pub follower: Arc<Follower>,
    pub clock: Arc<FrozenClock>,
    api: ResourceServer,
    pub admin: Client,
    folder: tempfile::TempDir,
    database: Database,
    log: Option<Arc<dyn Log>>,
    recorder: Option<Arc<Recorder>>,
}

/// How a server ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It finishes what is under way, and leaves what the next one has to know.
    InOrder,
    /// It is gone.
    Crash,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|_| panic!("no JSON: {} {:?}", self.status, self.text))
    }

    /// Status and body, for snapshots that show both.
    pub fn shown(&self) -> String {
        let body = if self.text.is_empty() { String::new() } else { format!("\n{:#}", self.json()) };
        format!("{}{body}", self.status)
    }
}

/// Where an app keeps its configuration.
enum Database {
    File(PathBuf),
    Postgres(String),
}

/// The PostgreSQL server of this program, where it needs one.
static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start(Durability::Nothing));

impl Database {
    /// A new one: a file in this folder, or what `GRANTD_TEST_STORE=postgres` asks for.
    fn new(folder: &Path) -> Self {
        let asked = std::env::var("GRANTD_TEST_STORE").unwrap_or_else(|_| "sqlite".to_owned());
        assert!(["sqlite", "postgres"].contains(&asked.as_str()), "GRANTD_TEST_STORE is {asked}");
        if asked == "postgres" {
            return Self::Postgres(CLUSTER.database());
        }
        Self::File(folder.join("grantd.db"))
    }

    async fn open(&self) -> Arc<dyn Store> {
        let key = KeyEncryptionKey::new(&Secret::from(vec![7; 32])).unwrap();
        match self {
            Self::File(file) => Arc::new(SqliteStore::open(file, key).await.unwrap()),
            Self::Postgres(url) => {
                let options = PostgresOptions::parse(url).unwrap().with_readers(3);
                Arc::new(PostgresStore::open(&options, key).await.unwrap())
            }
        }
    }
}

impl App {
    /// An empty tenant: the Management API and nothing else.
    pub async fn start() -> Self {
        Self::asking(Outbound::new(Policy::default(), RootCertStore::empty()).unwrap()).await
    }

    /// The same, where keys of others are asked for in this way.
    pub async fn asking(outbound: Outbound) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(folder.path());
        let store = database.open().await;
        let issuer = Issuer::new(ISSUER);
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy::default());
        let api = management_api(ResourceServerId::from("000000000000000000000001"), issuer.management_api());
        let (current, next) = KEYS.clone();
        let changes = vec![
            Change::CreateSigningKey(current.promoted(LONG_AGO)),
            Change::CreateSigningKey(next),
            Change::CreateResourceServer(api.clone()),
        ];
        store.commit(changes).await.unwrap();
        let body = json!({"name": "Administration"}).as_object().cloned().unwrap();
        let admin = Client::from_request(ClientId::from("administration"), Secret::from("x"), body).unwrap();
        let clock = Arc::new(FrozenClock(AtomicU64::new(NOW.millis())));
        let seam = Arc::clone(&store);
        let world: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let follower = Arc::new(Follower::load(Arc::clone(&seam), Arc::clone(&world)).await.unwrap());
        let state = State::new(issuer, seam, Arc::clone(&follower), world, entropy).with_outbound(outbound);
        let state = Arc::new(state);
        let router = router(Arc::clone(&state));
        Self {
            router,
            state,
            store,
            follower,
            clock,
            api,
            admin,
            folder,
            database,
            log: None,
            recorder: None,
        }
    }

    /// An empty tenant whose events are recorded in a log of its own.
    pub async fn recording() -> Self {
        let mut app = Self::start().await;
        let key = app.store.log_key(Secret::from(vec![9; 32])).await.unwrap();
        let log = SqliteLog::open(&app.folder.path().join("events.db"), key).await.unwrap();
        let log: Arc<dyn Log> = Arc::new(log);
        let recorder = Arc::new(Recorder::to(Arc::clone(&log)));
        let (clock, entropy) = (Arc::clone(&app.clock), Arc::new(CountedEntropy::default()));
        let (store, follower) = (Arc::clone(&app.store), Arc::clone(&app.follower));
        let state = State::new(Issuer::new(ISSUER), store, follower, clock, entropy);
        let outbound = Outbound::new(Policy::default(), RootCertStore::empty()).unwrap();
        app.state = Arc::new(state.with_outbound(outbound).with_recorder(Arc::clone(&recorder)));
        app.router = router(Arc::clone(&app.state));
        app.log = Some(log);
        let written = Arc::clone(&recorder);
        tokio::spawn(async move { written.write(std::future::pending()).await });
        app.recorder = Some(recorder);
        app
    }

    /// Everything that was recorded, oldest first, without the identifiers.
    pub async fn events(&self) -> Vec<Value> {
        self.recorder.as_ref().unwrap().finish().await;
        let entries = self.log.as_ref().unwrap().after(LogPosition(0), 1000).await.unwrap();
        entries.iter().map(|entry| serde_json::from_str(&entry.text).unwrap()).collect()
    }

    /// Lets the server end, and another start on its store at the same moment.
    pub async fn restart(&mut self, stop: Stop) {
        if stop == Stop::InOrder {
            self.state.hand_over().await;
        }
        let seam = Arc::clone(&self.store);
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let entropy: Arc<dyn Entropy> = Arc::new(CountedEntropy(AtomicU64::new(1 << 32)));
        self.follower = Arc::new(Follower::load(Arc::clone(&seam), Arc::clone(&clock)).await.unwrap());
        let state = State::new(Issuer::new(ISSUER), seam, Arc::clone(&self.follower), clock, entropy);
        let recorder = self.recorder.clone().unwrap_or_else(|| Arc::new(Recorder::none()));
        self.state = Arc::new(state.with_recorder(recorder).taking_over().await.unwrap());
        self.router = router(Arc::clone(&self.state));
    }

    /// What whoever watches the server is told at this path.
    pub async fn watched(&self, path: &str) -> Answer {
        let operations = Operations::new(Arc::clone(&self.state)).router();
        answered(operations, Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// The server begins to stop.
    pub fn begin_to_stop(&self) {
        self.state.stops();
    }

    /// The database once more, as another server opens it.
    pub async fn store_of_another(&self) -> Arc<dyn Store> {
        self.database.open().await
    }

    /// Whether that is what `GRANTD_TEST_STORE` asks for.
    pub fn is_on_postgres(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Moves it back: it was ahead.
    pub fn turn_back(&self, seconds: u64) {
        self.clock.0.fetch_sub(seconds * 1000, Ordering::Relaxed);
    }

    /// A Management API token with every scope.
    pub fn token(&self) -> String {
        self.token_with_scopes(&self.api.scope_set().iter().map(Scope::to_string).collect::<Vec<_>>())
    }

    /// The same, signed with the key that signs now; the others are signed with the first.
    pub async fn token_of_current_key(&self) -> String {
        let keys = self.store.signing_keys().await.unwrap();
        let current = keys
            .iter()
            .find(|key| (key.kind, key.state) == (SigningKeyKind::Rsa2048, SigningKeyState::Current));
        let current = current.unwrap();
        let scopes: Vec<String> = self.api.scope_set().iter().map(Scope::to_string).collect();
        self.issue(current, &scopes, None)
    }

    /// A Management API token with these scopes.
    pub fn token_with_scopes(&self, scopes: &[impl AsRef<str>]) -> String {
        self.issue(&KEYS.0, scopes, None)
    }

    /// A Management API token that reads clients, bound to this key.
    pub fn bound_token(&self, key: Option<Confirmation<'_>>) -> String {
        self.issue(&KEYS.0, &["read:clients"], key)
    }

    fn issue(
        &self,
        key: &SigningKey,
        scopes: &[impl AsRef<str>],
        confirmation: Option<Confirmation<'_>>,
    ) -> String {
        let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.as_ref().into()).collect();
        let authorization = Authorization {
            client: &self.admin,
            api: &self.api,
            scope: scopes.iter().collect(),
            organization: None,
            names_organization: false,
            confirmation,
        };
        let signer = TokenSigner::parse(key).unwrap();
        issue(&authorization, ISSUER, &signer, self.clock.now(), &CountedEntropy::default())
            .unwrap()
            .access_token
    }

    /// A request to the Management API (`path` is relative to `/api/v2`) with every scope, and JSON if there is a body.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(&self.token(), method, path, body).await
    }

    /// The same with this token.
    pub async fn call_with(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v2{path}"))
            .header("authorization", format!("Bearer {token}"));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// POST, and its JSON answer; fails unless it is 201.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        let answer = self.call("POST", path, Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()
    }

    /// A request for a token, as a form.
    pub async fn ask(&self, parameters: &[(&str, &str)]) -> Answer {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let request =
            Request::post("/oauth/token").header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        answered(self.router.clone(), request).await
    }
}

async fn answered(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}
