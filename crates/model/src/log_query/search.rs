//! The older way to search: `application:node user:"john@contoso.com"`.

use super::parse::{LogQueryFault, MOST_TERMS};
use super::pattern::Pattern;
use super::{Field, LONGEST_LOG_QUERY, Node};

/// Where a value without a field is looked for (Auth0).
const NAMES: [Field; 3] = [Field::ClientName, Field::Connection, Field::UserName];

/// Reads a whole query.
pub(super) fn query(text: &str) -> Result<Node, LogQueryFault> {
    if text.len() > LONGEST_LOG_QUERY {
        return Err(LogQueryFault::TooLong);
    }
    let terms = words(text).iter().map(|word| term(word)).collect::<Result<Vec<_>, _>>()?;
    if terms.len() > MOST_TERMS { Err(LogQueryFault::TooMuch) } else { Ok(Node::And(terms)) }
}

fn term(word: &str) -> Result<Node, LogQueryFault> {
    let Some((name, value)) = word.split_once(':').filter(|(name, _)| !name.contains('"')) else {
        let names = NAMES.iter().map(|field| Node::Term(Some(*field), pattern(word)));
        return Ok(Node::Or(names.collect()));
    };
    let field = match name {
        "application" => Some(Field::ClientName),
        "user" => Some(Field::UserName),
        name => Field::ALL.iter().find(|(known, _)| *known == name).map(|(_, field)| *field),
    };
    let field = field.ok_or_else(|| LogQueryFault::UnknownField(name.to_owned()))?;
    Ok(Node::Term(Some(field), pattern(value)))
}

fn pattern(value: &str) -> Pattern {
    let quoted = value.strip_prefix('"').map(|value| value.strip_suffix('"').unwrap_or(value));
    match quoted {
        Some(exactly) => Pattern::Same(exactly.to_lowercase()),
        None => Pattern::Begins(value.to_lowercase()),
    }
}

/// The words between blanks; what stands in quotes is one.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in text.chars() {
        quoted ^= letter == '"';
        if letter.is_whitespace() && !quoted {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(letter);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
