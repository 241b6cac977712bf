//! The dimensions of small worlds, in four blocks.

use grantd_model::{OrganizationUsage, PossessionMechanism, ResourceParameterProfile, ScopeHandling};

use crate::situation::{API, CERTIFICATE, DPOP_KEY, OTHER_API};

/// A list of scopes or organizations.
pub type List = &'static [&'static str];

/// Picks one value for each dimension, by the digits of a number.
pub struct Choice {
    rest: u64,
    combinations: u64,
}

impl Choice {
    /// The choices that a number stands for.
    pub fn number(number: u64) -> Self {
        Self { rest: number, combinations: 1 }
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, options: &[T]) -> T {
        let base = u64::try_from(options.len()).unwrap();
        let digit = usize::try_from(self.rest % base).unwrap();
        self.rest /= base;
        self.combinations *= base;
        options[digit]
    }
}

/// Everything that `choose` can come to, each once.
pub fn all<T>(choose: fn(&mut Choice) -> T) -> impl Iterator<Item = T> {
    let mut first = Choice::number(0);
    choose(&mut first);
    (0..first.combinations).map(move |number| choose(&mut Choice::number(number)))
}

/// What kind of API is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    Custom,
    System,
}

/// Which grants exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Nothing,
    Own,
    Default,
    Both,
}

/// Who asks for which API by which grant.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a dimension of its own")]
pub struct Access {
    pub first_party: bool,
    pub may_use: bool,
    pub method: Option<&'static str>,
    pub audience: Option<&'static str>,
    pub resource: Option<&'static str>,
    pub default_audience: Option<&'static str>,
    pub profile: ResourceParameterProfile,
    pub api: Option<Api>,
    pub deny_all: bool,
    pub holds: Holds,
    /// A grant of the same client for users, and one of another client, both with everything.
    pub strangers: bool,
}

impl Access {
    pub fn choose(c: &mut Choice) -> Self {
        Self {
            first_party: c.of(&[true, false]),
            may_use: c.of(&[true, false]),
            method: c.of(&[None, Some("none"), Some("client_secret_post")]),
            audience: c.of(&[None, Some(API), Some("https://api/"), Some(OTHER_API)]),
            resource: c.of(&[None, Some(API), Some("https://API")]),
            default_audience: c.of(&[None, Some(""), Some(API), Some("https://gone")]),
            profile: c.of(&[ResourceParameterProfile::Audience, ResourceParameterProfile::Compatibility]),
            api: c.of(&[None, Some(Api::Custom), Some(Api::System)]),
            deny_all: c.of(&[false, true]),
            holds: c.of(&[Holds::Nothing, Holds::Own, Holds::Default, Holds::Both]),
            strangers: c.of(&[false, true]),
        }
    }

    /// A first-party client with its own grant.
    pub fn granted() -> Self {
        Self {
            first_party: true,
            may_use: true,
            method: None,
            audience: Some(API),
            resource: None,
            default_audience: None,
            profile: ResourceParameterProfile::Audience,
            api: Some(Api::Custom),
            deny_all: false,
            holds: Holds::Own,
            strangers: false,
        }
    }

    /// One access for each verdict that this block can come to.
    pub fn verdicts() -> [Self; 9] {
        let granted = Self::granted();
        let third = Self { first_party: false, ..granted };
        [
            granted,
            Self { holds: Holds::Default, ..third },
            Self { holds: Holds::Both, ..third },
            Self { method: Some("none"), ..granted },
            Self { audience: None, ..granted },
            Self { api: None, ..granted },
            Self { api: Some(Api::System), ..third },
            Self { deny_all: true, ..granted },
            Self { holds: Holds::Nothing, strangers: true, ..granted },
        ]
    }
}

/// What the API has, what is granted, what is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Scopes {
    pub api: Option<List>,
    /// List and `allow_all_scopes` of the grant that applies.
    pub given: (Option<List>, Option<bool>),
    /// The same of the default grant that the own one replaces.
    pub other: (Option<List>, Option<bool>),
    pub asked: Option<&'static str>,
    pub handling: ScopeHandling,
}

impl Scopes {
    pub fn choose(c: &mut Choice) -> Self {
        const ASKED: [Option<&str>; 20] = [
            None,
            Some(""),
            Some("a"),
            Some("b"),
            Some("stale"),
            Some("zzz"),
            Some("a b"),
            Some("a stale"),
            Some("a zzz"),
            Some("b stale"),
            Some("b zzz"),
            Some("stale zzz"),
            Some("b a stale"),
            Some("zzz a b"),
            Some("a stale zzz"),
            Some("b zzz stale"),
            Some("a b stale zzz"),
            Some(" b  a b "),
            Some("A"),
            Some("a\tb"),
        ];
        let lists: [Option<List>; 10] = [
            None,
            Some(&[]),
            Some(&["a"]),
            Some(&["b"]),
            Some(&["stale"]),
            Some(&["b", "a"]),
            Some(&["a", "stale"]),
            Some(&["stale", "b"]),
            Some(&["a", "b", "stale"]),
            Some(&["a", "a"]),
        ];
        Self {
            api: c.of(&[None, Some(&[] as List), Some(&["a"]), Some(&["b"]), Some(&["a", "b"])]),
            given: (c.of(&lists), c.of(&[None, Some(true), Some(false)])),
            other: c.of(&[(Some(&[] as List), None), (None, Some(true))]),
            asked: c.of(&ASKED),
            handling: c.of(&[ScopeHandling::Auth0, ScopeHandling::Rfc6749]),
        }
    }

    /// One of two scopes is asked for and granted.
    pub fn granted() -> Self {
        Self {
            api: Some(&["a", "b"]),
            given: (Some(&["a", "b", "stale"]), None),
            other: (Some(&[]), None),
            asked: Some("a"),
            handling: ScopeHandling::Auth0,
        }
    }

    /// More is asked for than is granted.
    pub fn refused() -> Self {
        Self { asked: Some("a zzz"), ..Self::granted() }
    }

    /// One for each verdict that this block can come to.
    pub fn verdicts() -> [Self; 4] {
        let granted = Self::granted();
        let narrowed = Self { handling: ScopeHandling::Rfc6749, ..granted };
        [granted, narrowed, Self { given: (None, Some(true)), asked: None, ..granted }, Self::refused()]
    }
}

/// Which organization is meant, and which ones the grant is for.
#[derive(Clone, Copy, Debug)]
pub struct Orgs {
    /// Of the grant that applies: usage, `allow_any_organization`, associations.
    pub given: (Option<OrganizationUsage>, Option<bool>, List),
    /// The same of the default grant that the own one replaces.
    pub other: (Option<OrganizationUsage>, Option<bool>, List),
    pub sent: Option<&'static str>,
    pub names: Option<bool>,
    /// The client's default organization, and its flows.
    pub default: Option<(&'static str, List)>,
}

impl Orgs {
    pub fn choose(c: &mut Choice) -> Self {
        use OrganizationUsage::{Allow, Deny, Require};
        let lists: [List; 4] = [&[], &["org_acme"], &["org_bird"], &["org_acme", "org_bird"]];
        Self {
            given: (
                c.of(&[None, Some(Deny), Some(Allow), Some(Require)]),
                c.of(&[None, Some(true), Some(false)]),
                c.of(&lists),
            ),
            other: c.of(&[(None, None, &[] as List), (Some(Allow), Some(true), &["org_acme", "org_bird"])]),
            sent: c.of(&[
                None,
                Some("org_acme"),
                Some("org_bird"),
                Some("org_gone"),
                Some("acme"),
                Some("org_name"),
                Some("gone"),
                Some("Org_acme"),
            ]),
            names: c.of(&[None, Some(true), Some(false)]),
            default: c.of(&[
                None,
                Some(("org_acme", &["client_credentials"] as List)),
                Some(("org_bird", &["client_credentials"])),
                Some(("org_gone", &["client_credentials"])),
                Some(("org_acme", &[])),
            ]),
        }
    }

    /// None is meant and none is needed.
    pub fn none() -> Self {
        let nothing = (None, None, &[] as List);
        Self { given: nothing, other: nothing, sent: None, names: None, default: None }
    }

    /// One is named that the grant is for.
    pub fn granted() -> Self {
        let given = (Some(OrganizationUsage::Allow), None, &["org_acme"] as List);
        Self { given, sent: Some("org_acme"), ..Self::none() }
    }

    /// One is required and none is named.
    pub fn required() -> Self {
        Self { given: (Some(OrganizationUsage::Require), None, &[]), ..Self::none() }
    }

    /// One for each verdict that this block can come to.
    pub fn verdicts() -> [Self; 8] {
        let granted = Self::granted();
        [
            Self::none(),
            granted,
            Self { sent: Some("acme"), names: Some(true), ..granted },
            Self { sent: Some("org_acme"), ..Self::none() },
            Self::required(),
            Self { sent: Some("acme"), ..granted },
            Self { sent: Some("org_gone"), ..granted },
            Self { sent: Some("org_bird"), ..granted },
        ]
    }
}

/// Who wants the token bound to a key.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// `mechanism`, `required`, `required_for`.
    pub api: Option<(PossessionMechanism, bool, Option<&'static str>)>,
    pub client: Option<bool>,
    /// The keys that the request proves: of a `DPoP` proof, of a certificate.
    pub sent: (Option<&'static str>, Option<&'static str>),
}

impl Binding {
    pub fn choose(c: &mut Choice) -> Self {
        let wanted = (
            c.of(&[PossessionMechanism::Dpop, PossessionMechanism::Mtls]),
            c.of(&[false, true]),
            c.of(&[None, Some("all_clients"), Some("public_clients")]),
        );
        Self {
            api: c.of(&[None, Some(wanted)]),
            client: c.of(&[None, Some(false), Some(true)]),
            sent: (c.of(&[None, Some(DPOP_KEY)]), c.of(&[None, Some(CERTIFICATE)])),
        }
    }

    /// Nobody.
    pub fn none() -> Self {
        Self { api: None, client: None, sent: (None, None) }
    }

    /// The API.
    pub fn required() -> Self {
        Self { api: Some((PossessionMechanism::Dpop, true, Some("all_clients"))), ..Self::none() }
    }
}
