//! Where an issuer publishes its keys, by its own metadata (`OpenID` Connect Discovery §4).

use serde_json::Value;

use crate::error::OutboundError;
use crate::fetch::Outbound;

const METADATA: &str = "/.well-known/openid-configuration";

/// `jwks_uri` of the issuer. Its metadata has to be about this issuer, byte for byte (§4.3).
pub(crate) async fn jwks_uri(outbound: &Outbound, issuer: &str) -> Result<String, OutboundError> {
    let base = issuer.strip_suffix('/').unwrap_or(issuer);
    let fetched = outbound.get(&format!("{base}{METADATA}")).await?;
    let metadata: Value =
        serde_json::from_slice(&fetched.body).map_err(|_| OutboundError::Metadata("it is not JSON"))?;
    if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(OutboundError::Metadata("it is about another issuer"));
    }
    let uri = metadata.get("jwks_uri").and_then(Value::as_str);
    uri.map(str::to_owned).ok_or(OutboundError::Metadata("it names no keys"))
}
