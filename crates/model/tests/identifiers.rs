//! Identifiers and secrets have the documented shapes, whatever the randomness.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use grantd_model::{
    ClientGrantId, ClientId, CredentialId, Entropy, FederatedIdentityId, KeyId, OrganizationId,
    ResourceServerId, alphanumeric, base58, hexadecimal,
};

/// Random bytes that a seed determines.
struct Seeded(AtomicU64);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for bytes in buffer.chunks_mut(8) {
            let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            for (byte, random) in bytes.iter_mut().zip((mixed ^ (mixed >> 31)).to_le_bytes()) {
                *byte = random;
            }
        }
    }
}

fn is_shape(text: &str, prefix: &str, length: usize, is_of: impl Fn(char) -> bool) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| rest.len() == length && rest.chars().all(is_of))
}

#[test]
fn identifiers_have_their_shapes() {
    for seed in 0..2_000 {
        let entropy = Seeded::new(seed);
        let letter_or_digit = |letter: char| letter.is_ascii_alphanumeric();
        let unmistakable = |letter: char| letter_or_digit(letter) && !"0OIl".contains(letter);
        let digit = |letter: char| letter.is_ascii_digit() || ('a'..='f').contains(&letter);
        assert!(is_shape(ClientId::generate(&entropy).as_str(), "", 32, letter_or_digit));
        assert!(is_shape(ClientId::generate_third_party(&entropy).as_str(), "tpc_", 22, letter_or_digit));
        assert!(is_shape(ClientGrantId::generate(&entropy).as_str(), "cgr_", 16, letter_or_digit));
        assert!(is_shape(CredentialId::generate(&entropy).as_str(), "cred_", 22, unmistakable));
        assert!(is_shape(OrganizationId::generate(&entropy).as_str(), "org_", 16, letter_or_digit));
        assert!(is_shape(ResourceServerId::generate(&entropy).as_str(), "", 24, digit));
        assert!(is_shape(FederatedIdentityId::generate(&entropy).as_str(), "fid_", 22, letter_or_digit));
        assert!(is_shape(KeyId::generate(&entropy).as_str(), "", 21, letter_or_digit));
    }
}

#[test]
fn identifiers_differ() {
    let entropy = Seeded::new(1);
    let drawn: BTreeSet<ClientGrantId> = (0..10_000).map(|_| ClientGrantId::generate(&entropy)).collect();
    assert_eq!(drawn.len(), 10_000);
}

#[test]
fn the_same_randomness_gives_the_same_identifier() {
    assert_eq!(ClientId::generate(&Seeded::new(7)), ClientId::generate(&Seeded::new(7)));
    assert_ne!(ClientId::generate(&Seeded::new(7)), ClientId::generate(&Seeded::new(8)));
}

#[test]
fn text_has_the_length_asked_for() {
    let entropy = Seeded::new(3);
    for length in 0..200 {
        assert_eq!(alphanumeric(&entropy, length).len(), length);
        assert_eq!(base58(&entropy, length).len(), length);
        assert_eq!(hexadecimal(&entropy, length).len(), length);
    }
}

#[test]
fn every_letter_comes_about_equally_often() {
    assert_equally_often(&alphanumeric(&Seeded::new(5), 620_000), 62);
    assert_equally_often(&base58(&Seeded::new(5), 580_000), 58);
}

fn assert_equally_often(text: &str, letters: usize) {
    let mut counts = [0_u32; 128];
    for letter in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(letter)) {
            *count += 1;
        }
    }
    let drawn: Vec<u32> = counts.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(drawn.len(), letters);
    // 10,000 each; five standard deviations are 500. Without the rejection some would have 12,000.
    assert!(drawn.iter().all(|count| (9_500..10_500).contains(count)), "{drawn:?}");
}

#[test]
fn bytes_beyond_the_last_full_alphabet_are_dropped() {
    /// 255 until it has been asked ten times, then 0.
    struct Late(AtomicU64);
    impl Entropy for Late {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(if self.0.fetch_add(1, Ordering::Relaxed) < 10 { 255 } else { 0 });
        }
    }
    assert_eq!(alphanumeric(&Late(AtomicU64::new(0)), 4), "AAAA");
}

#[test]
fn hexadecimal_digits_are_those_of_the_bytes() {
    struct Counting;
    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            for (byte, value) in buffer.iter_mut().zip((0_u8..=255).map(|count| count.wrapping_mul(17))) {
                *byte = value;
            }
        }
    }
    assert_eq!(hexadecimal(&Counting, 32), "00112233445566778899aabbccddeeff");
    assert_eq!(hexadecimal(&Counting, 3), "001");
}

#[test]
fn identifiers_are_shown_as_they_are() {
    let id = ClientId::from("c1".to_owned());
    assert_eq!((id.to_string(), format!("{id:?}")), ("c1".to_owned(), "\"c1\"".to_owned()));
    assert_eq!(serde_json::to_value(&id).ok(), Some("c1".into()));
}
