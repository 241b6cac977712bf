//! Following is loading: after any sequence of commits, read in any portions, both snapshots give the same answers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use grantd_model::{ClientGrant, Clock, Extensions, ScopeHandling, SubjectType, Versioned};
use grantd_snapshot::Follower;
use grantd_store::{Change, Store};
use proptest::prelude::*;
use proptest::sample::select;

use crate::records::{
    APIS, AUDIENCES, CLIENTS, CREDENTIALS, FrozenClock, GRANTS, IDENTITIES, NAMES, ORGANIZATIONS, SECRETS,
    answers, api, client, credential, grant, identity, organization,
};
use crate::watched_store::WatchedStore;

/// What can happen. Whether it is possible is found out by trying: a commit that fails changes nothing.
#[derive(Clone, Debug)]
enum Step {
    PutClient(&'static str, &'static str, bool),
    DeleteClient(&'static str),
    CreateCredential(&'static str, &'static str),
    UpdateCredential(&'static str, &'static str),
    DeleteCredential(&'static str),
    PutApi(&'static str, &'static str, &'static str),
    MoveApi(&'static str, &'static str),
    DeleteApi(&'static str),
    CreateGrant(&'static str, Option<&'static str>, &'static str, SubjectType),
    UpdateGrant(&'static str, bool),
    DeleteGrant(&'static str),
    PutOrganization(&'static str, &'static str),
    DeleteOrganization(&'static str),
    Associate(&'static str, &'static str),
    Dissociate(&'static str, &'static str),
    SetTenant(bool),
    PutIdentity(&'static str, &'static str, bool),
    DeleteIdentity(&'static str, &'static str),
    ReplaceApi(&'static str, &'static str),
    ReplaceGrant(&'static str, &'static str),
    ReplaceOrganization(&'static str, &'static str),
}

fn step() -> impl Strategy<Value = Step> {
    let kind = prop_oneof![3 => Just(SubjectType::Client), 1 => Just(SubjectType::User)];
    prop_oneof![
        4 => (select(&CLIENTS), select(&SECRETS[..2]), any::<bool>())
            .prop_map(|(id, secret, first)| Step::PutClient(id, secret, first)),
        1 => select(&CLIENTS).prop_map(Step::DeleteClient),
        4 => (select(&CREDENTIALS), select(&CLIENTS)).prop_map(|(id, client)| Step::CreateCredential(id, client)),
        1 => (select(&CREDENTIALS), select(&NAMES)).prop_map(|(id, name)| Step::UpdateCredential(id, name)),
        1 => select(&CREDENTIALS).prop_map(Step::DeleteCredential),
        5 => (select(&APIS), select(&AUDIENCES), select(&["read", "write"]))
            .prop_map(|(id, identifier, scope)| Step::PutApi(id, identifier, scope)),
        2 => (select(&APIS), select(&AUDIENCES)).prop_map(|(id, to)| Step::MoveApi(id, to)),
        2 => select(&APIS).prop_map(Step::DeleteApi),
        6 => (select(&GRANTS), prop::option::of(select(&CLIENTS)), select(&AUDIENCES), kind)
            .prop_map(|(id, client, audience, kind)| Step::CreateGrant(id, client, audience, kind)),
        2 => (select(&GRANTS), any::<bool>()).prop_map(|(id, all)| Step::UpdateGrant(id, all)),
        2 => select(&GRANTS).prop_map(Step::DeleteGrant),
        4 => (select(&ORGANIZATIONS), select(&NAMES)).prop_map(|(id, name)| Step::PutOrganization(id, name)),
        1 => select(&ORGANIZATIONS).prop_map(Step::DeleteOrganization),
        4 => (select(&ORGANIZATIONS), select(&GRANTS)).prop_map(|(id, grant)| Step::Associate(id, grant)),
        1 => (select(&ORGANIZATIONS), select(&GRANTS)).prop_map(|(id, grant)| Step::Dissociate(id, grant)),
        1 => any::<bool>().prop_map(Step::SetTenant),
        4 => (select(&IDENTITIES), select(&CLIENTS), any::<bool>())
            .prop_map(|(id, client, other)| Step::PutIdentity(id, client, other)),
        1 => (select(&IDENTITIES), select(&CLIENTS)).prop_map(|(id, client)| Step::DeleteIdentity(id, client)),
        3 => (select(&APIS), select(&APIS)).prop_map(|(id, by)| Step::ReplaceApi(id, by)),
        3 => (select(&GRANTS), select(&GRANTS)).prop_map(|(id, by)| Step::ReplaceGrant(id, by)),
        3 => (select(&ORGANIZATIONS), select(&ORGANIZATIONS))
            .prop_map(|(id, by)| Step::ReplaceOrganization(id, by)),
    ]
}

impl Step {
    /// The changes that it takes; none where there is nothing to change.
    async fn changes(&self, store: &dyn Store) -> Vec<Change> {
        let replaced = match *self {
            Self::ReplaceApi(id, by) => {
                let former = store.get_resource_server(&id.into()).await.unwrap();
                former.map(|former| {
                    let successor = api(by, former.record.identifier.as_str(), "replaced");
                    [Change::DeleteResourceServer(id.into()), Change::CreateResourceServer(successor)]
                })
            }
            Self::ReplaceGrant(id, by) => {
                let former = store.get_client_grant(&id.into()).await.unwrap();
                former.map(|former| {
                    let successor = ClientGrant { id: by.into(), ..former.record };
                    [Change::DeleteClientGrant(id.into()), Change::CreateClientGrant(successor)]
                })
            }
            Self::ReplaceOrganization(id, by) => {
                let former = store.get_organization(&id.into()).await.unwrap();
                former.map(|former| {
                    let successor = organization(by, &former.record.name);
                    [Change::DeleteOrganization(id.into()), Change::CreateOrganization(successor)]
                })
            }
            _ => return self.change(store).await.into_iter().collect(),
        };
        replaced.into_iter().flatten().collect()
    }

    async fn change(&self, store: &dyn Store) -> Option<Change> {
        Some(match *self {
            Self::ReplaceApi(..) | Self::ReplaceGrant(..) | Self::ReplaceOrganization(..) => return None,
            Self::PutClient(id, secret, first) => match store.get_client(&id.into()).await.unwrap() {
                None => Change::CreateClient(client(id, secret, first)),
                Some(former) => {
                    Change::UpdateClient(Versioned { record: client(id, secret, first), ..former })
                }
            },
            Self::DeleteClient(id) => Change::DeleteClient(id.into()),
            Self::CreateCredential(id, client) => Change::CreateCredential(credential(id, client)),
            Self::UpdateCredential(id, name) => {
                let mut former = store.get_credential(&id.into()).await.unwrap()?;
                former.record.name = Some(name.to_owned());
                Change::UpdateCredential(former)
            }
            Self::DeleteCredential(id) => Change::DeleteCredential(id.into()),
            Self::PutApi(id, identifier, scope) => match store.get_resource_server(&id.into()).await.unwrap()
            {
                None => Change::CreateResourceServer(api(id, identifier, scope)),
                Some(former) => {
                    let record = api(id, former.record.identifier.as_str(), scope);
                    Change::UpdateResourceServer(Versioned { record, ..former })
                }
            },
            Self::MoveApi(id, to) => Change::MoveResourceServer { id: id.into(), identifier: to.into() },
            Self::DeleteApi(id) => Change::DeleteResourceServer(id.into()),
            Self::CreateGrant(id, client, audience, kind) => {
                Change::CreateClientGrant(grant(id, client, audience, kind))
            }
            Self::UpdateGrant(id, all) => {
                let mut former = store.get_client_grant(&id.into()).await.unwrap()?;
                former.record.allow_all_scopes = Some(all);
                Change::UpdateClientGrant(former)
            }
            Self::DeleteGrant(id) => Change::DeleteClientGrant(id.into()),
            Self::PutOrganization(id, name) => match store.get_organization(&id.into()).await.unwrap() {
                None => Change::CreateOrganization(organization(id, name)),
                Some(former) => {
                    Change::UpdateOrganization(Versioned { record: organization(id, name), ..former })
                }
            },
            Self::DeleteOrganization(id) => Change::DeleteOrganization(id.into()),
            Self::Associate(id, grant) => {
                Change::AddClientGrantToOrganization { organization: id.into(), client_grant: grant.into() }
            }
            Self::Dissociate(id, grant) => Change::RemoveClientGrantFromOrganization {
                organization: id.into(),
                client_grant: grant.into(),
            },
            Self::PutIdentity(id, client, other) => {
                let record = identity(id, client, if other { "other" } else { "one" });
                match store.get_federated_identity(&client.into(), &id.into()).await.unwrap() {
                    None => Change::CreateFederatedIdentity(record),
                    Some(former) => Change::UpdateFederatedIdentity(Versioned { record, ..former }),
                }
            }
            Self::DeleteIdentity(id, client) => {
                Change::DeleteFederatedIdentity { client: client.into(), id: id.into() }
            }
            Self::SetTenant(narrows) => {
                let mut former = store.tenant().await.unwrap();
                let scope_handling = if narrows { ScopeHandling::Rfc6749 } else { ScopeHandling::Auth0 };
                former.record.extensions = Extensions { scope_handling, ..former.record.extensions };
                Change::UpdateTenant(former)
            }
        })
    }
}

/// Commits of one to three steps, and whether the follower reads after each.
fn history() -> impl Strategy<Value = Vec<(Vec<Step>, bool)>> {
    prop::collection::vec((prop::collection::vec(step(), 1..4), prop::bool::weighted(0.2)), 1..40)
}

async fn check(history: Vec<(Vec<Step>, bool)>) {
    let store = WatchedStore::open().await;
    let clock: Arc<dyn Clock> = Arc::new(FrozenClock(AtomicU64::new(0)));
    let seam: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let follower = Follower::load(Arc::clone(&seam), Arc::clone(&clock)).await.unwrap();
    for (steps, reads) in history {
        let mut together = Vec::new();
        for step in &steps {
            together.extend(step.changes(&*store).await);
        }
        // What cannot be in one commit is refused whole; then each step is tried alone.
        if store.commit(together).await.is_err() {
            for step in &steps {
                drop(store.commit(step.changes(&*store).await).await);
            }
        }
        if reads {
            compare(&follower, &seam, &clock).await;
        }
    }
    compare(&follower, &seam, &clock).await;
}

async fn compare(follower: &Follower, store: &Arc<dyn Store>, clock: &Arc<dyn Clock>) {
    follower.catch_up().await.unwrap();
    let loaded = Follower::load(Arc::clone(store), Arc::clone(clock)).await.unwrap();
    let (now, loaded) = (follower.current().unwrap(), loaded.current().unwrap());
    for (one, other) in answers(&now).into_iter().zip(answers(&loaded)) {
        assert_eq!(one, other);
    }
}

fn cases() -> u32 {
    if std::env::var_os("GRANTD_TEST_LONG").is_some() { 3_000 } else { 128 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn following_is_loading(history in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(history));
    }
}
