//! Writing: locked handles, colours only where a person looks, and a reader that went away is no fault.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use serde_json::Value;

use crate::fault::Fault;
use crate::progress::Progress;
use crate::render::fit::fit;
use crate::render::json_text;

/// Where answers and complaints go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    colors: ColorChoice,
    quiet: bool,
}

impl Output {
    /// With colours on a terminal, unless the environment or the caller says otherwise.
    pub(crate) fn new(no_color: bool) -> Self {
        Self { colors: if no_color { ColorChoice::Never } else { ColorChoice::Auto }, quiet: false }
    }

    /// The same without texts for people on stdout, and without progress. Complaints are told all the same.
    pub(crate) fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    /// Tells on stderr how far `what` has come, where a person looks.
    pub(crate) fn progress(self, what: &'static str) -> Progress {
        Progress::new(!self.quiet, what)
    }

    /// Writes a text for people to stdout; on a terminal its lines fit.
    pub(crate) fn answer(self, text: &str) -> Result<(), Fault> {
        if self.quiet {
            return Ok(());
        }
        match width() {
            Some(width) => self.put(&fit(text, width)),
            None => self.put(text),
        }
    }

    /// Writes what was asked for to stdout, as it is: a file's content, a key, a schema.
    pub(crate) fn data(self, text: &str) -> Result<(), Fault> {
        self.put(text)
    }

    fn put(self, text: &str) -> Result<(), Fault> {
        let stdout = io::stdout().lock();
        let colors = self.resolve(AutoStream::choice(&stdout));
        quiet(write_all(AutoStream::new(stdout, colors), text))
    }

    /// Writes a document to stdout as it is.
    pub(crate) fn document(document: &str) -> Result<(), Fault> {
        quiet(write_all(io::stdout().lock(), document))
    }

    /// Writes a JSON value to stdout, as one line.
    pub(crate) fn json(self, value: &Value) -> Result<(), Fault> {
        self.put(&format!("{}\n", json_text(&value.to_string())))
    }

    /// Writes a text to stderr. If that fails there is nobody left to tell.
    pub(crate) fn complain(self, text: &str) {
        let stderr = io::stderr().lock();
        let colors = self.resolve(AutoStream::choice(&stderr));
        write_all(AutoStream::new(stderr, colors), text).ok();
    }

    fn resolve(self, found: ColorChoice) -> ColorChoice {
        if self.colors == ColorChoice::Never { ColorChoice::Never } else { found }
    }
}

/// How wide stdout is, where it is a terminal.
fn width() -> Option<usize> {
    let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width))
}

fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

fn quiet(written: io::Result<()>) -> Result<(), Fault> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Fault::Output),
    }
}
