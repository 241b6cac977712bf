//! How the demo talks: titles, and requests with their answers.

use serde_json::Value;

/// A title.
pub(crate) fn title(text: &str) {
    line(&format!("\n== {text}"));
}

/// A line. The demo goes on when nobody reads it.
pub(crate) fn line(text: &str) {
    drop(crate::say(text));
}

/// A request and its answer, long texts cut short.
pub(crate) fn exchange(method: &str, path: &str, body: Option<&Value>, status: u16, answer: &Value) {
    line(&format!("\n→ {method} {path}"));
    if let Some(body) = body {
        line(&indented(body));
    }
    line(&format!("← {status}"));
    line(&indented(answer));
}

fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(&shortened(value)).unwrap_or_default();
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Tokens and secrets are recognised by their beginning; sentences are read to the end, unless they are lists.
fn shortened(value: &Value) -> Value {
    let limit = |text: &str| if text.contains(' ') { 240 } else { 40 };
    match value {
        Value::String(text) if text.chars().count() > limit(text) + 20 => {
            Value::String(text.chars().take(limit(text)).chain(['…']).collect())
        }
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| name.as_str() != "signing_keys");
            members
                .map(|(name, value)| (name.clone(), shortened(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        other => other.clone(),
    }
}
