//! Secrets at rest: AES-256-GCM under a key-encryption key.
//!
//! A sealed secret names the key that it was sealed under and is bound to the row that it stands in, so that
//! it opens in no other row and two keys can be told apart while one replaces the other. Which of the keys seals
//! is the business of [`key_ring`](crate::key_ring).

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use grantd_model::Secret;

use crate::{Noun, StoreError};

/// The first byte of everything sealed in this form; the key's identifier follows it.
const FORM: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 12;

/// Which key-encryption key: the first four bytes of its SHA-256. It tells a key from its successor, and nobody
/// anything about either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyEncryptionKeyId([u8; KEY_ID]);

impl KeyEncryptionKeyId {
    /// As it stands in what is sealed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// From four bytes; none from any other number.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From eight hexadecimal digits; none from anything else.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let is_one = text.len() == 2 * KEY_ID && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(text, 16).ok().filter(|_| is_one)?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for KeyEncryptionKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// The key that seals all others. 32 bytes; whoever has it and the database has every secret.
pub struct KeyEncryptionKey {
    id: KeyEncryptionKeyId,
    key: RandomizedNonceKey,
}

impl KeyEncryptionKey {
    /// From exactly 32 bytes; none otherwise.
    pub fn new(bytes: &Secret) -> Option<Self> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, bytes.expose()).ok()?;
        let digest = digest::digest(&digest::SHA256, bytes.expose());
        let id = KeyEncryptionKeyId(*digest.as_ref().first_chunk()?);
        Some(Self { id, key })
    }

    /// Which key this is.
    pub fn id(&self) -> KeyEncryptionKeyId {
        self.id
    }

    /// Whether something was sealed under this key, or says so.
    pub(crate) fn is_of(&self, sealed: &[u8]) -> bool {
        sealed.strip_prefix(&[FORM]).is_some_and(|rest| rest.starts_with(self.id.bytes()))
    }

    /// Seals a secret into the row of `noun` that `row` identifies.
    pub(crate) fn seal(&self, noun: Noun, row: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut text = secret.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(place(noun, row)), &mut text)
            .map_err(|_| StoreError::Sealed(noun))?;
        let mut sealed = Vec::with_capacity(1 + KEY_ID + NONCE + text.len());
        sealed.push(FORM);
        sealed.extend(self.id.bytes());
        sealed.extend(nonce.as_ref());
        sealed.extend(text);
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) sealed into the same row.
    pub(crate) fn open(&self, noun: Noun, row: &str, sealed: &[u8]) -> Result<Secret, StoreError> {
        self.try_open(noun, row, sealed).ok_or(StoreError::Sealed(noun))
    }

    fn try_open(&self, noun: Noun, row: &str, sealed: &[u8]) -> Option<Secret> {
        let sealed = sealed.strip_prefix(&[FORM])?.strip_prefix(self.id.bytes())?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.key.open_in_place(nonce, Aad::from(place(noun, row)), &mut text).ok()?;
        let length = opened.len();
        text.truncate(length);
        Some(Secret::from(text))
    }
}

fn place(noun: Noun, row: &str) -> String {
    format!("grantd:{noun:?}:{row}")
}

/// How many secrets of a column stand under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretCount {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The key; none where something stands that is not sealed as it should be.
    pub key: Option<KeyEncryptionKeyId>,
    /// How many.
    pub secrets: u64,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test may panic")]

    use super::*;

    fn key(byte: u8) -> KeyEncryptionKey {
        KeyEncryptionKey::new(&Secret::from(vec![byte; 32])).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_row_only() {
        let sealed = key(1).seal(Noun::Client, "a", b"secret").unwrap();
        assert_eq!(key(1).open(Noun::Client, "a", &sealed).unwrap().expose(), b"secret");
        assert!(key(1).open(Noun::Client, "b", &sealed).is_err());
        assert!(key(1).open(Noun::SigningKey, "a", &sealed).is_err());
        assert!(key(2).open(Noun::Client, "a", &sealed).is_err());
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let seal = || key(1).seal(Noun::Client, "a", b"secret").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn no_flipped_bit_and_no_cut_goes_unnoticed() {
        let sealed = key(1).seal(Noun::Client, "a", b"secret").unwrap();
        for position in 0..sealed.len() {
            let mut flipped = sealed.clone();
            *flipped.get_mut(position).unwrap() ^= 1;
            assert!(key(1).open(Noun::Client, "a", &flipped).is_err(), "bit in byte {position}");
            assert!(key(1).open(Noun::Client, "a", sealed.get(..position).unwrap()).is_err());
        }
    }

    #[test]
    fn the_identifier_of_a_key_reads_back_from_its_text() {
        for byte in 0..=255 {
            let id = key(byte).id();
            assert_eq!(KeyEncryptionKeyId::from_hex(&id.to_string()), Some(id));
            assert_eq!(KeyEncryptionKeyId::from_bytes(id.bytes()), Some(id));
        }
        for text in ["", "1234567", "123456789", "+1234567", "1234567g"] {
            assert_eq!(KeyEncryptionKeyId::from_hex(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert!(KeyEncryptionKey::new(&Secret::from(vec![0; 31])).is_none());
        assert!(KeyEncryptionKey::new(&Secret::from(vec![0; 33])).is_none());
    }
}
