//! The address for whoever watches the server: where it is, when it is not, and what it says while the server lives.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::api::{Api, admin};
use support::{Place, Server, grantd};

/// An address that was free a moment ago.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The whole answer to a GET there; none while nobody listens.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: watch\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The value of a series in the metrics there.
fn metric(address: &str, series: &str) -> f64 {
    let text = get(address, "/metrics").unwrap();
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("no {series}: {text}")).rsplit_once(' ').unwrap().1.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_watched_on_an_address_of_its_own() {
    let (place, address) = (Place::new(), free_address());
    let server = place.start(&["--operations-listen", &address]);
    assert!(get(&address, "/health/live").unwrap().starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/health/ready").unwrap().starts_with("HTTP/1.1 200"));
    // Nothing of it is where the world asks.
    let api = Api::open(&server.base, &place.data()).await;
    for path in ["/metrics", "/health/live", "/health/ready"] {
        assert_eq!(api.try_call(reqwest::Method::GET, path, None).await.unwrap().status, 404, "{path}");
    }
    let (issued, cpu) = (r#"grantd_tokens_issued_total{alg="RS256"}"#, "process_cpu_seconds_total");
    let (before, cpu_before) = (metric(&address, issued), metric(&address, cpu));
    let admin = admin(&place.data());
    for _ in 0..5 {
        let answer = api.ask(&admin["client_id"], &admin["client_secret"], &admin["audience"]).await;
        assert_eq!(answer.status, 200);
    }
    assert!((metric(&address, issued) - before - 5.0).abs() < f64::EPSILON);
    assert!(metric(&address, cpu) >= cpu_before);
    assert!(metric(&address, "process_resident_memory_bytes") > 1e6);
    assert!(metric(&address, "process_open_fds") > 3.0);
    assert!(metric(&address, "process_start_time_seconds") > 1.7e9);
    assert!(metric(&address, "grantd_snapshot_age_seconds") < 10.0);
    let ended = server.stop();
    assert!(
        ended.stderr.contains(&format!("health checks and metrics url=\"http://{address}\"")),
        "{}",
        ended.stderr
    );
    assert!(get(&address, "/health/live").is_none());
}

/// The head of a request is there, its body is not: the server has to wait for it.
fn request_under_way(server: &Server) -> TcpStream {
    let address = server.base.strip_prefix("http://localhost:").unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{address}")).unwrap();
    let head = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut asked = [0; 12];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100");
    stream
}

#[test]
fn a_server_that_stops_says_that_it_is_not_ready_while_it_ends_what_is_under_way() {
    let (place, address) = (Place::new(), free_address());
    let server = place.start(&["--plain-http", "--operations-listen", &address]);
    let mut under_way = request_under_way(&server);
    server.signal("TERM");
    let deadline = Instant::now() + Duration::from_secs(5);
    let said = loop {
        let said = get(&address, "/health/ready").unwrap();
        if said.starts_with("HTTP/1.1 503") || Instant::now() > deadline {
            break said;
        }
    };
    assert!(said.contains("it is stopping"), "{said}");
    assert!(get(&address, "/health/live").unwrap().starts_with("HTTP/1.1 200"));
    under_way.write_all(b"{}").unwrap();
    assert_eq!(server.wait().status.code(), Some(0));
}

#[test]
fn an_address_that_was_asked_for_and_cannot_be_had_is_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Place::new().fail(&["--operations-listen", &address]);
    assert_eq!(ended.status.code(), Some(1));
    let said = format!("grantd: --operations-listen: cannot listen on {address}: Address already in use");
    assert!(ended.stderr.contains(&said), "{}", ended.stderr);
}

#[test]
fn the_usual_address_is_done_without_where_it_is_taken() {
    // Whoever has it, the server's or this test's: one of the two servers does not get it.
    let starts = [(); 2].map(|()| {
        let place = Place::new();
        let mut command = grantd(&["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(place.data());
        (Server::start(command).unwrap(), place)
    });
    let logs = starts.map(|(server, _place)| server.stop().stderr);
    let without =
        logs.iter().filter(|log| log.contains("no health checks and no metrics: 127.0.0.1:8444 is not free"));
    assert!(without.count() >= 1, "{logs:?}");
}

#[test]
fn off_is_nowhere_and_nonsense_is_refused() {
    let ended = Place::new().start(&["--operations-listen", "off"]).stop();
    assert!(!ended.stderr.contains("health checks"), "{}", ended.stderr);
    let ended = Place::new().fail(&["--operations-listen", "everywhere"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr.contains("give an address with a port, or off"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_line_of_json_in_the_log() {
    let place = Place::new();
    let server = place.start(&["--log-format", "json"]);
    let api = Api::open(&server.base, &place.data()).await;
    let admin = admin(&place.data());
    api.ask(&admin["client_id"], &"a-wrong-secret".into(), &admin["audience"]).await;
    let stderr = server.stop().stderr;
    let lines = stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let requests: Vec<Value> = lines.filter(|line| line["target"] == "grantd::request").collect();
    let told: Vec<_> =
        requests.iter().map(|line| (&line["fields"]["http.status"], &line["fields"]["client.id"])).collect();
    assert_eq!(told, [(&200.into(), &admin["client_id"]), (&401.into(), &admin["client_id"])]);
    assert_eq!(requests.last().unwrap()["fields"]["reason"], "the secret is wrong");
    assert!(!stderr.contains("a-wrong-secret"));
}

/// What a caller sends stands in the log where it says why, and begins no line there and ends no member.
#[tokio::test(flavor = "multi_thread")]
async fn no_caller_begins_a_line_of_the_log() {
    let forged =
        "x\r\n2026-01-02T03:04:05.000000Z  INFO grantd: forged\u{85}\u{2028}\u{1b}[2J\0\",\"level\":\"";
    for format in ["text", "json"] {
        let place = Place::new();
        let server = place.start(&["--log-format", format]);
        let api = Api::open(&server.base, &place.data()).await;
        let admin = admin(&place.data());
        let (id, secret, audience) = (&admin["client_id"], &admin["client_secret"], &admin["audience"]);
        let forged_value = Value::from(forged);
        api.ask(&forged_value, secret, audience).await;
        api.ask(id, &forged_value, audience).await;
        api.ask(id, secret, &forged_value).await;
        let name = json!({"name": "acme", "display_name": forged});
        api.create("/api/v2/organizations", name).await;
        api.call(reqwest::Method::POST, "/api/v2/organizations", Some(&forged_value)).await;
        for path in ["/api/v2/clients/x%0d%0aforged", "/api/v2/clients?q=%0d%0aforged", "/%0d%0aforged"] {
            api.call(reqwest::Method::GET, path, None).await;
        }
        let log = server.stop().stderr;
        let requests = log.lines().filter(|line| line.contains("http.status")).count();
        assert_eq!(requests, 9, "{log}");
        for line in log.split(['\n', '\u{85}', '\u{2028}']).filter(|line| !line.is_empty()) {
            assert!(!line.contains(|letter: char| letter.is_control()), "{line:?}");
            if format == "json" {
                assert!(serde_json::from_str::<Value>(line).unwrap()["level"].is_string(), "{line}");
            } else {
                assert!(line.starts_with("20"), "{line:?}");
            }
            assert!(!line.starts_with("2026-01-02T03:04:05"), "{line:?}");
        }
    }
}
