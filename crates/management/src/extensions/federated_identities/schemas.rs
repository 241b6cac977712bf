//! What the bodies may look like. What a member may say is the model's rule.

use std::sync::LazyLock;

use grantd_schema::Schema;
use serde_json::{Value, json};

/// The body of a create request.
pub(super) static CREATE: LazyLock<Schema> = LazyLock::new(|| {
    let required = json!({"required": ["issuer"]});
    Schema::compile(&document(&json!("string"), &json!("object"), required))
});

/// The body of an update request: `null` removes a member.
pub(super) static UPDATE: LazyLock<Schema> = LazyLock::new(|| {
    let (text, object) = (json!(["string", "null"]), json!(["object", "null"]));
    Schema::compile(&document(&text, &object, json!({"minProperties": 1})))
});

fn document(text: &Value, object: &Value, constraint: Value) -> Value {
    let value = json!({"type": "string", "maxLength": 1024});
    let mut document = json!({
        "type": "object",
        "properties": {
            "name": {"type": text, "minLength": 1, "maxLength": 128, "description": "What people call it."},
            "issuer": {
                "type": "string", "minLength": 1, "maxLength": 512,
                "description": "`iss` of the tokens, compared exactly.",
            },
            "subject": {
                "type": text, "minLength": 1, "maxLength": 1024,
                "description": "`sub` of the tokens, compared exactly.",
            },
            "claims": {
                "type": object, "minProperties": 1, "maxProperties": 20,
                "description": "What other claims have to say.",
                "additionalProperties": {
                    "anyOf": [value, {"type": "array", "minItems": 1, "maxItems": 50, "items": value}],
                },
            },
            "audience": {
                "type": text, "minLength": 1, "maxLength": 600,
                "description": "What `aud` of the tokens has to name, if it is not this server's issuer.",
            },
            "jwks": {"type": object, "description": "The keys of the issuer, which are not fetched then."},
            "jwks_uri": {
                "type": text, "minLength": 1, "maxLength": 512,
                "description": "Where the keys of the issuer are, if its metadata should not be asked.",
            },
        },
        "additionalProperties": false,
    });
    if let (Value::Object(document), Value::Object(constraint)) = (&mut document, constraint) {
        document.extend(constraint);
    }
    document
}
