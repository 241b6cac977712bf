//! Somebody who receives deliveries over HTTP, in the mood that a test puts them in.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use grantd_model::LogId;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// How long something may take that a test waits for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What a receiver does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// 204
    Takes,
    /// This status, which is none of success.
    Answers(u16),
    /// 503 with `Retry-After`.
    Asks(u64),
    /// It reads and says nothing.
    Hangs,
    /// It reads the head and hangs up.
    HangsUp,
    /// It takes the events and hangs up without a word.
    TakesSilently,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: String,
    /// In which mood it was met.
    pub mood: Mood,
}

impl Request {
    /// A header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The events of a body of lines.
    pub fn lines(&self) -> Vec<Value> {
        self.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The receiver: where it is, and what came.
pub struct Receiver {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

struct Shared {
    mood: Mutex<Mood>,
    requests: Mutex<Vec<Request>>,
}

impl Receiver {
    /// Listens on a free port.
    pub async fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared { mood: Mutex::new(mood), requests: Mutex::default() });
        let address = listener.local_addr().unwrap();
        let serving = Some(tokio::spawn(serve(listener, Arc::clone(&shared))));
        Self { address, shared, serving }
    }

    /// The URL of deliveries.
    pub fn url(&self) -> String {
        format!("http://{}/logs?key=1", self.address)
    }

    /// Nobody listens any more.
    pub async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            drop(serving.await);
        }
    }

    /// Listens on the same port again.
    pub async fn restart(&mut self) {
        self.stop().await;
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.shared))));
    }

    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The positions of the events that were taken, as they came.
    pub fn taken(&self) -> Vec<u64> {
        let requests = self.requests();
        let taken = requests.iter().filter(|one| [Mood::Takes, Mood::TakesSilently].contains(&one.mood));
        taken.flat_map(Request::lines).map(|event| position(&event)).collect()
    }

    /// Returns when this is so; fails when it takes too long.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let asked = Instant::now();
        while !is_so(self) {
            assert!(asked.elapsed() < PATIENCE, "{what}: {:?}", self.taken());
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns when the event at this position was taken.
    pub async fn until_taken(&self, position: u64) {
        self.until(&format!("event {position} does not come"), |this| this.taken().contains(&position)).await;
    }
}

/// The position that an event's identifier ends with.
pub fn position(event: &Value) -> u64 {
    let id = event["log_id"].as_str().unwrap();
    assert_eq!(event["data"]["log_id"], id, "{event}");
    LogId::position_of(id).unwrap().0
}

/// Fails unless every position from the first to the last came, first in this order, whatever came twice.
pub fn assert_all_in_order(taken: &[u64], first: u64, last: u64) {
    let mut expected = first;
    for position in taken {
        assert!(*position <= expected, "{position} came before {expected}: {taken:?}");
        expected = expected.max(position + 1);
    }
    assert_eq!(expected, last + 1, "{taken:?}");
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move { drop(answer(stream, &shared).await) });
    }
}

async fn answer(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let mood = *shared.mood.lock().unwrap();
    if mood == Mood::HangsUp {
        return Ok(());
    }
    let head = String::from_utf8(head).unwrap();
    let (line, fields) = head.split_once("\r\n").unwrap();
    let fields = fields.lines().filter_map(|field| field.split_once(": "));
    let headers: HashMap<String, String> =
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let mut body = vec![0; headers["content-length"].parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8(body).unwrap();
    shared.requests.lock().unwrap().push(Request { line: line.to_owned(), headers, body, mood });
    let answer = match mood {
        Mood::Takes => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        Mood::Answers(status) => {
            format!("HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        }
        Mood::Asks(seconds) => {
            format!("HTTP/1.1 503 X\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n")
        }
        Mood::Hangs => std::future::pending().await,
        Mood::HangsUp | Mood::TakesSilently => return Ok(()),
    };
    stream.write_all(answer.as_bytes()).await
}
