//! `decide` against the documented algorithm, told once more in the notation of sets.
//!
//! The dimensions of a world fall into four blocks: who asks for which API by which grant (`Access`), scopes,
//! organizations, and binding to a key. By the documentation, a block's verdict follows from the dimensions
//! of its own block and from two things of `Access`: the party of the client and the grant that applies.
//! So each block is walked in full, inside it every combination; crossed with every way to hold the grant and
//! with either party; and crossed with the verdicts that the other blocks can come to: every pair of verdicts
//! of two blocks meets, so precedence is covered as well. Should the documentation, and with it this argument,
//! be wrong about what depends on what, worlds drawn from the product of all dimensions are likely to tell.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failing test may panic, and the number of worlds is to be seen"
)]

mod reference;
mod situation;
#[path = "../world/mod.rs"]
mod world;
mod worlds;

use grantd_decision::decide;
use situation::Situation;
use worlds::{Access, Binding, Choice, Holds, Orgs, Scopes, all};

/// Compares the decision about one world with the reference.
fn compare(situation: &Situation) {
    let asking = situation.client();
    let world = situation.world();
    let decision = decide(&situation.request(&asking), &world);
    let expected = reference::outcome(situation);
    let agrees = match (&decision.outcome, &expected) {
        (Ok(granted), Ok(expected)) => {
            let scope: Vec<&str> = granted.scope.iter().map(|scope| scope.as_str()).collect();
            scope.len() == expected.scope.len()
                && scope.iter().all(|scope| expected.scope.contains(scope))
                && granted.organization.map(|found| found.id.as_str()) == expected.organization
                && granted.names_organization == expected.names_organization
                && granted.confirmation == expected.confirmation
                && granted.client.client_id == asking.client_id
                && granted.api.identifier.as_str() == expected.audience
        }
        (Err(denial), Err(expected)) => denial == expected,
        _ => false,
    };
    assert!(agrees, "{situation:#?}\ndecided:   {}\nreference: {expected:?}", world::written(&decision));
}

/// Compares all worlds, and tells how many they were.
fn compare_all(what: &str, situations: impl Iterator<Item = Situation>) {
    let worlds = situations.inspect(compare).count();
    eprintln!("{what}: {worlds} worlds");
    assert!(worlds > 10_000, "{what}: only {worlds} worlds");
}

#[test]
fn every_way_to_reach_a_grant_is_decided_as_documented() {
    let rest = [
        (Scopes::granted(), Orgs::none(), Binding::none()),
        (Scopes::refused(), Orgs::none(), Binding::none()),
        (Scopes::granted(), Orgs::granted(), Binding::none()),
        (Scopes::granted(), Orgs::required(), Binding::none()),
        (Scopes::granted(), Orgs::none(), Binding::required()),
    ];
    let worlds = all(Access::choose)
        .flat_map(|access| rest.map(|(scopes, orgs, binding)| Situation { access, scopes, orgs, binding }));
    compare_all("access", worlds);
}

#[test]
fn every_combination_of_scopes_is_decided_as_documented() {
    let rest = [
        (Orgs::none(), Binding::none()),
        (Orgs::granted(), Binding::none()),
        (Orgs::required(), Binding::none()),
        (Orgs::none(), Binding::required()),
    ];
    let worlds = all(Scopes::choose).flat_map(|scopes| {
        holders()
            .flat_map(move |access| rest.map(|(orgs, binding)| Situation { access, scopes, orgs, binding }))
    });
    compare_all("scopes", worlds);
}

#[test]
fn every_combination_of_organizations_is_decided_as_documented() {
    let rest = [
        (Scopes::granted(), Binding::none()),
        (Scopes::refused(), Binding::none()),
        (Scopes::granted(), Binding::required()),
    ];
    let worlds = all(Orgs::choose).flat_map(|orgs| {
        holders()
            .flat_map(move |access| rest.map(|(scopes, binding)| Situation { access, scopes, orgs, binding }))
    });
    compare_all("organizations", worlds);
}

#[test]
fn every_combination_of_verdicts_and_bindings_is_decided_as_documented() {
    let worlds = all(Binding::choose).flat_map(|binding| {
        Access::verdicts().into_iter().flat_map(move |access| {
            Scopes::verdicts().into_iter().flat_map(move |scopes| {
                Orgs::verdicts().map(move |orgs| Situation { access, scopes, orgs, binding })
            })
        })
    });
    compare_all("verdicts and bindings", worlds);
}

#[test]
fn worlds_drawn_from_all_that_there_are_are_decided_as_documented() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Choice::number(state)
    };
    // Few random worlds get past the first rules, so two in three have an access that does.
    let holders: Vec<Access> = holders().collect();
    let worlds = (0..200_000_usize).map(|turn| Situation {
        access: if turn % 3 == 0 { Access::choose(&mut draw()) } else { draw().of(&holders) },
        scopes: Scopes::choose(&mut draw()),
        orgs: Orgs::choose(&mut draw()),
        binding: Binding::choose(&mut draw()),
    });
    compare_all("drawn", worlds);
}

/// Every way to hold a grant for the API that is asked for, of either party.
fn holders() -> impl Iterator<Item = Access> + Clone {
    [true, false].into_iter().flat_map(|first_party| {
        [Holds::Own, Holds::Default, Holds::Both].map(|holds| Access {
            first_party,
            holds,
            ..Access::granted()
        })
    })
}
