//! Pages of every list: put together they are the list, each item once, whatever happens meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use grantd_model::{ClientFilter, Cursor, Paging};
use grantd_store::{Change, Store};
use serde_json::json;

use crate::backend::Backend;
use crate::fixtures::*;
use crate::listing::{Kind, clients};

/// How many of each kind there are. The first few share one revision, and the global client is made in between.
const COUNT: usize = 23;

fn creation(kind: Kind, name: &str) -> Vec<Change> {
    match kind {
        Kind::Clients => vec![Change::CreateClient(client(name))],
        Kind::Apis => vec![Change::CreateResourceServer(api(name, &format!("https://{name}/")))],
        Kind::Grants => vec![
            Change::CreateResourceServer(api(&format!("for {name}"), &format!("https://for-{name}/"))),
            Change::CreateClientGrant(default_grant(name, &format!("https://for-{name}/"))),
        ],
        Kind::Organizations => vec![Change::CreateOrganization(organization(name, name))],
    }
}

fn deletion(kind: Kind, name: &str) -> Change {
    match kind {
        Kind::Clients => Change::DeleteClient(name.into()),
        Kind::Apis => Change::DeleteResourceServer(name.into()),
        Kind::Grants => Change::DeleteClientGrant(name.into()),
        Kind::Organizations => Change::DeleteOrganization(name.into()),
    }
}

/// Names in an order that is neither that of creation nor its reverse.
fn name(number: usize) -> String {
    format!("{:02}-{number}", number * 7 % COUNT)
}

async fn fill_list(store: &dyn Store, kind: Kind) {
    let first = (0..4).flat_map(|number| creation(kind, &name(number)));
    store.commit(first.collect()).await.unwrap();
    for number in 4..COUNT {
        if let (Kind::Clients, 9) = (kind, number) {
            commit_each(store, [Change::CreateClient(client_with("all", json!({"global": true})))]).await;
        }
        store.commit(creation(kind, &name(number))).await.unwrap();
    }
}

pub async fn pages_by_position_are_the_list(backend: impl Backend) {
    let store = backend.open().await;
    for kind in Kind::ALL {
        fill_list(&*store, kind).await;
        let whole = kind.all(&*store).await;
        for per_page in [1, 2, 7, 22, 23, 24, 25, 100] {
            let mut pages = Vec::new();
            for page in 0..=u32::try_from(whole.len()).unwrap() / per_page {
                pages.extend(
                    kind.page(&*store, &Paging::Offset { page, per_page, include_totals: true }).await.items,
                );
            }
            assert_eq!(pages, whole, "{kind:?} by {per_page}");
        }
        let beyond = Paging::Offset { page: u32::MAX, per_page: 100, include_totals: true };
        assert!(kind.page(&*store, &beyond).await.items.is_empty());
    }
}

pub async fn pages_by_cursor_are_the_list(backend: impl Backend) {
    let store = backend.open().await;
    for kind in Kind::ALL {
        fill_list(&*store, kind).await;
        let whole = kind.all(&*store).await;
        for take in [1, 2, 3, 5, 22, 23, 24, 25, 100] {
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = kind.after(&*store, after, take).await;
                assert!(page.items.len() <= usize::try_from(take).unwrap());
                pages.extend(page.items);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(pages, whole, "{kind:?} by {take}");
        }
    }
}

pub async fn a_page_says_how_many_there_are_and_whether_there_is_more(backend: impl Backend) {
    let store = backend.open().await;
    for kind in Kind::ALL {
        fill_list(&*store, kind).await;
        let whole = kind.all(&*store).await.len();
        let count = u32::try_from(whole).unwrap();
        let total = u64::from(count);
        for (take, more) in [(1, true), (count - 1, true), (count, false), (count + 1, false)] {
            let page = kind.after(&*store, None, take).await;
            assert_eq!((page.total, page.next.is_some()), (None, more), "{kind:?}: {take} of {total}");
        }
        let uncounted = Paging::Offset { page: 0, per_page: 1, include_totals: false };
        assert_eq!(kind.page(&*store, &uncounted).await.total, None, "{kind:?}: nobody asked");
        let none = kind.page(&*store, &Paging::Offset { page: 0, per_page: 0, include_totals: true }).await;
        assert_eq!((none.items.len(), none.total), (0, Some(total)), "{kind:?}: a page of none still counts");
    }
}

/// Between any two pages one record is made that sorts early, one that sorts late, and one is deleted on either
/// side of the cursor. What was there all the time comes once; nothing comes twice.
pub async fn a_list_by_cursor_is_whole_while_others_come_and_go(backend: impl Backend) {
    let store = backend.open().await;
    for kind in Kind::ALL {
        fill_list(&*store, kind).await;
        let mut remaining: BTreeSet<String> = kind.all(&*store).await.into_iter().collect();
        let (mut seen, mut after, mut round) = (Vec::new(), None, 0);
        loop {
            let page = kind.after(&*store, after, 3).await;
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
            for new in [format!("!{round}"), format!("~{round}")] {
                store.commit(creation(kind, &new)).await.unwrap();
            }
            for gone in [remaining.first().cloned(), remaining.last().cloned()].into_iter().flatten() {
                if gone != "all" && remaining.remove(&gone) {
                    commit_each(&*store, [deletion(kind, &gone)]).await;
                }
            }
            round += 1;
            assert!(round < 100, "{kind:?}: the list does not end");
        }
        let distinct: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "{kind:?}: something came twice");
        assert!(remaining.is_subset(&distinct), "{kind:?}: left out {:?}", remaining.difference(&distinct));
    }
}

/// The item that each cursor names is deleted before the cursor is used.
pub async fn a_cursor_goes_on_when_its_item_is_gone(backend: impl Backend) {
    let store = backend.open().await;
    for kind in Kind::ALL {
        fill_list(&*store, kind).await;
        let whole = kind.all(&*store).await;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = kind.after(&*store, after, 3).await;
            seen.extend(page.items);
            after = page.next;
            let Some(cursor) = &after else { break };
            commit_each(&*store, [deletion(kind, &cursor.id)]).await;
        }
        assert_eq!(seen, whole, "{kind:?}");
    }
}

pub async fn a_page_and_its_total_are_of_one_moment(backend: impl Backend) {
    let store = backend.open().await;
    let writing = Arc::clone(&store);
    let writer = tokio::spawn(async move {
        for number in 0..200 {
            let change = match number % 2 {
                0 => Change::CreateClient(client("now and then")),
                _ => Change::DeleteClient("now and then".into()),
            };
            writing.commit(vec![change]).await.unwrap();
        }
    });
    while !writer.is_finished() {
        let page = Kind::Clients
            .page(&*store, &Paging::Offset { page: 0, per_page: 10, include_totals: true })
            .await;
        assert_eq!(page.total, Some(page.items.len() as u64));
    }
    writer.await.unwrap();
}

pub async fn the_global_client_is_last(backend: impl Backend) {
    let store = backend.open().await;
    fill_list(&*store, Kind::Clients).await;
    for paging in [
        Paging::Offset { page: 0, per_page: 100, include_totals: true },
        Paging::Offset { page: 23, per_page: 1, include_totals: true },
        Paging::Checkpoint { after: None, take: 100 },
    ] {
        let last = Kind::Clients.page(&*store, &paging).await.items.last().cloned();
        assert_eq!(last.as_deref(), Some("all"), "{paging:?}");
    }
    let newest = Cursor { created: u64::MAX, id: String::new() };
    assert_eq!(Kind::Clients.after(&*store, Some(newest), 100).await.items, ["all"], "after whatever cursor");
    let filter = ClientFilter { is_global: Some(false), ..ClientFilter::default() };
    let paging = Paging::Checkpoint { after: None, take: 23 };
    assert_eq!(clients(&*store, &filter, &paging).await.next, None);
}
