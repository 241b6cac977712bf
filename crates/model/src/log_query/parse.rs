//! From a text to a query.
//!
//! `OR` binds least, then `AND`, then `NOT`, `!` and `-`. Terms side by side are alternatives, as Lucene has it by
//! default, and negated ones among them exclude.

use thiserror::Error;

use super::pattern::Pattern;
use super::{Bound, Field, LONGEST_LOG_QUERY, Node};
use crate::Timestamp;

/// How deep parentheses may go.
const DEEPEST: usize = 16;
/// How many terms and ranges there may be.
pub(super) const MOST_TERMS: usize = 100;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LogQueryFault {
    /// It is too long.
    #[error("the query is longer than {LONGEST_LOG_QUERY} bytes")]
    TooLong,
    /// There are too many terms, or too many parentheses in each other.
    #[error("the query has more than {MOST_TERMS} terms, or parentheses more than {DEEPEST} deep")]
    TooMuch,
    /// A field that cannot be searched.
    #[error("the field {0:?} cannot be searched")]
    UnknownField(String),
    /// A pattern with too little to look for.
    #[error("a value with a wildcard needs three other characters")]
    TooWild,
    /// `?` stands for no character here.
    #[error("the wildcard ? is not supported")]
    QuestionMark,
    /// A date that is none.
    #[error("{0:?} is no date: 2026-11-27, or 2026-11-27T09:30:00Z")]
    NoDate(String),
    /// Something else stands where a term, a value or an end should.
    #[error("{0} is expected at character {1}")]
    Expected(&'static str, usize),
}

/// Of an operator that has no sign.
const NO_SIGN: &str = "\0";

type Parsed<T = Node> = Result<T, LogQueryFault>;

/// Reads a whole query.
pub(super) fn query(text: &str) -> Parsed {
    if text.len() > LONGEST_LOG_QUERY {
        return Err(LogQueryFault::TooLong);
    }
    let mut parser = Parser { letters: text.chars().collect(), at: 0, depth: 0, terms: 0 };
    parser.skip_blanks();
    if parser.peek().is_none() {
        return Ok(Node::All);
    }
    let node = parser.either(None)?;
    if parser.peek().is_some() { Err(parser.expected("the end")) } else { Ok(node) }
}

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn expected(&self, what: &'static str) -> LogQueryFault {
        LogQueryFault::Expected(what, self.at + 1)
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn eat(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        self.at += usize::from(found);
        found
    }

    /// An operator in words or signs; a word ends where something else begins.
    fn eat_operator(&mut self, word: &str, sign: &str) -> bool {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let begins = |text: &str| rest.len() >= text.len() && text.chars().zip(rest).all(|(a, b)| a == *b);
        let ends =
            |length: usize| rest.get(length).is_none_or(|next| next.is_whitespace() || "()".contains(*next));
        let length = if begins(word) && ends(word.len()) {
            word.len()
        } else if begins(sign) {
            sign.len()
        } else {
            return false;
        };
        self.at += length;
        self.skip_blanks();
        true
    }

    /// Alternatives: with OR between them, or with nothing.
    fn either(&mut self, field: Option<Field>) -> Parsed {
        let (mut wanted, mut excluded, mut after_or) = (Vec::new(), Vec::new(), false);
        loop {
            let negation = self.begins_with_negation();
            let node = self.both(field)?;
            let before_or = self.eat_operator("OR", "||");
            match node {
                // Of terms side by side, a negated one excludes.
                Node::Not(_) if negation && !after_or && !before_or => excluded.push(node),
                node => wanted.push(node),
            }
            if !before_or && self.peek().is_none_or(|letter| letter == ')') {
                break;
            }
            after_or = before_or;
        }
        if wanted.is_empty() {
            return Ok(all(excluded));
        }
        let wanted = if wanted.len() > 1 { Node::Or(wanted) } else { all(wanted) };
        if excluded.is_empty() {
            return Ok(wanted);
        }
        excluded.insert(0, wanted);
        Ok(Node::And(excluded))
    }

    /// Whether what comes is negated itself, and not a group with something negated in it.
    fn begins_with_negation(&mut self) -> bool {
        let here = self.at;
        let negation = self.eat_operator("NOT", "!") || self.eat('-');
        self.at = here;
        negation
    }

    fn both(&mut self, field: Option<Field>) -> Parsed {
        let mut nodes = vec![self.negated(field)?];
        while self.eat_operator("AND", "&&") {
            nodes.push(self.negated(field)?);
        }
        Ok(all(nodes))
    }

    fn negated(&mut self, field: Option<Field>) -> Parsed {
        if self.eat_operator("NOT", "!") || self.eat('-') {
            self.skip_blanks();
            return self.deeper(|parser| parser.negated(field)).map(|node| Node::Not(Box::new(node)));
        }
        self.eat('+');
        self.one(field)
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(LogQueryFault::TooMuch);
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    /// A group, a range or a term, with or without a field before it.
    fn one(&mut self, field: Option<Field>) -> Parsed {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(LogQueryFault::TooMuch);
        }
        let node = match self.peek() {
            Some('(') => {
                self.at += 1;
                self.skip_blanks();
                let node = self.deeper(|parser| parser.either(field))?;
                if !self.eat(')') {
                    return Err(self.expected("a closing parenthesis"));
                }
                node
            }
            Some('[' | '{') => self.range(field)?,
            Some('"') => {
                let value = self.quoted()?;
                term(field, vec![value])?
            }
            _ => self.word(field)?,
        };
        self.skip_blanks();
        Ok(node)
    }

    fn word(&mut self, field: Option<Field>) -> Parsed {
        let parts = self.plain(field.is_none())?;
        if field.is_none() && self.eat(':') {
            let name = parts.join("*");
            let (_, field) = Field::ALL
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or(LogQueryFault::UnknownField(name))?;
            self.skip_blanks();
            return self.one(Some(*field));
        }
        term(field, parts)
    }

    /// A text without blanks, in the parts between its wildcards. A colon ends it where it may be a field's name.
    fn plain(&mut self, may_be_field: bool) -> Parsed<Vec<String>> {
        let mut parts = vec![String::new()];
        let begun = self.at;
        while let Some(letter) = self.peek() {
            match letter {
                '\\' => {
                    self.at += 1;
                    let letter = self.peek().ok_or_else(|| self.expected("a character"))?;
                    parts.last_mut().into_iter().for_each(|part| part.push(letter));
                }
                '*' => parts.push(String::new()),
                '?' => return Err(LogQueryFault::QuestionMark),
                ':' if may_be_field => break,
                '(' | ')' | '"' | '[' | ']' | '{' | '}' => break,
                letter if letter.is_whitespace() => break,
                letter => parts.last_mut().into_iter().for_each(|part| part.push(letter)),
            }
            self.at += 1;
        }
        if self.at == begun { Err(self.expected("a term")) } else { Ok(parts) }
    }

    fn quoted(&mut self) -> Parsed<String> {
        self.at += 1;
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            match letter {
                '"' => return Ok(text),
                '\\' => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                letter => text.push(letter),
            }
        }
        Err(self.expected("a closing quotation mark"))
    }

    /// `[low TO high]`, with `{` and `}` where an end is not included.
    fn range(&mut self, field: Option<Field>) -> Parsed {
        let field = field.ok_or_else(|| self.expected("a field before the range"))?;
        let with_low = self.eat('[') || !self.eat('{');
        self.skip_blanks();
        let low = self.end()?;
        self.skip_blanks();
        if !self.eat_operator("TO", NO_SIGN) {
            return Err(self.expected("TO"));
        }
        let high = self.end()?;
        self.skip_blanks();
        let with_high = self.eat(']');
        if !with_high && !self.eat('}') {
            return Err(self.expected("the end of the range"));
        }
        if field == Field::Date {
            return during((low, with_low), (high, with_high));
        }
        let bound = |end: Option<String>, with| match end {
            None => Bound::Open,
            Some(end) if with => Bound::Including(end),
            Some(end) => Bound::Excluding(end),
        };
        Ok(Node::Between(field, bound(low, with_low), bound(high, with_high)))
    }

    /// An end of a range; none for `*`.
    fn end(&mut self) -> Parsed<Option<String>> {
        if self.peek() == Some('"') {
            return self.quoted().map(Some);
        }
        let parts = self.plain(false)?;
        match parts.as_slice() {
            [one] => Ok(Some(one.clone())),
            [before, after] if before.is_empty() && after.is_empty() => Ok(None),
            _ => Err(self.expected("a value without a wildcard")),
        }
    }
}

fn term(field: Option<Field>, parts: Vec<String>) -> Parsed {
    match (field, Pattern::of_parts(parts).ok_or(LogQueryFault::TooWild)?) {
        (Some(Field::Date), Pattern::Exact(value)) => {
            let (first, last) = span(&value)?;
            Ok(Node::During(first, last))
        }
        (field, pattern) => Ok(Node::Term(field, pattern)),
    }
}

fn all(mut nodes: Vec<Node>) -> Node {
    if nodes.len() == 1 { nodes.pop().unwrap_or(Node::All) } else { Node::And(nodes) }
}

/// A range of dates. A date without a time is the whole day: as the low end its beginning, as the high end its end, and
/// the other way round where the end is not included.
fn during((low, with_low): (Option<String>, bool), (high, with_high): (Option<String>, bool)) -> Parsed {
    let low = low.map(|low| span(&low)).transpose()?;
    let high = high.map(|high| span(&high)).transpose()?;
    let first = low.map_or(0, |(first, last)| if with_low { first } else { last.saturating_add(1) });
    let last = high.map_or(u64::MAX, |(first, last)| if with_high { last } else { first.saturating_sub(1) });
    Ok(Node::During(first, last))
}

/// The first and the last millisecond of a date: of a day, a second, or a moment.
fn span(text: &str) -> Parsed<(u64, u64)> {
    let no_date = || LogQueryFault::NoDate(text.to_owned());
    if text.len() == 10 {
        let first = Timestamp::parse(&format!("{text}T00:00:00Z")).ok_or_else(no_date)?.millis();
        return Ok((first, first + 86_399_999));
    }
    let first = Timestamp::parse(text).ok_or_else(no_date)?.millis();
    let of_second = !text.contains('.');
    Ok((first, if of_second { first + 999 } else { first }))
}
