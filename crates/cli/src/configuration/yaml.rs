//! YAML (1.2, core schema) as JSON with the line of every place, and back.

use std::collections::HashMap;

use saphyr::{LoadableYamlNode, Mapping, MarkedYaml, Scalar, Yaml, YamlData, YamlEmitter};
use serde_json::{Map, Number, Value};

/// Lines by JSON pointer (RFC 6901).
pub(crate) type Lines = HashMap<String, usize>;

/// What is wrong with a text, and in which line.
pub(crate) struct Unreadable {
    pub(crate) line: usize,
    pub(crate) message: String,
}

/// The one document in a text; null where there is nothing.
pub(crate) fn parse(text: &str) -> Result<(Value, Lines), Unreadable> {
    let documents = MarkedYaml::load_from_str(text)
        .map_err(|error| Unreadable { line: error.marker().line(), message: error.info().to_owned() })?;
    let mut lines = Lines::new();
    match documents.as_slice() {
        [] => Ok((Value::Null, lines)),
        [document] => Ok((value(document, String::new(), &mut lines)?, lines)),
        [_, second, ..] => Err(Unreadable {
            line: second.span.start.line(),
            message: "a second document begins here".into(),
        }),
    }
}

fn value(node: &MarkedYaml<'_>, pointer: String, lines: &mut Lines) -> Result<Value, Unreadable> {
    let line = node.span.start.line();
    let value = match &node.data {
        YamlData::Value(scalar) => scalar_value(scalar),
        YamlData::Sequence(items) => {
            let items = items.iter().enumerate();
            items
                .map(|(index, item)| value(item, format!("{pointer}/{index}"), lines))
                .collect::<Result<Vec<_>, _>>()?
                .into()
        }
        YamlData::Mapping(members) => {
            let mut object = Map::new();
            for (key, member) in members {
                let line = key.span.start.line();
                let YamlData::Value(Scalar::String(name)) = &key.data else {
                    return Err(Unreadable {
                        line,
                        message: "a name has to be text: put it in quotes".into(),
                    });
                };
                let place = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                object.insert(name.to_string(), value(member, place.clone(), lines)?);
                // The name says better where a member is than the beginning of its value.
                lines.insert(place, line);
            }
            object.into()
        }
        YamlData::Tagged(..) | YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
            return Err(Unreadable {
                line,
                message: "tags and other values than JSON has are not known".into(),
            });
        }
    };
    lines.entry(pointer).or_insert(line);
    Ok(value)
}

fn scalar_value(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::Bool(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Number::from_f64(value.0).map_or(Value::Null, Value::Number),
        Scalar::String(text) => Value::from(text.as_ref()),
    }
}

/// JSON as YAML for people.
pub(crate) fn write(value: &Value) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let mut emitter = YamlEmitter::new(&mut text);
    emitter.multiline(true);
    emitter.dump(&node(value)).map_err(|_| std::fmt::Error)?;
    text.push('\n');
    Ok(text.trim_start_matches("---\n").to_owned())
}

fn node(value: &Value) -> Yaml<'_> {
    match value {
        Value::Null => Yaml::Value(Scalar::Null),
        Value::Bool(value) => Yaml::Value(Scalar::Boolean(*value)),
        Value::Number(number) => Yaml::Value(match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Scalar::Integer(integer),
            (None, Some(float)) => Scalar::FloatingPoint(float.into()),
            (None, None) => Scalar::Null,
        }),
        Value::String(text) => Yaml::Value(Scalar::String(text.as_str().into())),
        Value::Array(items) => Yaml::Sequence(items.iter().map(node).collect()),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (Yaml::Value(Scalar::String(name.as_str().into())), node(value)));
            Yaml::Mapping(members.collect::<Mapping<'_>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_place_has_its_line() {
        let text = "owner: a\nclients:\n  - name: one\n    grant_types:\n      - x\n  - name: two\n";
        let (value, lines) = parse(text).unwrap_or_default();
        assert_eq!(
            value,
            json!({"owner": "a", "clients": [{"name": "one", "grant_types": ["x"]}, {"name": "two"}]})
        );
        let line = |pointer: &str| lines.get(pointer).copied();
        assert_eq!(line("/clients"), Some(2));
        assert_eq!(line("/clients/0/grant_types/0"), Some(5));
        assert_eq!(line("/clients/1"), Some(6));
        assert_eq!(line("/clients/1/name"), Some(6));
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let value = json!({
            "text": "yes", "number": "5", "null": "null", "lines": "-----BEGIN-----\nabc\n-----END-----\n", "empty": "",
            "colon": "a: b", "hash": "# no comment", "list": [[1, -2.5], {}, [], {"a": null, "b": [true]}], "~/x": "*",
            "blank": " x ", "tab": "\t", "unicode": "ä€😀", "dash": "- a", "one_line\n": "\u{7}",
        });
        let text = write(&value).unwrap_or_default();
        let (read, _) = parse(&text).unwrap_or_default();
        assert_eq!(read, value, "{text}");
    }

    #[test]
    fn a_mistake_has_a_line() {
        for (text, line) in
            [("a: 1\nb: [\n", 3), ("a: 1\na: 2\n", 2), ("a: 1\n---\nb: 2\n", 3), ("5: a\n", 1)]
        {
            let unreadable = parse(text).err().map(|unreadable| unreadable.line);
            assert_eq!(unreadable, Some(line), "{text}");
        }
    }
}
