//! The four lists as lists of identifiers, so that what holds of one can be said of all.

use grantd_model::{
    ClientFilter, ClientGrantFilter, Cursor, OrganizationFilter, Page, Paging, ResourceServerFilter,
};
use grantd_store::Store;

/// More than any test has.
const ALL: Paging = Paging::Offset { page: 0, per_page: 1000, include_totals: true };

/// Which list.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Clients,
    Apis,
    Grants,
    Organizations,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Clients, Self::Apis, Self::Grants, Self::Organizations];

    /// A page of the unfiltered list.
    pub async fn page(self, store: &dyn Store, paging: &Paging) -> Page<String> {
        match self {
            Self::Clients => clients(store, &ClientFilter::default(), paging).await,
            Self::Apis => apis(store, &ResourceServerFilter::default(), paging).await,
            Self::Grants => grants(store, &ClientGrantFilter::default(), paging).await,
            Self::Organizations => organizations(store, &OrganizationFilter::default(), paging).await,
        }
    }

    /// The page of `take` items after a cursor.
    pub async fn after(self, store: &dyn Store, after: Option<Cursor>, take: u32) -> Page<String> {
        self.page(store, &Paging::Checkpoint { after, take }).await
    }

    /// The whole list in one page.
    pub async fn all(self, store: &dyn Store) -> Vec<String> {
        self.page(store, &ALL).await.items
    }
}

fn ids<T>(page: Page<T>, id: impl Fn(T) -> String) -> Page<String> {
    Page { items: page.items.into_iter().map(id).collect(), total: page.total, next: page.next }
}

pub async fn clients(store: &dyn Store, filter: &ClientFilter, paging: &Paging) -> Page<String> {
    ids(store.list_clients(filter, paging).await.unwrap(), |client| client.client_id.to_string())
}

async fn apis(store: &dyn Store, filter: &ResourceServerFilter, paging: &Paging) -> Page<String> {
    ids(store.list_resource_servers(filter, paging).await.unwrap(), |api| api.id.to_string())
}

async fn grants(store: &dyn Store, filter: &ClientGrantFilter, paging: &Paging) -> Page<String> {
    ids(store.list_client_grants(filter, paging).await.unwrap(), |grant| grant.id.to_string())
}

async fn organizations(store: &dyn Store, filter: &OrganizationFilter, paging: &Paging) -> Page<String> {
    ids(store.list_organizations(filter, paging).await.unwrap(), |organization| organization.id.to_string())
}

pub async fn all_clients(store: &dyn Store, filter: &ClientFilter) -> Vec<String> {
    clients(store, filter, &ALL).await.items
}

pub async fn all_apis(store: &dyn Store, filter: &ResourceServerFilter) -> Vec<String> {
    apis(store, filter, &ALL).await.items
}

pub async fn all_grants(store: &dyn Store, filter: &ClientGrantFilter) -> Vec<String> {
    grants(store, filter, &ALL).await.items
}

pub async fn all_organizations(store: &dyn Store, filter: &OrganizationFilter) -> Vec<String> {
    organizations(store, filter, &ALL).await.items
}
