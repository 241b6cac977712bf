//! What Auth0 has and grantd does not: users, what they sign in with, and how that looks.
//!
//! Tools read all of it with every deployment, so it answers as a tenant in which nothing of it was ever set up: lists
//! are empty, what is named is not there, and what always exists is as it was at the beginning. Writes are refused. One
//! line of the table a path; the scope is asked for as Auth0 does, where the Management API has it.

use grantd_model::patch::Members;
use grantd_model::{Page, Paging};
use serde_json::{Value, json};

use crate::Envelope::{ItemsFirst, ItemsFirstWithoutCheckpoints, TotalsFirst};
use crate::{Caller, Envelope, Error, Inexistent, Listing, Request};

/// A path of which nothing is here.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// The template of the path, below `/api/v2`.
    pub path: &'static str,
    /// What it would be about, as people say it and as scopes name it.
    pub noun: &'static str,
    /// The scopes of reading and of writing, each of which suffices; none where everybody with a token may ask.
    scopes: [&'static [&'static str]; 2],
    reads: Reads,
}

/// What reading answers.
#[derive(Clone, Copy, Debug)]
enum Reads {
    /// An empty list under this name, wrapped as it is asked for.
    List(&'static str, Envelope),
    /// An empty array, however it is asked for.
    Array,
    /// This JSON.
    Text(&'static str),
    /// 404 with this message and `errorCode`.
    Missing(&'static str, Option<&'static str>),
}

use Reads::{Array, List, Missing, Text};

macro_rules! elsewhere {
    ($($path:literal [$($noun:literal)?] $reads:expr;)*) => {
        /// The table.
        pub const ELSEWHERE: &[Elsewhere] = &[$(Elsewhere {
            path: $path,
            noun: concat!($($noun)?),
            scopes: [
                &[$(concat!("read:", $noun))?],
                &[$(concat!("create:", $noun), concat!("update:", $noun), concat!("delete:", $noun))?],
            ],
            reads: $reads,
        }),*];
    };
}

const NOBODY: Reads = Missing("The user does not exist.", Some("inexistent_user"));
const NO_CONNECTION: Reads = Missing("The connection does not exist", Some("inexistent_connection"));
const NO_ROLE: Reads = Missing("The role does not exist.", Some("inexistent_role"));
const NO_THEME: Reads = Missing("Theme not found", Some("theme_not_found"));
const NOTHING: Reads = Missing("Not Found", None);
const SWITCHED_OFF: Reads = Text(r#"{"enabled":false}"#);

elsewhere! {
    "/users" ["users"] Text(r#"{"start":0,"limit":50,"length":0,"users":[],"total":0}"#);
    "/users/{id}" ["users"] NOBODY;
    "/users/{id}/{part}" ["users"] NOBODY;
    "/users-by-email" ["users"] Array;
    "/roles" ["roles"] List("roles", ItemsFirst);
    "/roles/{id}" ["roles"] NO_ROLE;
    "/roles/{id}/{part}" ["roles"] NO_ROLE;
    "/connections" ["connections"] List("connections", ItemsFirst);
    "/connections/{id}" ["connections"] NO_CONNECTION;
    "/connections/{id}/{part}" ["connections"] NO_CONNECTION;
    "/clients/{id}/connections" ["connections"] List("connections", ItemsFirst);
    "/organizations/{id}/enabled_connections" ["organization_connections"]
        List("enabled_connections", ItemsFirstWithoutCheckpoints);
    "/organizations/{id}/enabled_connections/{part}" ["organization_connections"] NO_CONNECTION;
    "/organizations/{id}/invitations" ["organization_invitations"] List("invitations", ItemsFirst);
    "/organizations/{id}/invitations/{part}" ["organization_invitations"] NOTHING;
    "/organizations/{id}/members/{user_id}/roles" ["organization_member_roles"] List("roles", ItemsFirst);
    "/grants" ["grants"] List("grants", TotalsFirst);
    "/grants/{id}" ["grants"] NOTHING;
    "/device-credentials" ["device_credentials"] List("device_credentials", TotalsFirst);
    "/sessions/{id}" ["sessions"] NOTHING;
    "/refresh-tokens/{id}" ["refresh_tokens"] NOTHING;
    "/actions/actions" ["actions"] Text(r#"{"actions":[],"total":0,"page":0,"per_page":50}"#);
    "/actions/actions/{id}" ["actions"] NOTHING;
    "/actions/actions/{id}/versions" ["actions"] NOTHING;
    "/actions/modules" ["actions"] Text(r#"{"modules":[],"total":0,"page":0,"per_page":50}"#);
    "/actions/modules/{id}" ["actions"] NOTHING;
    "/actions/triggers" ["actions"] Text(r#"{"triggers":[]}"#);
    "/actions/triggers/{id}/bindings" ["actions"] Text(r#"{"bindings":[],"total":0,"page":0,"per_page":50}"#);
    "/rules" ["rules"] List("rules", TotalsFirst);
    "/rules/{id}" ["rules"] NOTHING;
    "/rules-configs" ["rules_configs"] Array;
    "/rules-configs/{key}" ["rules_configs"] NOTHING;
    "/hooks" ["hooks"] List("hooks", TotalsFirst);
    "/hooks/{id}" ["hooks"] NOTHING;
    "/hooks/{id}/secrets" ["hooks"] NOTHING;
    "/emails/provider" ["email_provider"]
        Missing("There is not a configured email provider", Some("inexistent_email_provider"));
    "/email-templates" ["email_templates"] NOTHING;
    "/email-templates/{name}" ["email_templates"]
        Missing("The template does not exist", Some("inexistent_email_template"));
    "/branding" ["branding"] Text("{}");
    "/branding/templates/universal-login" ["branding"]
        Missing("The template does not exist", Some("inexistent_templates_universal_login"));
    "/branding/themes" ["branding"] NO_THEME;
    "/branding/themes/{id}" ["branding"] NO_THEME;
    "/branding/phone/providers" ["phone_providers"] Text(r#"{"providers":[]}"#);
    "/branding/phone/providers/{id}" ["phone_providers"] NOTHING;
    "/branding/phone/templates" ["phone_templates"] Text(r#"{"templates":[]}"#);
    "/branding/phone/templates/{id}" ["phone_templates"] NOTHING;
    "/custom-domains" ["custom_domains"] List("custom_domains", ItemsFirst);
    "/custom-domains/{id}" ["custom_domains"] NOTHING;
    "/guardian/factors" ["guardian_factors"] Array;
    "/guardian/factors/{name}" ["guardian_factors"] NOTHING;
    "/guardian/factors/{name}/{part}" ["guardian_factors"] NOTHING;
    "/guardian/factors/{name}/providers/{provider}" ["guardian_factors"] NOTHING;
    "/guardian/policies" ["mfa_policies"] Array;
    "/attack-protection/breached-password-detection" ["attack_protection"] SWITCHED_OFF;
    "/attack-protection/brute-force-protection" ["attack_protection"] SWITCHED_OFF;
    "/attack-protection/suspicious-ip-throttling" ["attack_protection"] SWITCHED_OFF;
    "/attack-protection/bot-detection" ["attack_protection"] SWITCHED_OFF;
    "/attack-protection/captcha" ["attack_protection"] SWITCHED_OFF;
    "/prompts" ["prompts"] Text(r#"{"universal_login_experience":"new","identifier_first":false}"#);
    "/prompts/rendering" ["prompts"] List("configs", ItemsFirst);
    "/prompts/{prompt}/custom-text/{language}" ["prompts"] Text("{}");
    "/prompts/{prompt}/partials" ["prompts"] Text("{}");
    "/prompts/{prompt}/screen/{screen}/rendering" ["prompts"] NOTHING;
    "/flows" ["flows"] List("flows", ItemsFirst);
    "/flows/{id}" ["flows"] NOTHING;
    "/flows/vault/connections" ["flows_vault_connections"] List("connections", ItemsFirst);
    "/flows/vault/connections/{id}" ["flows_vault_connections"] NOTHING;
    "/forms" ["forms"] List("forms", ItemsFirst);
    "/forms/{id}" ["forms"] NOTHING;
    "/self-service-profiles" ["self_service_profiles"] List("self_service_profiles", ItemsFirst);
    "/self-service-profiles/{id}" ["self_service_profiles"] NOTHING;
    "/keys/encryption" ["encryption_keys"] List("keys", ItemsFirst);
    "/stats/daily" ["stats"] Array;
    "/stats/active-users" ["stats"] Text("0");
    "/groups" ["groups"] List("groups", ItemsFirst);
    "/network-acls" [] List("network_acls", ItemsFirst);
    "/network-acls/{id}" [] NOTHING;
    "/user-attribute-profiles" [] List("user_attribute_profiles", ItemsFirst);
    "/user-attribute-profiles/{id}" [] NOTHING;
    "/token-exchange-profiles" [] List("token_exchange_profiles", ItemsFirst);
    "/token-exchange-profiles/{id}" [] NOTHING;
    "/connection-profiles" [] List("connection_profiles", ItemsFirst);
    "/connection-profiles/{id}" [] NOTHING;
    "/event-streams" [] List("eventStreams", ItemsFirst);
    "/event-streams/{id}" [] NOTHING;
    "/rate-limit-policies" [] List("rate_limit_policies", ItemsFirst);
    "/rate-limit-policies/{id}" [] NOTHING;
    "/supplemental-signals" [] NOTHING;
    "/risk-assessments/settings" [] NOTHING;
    "/risk-assessments/settings/new-device" [] NOTHING;
}

impl Elsewhere {
    /// What reading it answers.
    pub fn read(&self, caller: &Caller, request: &Request) -> Result<Value, Error> {
        let [reading, _] = self.scopes;
        may(caller, reading)?;
        match self.reads {
            List(key, envelope) => empty(key, envelope, &request.query),
            Array => Ok(json!([])),
            Text(text) => Ok(serde_json::from_str(text)?),
            Missing(message, code) => Err(Error::NotFound(Inexistent::Elsewhere(message, code))),
        }
    }

    /// Refuses to write it.
    pub fn write(&self, caller: &Caller) -> Result<Value, Error> {
        let [_, writing] = self.scopes;
        may(caller, writing)?;
        Err(Error::Elsewhere(self.path))
    }

    /// The scopes that are asked for.
    pub fn scopes(&self) -> impl Iterator<Item = &'static str> {
        let [reading, writing] = self.scopes;
        reading.iter().chain(writing).copied()
    }
}

fn may(caller: &Caller, scopes: &'static [&'static str]) -> Result<(), Error> {
    if scopes.is_empty() { Ok(()) } else { caller.require_any(scopes) }
}

/// No items, in the envelope that the query asks for. What else a query says cannot matter here.
fn empty(key: &'static str, envelope: Envelope, query: &str) -> Result<Value, Error> {
    let query: Members = query.split('&').filter_map(|pair| pair.split_once('=')).map(typed).collect();
    let paging = match envelope.paging(&query)? {
        Paging::Checkpoint { take, .. } => Paging::Checkpoint { after: None, take },
        paging @ Paging::Offset { .. } => paging,
    };
    let nothing = Page::<Value>::of_nothing(&paging);
    Ok(serde_json::to_value(Listing::new(key, envelope, paging, nothing))?)
}

/// Of a query only numbers and flags are read.
fn typed((name, value): (&str, &str)) -> (String, Value) {
    let value = value.parse::<u32>().map(Value::from).or_else(|_| value.parse::<bool>().map(Value::from));
    (name.to_owned(), value.unwrap_or_default())
}
