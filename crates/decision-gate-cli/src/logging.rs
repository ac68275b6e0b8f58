//! The log on stderr: stdout carries protocol or answers only.

use decision_gate_config::sections::logging::LogFormat;
use decision_gate_config::{KeyPath, Loaded, Origin};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

/// The protocol library tells every coming and going at `info`; at that level our own lines say what matters.
const CHATTY: &str = "rmcp";

/// The log of a server, whose levels follow the configuration.
pub(crate) struct Log(reload::Handle<Targets, Registry>);

impl Log {
    /// Takes the levels of a configuration that came into force.
    pub(crate) fn apply(&self, loaded: &Loaded) {
        // It fails only if the log is gone.
        self.0.reload(of_server(loaded)).ok();
    }
}

/// Starts the log of the server.
pub(crate) fn start(loaded: &Loaded) -> Log {
    let (targets, handle) = reload::Layer::new(of_server(loaded));
    // It fails only if a log was started before.
    tracing_subscriber::registry().with(lines(loaded).with_filter(targets)).try_init().ok();
    Log(handle)
}

/// Starts the log of a command that a person runs: warnings only, unless somebody set a level.
pub(crate) fn start_quietly(loaded: &Loaded) {
    let level = match loaded.origin(&KeyPath::of_keys(["logging", "level"])) {
        Origin::BuiltIn => "warn",
        Origin::File { .. } | Origin::Variable { .. } | Origin::Flag { .. } => loaded.config().logging.level.as_str(),
    };
    let targets = with_gates(targets(level), loaded);
    // It fails only if a log was started before.
    tracing_subscriber::registry().with(lines(loaded).with_filter(targets)).try_init().ok();
}

fn of_server(loaded: &Loaded) -> Targets {
    with_gates(targets(loaded.config().logging.level.as_str()), loaded)
}

/// The levels of gates that a release policy sets lie over the general one.
fn with_gates(targets: Targets, loaded: &Loaded) -> Targets {
    let level = |word: &str| word.parse::<tracing::level_filters::LevelFilter>().ok();
    let of_gates = loaded.log_levels().into_iter().filter_map(|(target, word)| Some((target, level(word)?)));
    targets.with_targets(of_gates)
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

/// Lines on stderr, in the form that is configured.
fn lines(loaded: &Loaded) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    match loaded.config().logging.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}
