//! `tenants`: whom the data may belong to.

use decision_gate_core::name::{NamespaceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checks, Section};
use crate::error::Fault;
use crate::values::text_type;

/// Whom the data may belong to; at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minItems" = 1))]
pub struct Tenants(Vec<Tenant>);

/// One tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its number, from 1, by which the store knows it.
    pub id: TenantId,
    /// Its name, by which people do.
    pub name: TenantName,
    /// The namespaces that are open to it; every one when left out.
    #[schemars(length(min = 1))]
    pub namespaces: Option<Vec<NamespaceId>>,
}

impl Tenants {
    /// The tenants, at least one.
    pub fn list(&self) -> &[Tenant] {
        &self.0
    }

    /// The tenant of that number.
    pub fn find(&self, id: TenantId) -> Option<&Tenant> {
        self.0.iter().find(|tenant| tenant.id == id)
    }
}

impl Default for Tenants {
    fn default() -> Self {
        Self(vec![Tenant { id: TenantId::FIRST, name: TenantName("default".to_owned()), namespaces: None }])
    }
}

impl Section for Tenants {
    fn check(&self, checks: &mut Checks) {
        if self.0.is_empty() {
            let (expected, found) = ("at least one tenant".to_owned(), "an empty list".to_owned());
            checks.report(Fault::Type { expected, found });
        }
        checks.unique(&self.0, "tenants.id", "id", |tenant| tenant.id.to_string());
        checks.unique(&self.0, "tenants.name", "name", |tenant| tenant.name.as_str().to_owned());
        checks.items(&self.0, |checks, tenant| {
            let Some(namespaces) = &tenant.namespaces else { return };
            checks.key("namespaces", |checks| {
                if namespaces.is_empty() {
                    let (expected, found) = ("at least one namespace".to_owned(), "an empty list".to_owned());
                    checks.report(Fault::Type { expected, found });
                }
                checks.unique(namespaces, "tenants.namespaces", "", |namespace| namespace.get().to_string());
            });
        });
    }
}

text_type! {
    /// The name of a tenant: not blank, trimmed, at most 128 bytes.
    TenantName, TenantNameFault, check_tenant_name, { "type": "string", "minLength": 1, "maxLength": 128 }
}

/// Why a text is not the name of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the name of a tenant: not blank, no space around it, at most 128 bytes")]
pub struct TenantNameFault {
    text: String,
}

fn check_tenant_name(text: &str) -> Result<(), TenantNameFault> {
    let good = !text.is_empty() && text.trim() == text && text.len() <= 128;
    if good { Ok(()) } else { Err(TenantNameFault { text: text.to_owned() }) }
}
