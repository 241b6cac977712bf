//! Attack case 11: answers that are too long, too slow, or never end.

use std::time::Duration;

use grantd_outbound::{Limits, OutboundError};

use crate::site::{After, Names, Site, ok};

const LIMIT: usize = 64 * 1024;

async fn fetch(site: &Site) -> Result<usize, OutboundError> {
    let limits = Limits { total: Duration::from_millis(400), ..Limits::default() };
    let outbound = site.outbound(&Names::at("93.184.216.34")).within(limits);
    outbound.get("https://issuer.example/keys").await.map(|fetched| fetched.body.len())
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_more_byte_is_not() {
    for (length, whole) in [(LIMIT, true), (LIMIT + 1, false)] {
        let body = "x".repeat(length);
        let site = Site::start(move |_| ok("", &body)).await;
        match fetch(&site).await {
            Ok(read) => assert!(whole && read == length),
            Err(error) => assert!(!whole && matches!(error, OutboundError::TooLong(LIMIT)), "{error}"),
        }
    }
}

/// 5 GB are announced: nothing is set aside for them, and nothing beyond the limit is read.
#[tokio::test]
async fn a_body_that_is_announced_as_huge_is_refused() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\n\r\n{".to_vec();
    let site = Site::start(move |_| (head.clone(), After::Repeat)).await;
    assert!(matches!(fetch(&site).await, Err(OutboundError::TooLong(LIMIT))));
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused() {
    let until_close = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
    let site = Site::start(move |_| (until_close.clone(), After::Repeat)).await;
    assert!(matches!(fetch(&site).await, Err(OutboundError::TooLong(LIMIT))));

    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunks = [chunk, b"1000\r\n".to_vec(), vec![b'x'; 0x1000], b"\r\n".to_vec()].concat();
    let site = Site::start(move |_| (chunks.repeat(1), After::Silence)).await;
    assert!(matches!(fetch(&site).await, Err(OutboundError::TooSlow(_))), "one chunk and then nothing");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_body() {
    let site =
        Site::start(|_| (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_vec(), After::Close)).await;
    assert!(matches!(fetch(&site).await, Err(OutboundError::Body(_))));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_none() {
    for begun in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"] {
        let site = Site::start(move |_| (begun.as_bytes().to_vec(), After::Silence)).await;
        assert!(matches!(fetch(&site).await, Err(OutboundError::TooSlow(_))), "{begun:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let head = b"HTTP/1.1 200 OK\r\nX: ".iter().chain(&[b'x'; 4096]).copied().collect::<Vec<_>>();
    let site = Site::start(move |_| (head.clone(), After::Repeat)).await;
    assert!(matches!(fetch(&site).await, Err(OutboundError::Http(_))));
}

#[tokio::test]
async fn only_200_counts() {
    for status in ["204 No Content", "206 Partial Content", "404 Not Found", "500 Internal Server Error"] {
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        let site = Site::start(move |_| (answer.clone().into_bytes(), After::Close)).await;
        assert!(matches!(fetch(&site).await, Err(OutboundError::Status(_))), "{status}");
    }
}

#[tokio::test]
async fn the_age_that_an_answer_may_reach_is_read() {
    for (headers, expected) in [
        ("", None),
        ("Cache-Control: max-age=90\r\n", Some(90)),
        ("Cache-Control: public, Max-Age=\"90\", must-revalidate\r\n", Some(90)),
        ("Cache-Control: public\r\nCache-Control: max-age=90\r\n", Some(90)),
        ("Cache-Control: max-age=90, no-store\r\n", Some(0)),
        ("Cache-Control: no-cache\r\n", Some(0)),
        ("Cache-Control: max-age=-1\r\n", None),
        ("Cache-Control: max-age=99999999999999999999\r\n", None),
        ("Cache-Control: s-maxage=90\r\n", None),
    ] {
        let site = Site::start(move |_| ok(headers, "{}")).await;
        let outbound = site.outbound(&Names::at("93.184.216.34"));
        let fetched = outbound.get("https://issuer.example/keys").await.unwrap();
        assert_eq!(fetched.max_age, expected.map(Duration::from_secs), "{headers:?}");
    }
}
