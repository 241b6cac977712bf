//! Subjects of certificates: how they are written and when two are the same.
//!
//! Apart from certificates, since a client registers a name as text, in any of the spellings that tools print
//! (RFC 4514, RFC 2253, one line per attribute), and it must match the certificate's whole name or nothing.

mod attribute;
mod parse;

use std::fmt;

use x509_parser::x509::{RelativeDistinguishedName, X509Name};

use self::attribute::Attribute;

/// A distinguished name: its parts in the certificate's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DistinguishedName {
    parts: Vec<Part>,
}

/// A relative distinguished name: a set, nearly always of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// As they were written.
    attributes: Vec<Attribute>,
}

impl DistinguishedName {
    /// The name as it stands in a certificate.
    pub(crate) fn of(name: &X509Name<'_>) -> Self {
        Self { parts: name.iter_rdn().map(Part::of).collect() }
    }

    /// Whether both are the same name: the same parts in the same order, values case-sensitive.
    fn equals(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(|(a, b)| a.equals(b))
    }

    fn reversed(&self) -> Self {
        Self { parts: self.parts.iter().rev().cloned().collect() }
    }
}

impl Part {
    fn of(part: &RelativeDistinguishedName<'_>) -> Self {
        Self { attributes: part.iter().map(Attribute::of).collect() }
    }

    /// As sets: `CN=a+UID=b` is `UID=b+CN=a` (RFC 4514 §2.2).
    fn equals(&self, other: &Self) -> bool {
        let within =
            |a: &Self, b: &Self| a.attributes.iter().all(|attribute| b.attributes.contains(attribute));
        self.attributes.len() == other.attributes.len() && within(self, other) && within(other, self)
    }
}

/// Whether two written names are the same. Lines are in the certificate's order; a name with commas may be in
/// that order or in the reverse (RFC 4514 §2.1). What cannot be read, and the empty name, is the same as nothing.
pub fn same_subject(a: &str, b: &str) -> bool {
    let (Some(a), Some(b)) = (parse::parse(a), parse::parse(b)) else {
        return false;
    };
    let turned = a.with_commas || b.with_commas;
    a.name.equals(&b.name) || (turned && a.name.reversed().equals(&b.name))
}

/// One part per line, as the certificate has them: `C=es\nST=Madrid`. Special characters are escaped as in
/// RFC 4514 §2.4, so that no value can look like two parts.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.parts.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            for (position, attribute) in part.attributes.iter().enumerate() {
                f.write_str(if position == 0 { "" } else { " + " })?;
                attribute.fmt(f)?;
            }
        }
        Ok(())
    }
}
