//! Metrics and spans of release decisions: to an OpenTelemetry collector (OTLP over HTTP, JSON), and as a text file for
//! Prometheus. Off unless the configuration asks for one of them, and nothing is made, spawned or opened before the
//! first decision.
//!
//! ```text
//! decision ─▶ decision_gate_policy::telemetry ─▶ registry ─▶ every interval ─▶ file, collector
//! ```
//!
//! A collector that is away costs nobody anything: sums are cumulative and go out with the next try, spans wait in a
//! bounded queue.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(feature = "otlp")]
mod otlp;
mod prometheus;
mod registry;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use decision_gate_config::sections::telemetry as settings;
use decision_gate_core::trust::Released;
use decision_gate_policy::telemetry::Observed;
use decision_gate_runtime::ports::Observer;

use self::registry::Registry;

/// Most spans that wait for a collector; then the oldest go.
const MAX_SPANS: usize = 2_048;
/// How long a collector may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where decisions are told. Cheap to clone; does nothing where nothing is configured.
#[derive(Clone, Debug, Default)]
pub struct Telemetry(Option<Arc<Active>>);

#[derive(Debug)]
struct Active {
    endpoint: Option<String>,
    settings: settings::Telemetry,
    file: Option<PathBuf>,
    interval: Duration,
    started: SystemTime,
    ticking: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    registry: Registry,
    spans: VecDeque<Ended>,
    changed: bool,
    /// Whether the last try failed: it is said once.
    failing: bool,
}

/// A span that has ended.
#[derive(Clone, Debug)]
struct Ended {
    span: Observed,
    began: SystemTime,
    ended: SystemTime,
}

/// Why nothing could be told.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryFault {
    /// The file for Prometheus can't be written.
    #[error("`{}` can't be written: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// The collector can't be reached, or does not take it.
    #[error("`{url}`: {problem}")]
    Collector {
        /// Which address.
        url: String,
        /// What is wrong.
        problem: String,
    },
}

impl TelemetryFault {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "telemetry_file_failed",
            Self::Collector { .. } => "telemetry_collector_failed",
        }
    }
}

impl Telemetry {
    /// As configured.
    pub fn new(settings: &settings::Telemetry) -> Self {
        let endpoint = settings.otlp_endpoint.as_ref().map(|it| it.as_str().trim_end_matches('/').to_owned());
        let file = settings.prometheus_file.as_ref().map(|it| it.as_path().to_owned());
        if endpoint.is_none() && file.is_none() {
            return Self(None);
        }
        Self(Some(Arc::new(Active {
            endpoint,
            settings: settings.clone(),
            file,
            interval: Duration::from_millis(settings.interval_ms.get()),
            started: SystemTime::now(),
            ticking: AtomicBool::new(false),
            state: Mutex::default(),
        })))
    }

    /// Whether anybody is told.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Takes in a decision, and how long it took to make.
    pub fn release(&self, observed: Option<Observed>, elapsed: Duration) {
        let (Some(active), Some(observed)) = (&self.0, observed) else { return };
        active.record(observed, elapsed);
        // Outside of a runtime, whoever records flushes.
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !active.ticking.swap(true, Ordering::Relaxed)
        {
            let (weak, interval) = (Arc::downgrade(active), active.interval);
            runtime.spawn(async move {
                loop {
                    tokio::time::sleep(interval).await;
                    let Some(active) = weak.upgrade() else { return };
                    active.flush().await;
                }
            });
        }
    }

    /// Tells what is left before a process ends, which waits no longer than two seconds for it.
    pub async fn end(&self) {
        if self.is_on() {
            tokio::time::timeout(Duration::from_secs(2), self.flush()).await.ok();
        }
    }

    /// Tells everything now.
    pub async fn flush(&self) {
        if let Some(active) = &self.0 {
            active.flush().await;
        }
    }
}

impl Observer for Telemetry {
    fn released(&self, released: &Released, elapsed: Duration) {
        self.release(Observed::of_view(&released.view), elapsed);
    }
}

impl Active {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, observed: Observed, elapsed: Duration) {
        let ended = SystemTime::now();
        let mut state = self.state();
        for measurement in observed.measurements(elapsed) {
            state.registry.record(&measurement);
        }
        state.changed = true;
        if self.endpoint.is_some() {
            if state.spans.len() == MAX_SPANS {
                state.spans.pop_front();
            }
            let began = ended.checked_sub(elapsed).unwrap_or(ended);
            state.spans.push_back(Ended { span: observed, began, ended });
        }
    }

    async fn flush(&self) {
        let told = self.tell().await;
        let mut state = self.state();
        match told {
            Ok(()) => state.failing = false,
            Err(fault) => {
                state.changed = true;
                if !std::mem::replace(&mut state.failing, true) {
                    tracing::warn!(code = fault.code(), "telemetry was not told: {fault}");
                }
            }
        }
    }

    async fn tell(&self) -> Result<(), TelemetryFault> {
        let (registry, spans) = {
            let mut state = self.state();
            if !std::mem::take(&mut state.changed) && state.spans.is_empty() {
                return Ok(());
            }
            (state.registry.clone(), state.spans.iter().cloned().collect::<Vec<_>>())
        };
        if let Some(path) = &self.file {
            let failed = |error| TelemetryFault::File { path: path.clone(), error };
            write(path, &prometheus::text(&registry)).map_err(failed)?;
        }
        self.export(&registry, &spans).await?;
        let mut state = self.state();
        let told = spans.len().min(state.spans.len());
        state.spans.drain(..told);
        Ok(())
    }

    #[cfg(feature = "otlp")]
    async fn export(&self, registry: &Registry, spans: &[Ended]) -> Result<(), TelemetryFault> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let metrics = otlp::metrics(registry, self.started, SystemTime::now());
        collector::post(&self.settings, endpoint, "v1/metrics", &metrics, TIMEOUT).await?;
        if spans.is_empty() {
            return Ok(());
        }
        collector::post(&self.settings, endpoint, "v1/traces", &otlp::spans(spans), TIMEOUT).await
    }

    #[cfg(not(feature = "otlp"))]
    #[expect(clippy::unused_async, reason = "its other form waits for a collector")]
    async fn export(&self, _registry: &Registry, _spans: &[Ended]) -> Result<(), TelemetryFault> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let problem = "this program was built without `otlp`".to_owned();
        Err(TelemetryFault::Collector { url: endpoint.clone(), problem })
    }
}

/// A reader sees the old file or the new one.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.to_owned().into_os_string();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        std::fs::remove_file(&beside).ok();
    }
    written
}
