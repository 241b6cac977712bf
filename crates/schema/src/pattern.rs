//! The `pattern` keyword: a regular expression, or the closed comma-separated list that Auth0 writes as one.
//!
//! `fields` and `app_type` filters are patterns of several kilobytes that only say "names from this list, joined by
//! commas". They have a message of their own, and are checked as the list they are instead of as an expression.

use regex::Regex;

use crate::fault::Fault;

/// A compiled `pattern`.
#[derive(Debug)]
pub(crate) enum Pattern {
    /// `^((a)|(b))(,((a)|(b)))*$`
    CommaList(Vec<String>),
    /// Anything else. An expression that does not compile matches nothing: closed, not open.
    Expression { source: String, regex: Option<Regex> },
}

impl Pattern {
    pub fn compile(source: &str) -> Self {
        comma_list(source).map_or_else(
            || Self::Expression { source: source.to_owned(), regex: Regex::new(source).ok() },
            Self::CommaList,
        )
    }

    /// The fault of a string that does not match.
    pub fn check(&self, value: &str) -> Result<(), Fault> {
        match self {
            Self::CommaList(allowed) => {
                let known = |name: &str| allowed.iter().any(|candidate| candidate == name);
                if value.split(',').all(known) {
                    return Ok(());
                }
                Err(Fault::CommaList { value: value.to_owned(), allowed: allowed.join(",") })
            }
            Self::Expression { source, regex } => {
                if regex.as_ref().is_some_and(|regex| regex.is_match(value)) {
                    return Ok(());
                }
                Err(Fault::Pattern { pattern: source.clone(), value: value.to_owned() })
            }
        }
    }
}

/// The names of a pattern that is a comma-separated list, if it is one.
fn comma_list(source: &str) -> Option<Vec<String>> {
    let (first, rest) = source.strip_prefix("^((")?.split_once("))(,((")?;
    if rest != format!("{first})))*$") {
        return None;
    }
    Some(first.split(")|(").map(|name| name.replace("\\.", ".")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_list_is_recognised_and_checked_by_name() {
        let pattern = Pattern::compile(r"^((name)|(a\.b))(,((name)|(a\.b)))*$");
        assert!(matches!(&pattern, Pattern::CommaList(names) if names == &["name", "a.b"]));
        assert!(pattern.check("a.b,name").is_ok());
        for bad in ["", "name,", "name, a.b", "axb", "nam"] {
            assert!(pattern.check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_ordinary_pattern_stays_an_expression() {
        let pattern = Pattern::compile(r"^((name)|(created_at))\:(1|-1)$");
        assert!(pattern.check("name:-1").is_ok());
        assert!(pattern.check("name:2").is_err());
    }

    #[test]
    fn a_broken_expression_matches_nothing() {
        assert!(Pattern::compile("(").check("(").is_err());
    }
}
