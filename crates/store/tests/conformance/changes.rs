//! Following by revision: what was loaded once, with the changes since, is what would be loaded now.

use std::collections::{BTreeMap, BTreeSet};

use grantd_model::Revision;
use grantd_store::{Change, Changed, Changes, Configuration, Store};
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::backend::Backend;
use crate::fixtures::*;
use crate::steps::{Step, change, commits};

/// Each case makes a database, and up to 50 commits that are flushed to the disk.
const CASES: u32 = 24;

pub async fn changes_lead_from_any_revision_to_the_present<B: Backend>(_: B) {
    let runtime = Handle::current();
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&commits(), |commits| {
            runtime.block_on(async {
                let backend = B::new();
                let made = follow(&*backend.open().await, &commits).await;
                assert!(made[0], "what there is before chance begins");
            });
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Each kind of step, at a place where it can be made: there is a record to change, or to delete.
const EVERY_STEP: [Step; 31] = {
    use Step::*;
    [
        CreateOrganization(0, 0),
        RenameOrganization(0, 1),
        CreateClient(0, Some(0)),
        UpdateClient(0, None),
        CreateCredential(0, 0),
        UpdateCredential(0),
        UseCredential(0, 0),
        UpdateClient(0, None),
        DeleteCredential(0),
        CreateApi(0, 0),
        UpdateApi(0),
        MoveApi(0, 1),
        CreateGrant(0, 0, 1, false),
        UpdateGrant(0),
        Associate(0, 0),
        Separate(0, 0),
        Associate(0, 0),
        UpdateTenant(true),
        CreateSigningKey(1),
        RevokeSigningKey(1),
        DeleteSigningKey(1),
        CreateIdentity(0, 0),
        UpdateIdentity(0, 0),
        DeleteIdentity(0, 0),
        CreateStream(0),
        UpdateStream(0),
        DeleteStream(0),
        DeleteGrant(0),
        DeleteOrganization(0),
        DeleteApi(0),
        DeleteClient(0),
    ]
};

pub async fn every_step_is_followed(backend: impl Backend) {
    let store = backend.open().await;
    let made = follow(&*store, &EVERY_STEP.map(|step| vec![step])).await;
    assert_eq!(made, [true; EVERY_STEP.len()]);
}

/// Makes these commits, as far as they can be made, and follows them: one after the other, and from each revision to the last.
/// Which were made.
async fn follow(store: &dyn Store, commits: &[Vec<Step>]) -> Vec<bool> {
    let mut made = Vec::new();
    let mut history = vec![loaded(store).await];
    for steps in commits {
        let mut changes = Vec::new();
        for step in steps {
            changes.push(change(store, step).await);
        }
        let before = history.last().unwrap().clone();
        let outcome = store.commit(changes).await;
        let now = loaded(store).await;
        assert_eq!(now.revision.0, before.revision.0 + u64::from(outcome.is_ok()), "{outcome:?}");
        assert_whole(&now);
        let changes = store.changes_since(before.revision).await.unwrap();
        assert_eq!(applied(before, changes), now);
        made.push(outcome.is_ok());
        history.push(now);
    }
    let present = history.last().unwrap().clone();
    for past in history {
        let changes = store.changes_since(past.revision).await.unwrap();
        assert_eq!(applied(past, changes), present);
    }
    made
}

/// What follows a configuration does: a record that differs is put in the place of the former, or taken out.
fn applied(mut past: Configuration, changes: Changes) -> Configuration {
    past.revision = changes.revision;
    for changed in changes.changed {
        match changed {
            Changed::Tenant(tenant) => past.tenant = tenant,
            Changed::SigningKeys(keys) => past.signing_keys = keys,
            Changed::Client(id, now) => put(&mut past.clients, |client| client.client_id == id, now),
            Changed::Credentials(client, now) => {
                past.credentials.retain(|credential| credential.client_id != client);
                past.credentials.extend(now);
            }
            Changed::ResourceServer(id, now) => put(&mut past.resource_servers, |api| api.id == id, now),
            Changed::ClientGrant(id, now) => put(&mut past.client_grants, |grant| grant.id == id, now),
            Changed::Organization(id, now) => put(&mut past.organizations, |record| record.id == id, now),
            Changed::RevokedToken(revoked) => {
                put(&mut past.revoked_tokens, |held| held.token == revoked.token, Some(revoked.clone()));
            }
            Changed::Association(association, there) => {
                put(&mut past.associations, |held| *held == association, there.then(|| association.clone()));
            }
            Changed::LogStreams(now) => past.log_streams = now,
            Changed::FederatedIdentities(client, now) => {
                past.federated_identities.retain(|identity| identity.client_id != client);
                past.federated_identities.extend(now);
            }
        }
    }
    sorted(past)
}

fn put<T>(records: &mut Vec<T>, is_former: impl Fn(&T) -> bool, now: Option<T>) {
    records.retain(|record| !is_former(record));
    records.extend(now);
}

/// Whatever a record names is there.
fn assert_whole(configuration: &Configuration) {
    let organizations: BTreeSet<_> = configuration.organizations.iter().map(|record| &record.id).collect();
    let clients: BTreeSet<_> = configuration.clients.iter().map(|client| &client.client_id).collect();
    let apis: BTreeSet<_> = configuration.resource_servers.iter().map(|api| &api.identifier).collect();
    let grants: BTreeMap<_, _> = configuration.client_grants.iter().map(|grant| (&grant.id, grant)).collect();
    for client in &configuration.clients {
        let home = client.default_organization.as_ref().map(|home| &home.organization_id);
        assert!(home.is_none_or(|home| organizations.contains(home)), "{client:?}");
    }
    for credential in &configuration.credentials {
        assert!(clients.contains(&credential.client_id), "{credential:?}");
    }
    for grant in grants.values() {
        assert!(apis.contains(&grant.audience), "{grant:?}");
        assert!(grant.client_id.as_ref().is_none_or(|client| clients.contains(client)), "{grant:?}");
    }
    for identity in &configuration.federated_identities {
        assert!(clients.contains(&identity.client_id), "{identity:?}");
    }
    for association in &configuration.associations {
        assert!(organizations.contains(&association.organization), "{association:?}");
        assert!(grants.contains_key(&association.client_grant), "{association:?}");
    }
}

pub async fn changes_since_the_present_are_none(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    for revision in [Revision(1), Revision(2), Revision(u64::MAX)] {
        let changes = store.changes_since(revision).await.unwrap();
        assert_eq!(changes, Changes { revision: Revision(1), changed: Vec::new() });
    }
}

pub async fn each_changed_record_is_named_once(backend: impl Backend) {
    let store = backend.open().await;
    fill(&*store).await;
    let changes = [
        Change::UpdateClient(at(client("client_1"), 1)),
        Change::UpdateClient(at(client("client_1"), 2)),
        Change::DeleteOrganization("org_2".into()),
        Change::CreateOrganization(organization("org_2", "again")),
    ];
    commit_each(&*store, changes).await;
    let changes = store.changes_since(Revision(1)).await.unwrap();
    let expected = vec![
        Changed::Client("client_1".into(), Some(client("client_1"))),
        Changed::Association(association("org_2", "cgr_1a"), false),
        Changed::Organization("org_2".into(), Some(organization("org_2", "again"))),
    ];
    assert_eq!(changes, Changes { revision: Revision(5), changed: expected });
}

pub async fn very_many_grants_of_one_commit_are_all_named_in_their_order(backend: impl Backend) {
    const GRANTS: usize = 700;
    let store = backend.open().await;
    let clients = (0..GRANTS).map(|number| Change::CreateClient(client(&format!("client_{number:03}"))));
    let api = Change::CreateResourceServer(api("api", "https://a/"));
    store.commit(clients.chain([api]).collect()).await.unwrap();
    let grants: Vec<_> = (0..GRANTS)
        .map(|number| grant(&format!("cgr_{number:03}"), &format!("client_{number:03}"), "https://a/"))
        .collect();
    store.commit(grants.iter().cloned().map(Change::CreateClientGrant).collect()).await.unwrap();
    store.commit(vec![Change::DeleteClientGrant("cgr_350".into())]).await.unwrap();
    let changes = store.changes_since(Revision(1)).await.unwrap();
    let mut expected: Vec<_> =
        grants.into_iter().map(|grant| Changed::ClientGrant(grant.id.clone(), Some(grant))).collect();
    expected.remove(350);
    expected.push(Changed::ClientGrant("cgr_350".into(), None));
    assert_eq!(changes, Changes { revision: Revision(3), changed: expected });
}
