//! Which token may this client get? A pure function over facts.
//!
//! [`decide`] folds the visible list [`RULES`] over a request: each rule is one small function, their order is
//! the precedence of denials, and the outcome comes with the trace of every rule that spoke. Client
//! authentication is not in here: it needs secrets and time, and its result arrives as the client.

mod denial;
mod facts;
mod possession;
mod request;
mod rules;

pub use denial::Denial;
pub use facts::Facts;
pub use possession::{Confirmation, Possession};
pub use request::AccessRequest;
pub use rules::{RULES, Rule};

use grantd_model::{Client, Organization, ResourceServer, Scope};
use smallvec::SmallVec;

/// What the client gets: the only thing that a token is made from.
#[derive(Clone, Debug)]
pub struct Authorization<'f> {
    /// For whom.
    pub client: &'f Client,
    /// For which API.
    pub api: &'f ResourceServer,
    /// The granted scopes, each once, in the order of the grant.
    pub scope: SmallVec<[&'f Scope; 16]>,
    /// For which organization.
    pub organization: Option<&'f Organization>,
    /// Whether the token names the organization, beside its id.
    pub names_organization: bool,
    /// The key that the token is bound to.
    pub confirmation: Option<Confirmation<'f>>,
}

/// What one rule had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The rule had nothing to judge in this request.
    NotApplicable,
    /// The rule holds.
    Holds,
    /// The rule denies; it is the last to speak.
    Denies,
}

/// A rule and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which rule.
    pub rule: Rule,
    /// What it said.
    pub finding: Finding,
}

/// Every rule that spoke, in order.
pub type Trace = SmallVec<[Step; RULES.len()]>;

/// The answer, with its reasons.
#[derive(Clone, Debug)]
pub struct Decision<'f> {
    /// What the client gets, or why it gets nothing.
    pub outcome: Result<Authorization<'f>, Denial>,
    /// Every rule that spoke.
    pub trace: Trace,
}

impl<'f> Decision<'f> {
    /// What the client gets; the denial otherwise.
    pub fn into_authorization(self) -> Result<Authorization<'f>, Denial> {
        self.outcome
    }
}

/// Decides one request by the facts. The same request and facts always give the same decision and trace.
pub fn decide<'f>(request: &AccessRequest<'f>, facts: &'f dyn Facts) -> Decision<'f> {
    let mut draft = rules::Draft::default();
    let mut trace = Trace::new();
    for (rule, judge) in RULES {
        match judge(request, facts, &mut draft) {
            Ok(finding) => trace.push(Step { rule, finding }),
            Err(denial) => {
                trace.push(Step { rule, finding: Finding::Denies });
                return Decision { outcome: Err(denial), trace };
            }
        }
    }
    Decision { outcome: draft.into_authorization(request, facts), trace }
}
