//! JavaScript's view of a JSON value: what its type is called and how it looks inside a sentence.
//!
//! The messages were made by a JavaScript library, so numbers, arrays and lengths appear as that language prints them.
//! These few rules are kept in one place, away from the walker.

use serde_json::{Number, Value};

/// From here on a double no longer holds every integer (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The name of a value's type. Beyond 2^53 every number is an integer, as in JavaScript; below, `5.0` is one only after
/// [`integral_numbers`], because the types behind this crate could not read it as one.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if is_integer(number) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_integer(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() >= EXACT)
}

/// Rewrites every number without a fraction as an integer (`86400.0` to `86400`), all the way down.
///
/// JavaScript has one kind of number, so Auth0 accepts `86400.0` where an integer is asked for. Called on a parsed body
/// before [`check_payload`](crate::Operation::check_payload), this makes grantd accept it too; without it such a body is
/// refused, never half understood.
pub fn integral_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(integer) = as_integer(number) {
                *number = integer;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(integral_numbers),
        Value::Object(members) => members.values_mut().for_each(integral_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn as_integer(number: &Number) -> Option<Number> {
    let float = number.as_f64().filter(|_| number.is_f64())?;
    if float.fract() != 0.0 || float.abs() >= EXACT {
        return None;
    }
    // Below 2^53 the decimal text of an integral double is its exact value.
    let text = format!("{:.0}", float + 0.0);
    text.parse::<i64>().ok().map(Number::from)
}

/// A value as string concatenation shows it: objects and null as JSON, arrays joined by commas.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number_text(number),
        Value::Array(items) => items.iter().map(item_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn item_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Object(_) => "[object Object]".to_owned(),
        other => text(other),
    }
}

/// A number as JavaScript prints it: plain up to 10^21, with a signed exponent beyond and below 10^-6.
pub(crate) fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if float.abs() >= EXACT || number.is_f64() => float_text(float),
        _ => number.to_string(),
    }
}

fn float_text(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    if float.abs() >= 1e21 {
        return format!("{float:e}").replace('e', "e+");
    }
    if float.abs() < 1e-6 {
        return format!("{float:e}");
    }
    format!("{float}")
}

/// The length JavaScript reports for a string: UTF-16 code units.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed parse is a failed test")]

    use super::*;

    fn parsed(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn numbers_are_printed_as_javascript_prints_them() {
        for (json, expected) in [
            ("5", "5"),
            ("-1", "-1"),
            ("1.5", "1.5"),
            ("5.0", "5"),
            ("-0.0", "0"),
            ("18446744073709551615", "18446744073709552000"),
            ("99999999999999999999", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("1e-7", "1e-7"),
        ] {
            assert_eq!(text(&parsed(json)), expected, "{json}");
        }
    }

    #[test]
    fn values_are_shown_as_string_concatenation_shows_them() {
        assert_eq!(text(&parsed(r#"[1,null,"a",[2,3],{"k":1}]"#)), "1,,a,2,3,[object Object]");
        assert_eq!(text(&parsed(r#"{"k":1}"#)), r#"{"k":1}"#);
        assert_eq!(text(&Value::Null), "null");
        assert_eq!(text(&Value::Bool(false)), "false");
    }

    #[test]
    fn integral_numbers_become_integers_and_others_stay() {
        let mut value = parsed(r#"{"a":86400.0,"b":[1.5,-0.0,1e300],"c":"5.0"}"#);
        integral_numbers(&mut value);
        assert_eq!(value, parsed(r#"{"a":86400,"b":[1.5,0,1e300],"c":"5.0"}"#));
    }
}
