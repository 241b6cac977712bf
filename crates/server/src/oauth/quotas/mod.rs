//! Token quotas at the token endpoint: exactly as many tokens as there may be, counted from memory.
//!
//! [`Ledger::take`] takes one token of every window that a request counts in, or none of any. A token that is taken and
//! not issued goes back. Requests that no quota applies to pay a look at the configuration.

mod count;
mod standing;

pub(crate) use self::standing::Exceeded;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use grantd_decision::Authorization;
use grantd_model::{
    Causes, LogEvent, LogEventKind, QuotaBucket, QuotaEntity, QuotaStanding, QuotaWindow, Timestamp,
    TokenQuota,
};
use grantd_snapshot::Snapshot;
use grantd_store::{QuotaReturn, StoreError};
use serde_json::json;
use smallvec::SmallVec;

use self::count::{Count, Limit, Take};
use crate::State;

/// All windows that tokens are counted in on this node. Those that are over go with the hour.
#[derive(Default)]
pub(crate) struct Ledger(RwLock<Counts>);

#[derive(Default)]
struct Counts {
    counts: HashMap<QuotaWindow, Arc<Count>>,
    /// When windows that were over went last.
    swept: Timestamp,
}

/// Why no token was taken.
pub(crate) enum Untaken {
    /// A quota is used up.
    Exceeded(Box<Exceeded>),
    /// Nobody knows: the store does not answer.
    Unknown(StoreError),
}

/// A window that a request counts in.
struct Part {
    count: Arc<Count>,
    limit: Limit,
    standing: QuotaStanding,
}

/// One token of every window. Unless it is spent it goes back when this is dropped.
#[derive(Default)]
pub(crate) struct Taken {
    parts: SmallVec<[Part; 4]>,
    spent: bool,
}

impl Taken {
    /// The token is issued.
    pub(crate) fn spend(mut self) -> Standings {
        self.spent = true;
        let of = |entity| self.parts.iter().filter(move |part| part.count.window.entity == entity);
        let standings = |entity| of(entity).map(|part| part.standing).collect();
        Standings {
            client: standings(QuotaEntity::Client),
            organization: standings(QuotaEntity::Organization),
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.spent {
            self.parts.iter().for_each(|part| part.count.give_back());
        }
    }
}

/// How the quotas stand that a token counts in, for its headers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Standings {
    /// Those of the client.
    pub(crate) client: SmallVec<[QuotaStanding; 2]>,
    /// Those of the organization.
    pub(crate) organization: SmallVec<[QuotaStanding; 2]>,
}

impl Ledger {
    /// Takes one token of every quota that applies.
    pub(crate) async fn take(
        &self,
        state: &State,
        snapshot: &Snapshot,
        authorization: &Authorization<'_>,
    ) -> Result<Taken, Untaken> {
        let client = snapshot.token_quota_of_client(&authorization.client.client_id);
        let organization = authorization.organization;
        let of_organization =
            organization.and_then(|organization| snapshot.token_quota_of_organization(organization));
        let mut taken = Taken::default();
        if client.is_none() && of_organization.is_none() {
            return Ok(taken);
        }
        if let Some(quota) = client {
            let id = authorization.client.client_id.as_str();
            self.take_of(state, (QuotaEntity::Client, id), quota, &mut taken).await?;
        }
        if let Some((quota, organization)) = of_organization.zip(organization) {
            let id = organization.id.as_str();
            self.take_of(state, (QuotaEntity::Organization, id), quota, &mut taken).await?;
        }
        Ok(taken)
    }

    async fn take_of(
        &self,
        state: &State,
        (entity, id): (QuotaEntity, &str),
        quota: TokenQuota,
        taken: &mut Taken,
    ) -> Result<(), Untaken> {
        let now = state.clock().now();
        let id: Arc<str> = id.into();
        for (bucket, tokens) in quota.limits() {
            let window = QuotaWindow { entity, id: Arc::clone(&id), bucket, start: bucket.start(now) };
            let (count, limit) = (self.count(window, now), Limit { tokens, enforced: quota.enforce });
            match take_one(state, &count, limit, now).await {
                Ok(Some(consumed)) => {
                    let standing = standing::of(bucket, tokens, consumed, now);
                    taken.parts.push(Part { count, limit, standing });
                }
                Ok(None) => return Err(self.exceeded(state, taken, entity, &id, quota, now)),
                Err(error) if quota.enforce => return Err(Untaken::Unknown(error)),
                Err(error) => {
                    tracing::warn!(error = %Causes(&error), "a token is not counted in a quota that is only observed");
                }
            }
        }
        let parts = taken.parts.iter().filter(|part| part.count.window.entity == entity);
        parts.for_each(|part| warn(state, &part.count, part.limit));
        Ok(())
    }

    /// Nothing is taken; how all quotas of the entity stand then.
    fn exceeded(
        &self,
        state: &State,
        taken: &mut Taken,
        entity: QuotaEntity,
        id: &Arc<str>,
        quota: TokenQuota,
        now: Timestamp,
    ) -> Untaken {
        drop(std::mem::take(taken));
        state.metrics.exceeded(entity);
        let standings = quota.limits().map(|(bucket, tokens)| {
            let window = QuotaWindow { entity, id: Arc::clone(id), bucket, start: bucket.start(now) };
            standing::of(bucket, tokens, self.count(window, now).consumed(), now)
        });
        Untaken::Exceeded(Box::new(Exceeded { entity, standings: standings.collect(), now }))
    }

    /// How many windows are counted in here.
    pub(crate) fn windows(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).counts.len()
    }

    fn count(&self, window: QuotaWindow, now: Timestamp) -> Arc<Count> {
        if let Some(count) = self.0.read().unwrap_or_else(PoisonError::into_inner).counts.get(&window) {
            return Arc::clone(count);
        }
        let mut ledger = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let hour = QuotaBucket::PerHour.start(now);
        if ledger.swept < hour {
            ledger.counts.retain(|_, count| !count.is_over(now));
            ledger.swept = hour;
        }
        let count = ledger.counts.entry(window.clone()).or_insert_with(|| Arc::new(Count::new(window)));
        Arc::clone(count)
    }

    /// What was reserved and not issued, for who stops.
    pub(crate) async fn close(&self) -> Vec<QuotaReturn> {
        let counts: Vec<Arc<Count>> = {
            let ledger = self.0.read().unwrap_or_else(PoisonError::into_inner);
            ledger.counts.values().cloned().collect()
        };
        let mut unspent = Vec::new();
        for count in counts {
            unspent.extend(count.close().await);
        }
        unspent
    }
}

/// Takes one, reserving where nothing is left here; how many are consumed then, or none where there are no more.
async fn take_one(
    state: &State,
    count: &Arc<Count>,
    limit: Limit,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let store = &state.context.store;
    loop {
        match count.take(limit) {
            Take::Taken(consumed) => {
                if count.runs_low(limit) {
                    reserve_ahead(state, count, limit, now);
                }
                return Ok(Some(consumed));
            }
            Take::Exhausted(_) => {
                warn(state, count, limit);
                return Ok(None);
            }
            Take::Empty => {
                state.metrics.quota_reservations.count();
                count.reserve(store, limit, now).await?;
            }
        }
    }
}

fn reserve_ahead(state: &State, count: &Arc<Count>, limit: Limit, now: Timestamp) {
    state.metrics.quota_reservations.count();
    let (count, store) = (Arc::clone(count), Arc::clone(&state.context.store));
    tokio::spawn(async move {
        if let Err(error) = count.reserve(&store, limit, now).await {
            tracing::warn!(error = %Causes(&error), "tokens of a quota could not be reserved ahead");
        }
    });
}

/// Records the warnings that are due (Auth0: `token_quota_consumption_warning`).
fn warn(state: &State, count: &Count, limit: Limit) {
    let QuotaWindow { entity, id, bucket, .. } = &count.window;
    for share in count.due_warnings(limit) {
        let consumed = count.consumed();
        let description = format!("{share}% of {} {} quota consumed", entity.as_str(), bucket.as_str());
        let (now, tenant) = (state.clock().now(), &*state.context.tenant);
        let event = LogEvent::new(LogEventKind::TokenQuotaWarning, now, description, tenant);
        let details = json!({
            "bucket": bucket.as_str(), "entity_type": entity.as_str(), "entity_id": &**id, "quota": limit.tokens,
            "quota_consumption_percentage": share, "quota_consumption": consumed,
        });
        let client_id = (*entity == QuotaEntity::Client).then(|| (&**id).into());
        let organization_id = (*entity == QuotaEntity::Organization).then(|| (&**id).into());
        state.recorder.record(&LogEvent {
            client_id,
            organization_id,
            details: Some(details.into()),
            ..event
        });
    }
}
