//! `POST /grantd/v1/plan` and `POST /grantd/v1/apply`: the one says what the other does.

use std::sync::LazyLock;

use grantd_model::{Revision, SigningAlgorithm};
use grantd_schema::{Part, Schema};
use grantd_store::Change;
use serde_json::{Value, json};

use super::current::{Current, Index};
use super::document::Document;
use super::plan::{Plan, PlanView};
use super::{authority, planner};
use crate::extensions::query;
use crate::retry::while_stale;
use crate::signing_keys::{commit_all, missing};
use crate::{Caller, Context, Error, Request};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    Schema::compile(&json!({
        "type": "object",
        "properties": {
            "document": {"type": "object", "description": "How the configuration is to be."},
            "prune": {
                "type": "boolean",
                "description": "Whether what carries the document's owner and is not in it is removed.",
            },
            "expected_revision": {
                "type": "integer",
                "minimum": 0,
                "description": "The revision that a plan was made for; at another one nothing is applied.",
            },
        },
        "additionalProperties": false,
        "required": ["document"],
    }))
});

/// What a request asks for.
struct Asked {
    document: Document,
    prunes: bool,
    expected: Option<Revision>,
}

/// Says what applying the document would change, and changes nothing.
pub async fn plan_configuration(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<PlanView, Error> {
    authority::check_reading(caller)?;
    let asked = Asked::read(request)?;
    let current = Current::load(&*context.store).await?;
    let plan = work_out(context, &current, &current.index(), &asked)?;
    Ok(PlanView { revision: plan.revision, applied: false, steps: plan.steps })
}

/// Makes the configuration what the document says, all of it or nothing.
pub async fn apply_configuration(
    context: &Context,
    caller: &Caller,
    request: &Request,
) -> Result<PlanView, Error> {
    authority::check_reading(caller)?;
    let asked = Asked::read(request)?;
    while_stale(|| attempt(context, caller, &asked)).await
}

impl Asked {
    fn read(request: &Request) -> Result<Self, Error> {
        query::check_none(&request.query)?;
        let body = request.json()?;
        SCHEMA.check(Part::Payload, &body)?;
        Ok(Self {
            document: Document::read(body.get("document").unwrap_or(&Value::Null)),
            prunes: body.get("prune") == Some(&Value::Bool(true)),
            expected: body.get("expected_revision").and_then(Value::as_u64).map(Revision),
        })
    }
}

fn work_out(context: &Context, current: &Current, index: &Index<'_>, asked: &Asked) -> Result<Plan, Error> {
    let (revision, tenant) = (current.configuration.revision, &current.configuration.tenant);
    if asked.expected.is_some_and(|expected| expected != revision) {
        return Err(Error::ConfigurationChanged);
    }
    let plan = planner::plan(context, index, (revision, tenant), &asked.document, asked.prunes)?;
    plan.map_err(Error::Configuration)
}

async fn attempt(context: &Context, caller: &Caller, asked: &Asked) -> Result<PlanView, Error> {
    let current = Current::load(&*context.store).await?;
    let index = current.index();
    let mut plan = work_out(context, &current, &index, asked)?;
    authority::check(context, caller, &current, &index, &plan).await?;
    if !plan.changes.is_empty() {
        let mut changes = vec![Change::Expect(plan.revision)];
        changes.extend(missing(context, &algorithms(&plan)).await?);
        changes.append(&mut plan.changes);
        plan.revision = commit_all(context, changes).await?;
    }
    Ok(PlanView { revision: plan.revision, applied: true, steps: plan.steps })
}

/// The algorithms that the APIs of a plan need keys for.
fn algorithms(plan: &Plan) -> Vec<SigningAlgorithm> {
    let apis = plan.changes.iter().filter_map(|change| match change {
        Change::CreateResourceServer(api) => Some(api.signing_alg),
        Change::UpdateResourceServer(api) => Some(api.record.signing_alg),
        _ => None,
    });
    apis.collect()
}
