//! The log on stderr: stdout carries protocol or answers only.

use decision_gate_config::sections::logging::LogFormat;
use decision_gate_config::{KeyPath, Loaded, Origin};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The protocol library tells every coming and going at `info`; at that level our own lines say what matters.
const CHATTY: &str = "rmcp";

/// Starts the log of the server.
pub(crate) fn start(loaded: &Loaded) {
    let level = loaded.config().logging.level.as_str();
    init(loaded, targets(level));
}

/// Starts the log of a command that a person runs: warnings only, unless somebody set a level.
pub(crate) fn start_quietly(loaded: &Loaded) {
    let level = match loaded.origin(&KeyPath::of_keys(["logging", "level"])) {
        Origin::BuiltIn => "warn",
        Origin::File { .. } | Origin::Variable { .. } | Origin::Flag { .. } => loaded.config().logging.level.as_str(),
    };
    init(loaded, targets(level));
}

fn targets(level: &str) -> Targets {
    // The configuration has checked the level; if the two ever differ, the log says more rather than nothing.
    let targets = level.parse().unwrap_or_else(|_| Targets::new().with_default(Level::INFO));
    match level {
        "info" => targets.with_target(CHATTY, Level::WARN),
        // Further down it prints whole messages: what a client handed in has no place in a log.
        "debug" | "trace" => targets.with_target(CHATTY, Level::INFO),
        _ => targets,
    }
}

fn init(loaded: &Loaded, targets: Targets) {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let lines = match loaded.config().logging.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // It fails only if a log was started before.
    tracing_subscriber::registry().with(lines.with_filter(targets)).try_init().ok();
}
