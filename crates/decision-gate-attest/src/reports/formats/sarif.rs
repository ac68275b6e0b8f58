//! SARIF 2.1.0, and what older and newer versions have in common with it.
//!
//! A result that is suppressed by everyone who was asked, that is of another kind than `fail`, or that is gone since
//! the baseline, does not count as a finding of its level. A run whose tool failed proves nothing.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Findings, Kind, Severity, Summary};
use super::{Format, document, has, never};

pub(super) const FORMAT: Format = Format {
    id: "sarif",
    name: "SARIF",
    kind: Kind::Findings,
    fits: |content| {
        let runs = content.as_json().and_then(|it| it.get("runs")).is_some_and(serde_json::Value::is_array);
        runs && has(content, &["version"])
    },
    bare: never,
    read,
};

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut findings = Findings { examined: Some(0), ..Findings::default() };
    let mut unscanned = false;
    for run in report.array("runs")? {
        executed(&run)?;
        // Without a list of results nothing was scanned; an empty one says that nothing was found.
        unscanned |= run.get("results").is_none();
        for result in run.array_or_none("results")? {
            add(&run, &result, &mut findings)?;
        }
        findings.examined = findings.examined.map(|it| it.saturating_add(1));
    }
    if unscanned {
        findings.examined = Some(0);
    }
    Ok(Summary::Findings(findings))
}

/// Refuses a run that its tool says it did not end well.
fn executed(run: &Node<'_>) -> Result<(), ReportError> {
    for invocation in run.array_or_none("invocations")? {
        if invocation.value().get("executionSuccessful").is_some_and(|it| it == false) {
            let place = invocation.at("executionSuccessful");
            return Err(ReportError::ToolFailed { format: FORMAT.id, place, what: "the run was not successful" });
        }
        for group in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
            for notification in invocation.array_or_none(group)? {
                if notification.text("level") == Some("error") {
                    let (place, what) = (notification.at("level"), "it notes an error of its own");
                    return Err(ReportError::ToolFailed { format: FORMAT.id, place, what });
                }
            }
        }
    }
    Ok(())
}

fn add(run: &Node<'_>, result: &Node<'_>, findings: &mut Findings) -> Result<(), ReportError> {
    if is_suppressed(result)? {
        findings.suppressed = findings.suppressed.saturating_add(1);
        return Ok(());
    }
    let rule = rule(run, result)?;
    let level = level(result, rule.as_ref());
    let score = rule.and_then(|it| it.get("properties")).and_then(|it| {
        let stated = it.get("security-severity")?.value().clone();
        stated.as_f64().or_else(|| stated.as_str()?.parse().ok())
    });
    // What a rule says of its security can make more of a result than its level, and never less.
    let severity = score.map_or(Severity::Unknown, Severity::of_score).max(Severity::parse(level));
    findings.add_as(Some(level), severity);
    Ok(())
}

/// Whether each of its suppressions is accepted; one that is under review or rejected is none.
fn is_suppressed(result: &Node<'_>) -> Result<bool, ReportError> {
    let suppressions = result.array_or_none("suppressions")?;
    let accepted = |it: &Node<'_>| {
        let state = it.text("status").or_else(|| it.text("state"));
        matches!(state, None | Some("accepted"))
    };
    Ok(!suppressions.is_empty() && suppressions.iter().all(accepted))
}

/// Its level, else that of its rule, else a warning.
fn level<'a>(result: &Node<'a>, rule: Option<&Node<'a>>) -> &'a str {
    let own = result.text("level");
    let not_a_failure = result.text("kind").is_some_and(|kind| kind != "fail");
    let default = || rule?.get("defaultConfiguration")?.text("level");
    own.or(not_a_failure.then_some("none")).or_else(default).unwrap_or("warning")
}

/// The rule of a result: by its index, else by its id; in the driver, else in an extension.
fn rule<'a>(run: &Node<'a>, result: &Node<'a>) -> Result<Option<Node<'a>>, ReportError> {
    let Some(tool) = run.get("tool") else { return Ok(None) };
    let reference = result.get("rule");
    let index = result.get("ruleIndex").or_else(|| reference.as_ref()?.get("index"));
    let component = reference.as_ref().and_then(|it| it.get("toolComponent")).and_then(|it| it.get("index"));
    let place = |node: Option<Node<'_>>| usize::try_from(node?.value().as_u64()?).ok();
    let owner = match place(component) {
        Some(extension) => tool.array_or_none("extensions")?.into_iter().nth(extension),
        None => tool.get("driver"),
    };
    let Some(owner) = owner else { return Ok(None) };
    let rules = owner.get("rules").filter(|it| it.value().is_array()).map_or(Ok(Vec::new()), |it| it.items())?;
    if let Some(rule) = place(index).and_then(|index| rules.get(index)) {
        return Ok(Some(rule.clone()));
    }
    let id = result.text("ruleId").or_else(|| reference.as_ref()?.text("id"));
    Ok(rules.into_iter().find(|it| id.is_some() && it.text("id") == id))
}
