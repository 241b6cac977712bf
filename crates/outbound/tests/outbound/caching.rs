//! How often an issuer is asked, whatever is sent to this server: counted at the issuer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use grantd_model::Timestamp;
use grantd_outbound::{KeySets, KeySource, OutboundError};

use crate::site::{After, Names, Site, ok};

/// A set in these tests is its text.
fn parse(bytes: &[u8]) -> Result<String, String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if text.starts_with("bad") { Err("no keys in it".into()) } else { Ok(text) }
}

/// Names whose addresses are public: the site is reached as an outside issuer would be.
fn sets(site: &Site) -> KeySets<String> {
    KeySets::new(site.outbound(&Names::at("93.184.216.34")), parse)
}

fn url(path: &str) -> KeySource {
    KeySource::Url(format!("https://issuer.example{path}"))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_000_000 + seconds)
}

const HOUR: u64 = 3600;

/// A site whose every answer is another, and which can be switched off.
async fn counting(headers: &'static str) -> (Site, Arc<AtomicBool>) {
    let (count, works) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(true)));
    let switch = Arc::clone(&works);
    let site = Site::start(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        if works.load(Ordering::SeqCst) {
            ok(headers, &format!("set {number}"))
        } else {
            (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_vec(), After::Close)
        }
    });
    (site.await, switch)
}

#[tokio::test]
async fn a_set_is_kept_as_long_as_it_says_within_a_minute_and_an_hour() {
    for (headers, last) in [
        ("", 299),
        ("Cache-Control: max-age=600\r\n", 599),
        ("Cache-Control: max-age=1\r\n", 59),
        ("Cache-Control: no-store\r\n", 59),
        ("Cache-Control: max-age=31536000\r\n", HOUR - 1),
    ] {
        let (site, _) = counting(headers).await;
        let sets = sets(&site);
        for now in [0, 1, last] {
            assert_eq!(*sets.keys(&url("/"), at(now)).await.unwrap(), "set 1", "{headers} {now}");
        }
        assert_eq!(site.asked(), 1);
        assert_eq!(*sets.keys(&url("/"), at(last + 1)).await.unwrap(), "set 2", "{headers}");
    }
}

/// A set that was fetched, or an issuer that failed, while the clock was a year ahead.
#[tokio::test]
async fn what_a_clock_that_was_ahead_has_noted_counts_no_longer() {
    const YEAR: u64 = 365 * 24 * HOUR;
    let (site, works) = counting("").await;
    let sets = sets(&site);
    let known = sets.keys(&url("/"), at(YEAR)).await.unwrap();
    let other = sets.keys_beyond(&url("/"), &known, at(0)).await.unwrap().unwrap();
    assert_eq!(*other, "set 2", "it was not asked moments ago");
    assert_eq!(*sets.keys(&url("/"), at(YEAR)).await.unwrap(), "set 3");
    assert_eq!(*sets.keys(&url("/"), at(0)).await.unwrap(), "set 4", "it is not fresh for a year");
    assert_eq!(*sets.keys(&url("/"), at(1)).await.unwrap(), "set 4");
    works.store(false, Ordering::SeqCst);
    assert!(sets.keys(&url("/other"), at(YEAR)).await.is_err());
    works.store(true, Ordering::SeqCst);
    assert_eq!(*sets.keys(&url("/other"), at(0)).await.unwrap(), "set 6", "it does not rest for a year");
}

/// Its age is unknown, so it counts from the moment at which that shows.
#[tokio::test]
async fn a_set_of_a_clock_that_was_ahead_serves_for_a_day_when_nobody_answers() {
    let (site, works) = counting("").await;
    let sets = sets(&site);
    sets.keys(&url("/"), at(1000 * HOUR)).await.unwrap();
    works.store(false, Ordering::SeqCst);
    assert_eq!(*sets.keys(&url("/"), at(0)).await.unwrap(), "set 1");
    assert_eq!(*sets.keys(&url("/"), at(24 * HOUR - 1)).await.unwrap(), "set 1");
    assert!(sets.keys(&url("/"), at(24 * HOUR)).await.is_err());
}

#[tokio::test]
async fn requests_whose_clocks_differ_by_seconds_share_a_set() {
    let (site, _) = counting("").await;
    let sets = sets(&site);
    for now in [60, 0, 59, 1] {
        assert_eq!(*sets.keys(&url("/"), at(now)).await.unwrap(), "set 1");
    }
}

#[tokio::test]
async fn a_hundred_at_once_ask_once() {
    let (site, _) = counting("").await;
    let sets = Arc::new(sets(&site));
    let asking = (0..100).map(|_| {
        let sets = Arc::clone(&sets);
        tokio::spawn(async move { sets.keys(&url("/"), at(0)).await.unwrap() })
    });
    for asked in asking.collect::<Vec<_>>() {
        assert_eq!(*asked.await.unwrap(), "set 1");
    }
    assert_eq!(site.asked(), 1);
}

#[tokio::test]
async fn a_thousand_unknown_keys_in_half_a_minute_ask_once() {
    let (site, _) = counting("").await;
    let sets = Arc::new(sets(&site));
    let known = sets.keys(&url("/"), at(0)).await.unwrap();
    for now in 0..30 {
        assert_eq!(sets.keys_beyond(&url("/"), &known, at(now)).await.unwrap(), None);
    }
    assert_eq!(site.asked(), 1, "who was asked moments ago is not asked again");
    let flood = (0..1000).map(|_| {
        let (sets, known) = (Arc::clone(&sets), Arc::clone(&known));
        tokio::spawn(async move { sets.keys_beyond(&url("/"), &known, at(30)).await.unwrap() })
    });
    for one in flood.collect::<Vec<_>>() {
        assert_eq!(one.await.unwrap().as_deref().map(String::as_str), Some("set 2"));
    }
    assert_eq!(site.asked(), 2);
    let known = sets.keys(&url("/"), at(31)).await.unwrap();
    assert_eq!((known.as_str(), sets.keys_beyond(&url("/"), &known, at(59)).await.unwrap()), ("set 2", None));
    assert_eq!(site.asked(), 2);
}

#[tokio::test]
async fn unknown_keys_at_an_issuer_that_is_down_ask_it_no_oftener() {
    let (site, works) = counting("").await;
    let sets = sets(&site);
    let known = sets.keys(&url("/"), at(0)).await.unwrap();
    works.store(false, Ordering::SeqCst);
    assert!(sets.keys_beyond(&url("/"), &known, at(30)).await.is_err());
    for now in 31..60 {
        assert_eq!(sets.keys_beyond(&url("/"), &known, at(now)).await.unwrap(), None);
    }
    assert_eq!(site.asked(), 2);
    assert_eq!(*sets.keys(&url("/"), at(59)).await.unwrap(), "set 1", "what is known goes on serving");
}

#[tokio::test]
async fn an_issuer_that_failed_is_left_alone_for_ten_seconds() {
    let (site, works) = counting("").await;
    works.store(false, Ordering::SeqCst);
    let sets = sets(&site);
    assert!(matches!(sets.keys(&url("/"), at(0)).await, Err(OutboundError::Status(_))));
    for now in [0, 5, 9] {
        assert!(matches!(sets.keys(&url("/"), at(now)).await, Err(OutboundError::Resting(_))));
    }
    assert_eq!(site.asked(), 1);
    works.store(true, Ordering::SeqCst);
    assert_eq!(*sets.keys(&url("/"), at(10)).await.unwrap(), "set 2");
}

#[tokio::test]
async fn keys_serve_for_a_day_while_their_issuer_is_down() {
    let (site, works) = counting("").await;
    let sets = sets(&site);
    sets.keys(&url("/"), at(0)).await.unwrap();
    works.store(false, Ordering::SeqCst);
    for now in [301, 305, HOUR, 24 * HOUR - 1] {
        assert_eq!(*sets.keys(&url("/"), at(now)).await.unwrap(), "set 1", "{now}");
    }
    assert_eq!(site.asked(), 4, "it was asked again each time but within the ten seconds");
    assert!(sets.keys(&url("/"), at(24 * HOUR)).await.is_err());
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_a_failure() {
    let site = Site::start(|_| ok("", "bad")).await;
    let sets = sets(&site);
    assert_eq!(
        sets.keys(&url("/"), at(0)).await.unwrap_err().to_string(),
        "the keys cannot be used: no keys in it"
    );
    assert!(matches!(sets.keys(&url("/"), at(1)).await, Err(OutboundError::Resting(_))));
}

#[tokio::test]
async fn who_hangs_up_does_not_make_the_next_one_ask_again() {
    let (site, _) = counting("").await;
    let sets = Arc::new(sets(&site));
    for _ in 0..20 {
        let sets = Arc::clone(&sets);
        let asking = tokio::spawn(async move { sets.keys(&url("/"), at(0)).await.map(drop) });
        tokio::task::yield_now().await;
        asking.abort();
        drop(asking.await);
    }
    sets.keys(&url("/"), at(0)).await.unwrap();
    assert_eq!(site.asked(), 1);
}

#[tokio::test]
async fn at_most_256_sets_are_kept_and_the_one_used_the_longest_ago_goes() {
    let (site, _) = counting("").await;
    let sets = sets(&site);
    for number in 0..256 {
        sets.keys(&url(&format!("/{number}")), at(number)).await.unwrap();
    }
    sets.keys(&url("/0"), at(256)).await.unwrap();
    assert_eq!(site.asked(), 256);
    sets.keys(&url("/new"), at(257)).await.unwrap();
    sets.keys(&url("/0"), at(258)).await.unwrap();
    assert_eq!(site.asked(), 257, "the first was used again, and is still there");
    sets.keys(&url("/1"), at(259)).await.unwrap();
    assert_eq!(site.asked(), 258, "the second had to go");
}

/// The issuer's metadata, with this issuer and these keys in it.
fn metadata(issuer: &str, keys: &str) -> (Vec<u8>, After) {
    ok("", &format!(r#"{{"issuer":"{issuer}","jwks_uri":"{keys}"}}"#))
}

async fn discovered(
    issuer: &str,
    script: impl Fn(&str) -> (Vec<u8>, After) + Send + Sync + 'static,
) -> (String, usize) {
    let site = Site::start(script).await;
    let outcome = sets(&site).keys(&KeySource::Issuer(issuer.to_owned()), at(0)).await;
    (outcome.map_or_else(|error| error.to_string(), |keys| keys.to_string()), site.asked())
}

#[tokio::test]
async fn an_issuer_says_where_its_keys_are() {
    for issuer in ["https://issuer.example", "https://issuer.example/", "https://issuer.example/id/7"] {
        let outcome =
            discovered(issuer, move |path| match path.strip_suffix("/.well-known/openid-configuration") {
                Some("" | "/id/7") => metadata(issuer, "https://issuer.example/keys"),
                _ => ok("", path),
            });
        assert_eq!(outcome.await, ("/keys".to_owned(), 2), "{issuer}");
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_is_not_believed() {
    for other in ["https://issuer.example/", "https://ISSUER.example", "https://evil.example", ""] {
        let outcome =
            discovered("https://issuer.example", move |_| metadata(other, "https://issuer.example/keys"));
        let expected = "the metadata of the issuer cannot be used: it is about another issuer";
        assert_eq!(outcome.await, (expected.to_owned(), 1), "{other}");
    }
}

#[tokio::test]
async fn the_keys_that_metadata_names_are_guarded_as_any_url() {
    for (keys, why) in [
        ("http://issuer.example/keys", "only https is spoken"),
        ("https://169.254.169.254/keys", "169.254.169.254 is not a public address"),
        ("https://issuer.example:22/keys", "port 22 is not asked, only 443"),
        ("file:///etc/passwd", "the URL is refused: it does not begin with https://"),
    ] {
        let outcome = discovered("https://issuer.example", move |_| metadata("https://issuer.example", keys));
        assert_eq!(outcome.await, (why.to_owned(), 1), "{keys}");
    }
}

#[tokio::test]
async fn metadata_that_is_none_is_a_failure() {
    for (body, why) in [
        ("<html>", "it is not JSON"),
        ("[]", "it is about another issuer"),
        (r#"{"issuer":"https://issuer.example"}"#, "it names no keys"),
        (r#"{"issuer":"https://issuer.example","jwks_uri":7}"#, "it names no keys"),
    ] {
        let (told, _) = discovered("https://issuer.example", move |_| ok("", body)).await;
        assert_eq!(told, format!("the metadata of the issuer cannot be used: {why}"));
    }
}
