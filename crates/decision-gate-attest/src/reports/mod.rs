//! Reports that CI tools write, and the one typed summary of each kind that they are read into.
//!
//! ```text
//! bytes ─▶ content (strict JSON, JSON lines, XML, text) ─▶ format by content ─▶ summary ─▶ facts for checks
//! ```
//!
//! *Silence is not a pass*: a report that nothing ran for, that a tool gave up on, or that is a part of one is a named
//! [`ReportError`], and what it says can't be reached as evidence ([`Report::evidence`]). A new format is one file and
//! one line in [`FORMATS`].

mod content;
mod error;
mod formats;
mod node;
mod summary;
mod xml;

pub use error::{Place, ReportError};
pub use formats::{FORMATS, Format};
pub use summary::{
    Checks, Counted, Coverage, Findings, Kind, QualityGate, Sbom, Score, Severities, Summary, Tests, Verdict,
};

use content::Content;

/// The largest report that is read.
pub const MAX_REPORT_BYTES: usize = 64 * 1024 * 1024;

/// A report that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    format: &'static Format,
    summary: Summary,
}

/// Reads a report. Its format is `named` by its id, or found by the content; a name that does not fit is an error.
///
/// # Errors
/// [`ReportError`] where it is of no format that is known or of another than is named, is broken or cut, or where the
/// tool that wrote it says that it failed.
pub fn read(bytes: &[u8], named: Option<&str>) -> Result<Report, ReportError> {
    let wanted = named.map(format_named).transpose()?;
    let content = Content::read(bytes)?;
    let format = match wanted {
        Some(format) if format.fits(&content) || format.accepts_bare(&content) => format,
        Some(format) => {
            let found = FORMATS.into_iter().find(|it| it.fits(&content)).map(|it| it.id);
            return Err(ReportError::OtherFormat { named: format.id, found });
        }
        None => FORMATS.into_iter().find(|it| it.fits(&content)).ok_or(ReportError::Unsupported { named: None })?,
    };
    Ok(Report { format, summary: format.read(&content)? })
}

/// The format of an id.
///
/// # Errors
/// [`ReportError::Unsupported`] where there is none.
pub fn format_named(id: &str) -> Result<&'static Format, ReportError> {
    let found = FORMATS.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| ReportError::Unsupported { named: Some(id.chars().take(64).collect()) })
}

impl Report {
    /// Its format.
    pub fn format(&self) -> &'static Format {
        self.format
    }

    /// What it says, as evidence.
    ///
    /// # Errors
    /// [`ReportError::Empty`] where nothing was looked at: that proves nothing.
    pub fn evidence(&self) -> Result<&Summary, ReportError> {
        match self.summary.nothing() {
            None => Ok(&self.summary),
            Some(missing) => Err(ReportError::Empty { format: Some(self.format.id), missing }),
        }
    }

    /// What it says, be it nothing. For people and for tests: a condition asks for [`Self::evidence`].
    pub fn stated(&self) -> &Summary {
        &self.summary
    }
}

#[cfg(test)]
mod tests;
