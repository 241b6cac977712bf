//! One attribute of a distinguished name: a type and a value.
//!
//! Apart from the name, since this is where spellings of types and the string types of certificates become one.

use std::fmt::{self, Write as _};

use x509_parser::asn1_rs::{Any, FromDer as _, Tag, ToDer as _};
use x509_parser::x509::AttributeTypeAndValue;

/// Object identifiers, the short names that certificates are printed with, and what else is written for them.
const TYPES: [(&str, &str, &[&str]); 26] = [
    ("2.5.4.3", "CN", &["commonName"]),
    ("2.5.4.4", "SN", &["surname"]),
    ("2.5.4.5", "serialNumber", &[]),
    ("2.5.4.6", "C", &["countryName"]),
    ("2.5.4.7", "L", &["localityName"]),
    ("2.5.4.8", "ST", &["S", "stateOrProvinceName"]),
    ("2.5.4.9", "street", &["streetAddress"]),
    ("2.5.4.10", "O", &["organizationName"]),
    ("2.5.4.11", "OU", &["organizationalUnitName"]),
    ("2.5.4.12", "title", &["T"]),
    ("2.5.4.13", "description", &[]),
    ("2.5.4.15", "businessCategory", &[]),
    ("2.5.4.17", "postalCode", &[]),
    ("2.5.4.20", "telephoneNumber", &[]),
    ("2.5.4.41", "name", &[]),
    ("2.5.4.42", "GN", &["G", "givenName"]),
    ("2.5.4.43", "initials", &[]),
    ("2.5.4.44", "generationQualifier", &[]),
    ("2.5.4.46", "dnQualifier", &[]),
    ("2.5.4.65", "pseudonym", &[]),
    ("2.5.4.97", "organizationIdentifier", &[]),
    ("0.9.2342.19200300.100.1.1", "UID", &["userId"]),
    ("0.9.2342.19200300.100.1.25", "DC", &["domainComponent"]),
    ("1.2.840.113549.1.9.1", "emailAddress", &["E"]),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST", &["jurisdictionStateOrProvinceName"]),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC", &["jurisdictionCountryName"]),
];

/// Written special wherever it stands (RFC 4514 §2.4).
const SPECIAL: [char; 7] = [',', '+', '"', '\\', '<', '>', ';'];

/// A type with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The short name; the dotted identifier of a type without one.
    kind: String,
    value: Value,
}

/// A value: text, whatever its string type was, or else its DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Der(Vec<u8>),
}

impl Attribute {
    pub(super) fn of(attribute: &AttributeTypeAndValue<'_>) -> Self {
        let oid = attribute.attr_type().to_id_string();
        let known = TYPES.iter().find(|(known, ..)| *known == oid);
        Self {
            kind: known.map_or(oid, |(_, name, _)| (*name).to_owned()),
            value: Value::of(attribute.attr_value()),
        }
    }

    /// As it was written; the case of a type's name does not matter. `None` for a type that nobody knows.
    pub(super) fn written(kind: &str, value: Value) -> Option<Self> {
        let kind = kind.strip_prefix("OID.").or_else(|| kind.strip_prefix("oid.")).unwrap_or(kind);
        let means = |(oid, name, others): &&(&str, &str, &[&str])| {
            *oid == kind || [*name].iter().chain(*others).any(|name| name.eq_ignore_ascii_case(kind))
        };
        let dotted = kind.contains('.') && kind.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        let unknown = dotted.then(|| kind.to_owned());
        let kind = TYPES.iter().find(means).map(|(_, name, _)| (*name).to_owned()).or(unknown)?;
        Some(Self { kind, value })
    }
}

impl Value {
    /// From its DER in a written name (RFC 4514 §2.4), so that both ways of writing a text are one value.
    pub(super) fn from_der(der: &[u8]) -> Option<Self> {
        let (rest, value) = Any::from_der(der).ok()?;
        rest.is_empty().then(|| Self::of(&value))
    }

    fn of(value: &Any<'_>) -> Self {
        let text = match value.tag() {
            Tag::Utf8String
            | Tag::PrintableString
            | Tag::Ia5String
            | Tag::NumericString
            | Tag::VisibleString => String::from_utf8(value.data.to_vec()).ok(),
            // Everybody writes Latin-1 into it (RFC 5280 §4.1.2.4 forbids it anyway).
            Tag::TeletexString => Some(value.data.iter().copied().map(char::from).collect()),
            Tag::BmpString => two_byte_text(value.data),
            _ => None,
        };
        // What cannot be encoded again stays different from every text.
        text.map_or_else(|| Self::Der(value.to_der_vec().unwrap_or_default()), Self::Text)
    }
}

fn two_byte_text(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok()).flatten()
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=", self.kind)?;
        match &self.value {
            Value::Text(text) => escaped(text, f),
            Value::Der(der) => {
                f.write_char('#')?;
                der.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
            }
        }
    }
}

fn escaped(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let end = text.char_indices().next_back().map(|(position, _)| position);
    for (position, character) in text.char_indices() {
        let at_the_edge = position == 0 || Some(position) == end;
        if character.is_ascii_control() {
            write!(f, "\\{:02X}", u32::from(character))?;
            continue;
        }
        let special = SPECIAL.contains(&character)
            || (character == ' ' && at_the_edge)
            || (character == '#' && position == 0);
        if special {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    Ok(())
}
