//! `release evaluate`: every gate of a release policy asked in one call, and the proof of what they said.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use decision_gate_attest::vex_status::VexStatus;
use decision_gate_config::Flag;
use decision_gate_core::evidence::Artifact;
use decision_gate_core::name::{EnvironmentName, NamespaceId, RunId, TenantId};
use decision_gate_policy::release::Asked;
use decision_gate_runtime::{Caller, ReleaseReply, ReleaseRequest};
use serde_json::json;

use crate::arguments::{ScopeArguments, namespace};
use crate::commands::Ending;
use crate::commands::check::{Places, artifact, environment, run_id, subject};
use crate::commands::runpack::export::{self, Exported};
use crate::commands::verdict::{Told, VerdictArguments, below_here};
use crate::configuration::ConfigurationArguments;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;
use crate::session::{Adhoc, Session, block_on};

/// Arguments of `release evaluate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvaluateArguments {
    /// Where the artifact is to go: an environment that the configuration declares.
    #[arg(long, value_name = "NAME", value_parser = environment)]
    environment: EnvironmentName,
    /// The artifact; may be given several times, once per artifact of the release.
    #[arg(long, value_name = "sha256:HEX", value_parser = artifact, required = true)]
    subject: Vec<Artifact>,
    /// The configured policy to judge by; `default`, or the only one, when left out.
    #[arg(long, value_name = "NAME")]
    policy_name: Option<String>,
    /// Lay a file over the policy `default`; may be given several times, the last is the strongest.
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// Read evidence from this folder, not from the configured ones; may be given several times.
    #[arg(long, value_name = "DIR")]
    attestations: Vec<PathBuf>,
    /// The VEX status that is asked for; every status that the release's VEX claims when left out.
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusArgument>,
    /// A fact by its metadata key, which is asserted; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = fact)]
    metadata: Vec<(String, String)>,
    /// For whom: a configured tenant's name or number; the first one when left out.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// On which shelf; 1 when left out.
    #[arg(long, value_name = "ID", value_parser = namespace)]
    namespace: Option<NamespaceId>,
    /// What the run is called; made up when left out.
    #[arg(long, value_name = "ID", value_parser = run_id)]
    run_id: Option<RunId>,
    /// Write the proof to this new folder.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    pub(super) verdict: VerdictArguments,
}

const EXAMPLES: &str = "\
Exit codes: 0 allowed, 1 not allowed (a gate blocks, or evidence is missing), 2 no decision.
With --policy or --attestations the ledger is one in memory, gone when the command ends.

Examples:
  decision-gate release evaluate --environment production --subject sha256:$(sha256sum app.tar | cut -c1-64)
  decision-gate release evaluate --environment production --subject sha256:… --status not_affected
  decision-gate release evaluate --environment staging --subject sha256:… --policy trial.yaml --export proof";

/// A VEX status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusArgument {
    /// It does no harm here.
    #[value(name = "not_affected")]
    NotAffected,
    /// It does.
    #[value(name = "affected")]
    Affected,
    /// It did.
    #[value(name = "fixed")]
    Fixed,
    /// Nobody knows yet.
    #[value(name = "under_investigation")]
    UnderInvestigation,
}

impl StatusArgument {
    const fn status(self) -> VexStatus {
        match self {
            Self::NotAffected => VexStatus::NotAffected,
            Self::Affected => VexStatus::Affected,
            Self::Fixed => VexStatus::Fixed,
            Self::UnderInvestigation => VexStatus::UnderInvestigation,
        }
    }
}

fn fact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as `KEY=VALUE`".to_owned()),
    }
}

/// Decides, and says what every gate said.
pub(crate) fn run(arguments: &EvaluateArguments, output: Output) -> Result<Ending, Fault> {
    // What can't be written is better found before the run than after it.
    let ready = arguments.verdict.ready(arguments.export.is_some(), true)?;
    let target = arguments.export.as_deref().map(export::target).transpose()?;
    let session = open(arguments)?;
    let places = Places { config: session.config_path().map(Path::to_owned), ledger: session.ledger_place()? };
    let caller = caller(&session, arguments)?;
    let progress = output.progress("asking for evidence");
    let (reply, exported) = block_on(async {
        let reply = decide(&session, &caller, arguments).await?;
        let exported = match target {
            None => Ok(None),
            Some(target) => {
                let (run, profile) = (&reply.step.state.run, session.app().export_profile());
                export::export(&session, &caller, run, target, profile, ready.key(), &progress).await.map(Some)
            }
        };
        Ok((reply, exported))
    })?;
    drop(progress);
    let told = told(&reply, &exported, &places);
    arguments.verdict.tell(&ready, &told, false, output)?;
    let ending = if reply.is_allowed() { Ending::Yes } else { Ending::No };
    match exported {
        Ok(_) => Ok(ending),
        // As JSON the report has told it.
        Err(_) if arguments.verdict.is_json() => Ok(Ending::Undecided),
        Err(fault) => Err(fault),
    }
}

/// The product; what the flags put in force is so for this command only, and never in the configured ledger.
fn open(arguments: &EvaluateArguments) -> Result<Session, Fault> {
    if arguments.policy.is_empty() && arguments.attestations.is_empty() {
        return Session::open(&arguments.configuration);
    }
    let root = |(index, path): (usize, &PathBuf)| {
        let path = std::path::absolute(path).map_err(Fault::WorkingFolder)?;
        Ok(json!({ "root_id": format!("flag-{}", index + 1), "path": path }))
    };
    let roots = arguments.attestations.iter().enumerate().map(root).collect::<Result<Vec<_>, Fault>>()?;
    let roots = (!roots.is_empty())
        .then(|| Flag::new("--attestations", "release.attestations.roots", serde_json::Value::from(roots).to_string()));
    let adhoc = Adhoc { flags: roots.into_iter().collect(), policies: arguments.policy.clone() };
    Session::open_apart(&arguments.configuration, adhoc)
}

fn caller(session: &Session, arguments: &EvaluateArguments) -> Result<Caller, Fault> {
    let tenant = arguments.tenant.as_ref().map(|text| tenant(session, text)).transpose()?;
    let scope = ScopeArguments { tenant, namespace: arguments.namespace };
    Ok(session.caller(scope, None, None))
}

/// A configured tenant, by its name or number.
pub(super) fn tenant(session: &Session, text: &str) -> Result<TenantId, Fault> {
    let tenants = session.loaded().config().tenants.list();
    let named = tenants.iter().find(|it| it.name.as_str() == text).map(|it| it.id);
    let numbered = || text.parse().ok().and_then(TenantId::new);
    let known = || tenants.iter().map(|it| format!("`{}`", it.name.as_str())).collect::<Vec<_>>().join(", ");
    let unknown = || Fault::Usage { message: format!("--tenant: `{text}` is none of {}", known()) };
    named.or_else(numbered).ok_or_else(unknown)
}

async fn decide(session: &Session, caller: &Caller, arguments: &EvaluateArguments) -> Result<ReleaseReply, Fault> {
    let missing = || Fault::Usage { message: "--subject: a release is of an artifact".to_owned() };
    let request = ReleaseRequest {
        subject: subject(&arguments.subject)?.ok_or_else(missing)?,
        environment: arguments.environment.clone(),
        policy: arguments.policy_name.clone(),
        asked: Asked {
            requested_status: arguments.status.map(StatusArgument::status),
            metadata: arguments.metadata.iter().cloned().collect(),
        },
        run_id: arguments.run_id.clone(),
        time: None,
    };
    let reply = session.app().orchestrator().release(caller, &request).await?;
    session.app().telemetry().flush().await;
    Ok(reply)
}

fn told(reply: &ReleaseReply, exported: &Result<Option<Exported>, Fault>, places: &Places) -> Told {
    let file = places.config.as_deref().and_then(below_here);
    Told {
        report: render::report::of_release(reply, exported.as_ref().ok().and_then(Option::as_ref), file),
        text: render::release::text(reply, exported.as_ref().ok(), places),
        json: render::release::json(reply, exported.as_ref(), places),
    }
}
