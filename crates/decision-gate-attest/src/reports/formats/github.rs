//! GitHub: check runs, check suites, commit statuses, deployments, workflow runs and jobs, as answers of its API and
//! as payloads of webhooks. A page that lists fewer than there are proves nothing of the rest.

use super::super::content::Content;
use super::super::error::ReportError;
use super::super::node::Node;
use super::super::summary::{Check, Checks, Kind, Summary};
use super::{Format, document, length, never};

pub(super) const FORMAT: Format = Format {
    id: "github",
    name: "GitHub checks and statuses",
    kind: Kind::Checks,
    fits: |content| content.as_json().is_some_and(|it| shape(&Node::root(it)).is_some()),
    bare: never,
    read,
};

/// Lists of the API.
const LISTS: [&str; 5] = ["check_runs", "check_suites", "workflow_runs", "jobs", "statuses"];
/// What payloads of webhooks are about.
const PAYLOADS: [&str; 5] = ["check_run", "check_suite", "workflow_run", "workflow_job", "deployment_status"];

/// What an answer holds.
enum Shape {
    List(&'static str),
    Payload(&'static str),
    Single,
}

fn shape(report: &Node<'_>) -> Option<Shape> {
    if let Some(list) = LISTS.into_iter().find(|it| report.get(it).is_some_and(|it| it.value().is_array())) {
        return report.get("total_count").map(|_| Shape::List(list));
    }
    let payload = PAYLOADS.into_iter().find(|it| report.get(it).is_some_and(|it| it.value().is_object()));
    if let (Some(payload), Some(_)) = (payload, report.get("action").or_else(|| report.get("deployment"))) {
        return Some(Shape::Payload(payload));
    }
    let run = report.get("head_sha").is_some() && report.value().get("conclusion").is_some();
    let status = report.get("context").is_some() && report.get("state").is_some();
    (run || status).then_some(Shape::Single)
}

fn read(content: &Content) -> Result<Summary, ReportError> {
    let report = document(content)?;
    let mut checks = Checks::default();
    match shape(&report) {
        Some(Shape::List(list)) => {
            let listed = report.array(list)?;
            let total = report.count("total_count")?;
            if length(listed.len()) != total {
                return Err(ReportError::page(FORMAT.id, length(listed.len()), total));
            }
            for run in &listed {
                // Statuses of one commit do not repeat which.
                add(run, report.text("sha"), &mut checks)?;
            }
        }
        Some(Shape::Payload(name)) => {
            let commit = report.get("deployment");
            add(&report.object(name)?, commit.as_ref().and_then(|it| it.text("sha")), &mut checks)?;
        }
        Some(Shape::Single) | None => add(&report, None, &mut checks)?,
    }
    Ok(Summary::Checks(checks))
}

/// Adds a run, which has a status and a conclusion, or a status, which has a state.
fn add(run: &Node<'_>, commit: Option<&str>, checks: &mut Checks) -> Result<(), ReportError> {
    let check = match (run.text("status"), run.text("conclusion"), run.text("state")) {
        (Some("completed"), Some(conclusion), _) => match conclusion {
            "success" => Check::Passed,
            "neutral" | "skipped" => Check::Neutral,
            _ => Check::Failed,
        },
        (Some("completed"), None, _) => return Err(ReportError::member(run.at("conclusion"), "there")),
        (Some(_), _, _) => Check::Pending,
        (None, _, Some(state)) => match state {
            "success" => Check::Passed,
            "pending" | "queued" | "in_progress" | "waiting" => Check::Pending,
            "inactive" => Check::Neutral,
            _ => Check::Failed,
        },
        (None, _, None) => return Err(ReportError::member(run.at("status"), "there")),
    };
    checks.add(check, run.text("head_sha").or_else(|| run.text("sha")).or(commit));
    Ok(())
}
