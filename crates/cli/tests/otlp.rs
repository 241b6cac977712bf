//! Traces, exported for real: what arrives at a collector is read with the protocol's own types.
#![cfg(feature = "otlp")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a failing test may panic")]

#[expect(dead_code, reason = "other tests use the rest")]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use support::Place;
use support::api::{admin, https};

/// A collector that takes what comes to `/v1/traces`.
struct Collector {
    url: String,
    taken: Receiver<ExportTraceServiceRequest>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (send, taken) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let send = send.clone();
                thread::spawn(move || serve(&stream.unwrap(), |request| send.send(request).unwrap()));
            }
        });
        Self { url, taken }
    }

    /// Everything that has come; the server has ended, so that nothing more will.
    fn spans(&self) -> (Vec<Span>, String) {
        let requests: Vec<_> = self.taken.try_iter().collect();
        let resources: Vec<_> = requests.into_iter().flat_map(|request| request.resource_spans).collect();
        let service = resources[0].resource.as_ref().unwrap().attributes.iter();
        let service = service.clone().find(|attribute| attribute.key == "service.name").unwrap();
        let Some(Value::StringValue(service)) = service.value.clone().unwrap().value else { panic!() };
        let scopes = resources.into_iter().flat_map(|resource| resource.scope_spans);
        (scopes.flat_map(|scope| scope.spans).collect(), service)
    }
}

/// HTTP/1.1, as far as an exporter speaks it.
fn serve(stream: &TcpStream, take: impl Fn(ExportTraceServiceRequest)) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_ascii_lowercase());
        }
        assert_eq!(head[0], "post /v1/traces http/1.1");
        assert!(head.contains(&"content-type: application/x-protobuf".to_owned()), "{head:?}");
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        take(ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let mut writer = stream;
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
        writer.write_all(answer).unwrap();
    }
}

fn text<'s>(span: &'s Span, key: &str) -> Option<&'s str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_a_span_in_its_callers_trace_and_each_step_a_span_in_it() {
    let collector = Collector::start();
    let place = Place::new();
    let server = place.start(&["--otlp-endpoint", &collector.url]);
    let admin = admin(&place.data());
    let client = https(&place.data().join("ca.pem"));
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", admin["client_id"].as_str().unwrap()),
        ("client_secret", admin["client_secret"].as_str().unwrap()),
        ("audience", admin["audience"].as_str().unwrap()),
    ];
    let request = client.post(format!("{}/oauth/token", server.base)).form(&form);
    let answer = request.header("traceparent", format!("00-{trace}-{parent}-01")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let refused = client.post(format!("{}/oauth/token", server.base)).body("x").send().await.unwrap();
    assert_eq!(refused.status(), 415);
    server.stop();

    let (spans, service) = collector.spans();
    assert_eq!(service, "grantd");
    let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let requests: Vec<&Span> = spans.iter().filter(|span| span.name == "POST /oauth/token").collect();
    let [granted, other] = requests.as_slice() else { panic!("{spans:?}") };
    assert_eq!((hex(&granted.trace_id), hex(&granted.parent_span_id)), (trace.to_owned(), parent.to_owned()));
    assert_eq!(text(granted, "client.id"), admin["client_id"].as_str());
    assert_eq!(text(granted, "http.route"), Some("/oauth/token"));
    let steps: Vec<&str> =
        spans.iter().filter(|span| span.parent_span_id == granted.span_id).map(|span| &*span.name).collect();
    assert_eq!(steps, ["authenticate", "spend", "decide", "count", "issue"]);
    assert!(spans.iter().all(|span| span.end_time_unix_nano >= span.start_time_unix_nano));
    // Who names no trace begins one.
    assert_ne!(hex(&other.trace_id), trace);
    assert!(other.parent_span_id.is_empty());
    assert_eq!(text(other, "error"), Some("invalid_request"));
    let secret = admin["client_secret"].as_str().unwrap();
    assert!(!format!("{spans:?}").contains(secret), "a secret is in a span");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_holds_up_nothing() {
    let place = Place::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = place.start(&["--otlp-endpoint", &format!("http://{nobody}")]);
    support::api::Api::open(&server.base, &place.data()).await;
    assert_eq!(server.stop().status.code(), Some(0));
}
