//! Reading written names (RFC 4514 §3, with the spaces and quotes that RFC 2253 §4 and openssl write).
//!
//! Only names that can be read in one way are read: where a character could mean two things, the name is
//! nobody's.

use super::attribute::{Attribute, Value};
use super::{DistinguishedName, Part};

/// Bytes of the longest name that is looked at: no certificate has a longer one.
const MAX_LENGTH: usize = crate::public_key::pem::MAX_LENGTH;

/// A name with how it was written.
pub(super) struct Written {
    pub(super) name: DistinguishedName,
    /// With commas, so that either order may be meant.
    pub(super) with_commas: bool,
}

/// The name, unless it is empty or cannot be read.
pub(super) fn parse(text: &str) -> Option<Written> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.is_empty() || text.len() > MAX_LENGTH {
        return None;
    }
    let with_commas = !text.contains('\n');
    let mut reader = Reader { rest: text, separator: if with_commas { ',' } else { '\n' } };
    let mut parts = vec![Part { attributes: Vec::new() }];
    loop {
        let attribute = reader.attribute()?;
        parts.last_mut()?.attributes.push(attribute);
        match reader.next() {
            None => return Some(Written { name: DistinguishedName { parts }, with_commas }),
            Some('+') => {}
            Some(_) => parts.push(Part { attributes: Vec::new() }),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    /// What stands between parts.
    separator: char,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let next = rest.next()?;
        self.rest = rest.as_str();
        Some(next)
    }

    fn at_end_of_value(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with([self.separator, '+'])
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start_matches(' ');
    }

    /// Up to the separator, which stays.
    fn attribute(&mut self) -> Option<Attribute> {
        let (kind, rest) = self.rest.split_once('=')?;
        self.rest = rest;
        self.skip_spaces();
        let value = match self.rest.chars().next() {
            Some('#') => Value::from_der(&self.hexadecimal()?)?,
            Some('"') if self.separator == ',' => Value::Text(self.quoted()?),
            _ => Value::Text(self.plain()?),
        };
        Attribute::written(kind.trim_matches(' '), value)
    }

    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        self.next()?;
        let mut der = Vec::new();
        while !self.at_end_of_value() {
            let high = self.next()?;
            der.push(self.pair(high)?);
        }
        Some(der)
    }

    /// The byte of two hexadecimal digits, of which one is read.
    fn pair(&mut self, high: char) -> Option<u8> {
        let pair = high.to_digit(16)? * 16 + self.next()?.to_digit(16)?;
        u8::try_from(pair).ok()
    }

    fn quoted(&mut self) -> Option<String> {
        self.next()?;
        let mut value = Vec::new();
        loop {
            match self.next()? {
                '"' => break,
                '\\' => self.escaped(&mut value)?,
                character => push(&mut value, character),
            }
        }
        self.skip_spaces();
        if self.at_end_of_value() { String::from_utf8(value).ok() } else { None }
    }

    fn plain(&mut self) -> Option<String> {
        let (mut value, mut kept) = (Vec::new(), 0);
        while !self.at_end_of_value() {
            match self.next()? {
                '\\' => self.escaped(&mut value)?,
                // RFC 2253 readers end the part at a semicolon.
                ';' | '"' if self.separator == ',' => return None,
                ' ' => {
                    value.push(b' ');
                    continue;
                }
                character => push(&mut value, character),
            }
            kept = value.len();
        }
        value.truncate(kept);
        String::from_utf8(value).ok()
    }

    /// What follows a backslash: a special character, or a byte of UTF-8 as two digits.
    fn escaped(&mut self, value: &mut Vec<u8>) -> Option<()> {
        match self.next()? {
            special @ (' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\') => push(value, special),
            high => value.push(self.pair(high)?),
        }
        Some(())
    }
}

fn push(value: &mut Vec<u8>, character: char) {
    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
