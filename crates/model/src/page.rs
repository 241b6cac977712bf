//! Pages of a list, in the two ways that the Management API has (Auth0: Pagination).

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paging {
    /// By position: `page` counts from 0, `per_page` items each.
    Offset {
        /// The page, from 0.
        page: u32,
        /// Items a page, 0 to 100.
        per_page: u32,
        /// Whether to say how many items there are in all, which takes as long as going through all of them.
        include_totals: bool,
    },
    /// By cursor: up to `take` items after the one that `from` names.
    Checkpoint {
        /// The place of the last item already seen; none begins at the beginning.
        after: Option<Cursor>,
        /// Items at most, 1 to 100.
        take: u32,
    },
}

impl Paging {
    /// How many items to skip.
    pub fn skip(&self) -> u64 {
        match self {
            Self::Offset { page, per_page, .. } => u64::from(*page) * u64::from(*per_page),
            Self::Checkpoint { .. } => 0,
        }
    }

    /// How many items to return at most.
    pub fn limit(&self) -> u32 {
        match self {
            Self::Offset { per_page, .. } => *per_page,
            Self::Checkpoint { take, .. } => *take,
        }
    }

    /// Whether to say how many items there are in all.
    pub fn include_totals(&self) -> bool {
        matches!(self, Self::Offset { include_totals: true, .. })
    }

    /// The place of the last item already seen.
    pub fn after(&self) -> Option<&Cursor> {
        match self {
            Self::Offset { .. } => None,
            Self::Checkpoint { after, .. } => after.as_ref(),
        }
    }
}

/// A place in a list: it stays valid when the item that it names is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The revision at which the item was created; lists in order of identifiers do not look at it.
    pub created: u64,
    /// The item's identifier.
    pub id: String,
}

/// What a store found for a [`Paging`].
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items of this page, in list order.
    pub items: Vec<T>,
    /// How many items the whole list has, where that was asked.
    pub total: Option<u64>,
    /// The place to go on from, when there is more.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Of a list that has no items.
    pub fn of_nothing(paging: &Paging) -> Self {
        Self { items: Vec::new(), total: paging.include_totals().then_some(0), next: None }
    }
}
