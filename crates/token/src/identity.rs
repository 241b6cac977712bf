//! What the denylist knows an access token by.
//!
//! The token itself is never kept: whoever reads the list could use it. The signature is no part of the identity, since
//! an ECDSA signature can be changed into another that is as good.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_model::{ClientId, TokenId};

/// A digest of the `jti`, of the audience's token for the client; of what was signed where the dialect has no `jti`.
///
/// `jti` alone would not do: an API with an HS256 secret can make tokens for itself, with the `jti` of another's.
pub(crate) fn token_id(token: &str, audience: &str, client: &ClientId, jti: Option<&str>) -> TokenId {
    let signed = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    let parts = match jti {
        Some(jti) => vec!["jti", audience, client.as_str(), jti],
        None => vec!["signed", signed],
    };
    let mut digest = Context::new(&SHA256);
    for part in parts {
        digest.update(&part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    TokenId::from(URL_SAFE_NO_PAD.encode(digest.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_no_part_of_it() {
        let id = |token| token_id(token, "https://orders", &"shop".into(), None);
        assert_eq!(id("header.claims.one"), id("header.claims.other"));
        assert_ne!(id("header.claims.one"), id("header.others.one"));
        assert_eq!(id("header.claims.one").as_str().len(), 43);
    }

    #[test]
    fn a_jti_counts_for_its_audience_and_client_alone() {
        let id =
            |audience, client: &str, jti| token_id("header.claims.one", audience, &client.into(), Some(jti));
        let one = id("https://orders", "shop", "1");
        assert_eq!(one, id("https://orders", "shop", "1"));
        for other in [
            id("https://prices", "shop", "1"),
            id("https://orders", "shops", "1"),
            id("https://orders", "shop", "2"),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(id("a", "bc", "d"), id("ab", "c", "d"), "parts do not run together");
    }
}
