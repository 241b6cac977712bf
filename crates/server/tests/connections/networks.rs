//! Which addresses are a trusted proxy's.

use std::net::IpAddr;

use grantd_server::{Network, NetworkError};

fn network(text: &str) -> Network {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn an_address_is_in_a_range_that_begins_as_it_does() {
    let cases = [
        ("10.0.0.7", "10.0.0.7", true),
        ("10.0.0.7", "10.0.0.8", false),
        ("10.0.0.7/32", "10.0.0.7", true),
        ("10.0.0.6/31", "10.0.0.7", true),
        ("10.0.0.6/31", "10.0.0.8", false),
        ("10.0.0.0/8", "10.255.255.255", true),
        ("10.0.0.0/8", "11.0.0.0", false),
        ("128.0.0.0/1", "255.0.0.1", true),
        ("128.0.0.0/1", "127.255.255.255", false),
        ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ("10.0.0.0/8", "::10.1.2.3", false),
        ("10.0.0.0/8", "a00::", false),
        ("::1", "::1", true),
        ("::1", "127.0.0.1", false),
        ("fd00::/8", "fdff::1", true),
        ("fd00::/8", "fe00::1", false),
        ("2001:db8::/127", "2001:db8::1", true),
        ("2001:db8::/127", "2001:db8::2", false),
        ("8000::/1", "ffff::", true),
        ("8000::/1", "::ffff:128.0.0.1", false),
    ];
    for (range, address, expected) in cases {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(network(range).contains(address), expected, "{address} in {range}");
    }
}

#[test]
fn refuses_what_is_no_network() {
    let malformed = [
        "",
        "/",
        "proxy",
        "10.0.0",
        "10.0.0.7/",
        "10.0.0.7/33",
        "10.0.0.7/+8",
        "10.0.0.7/-1",
        "10.0.0.7/ 8",
        "/8",
        " 10.0.0.7",
        "010.0.0.7",
        "10.0.0.7:80",
        "[::1]",
        "::1/129",
        "::1%1",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/8/8",
        "10.0.0.0/99999999999",
    ];
    for text in malformed {
        assert_eq!(text.parse::<Network>(), Err(NetworkError::Malformed), "{text:?}");
    }
    for text in ["0.0.0.0/0", "::/0", "10.0.0.0/0"] {
        assert_eq!(text.parse::<Network>(), Err(NetworkError::Everybody), "{text:?}");
    }
    for text in ["::ffff:10.0.0.7", "::ffff:10.0.0.0/104"] {
        assert_eq!(text.parse::<Network>(), Err(NetworkError::Mapped), "{text:?}");
    }
}

#[test]
fn says_what_a_range_with_more_behind_it_may_be() {
    let error = "10.0.0.7/8".parse::<Network>().unwrap_err();
    assert_eq!(error, NetworkError::Untidy(network("10.0.0.0/8")));
    assert!(error.to_string().ends_with("meant to be 10.0.0.0/8"), "{error}");
    assert_eq!("fd00::1/8".parse::<Network>(), Err(NetworkError::Untidy(network("fd00::/8"))));
}
