//! The settings of the deployment. There is one set of them for all documents, so only what is named changes, as a PATCH
//! changes it.

use grantd_model::{Extensions, Tenant, patch};
use grantd_store::Change;

use super::document::Document;
use super::plan::{Action, Difference, Step, StepKind};
use super::planner::Planner;
use crate::Error;

pub(super) fn plan(planner: &mut Planner<'_>, former: &Tenant, document: &Document) -> Result<(), Error> {
    let mut tenant = former.clone();
    if let Some(body) = &document.tenant {
        tenant.settings = former.settings.updated(body.clone())?;
        let before = patch::to_members(&former.settings)?;
        let differences = Difference::between(&before, &patch::to_members(&tenant.settings)?);
        note(planner, StepKind::Tenant, "tenant", differences);
    }
    if let Some(body) = &document.settings {
        let extensions: Extensions = patch::apply(&former.extensions, body.clone())?;
        let before = patch::to_members(&former.extensions)?;
        let differences = Difference::between(&before, &patch::to_members(&extensions)?);
        note(planner, StepKind::Settings, "settings", differences);
        tenant.extensions = extensions;
    }
    if tenant != *former {
        planner.changes.push(Change::UpdateTenant(planner.versioned(tenant)));
    }
    Ok(())
}

fn note(planner: &mut Planner<'_>, kind: StepKind, name: &str, differences: Vec<Difference>) {
    if !differences.is_empty() {
        let name = name.to_owned();
        planner.steps.push(Step { action: Action::Update, kind, name, id: None, differences });
    }
}
