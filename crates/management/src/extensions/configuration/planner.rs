//! Working out a plan: kind after kind, in the order in which records need each other.
//!
//! A declared record is the whole record, made as a create request would make it; so what a document no longer says goes
//! back to its default, and a plan after an apply is empty. Faults are collected, not returned: a document is told of all.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use grantd_model::{
    Audience, Client, OrganizationId, Owned, OwnedKind, Ownership, ResourceServer, Revision, Tenant,
    Versioned,
};
use grantd_store::Change;

use super::current::{GrantKey, Index};
use super::document::{Declared, Document};
use super::fault::ConfigurationFault;
use super::plan::{Action, Difference, Plan, Step};
use super::{clients, grants, organizations, prune, resource_servers, settings};
use crate::{Context, Error, Members};

/// A plan under way.
pub(super) struct Planner<'p> {
    pub(super) context: &'p Context,
    pub(super) index: &'p Index<'p>,
    pub(super) revision: Revision,
    /// The label of the document.
    pub(super) owner: Option<&'p str>,
    pub(super) faults: Vec<ConfigurationFault>,
    /// What records with faults are called.
    unsound: HashSet<String>,
    pub(super) steps: Vec<Step>,
    /// What the document declares, as it will be.
    pub(super) declared: DeclaredRecords,
    /// What is not declared, and named by what is: it cannot be pruned.
    pub(super) referenced: HashSet<Owned>,
    /// Changes in order; deletions come last, and records that only stop being named by others before them.
    pub(super) changes: Vec<Change>,
}

/// The records of a document, by what other records of it call them.
#[derive(Default)]
pub(super) struct DeclaredRecords {
    pub(super) organizations: HashMap<String, OrganizationId>,
    pub(super) resource_servers: HashMap<Audience, ResourceServer>,
    pub(super) clients: HashMap<String, Client>,
    /// Identifiers of the clients of a name.
    pub(super) client_names: HashMap<String, Vec<String>>,
    pub(super) client_grants: HashSet<GrantKey>,
    /// Everything that the document names, so that it is not pruned.
    pub(super) owned: HashSet<Owned>,
}

/// A record before and after.
pub(super) struct Settling<'s> {
    pub(super) owned: Owned,
    /// What people call it.
    pub(super) name: &'s str,
    /// What it is; none if it is not there.
    pub(super) former: Option<&'s Members>,
    /// What it becomes.
    pub(super) desired: &'s Members,
    /// What else differs: secrets, and what stands beside the record.
    pub(super) further: Vec<Difference>,
}

/// What has to be done with a record.
#[derive(Default)]
pub(super) struct Settled {
    /// Whether the record itself is made or changed.
    pub(super) action: Option<Action>,
    /// The note of whom it belongs to, where that differs. It goes with its record, so it comes after it.
    pub(super) ownership: Option<Change>,
}

/// Works out what a document changes.
pub(super) fn plan(
    context: &Context,
    index: &Index<'_>,
    (revision, tenant): (Revision, &Tenant),
    document: &Document,
    prunes: bool,
) -> Result<Result<Plan, Vec<ConfigurationFault>>, Error> {
    let mut planner = Planner {
        context,
        index,
        revision,
        owner: document.owner.as_deref(),
        faults: document.faults.clone(),
        unsound: document.unsound.clone(),
        steps: Vec::new(),
        declared: DeclaredRecords::default(),
        referenced: HashSet::new(),
        changes: Vec::new(),
    };
    settings::plan(&mut planner, tenant, document)?;
    organizations::plan(&mut planner, &document.organizations)?;
    resource_servers::plan(&mut planner, &document.resource_servers)?;
    clients::plan(&mut planner, &document.clients)?;
    grants::plan(&mut planner, &document.client_grants)?;
    // What is left of a document with faults says nothing about what is not in it.
    if prunes && planner.faults.is_empty() {
        prune::plan(&mut planner);
    }
    let Planner { faults, steps, changes, .. } = planner;
    Ok(if faults.is_empty() { Ok(Plan { revision, steps, changes }) } else { Err(faults) })
}

impl Planner<'_> {
    /// Notes a fault.
    pub(super) fn fault(&mut self, pointer: impl Into<String>, message: impl Display) {
        self.faults.push(ConfigurationFault::at(pointer, &message));
    }

    /// Notes that a record has faults, and what others may call it.
    pub(super) fn leave_out(&mut self, names: &[&str]) {
        self.unsound.extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// Notes that a name leads nowhere, unless it is that of a record with faults of its own.
    pub(super) fn unknown(&mut self, pointer: impl Into<String>, kind: OwnedKind, named: &str) {
        if !self.unsound.contains(named) {
            self.fault(pointer, format!("there is no {kind} \"{named}\""));
        }
    }

    /// A record with the revision since when it must not have changed.
    pub(super) fn versioned<T>(&self, record: T) -> Versioned<T> {
        Versioned { record, revision: self.revision }
    }

    /// Compares a record with what it is to be, notes the step and its place among the declared, and says what has to be
    /// done: with the record itself, and with whom it belongs to.
    pub(super) fn settle(&mut self, declared: &Declared, settling: Settling<'_>) -> Settled {
        let Settling { owned, name, former, desired, further } = settling;
        let held = self.index.ownership(&owned);
        if held.owner.is_some() && held.owner != declared.owner {
            let owner = held.owner.unwrap_or_default();
            self.fault(
                &declared.pointer,
                format!("the {} \"{name}\" belongs to the configuration \"{owner}\"", owned.kind),
            );
            return Settled::default();
        }
        let ownership =
            Ownership { owner: declared.owner.clone(), delete_protection: declared.delete_protection };
        let action = self.step(declared, &owned, name, (former, desired), further, (&held, &ownership));
        let owned_otherwise = held != ownership;
        let ownership = owned_otherwise.then(|| Change::SetOwnership { owned: owned.clone(), ownership });
        self.declared.owned.insert(owned);
        Settled { action, ownership }
    }

    fn step(
        &mut self,
        declared: &Declared,
        owned: &Owned,
        name: &str,
        (former, desired): (Option<&Members>, &Members),
        further: Vec<Difference>,
        (held, ownership): (&Ownership, &Ownership),
    ) -> Option<Action> {
        let none = Members::new();
        let mut differences = Difference::between(former.unwrap_or(&none), desired);
        // Of a record that is made what it would have anyway is not worth a word.
        differences.retain(|difference| former.is_some() || declared.body.contains_key(&difference.member));
        differences.extend(further);
        let changes_record = !differences.is_empty();
        differences.extend(difference_of_ownership(held, ownership));
        let action = if former.is_none() { Action::Create } else { Action::Update };
        if action == Action::Create || !differences.is_empty() {
            let id = former.map(|_| owned.id.clone());
            self.steps.push(Step { action, kind: owned.kind.into(), name: name.to_owned(), id, differences });
        }
        (action == Action::Create || changes_record).then_some(action)
    }

    /// The organization that a document calls so: by name or by identifier, declared or there already.
    pub(super) fn organization(&mut self, named: &str) -> Option<OrganizationId> {
        if let Some(id) = self.declared.organizations.get(named) {
            return Some(id.clone());
        }
        let (by_name, by_id) = (&self.index.organizations_by_name, &self.index.organizations);
        let held = by_name.get(named).or_else(|| by_id.get(named))?;
        self.referenced.insert(Owned::from(&held.id));
        Some(held.id.clone())
    }

    /// What people call an organization.
    pub(super) fn organization_name(&self, id: &OrganizationId) -> String {
        let held = self.index.organizations.get(id.as_str()).map(|held| held.name.clone());
        let declared = || {
            // Both its name and its identifier lead to it.
            let names = self.declared.organizations.iter().filter(|(_, declared)| *declared == id);
            names.map(|(name, _)| name).find(|name| *name != id.as_str()).cloned()
        };
        held.or_else(declared).unwrap_or_else(|| id.to_string())
    }

    /// The API of this identifier, as it will be.
    pub(super) fn resource_server(&self, identifier: &Audience) -> Option<&ResourceServer> {
        let held = || self.index.resource_servers.get(identifier.as_str()).copied();
        self.declared.resource_servers.get(identifier).or_else(held)
    }

    /// Notes that a record that may not be declared is named.
    pub(super) fn refer(&mut self, owned: impl Into<Owned>) {
        self.referenced.insert(owned.into());
    }

    /// The client of this identifier, as it will be.
    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.declared.clients.get(id).or_else(|| self.index.clients.get(id).copied())
    }

    /// Notes a second declaration of the same record; returns whether it is the first.
    pub(super) fn is_first(
        &mut self,
        is_first: bool,
        declared: &Declared,
        kind: OwnedKind,
        name: &str,
    ) -> bool {
        if !is_first {
            self.fault(&declared.pointer, format!("the {kind} \"{name}\" is declared twice"));
        }
        is_first
    }
}

fn difference_of_ownership(held: &Ownership, ownership: &Ownership) -> Vec<Difference> {
    let members = |ownership: &Ownership| {
        let mut members = Members::new();
        members.extend(ownership.owner.clone().map(|owner| ("owner".to_owned(), owner.into())));
        if ownership.delete_protection {
            members.insert("delete_protection".into(), true.into());
        }
        members
    };
    Difference::between(&members(held), &members(ownership))
}
