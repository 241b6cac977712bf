//! JWKs and key sets.

use grantd_token::{OutsideKeys, PublicKey};
use serde_json::Value;

/// A JWK or a key set.
pub fn jwk(input: &[u8]) {
    let read = serde_json::from_slice::<Value>(input);
    if let Ok(keys) = OutsideKeys::parse(input) {
        assert!((1..=64).contains(&keys.count()) && input.len() <= 64 * 1024);
        let document = read.as_ref().unwrap();
        let listed = document["keys"].as_array().unwrap();
        assert!(listed.iter().all(|key| key.get("d").is_none() && key.get("k").is_none()));
    }
    if let Ok(jwk) = &read
        && let Ok(key) = PublicKey::from_jwk(jwk)
    {
        assert!(jwk.get("d").is_none());
        assert_eq!(PublicKey::from_spki(key.spki()).unwrap(), key);
        assert_eq!(key.thumbprint().len(), 43);
    }
}
