//! What holds of every decision, whatever the configuration.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test may panic")]

#[path = "laws/strategies.rs"]
mod strategies;
mod world;

use std::collections::BTreeSet;

use grantd_decision::{AccessRequest, Confirmation, Decision, Denial, Finding, Possession, RULES, decide};
use grantd_model::{
    CLIENT_CREDENTIALS, Client, ClientGrant, ClientPolicy, PossessionMechanism, Scope, ScopeHandling,
    ScopeSet, SubjectType,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use strategies::{Asked, asked, worlds};
use world::{World, written};

fn ask<'a>(world: &'a World, clients: &'a [Client], asked: &'a Asked) -> Decision<'a> {
    decide(&asked.request(clients), world)
}

/// The outcome in words, and what each rule said.
fn whole(decision: &Decision<'_>) -> String {
    format!("{} {:?}", written(decision), decision.trace)
}

fn granted(decision: &Decision<'_>) -> Option<BTreeSet<String>> {
    let outcome = decision.outcome.as_ref().ok();
    outcome.map(|granted| granted.scope.iter().map(ToString::to_string).collect())
}

fn without(scopes: Option<&ScopeSet>, scope: &str) -> Option<ScopeSet> {
    scopes.map(|scopes| scopes.iter().filter(|held| held.as_str() != scope).cloned().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_granted_is_in_the_grant_and_in_the_api((world, clients) in worlds(), asked in asked()) {
        let Ok(authorization) = ask(&world, &clients, &asked).outcome else { return Ok(()) };
        let api = &authorization.api;
        let own = |held: &&ClientGrant| {
            let mine = held.client_id.as_ref() == Some(&authorization.client.client_id);
            let default = held.default_for.is_some() && !authorization.client.is_first_party;
            held.audience == api.identifier && held.subject_type == SubjectType::Client && (mine || default)
        };
        for scope in &authorization.scope {
            prop_assert!(api.defines(scope.as_str()));
            let gives = |grant: &ClientGrant| {
                grant.allows_all_scopes() || grant.scope.iter().any(|held| held.contains(scope.as_str()))
            };
            prop_assert!(world.grants.iter().filter(own).any(gives));
        }
    }

    #[test]
    fn each_scope_is_granted_once((world, clients) in worlds(), asked in asked()) {
        if let Ok(authorization) = ask(&world, &clients, &asked).outcome {
            let distinct: BTreeSet<&Scope> = authorization.scope.iter().copied().collect();
            prop_assert_eq!(distinct.len(), authorization.scope.len());
        }
    }

    #[test]
    fn taking_a_scope_from_a_grant_never_enlarges(
        (world, clients) in worlds(),
        asked in asked(),
        which in any::<prop::sample::Index>(),
        scope in strategies::scope(),
    ) {
        prop_assume!(!world.grants.is_empty());
        let mut less = world.clone();
        let grant = which.get_mut(&mut less.grants);
        grant.scope = without(grant.scope.as_ref(), scope);
        if let Some(after) = granted(&ask(&less, &clients, &asked)) {
            let before = granted(&ask(&world, &clients, &asked));
            prop_assert!(before.is_some_and(|before| after.is_subset(&before)));
        }
    }

    #[test]
    fn taking_a_scope_from_an_api_never_enlarges(
        (world, clients) in worlds(),
        asked in asked(),
        which in any::<prop::sample::Index>(),
        scope in strategies::scope(),
    ) {
        prop_assume!(!world.apis.is_empty());
        let mut less = world.clone();
        let api = which.get_mut(&mut less.apis);
        api.scopes.iter_mut().for_each(|scopes| scopes.retain(|held| held.value.as_str() != scope));
        if let Some(after) = granted(&ask(&less, &clients, &asked)) {
            let before = granted(&ask(&world, &clients, &asked));
            prop_assert!(before.is_some_and(|before| after.is_subset(&before)));
        }
    }

    #[test]
    fn taking_a_grant_or_an_association_away_never_lets_in(
        (world, clients) in worlds(),
        mut asked in asked(),
        which in any::<prop::sample::Index>(),
    ) {
        // Without its own grant a third party falls back on the default, so the law is about first parties.
        asked.client = 0;
        let mut less = world.clone();
        if !less.associations.is_empty() {
            less.associations.remove(which.index(world.associations.len()));
        } else if !less.grants.is_empty() {
            less.grants.remove(which.index(world.grants.len()));
        }
        if ask(&less, &clients, &asked).outcome.is_ok() {
            prop_assert!(ask(&world, &clients, &asked).outcome.is_ok());
        }
    }

    #[test]
    fn records_of_others_never_matter(
        (mut world, clients) in worlds(),
        (others, _) in worlds(),
        asked in asked(),
    ) {
        let before = whole(&ask(&world.clone(), &clients, &asked));
        strategies::add_unrelated(&mut world, others);
        prop_assert_eq!(whole(&ask(&world, &clients, &asked)), before);
    }

    #[test]
    fn deny_all_denies((mut world, clients) in worlds(), asked in asked()) {
        for api in &mut world.apis {
            api.subject_type_authorization.client.policy = ClientPolicy::DenyAll;
        }
        prop_assert!(ask(&world, &clients, &asked).outcome.is_err());
    }

    #[test]
    fn user_grants_are_never_used((mut world, clients) in worlds(), asked in asked()) {
        let with_user_grants = whole(&ask(&world.clone(), &clients, &asked));
        world.grants.retain(|grant| grant.subject_type == SubjectType::Client);
        prop_assert_eq!(with_user_grants, whole(&ask(&world, &clients, &asked)));
        for grant in &mut world.grants {
            grant.subject_type = SubjectType::User;
        }
        prop_assert!(ask(&world, &clients, &asked).outcome.is_err());
    }

    #[test]
    fn default_grants_never_reach_first_parties((mut world, clients) in worlds(), mut asked in asked()) {
        asked.client = 0;
        prop_assert!(clients[asked.client].is_first_party);
        let with_defaults = whole(&ask(&world.clone(), &clients, &asked));
        world.grants.retain(|grant| grant.default_for.is_none());
        prop_assert_eq!(with_defaults, whole(&ask(&world, &clients, &asked)));
    }

    #[test]
    fn the_same_question_gets_the_same_answer((world, clients) in worlds(), asked in asked()) {
        let copy = world.clone();
        prop_assert_eq!(whole(&ask(&world, &clients, &asked)), whole(&ask(&copy, &clients, &asked)));
    }

    #[test]
    fn the_trace_has_the_rules_in_order_and_ends_at_the_denying_one(
        (world, clients) in worlds(),
        asked in asked(),
    ) {
        let decision = ask(&world, &clients, &asked);
        let spoke: Vec<_> = decision.trace.iter().map(|step| step.rule).collect();
        let listed: Vec<_> = RULES.iter().map(|(rule, _)| *rule).take(spoke.len()).collect();
        prop_assert_eq!(spoke, listed);
        let (last, before) = decision.trace.split_last().unwrap();
        prop_assert!(before.iter().all(|step| step.finding != Finding::Denies));
        prop_assert_eq!(last.finding == Finding::Denies, decision.outcome.is_err());
        prop_assert!(decision.outcome.is_err() || decision.trace.len() == RULES.len());
    }

    #[test]
    fn rfc6749_narrows_to_what_was_asked_for_and_nothing_else_changes(
        (mut world, clients) in worlds(),
        asked in asked(),
    ) {
        world.tenant.extensions.scope_handling = ScopeHandling::Auth0;
        let wide = world.clone();
        world.tenant.extensions.scope_handling = ScopeHandling::Rfc6749;
        let (wide, narrow) = (ask(&wide, &clients, &asked), ask(&world, &clients, &asked));
        prop_assert_eq!(&wide.trace, &narrow.trace);
        match (wide.outcome, narrow.outcome) {
            (Ok(wide), Ok(narrow)) => {
                let requested: Vec<&str> = asked.request(&clients).requested_scopes().collect();
                let expected = wide.scope.iter().copied()
                    .filter(|scope| requested.is_empty() || requested.contains(&scope.as_str()));
                prop_assert_eq!(narrow.scope.to_vec(), expected.collect::<Vec<_>>());
            }
            (wide, narrow) => prop_assert_eq!(wide.err(), narrow.err()),
        }
    }

    #[test]
    fn what_is_asked_for_is_a_set((world, clients) in worlds(), asked in asked()) {
        let mut shuffled = asked.clone();
        shuffled.scope = asked.scope.as_ref().map(|scope| {
            let reversed: Vec<&str> = scope.split(' ').rev().collect();
            format!("{0} {0}", reversed.join(" "))
        });
        let (straight, shuffled) = (ask(&world, &clients, &asked), ask(&world, &clients, &shuffled));
        prop_assert_eq!(&straight.trace, &shuffled.trace);
        prop_assert_eq!(granted(&straight), granted(&shuffled));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A token is bound to a key that was proved, in the way of its API, or to none.
    #[test]
    fn a_token_is_only_bound_to_what_was_proved((world, clients) in worlds(), asked in asked()) {
        let Ok(authorization) = ask(&world, &clients, &asked).outcome else { return Ok(()) };
        let constraint = authorization.api.proof_of_possession.as_ref();
        match authorization.confirmation {
            Some(Confirmation::DpopKey(key)) => {
                prop_assert_eq!(Some(key), asked.possession.dpop_key);
                prop_assert_eq!(constraint.unwrap().mechanism, PossessionMechanism::Dpop);
            }
            Some(Confirmation::Certificate(key)) => {
                prop_assert_eq!(Some(key), asked.possession.certificate);
                prop_assert_eq!(constraint.unwrap().mechanism, PossessionMechanism::Mtls);
            }
            None => {
                prop_assert!(authorization.client.require_proof_of_possession != Some(true));
                prop_assert!(constraint.is_none_or(|constraint| !constraint.required));
            }
        }
    }
}

#[test]
fn a_grant_type_that_the_client_lacks_is_never_decided_with_yes() {
    let mut client = world::client("one");
    client.grant_types = None;
    let request = AccessRequest {
        client: &client,
        grant_type: CLIENT_CREDENTIALS,
        audience: None,
        resource: None,
        scope: None,
        organization: None,
        possession: Possession::default(),
    };
    let world = World::empty();
    let decision = decide(&request, &world);
    assert_eq!(decision.into_authorization().err(), Some(Denial::GrantTypeNotAllowed));
}

#[test]
fn enough_of_the_worlds_drawn_are_decided_with_yes() {
    let mut runner = TestRunner::deterministic();
    let yes = (0..1_000).filter(|_| {
        let (world, clients) = worlds().new_tree(&mut runner).unwrap().current();
        let asked = asked().new_tree(&mut runner).unwrap().current();
        ask(&world, &clients, &asked).outcome.is_ok()
    });
    let yes = yes.count();
    assert!(yes > 150, "{yes} of 1000");
}

/// `"read delete"` as one scope would read as two in a token.
#[test]
fn a_scope_that_would_read_as_others_is_never_granted() {
    for value in ["read delete", "read\tdelete", "read\u{a0}delete", "read\n", "\0", " ", ""] {
        assert!(!grantd_model::Scope::from(value).is_token(), "{value:?}");
    }
    for value in ["read:orders", "läs:order", "a\"b", "https://x/y.z"] {
        assert!(grantd_model::Scope::from(value).is_token(), "{value:?}");
    }
}
