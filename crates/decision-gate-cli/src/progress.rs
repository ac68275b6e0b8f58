//! How far long work has come: a line on stderr that goes when the work is done, and only where a person looks.

use std::time::Duration;

use decision_gate_runtime::Meter;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line is drawn anew.
const PULSE: Duration = Duration::from_millis(100);

/// How work is told of whose length is not known.
const SPINNER: &str = "{spinner} {msg} {elapsed}";

/// A line that tells how far work has come. It goes when this is dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Tells of `what`, unless nobody is to be told or stderr is no terminal.
    pub(crate) fn new(shown: bool, what: &'static str) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if !bar.is_hidden() {
            bar.set_style(style(SPINNER));
            bar.set_message(what);
            bar.enable_steady_tick(PULSE);
        }
        Self(bar)
    }

    /// Tells of something else from now on.
    pub(crate) fn now(&self, what: &'static str) {
        if !self.0.is_hidden() {
            self.0.set_style(style(SPINNER));
            self.0.set_message(what);
        }
    }

    /// Does `work`, and tells meanwhile how much of `meter` is done.
    pub(crate) async fn follow<F: Future>(&self, meter: &Meter, work: F) -> F::Output {
        if self.0.is_hidden() {
            return work.await;
        }
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(PULSE) => {}
            }
            if let Some((done, total)) = meter.reading() {
                self.0.set_style(style("{spinner} {msg} [{bar:24}] {pos}/{len}"));
                self.0.set_length(total);
                self.0.set_position(done);
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours; were one wrong, the line would look another way.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()).progress_chars("=> ")
}
