//! `application/x-www-form-urlencoded`, as query strings and form bodies have it, of the Management API and of the token
//! endpoint.
//!
//! Broken escapes stay as they are and bytes that are not UTF-8 become U+FFFD, as in the URL standard: what they spell is
//! then judged by the schemas like any other text; the token endpoint refuses it.

use std::borrow::Cow;

use memchr::memchr2;

/// The decoded pairs, in order; empty pieces between ampersands are skipped. What is not encoded is not copied.
pub fn pairs(raw: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    raw.split(|byte| *byte == b'&').filter(|piece| !piece.is_empty()).map(|piece| {
        let mut halves = piece.splitn(2, |byte| *byte == b'=');
        let mut half = || halves.next().map(decoded).unwrap_or_default();
        (half(), half())
    })
}

fn decoded(raw: &[u8]) -> Cow<'_, str> {
    if memchr2(b'+', b'%', raw).is_none() {
        return text(raw);
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match escape(tail) {
                Some((byte, after)) => {
                    bytes.push(byte);
                    rest = after;
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| text(error.as_bytes()).into_owned()).into()
}

/// Nearly all of it is UTF-8, which the library finds out sooner when it is asked for that alone.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The byte that two hexadecimal digits spell, and what follows them.
fn escape(tail: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = tail.split_at_checked(2)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    Some((u8::from_str_radix(digits, 16).ok()?, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded_pairs(raw: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        pairs(raw.as_bytes()).collect()
    }

    fn expected(pairs: &[(&'static str, &'static str)]) -> Vec<(Cow<'static, str>, Cow<'static, str>)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    proptest! {
        /// The URL standard's own way, as the url crate's library has it.
        #[test]
        fn pairs_are_what_the_url_standard_says(
            raw in proptest::collection::vec(prop_oneof![Just(b'%'), Just(b'&'), Just(b'='), Just(b'+'), b'0'..=b'f', any::<u8>()], 0..60)
        ) {
            prop_assert!(pairs(&raw).eq(form_urlencoded::parse(&raw)), "{:?}", pairs(&raw).collect::<Vec<_>>());
        }
    }

    #[test]
    fn pairs_are_decoded_in_order() {
        assert_eq!(
            decoded_pairs("audience=https%3A%2F%2Fa%2F%3Fx%3D1&&a+b=c+d&flag&empty=&e=1=2"),
            expected(&[
                ("audience", "https://a/?x=1"),
                ("a b", "c d"),
                ("flag", ""),
                ("empty", ""),
                ("e", "1=2")
            ]),
        );
    }

    #[test]
    fn broken_escapes_stay_and_bad_bytes_are_replaced() {
        assert_eq!(
            decoded_pairs("a=%&b=%4&c=%zz&d=%ff"),
            expected(&[("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "\u{fffd}")])
        );
    }
}
