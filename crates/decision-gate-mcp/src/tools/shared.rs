//! What several tools share: scope arguments, the caller, and the mapping of faults to tool errors.

use decision_gate_core::contract::shape::PayloadMisfit;
use decision_gate_core::evidence::{Artifact, Subject};
use decision_gate_core::name::{NamespaceId, TenantId};
use decision_gate_core::scenario::{SpecFault, SpecFaults};
use decision_gate_runtime::{Caller, RuntimeError};
use serde_json::{Value, json};

use super::brief::fitting;
use super::{CallContext, ToolError};
use crate::app::SetupError;

/// Who calls: the scope of the call, and what the client calls itself.
pub(super) fn caller(context: &CallContext, tenant: Option<TenantId>, namespace: Option<NamespaceId>) -> Caller {
    let actor = context.client().map(|it| clip(&format!("{}/{}", it.name, it.version), 128));
    context.app().caller(tenant, namespace, actor)
}

/// A configured tenant, by its name.
pub(super) fn tenant(context: &CallContext, name: &str) -> Result<TenantId, ToolError> {
    let tenants = context.app().loaded().config().tenants.list();
    let found = tenants.iter().find(|it| it.name.as_str() == name).map(|it| it.id);
    let known: Vec<&str> = tenants.iter().map(|it| it.name.as_str()).collect();
    found.ok_or_else(|| {
        let message = format!("there is no tenant `{}`", clip(name, 80));
        let hint = "name a configured tenant, or leave it out";
        ToolError::new("tenant_unknown", message, hint).with("path", "/tenant").with("known", known)
    })
}

/// At most `limit` characters.
pub(super) fn clip(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// Artifacts that are written as `sha256:HEX`, as one subject. `path` is where they stand.
pub(super) fn subject(texts: &[String], path: &'static str) -> Result<Subject, ToolError> {
    let wrong = |message: String| {
        let hint = "write each as `sha256:` and the digest in hexadecimal";
        ToolError::new("invalid_arguments", message, hint).with("path", path)
    };
    let artifact = |text: &String| {
        let (algorithm, hex) = text.split_once(':').ok_or_else(|| wrong("a subject is no digest".to_owned()))?;
        Ok(Artifact { name: None, digest: [(algorithm.to_owned(), hex.to_owned())].into() })
    };
    let artifacts: Vec<_> = texts.iter().map(artifact).collect::<Result<_, ToolError>>()?;
    Subject::try_from(artifacts).map_err(|error| wrong(error.to_string()))
}

impl From<SetupError> for ToolError {
    fn from(error: SetupError) -> Self {
        Self::new(error.code(), error.to_string(), error.hint())
    }
}

impl From<RuntimeError> for ToolError {
    fn from(error: RuntimeError) -> Self {
        let tool_error = ToolError::new(error.code(), error.to_string(), error.hint());
        match &error {
            RuntimeError::Spec(faults) => spec_error(error.code(), &error.hint(), faults),
            RuntimeError::Query { pointer, .. } => tool_error.with("path", pointer.as_str()),
            RuntimeError::NamespaceUnknown { open, .. } => tool_error.with("open", open.clone()),
            RuntimeError::Shape(fault) => match fault.pointer() {
                Some(pointer) => tool_error.with("path", format!("/schema{pointer}")),
                None => tool_error.with("path", "/schema"),
            },
            RuntimeError::Payload(PayloadMisfit::Rule(misfit)) => {
                tool_error.with("path", format!("/payload{}", misfit.pointer))
            }
            RuntimeError::ShapeGaps { gaps } => {
                let named = gaps.iter().map(|gap| gap.condition.as_str()).collect::<Vec<_>>();
                tool_error.with("conditions", named)
            }
            RuntimeError::EnvironmentUnknown { declared, .. } => tool_error.with("declared", declared.clone()),
            _ => tool_error,
        }
    }
}

/// Every problem with its place, or as many as an answer may have.
fn spec_error(code: &'static str, hint: &str, faults: &SpecFaults) -> ToolError {
    let all = faults.iter().count();
    let problem = |fault: &SpecFault| {
        json!({
            "path": fault.pointer,
            "code": fault.problem.code(),
            "message": fault.problem.to_string(),
            "hint": fault.problem.hint(),
        })
    };
    fitting(|shown| {
        let mut lines: Vec<String> = faults.iter().take(shown).map(ToString::to_string).collect();
        if all > shown {
            lines.push(format!("and {} more", all - shown));
        }
        let list: Vec<Value> = faults.iter().take(shown).map(problem).collect();
        let error = ToolError::new(code, lines.join("\n"), hint.to_owned()).with("problems", list);
        error.with("problems_total", all).with("problems_left_out", all.saturating_sub(shown))
    })
}
