//! The `format` keyword: Auth0's own formats, as far as their names and the recordings tell them.
//!
//! They are lenient on purpose. A format that refuses what Auth0 accepts breaks an import; one that accepts a little more
//! costs nothing, because addresses and ids are looked at again where they are used. Formats not in the table pass.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A known format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    name: &'static str,
    fits: fn(&str) -> bool,
}

const KNOWN: &[Format] = &[
    Format { name: "absolute-https-uri-or-empty", fits: |text| text.is_empty() || is_https(text) },
    Format {
        name: "absolute-https-uri-with-placeholders-or-empty",
        fits: |text| text.is_empty() || is_https(text),
    },
    Format { name: "absolute-uri-or-empty", fits: |text| text.is_empty() || is_hierarchical(text) },
    Format { name: "callback-url", fits: has_scheme },
    Format { name: "client-grant-id", fits: |text| is_id(text, "cgr_") },
    Format { name: "client-id", fits: is_word },
    Format { name: "connection-profile-id", fits: |text| is_id(text, "cop_") },
    Format { name: "credential-id", fits: |text| is_id(text, "cred_") },
    Format { name: "date-time", fits: |text| OffsetDateTime::parse(text, &Rfc3339).is_ok() },
    Format { name: "ec-initiate-login-uri-template-url", fits: is_https },
    Format { name: "email-or-empty", fits: |text| text.is_empty() || is_email(text) },
    Format { name: "html-color", fits: is_color },
    Format { name: "organization-id", fits: |text| is_id(text, "org_") },
    Format { name: "organization-name", fits: is_organization_name },
    Format { name: "strict-https-uri-or-null", fits: is_https },
    Format { name: "url", fits: is_web },
    Format { name: "url-or-null", fits: is_web },
    Format { name: "url-with-placeholders", fits: is_hierarchical },
    Format { name: "user-attribute-profile-id", fits: |text| is_id(text, "uap_") },
];

impl Format {
    /// The format of this name, if it is one that is checked.
    pub fn named(name: &str) -> Option<Self> {
        KNOWN.iter().find(|format| format.name == name).copied()
    }

    pub fn name(self) -> &'static str {
        self.name
    }

    pub fn fits(self, text: &str) -> bool {
        (self.fits)(text)
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// A prefix and letters or digits; lengths differ between id families and are not checked.
fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Lower-case letters, digits, `_` and `-`, beginning with a letter or a digit.
fn is_organization_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(plain) && text.chars().all(|c| plain(c) || c == '_' || c == '-')
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| matches!(hex.len(), 3 | 4 | 6 | 8) && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_email(text: &str) -> bool {
    is_word(text)
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

/// `scheme:rest`, where custom schemes of native applications count.
fn has_scheme(text: &str) -> bool {
    is_word(text) && scheme(text).is_some_and(|(_, rest)| !rest.is_empty())
}

/// `scheme://rest`; wildcards and placeholders may stand anywhere in the rest.
fn is_hierarchical(text: &str) -> bool {
    is_word(text) && authority(text).is_some()
}

fn is_https(text: &str) -> bool {
    is_word(text) && authority(text).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

fn is_web(text: &str) -> bool {
    is_https(text)
        || is_word(text) && authority(text).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("http"))
}

fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    named.then_some((scheme, rest))
}

/// The scheme and what follows `://`, which for the web begins with a host.
fn authority(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = scheme(text)?;
    let rest = rest.strip_prefix("//")?;
    let web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let hostless = rest.is_empty() || (web && rest.starts_with(['/', '?', '#']));
    (!hostless).then_some((scheme, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(name: &str, text: &str) -> bool {
        Format::named(name).is_none_or(|format| format.fits(text))
    }

    #[test]
    fn each_format_takes_what_it_should() {
        for (name, text) in [
            ("absolute-https-uri-or-empty", ""),
            ("absolute-https-uri-with-placeholders-or-empty", "https://{organization_name}.example.com/x"),
            ("absolute-uri-or-empty", "http://localhost:3000/logo.png"),
            ("callback-url", "com.example.app://callback"),
            ("callback-url", "https://*.example.com"),
            ("client-grant-id", "cgr_Pl14LRDFbzd8W494"),
            ("date-time", "2096-05-13T09:33:13Z"),
            ("email-or-empty", "support@example.org"),
            ("html-color", "#0aF"),
            ("organization-id", "org_ZKTE5tKe9wXt6bx6"),
            ("organization-name", "1st-team_a"),
            ("url-with-placeholders", "https://*.example.com"),
            ("acr", "anything that is not in the table"),
        ] {
            assert!(fits(name, text), "{name}: {text}");
        }
    }

    #[test]
    fn each_format_refuses_what_it_should() {
        for (name, text) in [
            ("absolute-https-uri-or-empty", "http://example.com"),
            ("absolute-uri-or-empty", "example.com"),
            ("callback-url", "/callback"),
            ("callback-url", "https://example.com/ x"),
            ("client-grant-id", "cgr_"),
            ("client-grant-id", "org_abc"),
            ("date-time", "2096-05-13"),
            ("email-or-empty", "support"),
            ("html-color", "#12"),
            ("html-color", "#ggg"),
            ("organization-name", "Acme"),
            ("organization-name", "-acme"),
            ("strict-https-uri-or-null", ""),
            ("strict-https-uri-or-null", "https:///logo.png"),
            ("url", "ftp://example.com"),
        ] {
            assert!(!fits(name, text), "{name}: {text}");
        }
    }
}
