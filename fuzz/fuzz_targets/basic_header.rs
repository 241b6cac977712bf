#![no_main]

// The parser knows nothing of the server around it, which would take minutes to build with sanitizers.
#[path = "../../crates/server/src/oauth/client_authentication/credentials.rs"]
#[expect(dead_code, reason = "only the header is parsed here")]
mod credentials;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credentials::Basic;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(Some(Basic { plain, decoded })) = Basic::parse(input) else { return };
    let text = std::str::from_utf8(input).expect("only text is parsed");
    let (scheme, encoded) = text.split_once(' ').expect("a scheme and something after it");
    assert!(scheme.eq_ignore_ascii_case("basic"));
    assert!(!plain.id.contains(':'), "the first colon ends the id");
    let again = STANDARD.encode(format!("{}:{}", plain.id, plain.secret));
    assert_eq!(encoded.trim(), again, "one header for one id and secret");
    if let Some(decoded) = decoded {
        assert!(decoded != plain);
        assert!(plain.id.contains(['%', '+']) || plain.secret.contains(['%', '+']));
    }
});
