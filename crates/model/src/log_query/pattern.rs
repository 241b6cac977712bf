//! The value of a term: a text, or one with `*` for any text in it.

/// A value that a field can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Exactly this.
    Exact(String),
    /// These parts in this order, with any text between them; an empty first or last one leaves that end open.
    Wild(Vec<String>),
    /// It begins with this, in lower case.
    Begins(String),
    /// This, in lower case.
    Same(String),
}

/// Letters that a pattern with `*` has at least (Auth0), unless it is nothing but `*`.
const FEWEST_LETTERS: usize = 3;

impl Pattern {
    /// A pattern of parts between which `*` stood; none where there are too few letters to look for.
    pub(super) fn of_parts(mut parts: Vec<String>) -> Option<Self> {
        if parts.len() < 2 {
            return Some(Self::Exact(parts.pop().unwrap_or_default()));
        }
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        (letters == 0 || letters >= FEWEST_LETTERS).then_some(Self::Wild(parts))
    }

    pub(super) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Exact(text) => text == value,
            Self::Wild(parts) => wild(parts, value),
            Self::Begins(text) => value.to_lowercase().starts_with(text.as_str()),
            Self::Same(text) => value.to_lowercase() == *text,
        }
    }
}

/// The first part begins the value, the last one ends it, and those between come where they come first: if they fit at
/// all they fit there.
fn wild(parts: &[String], value: &str) -> bool {
    let [first, between @ .., last] = parts else { return false };
    let Some(mut rest) = value.strip_prefix(first.as_str()) else { return false };
    for part in between {
        let Some((_, behind)) = rest.split_once(part.as_str()) else { return false };
        rest = behind;
    }
    rest.ends_with(last.as_str())
}
