//! What is easily got wrong when several changes are read at once: each record comes as it is now, in the order of
//! revisions and, within one commit, of identifiers.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use grantd_decision::Facts;
use grantd_model::{Audience, Clock, SubjectType, Versioned};
use grantd_snapshot::{Follower, Snapshot};
use grantd_store::{Change, Store};

use crate::records::{FrozenClock, answers, api, client, grant, organization};
use crate::watched_store::WatchedStore;

const CLIENT: SubjectType = SubjectType::Client;

/// The snapshot that followed all of these commits in one read. It is also the one that is loaded now.
async fn follow(before: Vec<Change>, commits: Vec<Vec<Change>>) -> Arc<Snapshot> {
    let store = WatchedStore::open().await;
    store.commit(before).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(FrozenClock(AtomicU64::new(0)));
    let seam: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let follower = Follower::load(Arc::clone(&seam), Arc::clone(&clock)).await.unwrap();
    for changes in commits {
        store.commit(changes).await.unwrap();
    }
    follower.catch_up().await.unwrap();
    let loaded = Follower::load(seam, clock).await.unwrap();
    let snapshot = follower.current().unwrap();
    assert_eq!(answers(&snapshot), answers(&loaded.current().unwrap()));
    snapshot
}

fn records() -> Vec<Change> {
    vec![
        Change::CreateClient(client("one", "secret", true)),
        Change::CreateResourceServer(api("b", "https://x", "read")),
        Change::CreateClientGrant(grant("cgr_3", Some("one"), "https://x", CLIENT)),
        Change::CreateOrganization(organization("org_1", "acme")),
        Change::CreateOrganization(organization("org_2", "bird")),
    ]
}

fn granted(snapshot: &Snapshot) -> Option<&str> {
    let grant = snapshot.client_grant(&"one".into(), &Audience::from("https://x"));
    grant.map(|grant| grant.id.as_str())
}

#[tokio::test]
async fn a_grant_made_again_in_the_same_place_stays_whatever_its_identifier() {
    for successor in ["cgr_1", "cgr_5"] {
        let delete = Change::DeleteClientGrant("cgr_3".into());
        let create = Change::CreateClientGrant(grant(successor, Some("one"), "https://x", CLIENT));
        let in_one = follow(records(), vec![vec![delete.clone(), create.clone()]]).await;
        assert_eq!(granted(&in_one), Some(successor));
        let in_two = follow(records(), vec![vec![delete], vec![create]]).await;
        assert_eq!(granted(&in_two), Some(successor));
    }
}

#[tokio::test]
async fn a_grant_that_came_and_went_is_gone() {
    let delete = Change::DeleteClientGrant("cgr_3".into());
    let create = Change::CreateClientGrant(grant("cgr_5", Some("one"), "https://x", CLIENT));
    let again = Change::DeleteClientGrant("cgr_5".into());
    assert_eq!(granted(&*follow(records(), vec![vec![delete], vec![create], vec![again]]).await), None);
}

#[tokio::test]
async fn an_api_made_again_under_the_same_identifier_stays_whatever_its_id() {
    for successor in ["a", "c"] {
        let delete = Change::DeleteResourceServer("b".into());
        let create = Change::CreateResourceServer(api(successor, "https://x", "write"));
        for commits in [vec![vec![delete.clone(), create.clone()]], vec![vec![delete], vec![create]]] {
            let snapshot = follow(records(), commits).await;
            let api = snapshot.resource_server("https://x").unwrap();
            assert_eq!((api.id.as_str(), api.defines("write")), (successor, true));
            // The grants went with the API that they were for.
            assert_eq!(granted(&snapshot), None);
        }
    }
}

#[tokio::test]
async fn an_api_may_take_the_identifier_that_another_has_left() {
    let leave = |to: &str| Change::MoveResourceServer { id: "b".into(), identifier: to.into() };
    let take = Change::CreateResourceServer(api("a", "https://x", "write"));
    // The one that left changes again after the other has come.
    let snapshot =
        follow(records(), vec![vec![leave("https://y")], vec![take], vec![leave("https://z")]]).await;
    assert_eq!(snapshot.resource_server("https://x").unwrap().id.as_str(), "a");
    assert_eq!(snapshot.resource_server("https://z").unwrap().id.as_str(), "b");
    assert!(snapshot.resource_server("https://y").is_none());
    assert_eq!(granted(&snapshot), None);
    let moved = snapshot.client_grant(&"one".into(), &Audience::from("https://z"));
    assert_eq!(moved.unwrap().id.as_str(), "cgr_3");
}

/// The organization under another name, as an update of its version of this revision.
fn renamed(id: &str, name: &str, revision: u64) -> Change {
    let revision = grantd_model::Revision(revision);
    Change::UpdateOrganization(Versioned { record: organization(id, name), revision })
}

fn id_of<'s>(snapshot: &'s Snapshot, name: &str) -> Option<&'s str> {
    snapshot.organization_named(name).map(|organization| organization.id.as_str())
}

#[tokio::test]
async fn two_organizations_swap_their_names() {
    for (first, second, names) in [("org_1", "org_2", ["acme", "bird"]), ("org_2", "org_1", ["bird", "acme"])]
    {
        let commits = vec![
            vec![renamed(first, "coop", 1)],
            vec![renamed(second, names[0], 1)],
            vec![renamed(first, names[1], 2)],
        ];
        let snapshot = follow(records(), commits).await;
        assert_eq!(id_of(&snapshot, names[0]), Some(second));
        assert_eq!(id_of(&snapshot, names[1]), Some(first));
        assert_eq!(id_of(&snapshot, "coop"), None);
    }
}

#[tokio::test]
async fn an_organization_takes_the_name_of_one_that_is_gone() {
    for (gone, other) in [("org_1", "org_2"), ("org_2", "org_1")] {
        let name = if gone == "org_1" { "acme" } else { "bird" };
        let delete = Change::DeleteOrganization(gone.into());
        let snapshot = follow(records(), vec![vec![delete, renamed(other, name, 1)]]).await;
        assert_eq!(id_of(&snapshot, name), Some(other));
        assert!(snapshot.organization(gone).is_none());
        let new = Change::CreateOrganization(organization("org_0", name));
        let snapshot = follow(records(), vec![vec![Change::DeleteOrganization(gone.into()), new]]).await;
        assert_eq!(id_of(&snapshot, name), Some("org_0"));
    }
}

#[tokio::test]
async fn a_former_name_names_nobody() {
    let snapshot = follow(records(), vec![vec![renamed("org_1", "coop", 1)]]).await;
    assert_eq!((id_of(&snapshot, "acme"), id_of(&snapshot, "coop")), (None, Some("org_1")));
}

#[tokio::test]
async fn what_was_deleted_takes_its_associations_with_it() {
    let associate =
        Change::AddClientGrantToOrganization { organization: "org_1".into(), client_grant: "cgr_3".into() };
    let gone = [
        Change::DeleteClientGrant("cgr_3".into()),
        Change::DeleteOrganization("org_1".into()),
        Change::DeleteClient("one".into()),
        Change::DeleteResourceServer("b".into()),
    ];
    for gone in gone {
        let mut before = records();
        before.push(associate.clone());
        let snapshot = follow(before, vec![vec![gone]]).await;
        assert!(!snapshot.is_associated(&"org_1".into(), &"cgr_3".into()));
    }
}
