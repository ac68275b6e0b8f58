//! What `check` and `release evaluate` do with their verdict: the answer on stdout, reports in files, and the summary of
//! a job in GitHub Actions.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use decision_gate_core::keys::SigningKey;
use serde_json::Value;

use super::keys::private;
use crate::arguments::Format;
use crate::fault::Fault;
use crate::output::Output;
use crate::render;
use crate::render::report::{FORMATS, Report, ReportFormat, Signer};

/// Who verified, where nobody says.
const VERIFIER_ID: &str = "urn:decision-gate:verifier";

/// Flags of commands whose verdict goes into reports.
#[derive(Debug, Args)]
pub(crate) struct VerdictArguments {
    /// How the verdict is written to stdout.
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats())]
    format: String,
    /// Write it to a file as well, such as `junit=gate.xml`; may be given several times.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report_file)]
    output: Vec<ReportFile>,
    /// Sign the proof's manifest, and a vsa or an svr, with this private key (PKCS#8 PEM, readable by its owner only).
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
    /// What a vsa or an svr calls whoever verified; consumers accept pairs of a key and this.
    #[arg(long, value_name = "URI", default_value = VERIFIER_ID, hide_default_value = true, value_parser = uri)]
    verifier_id: String,
    /// What a vsa calls the artifact; by its digest when left out.
    #[arg(long, value_name = "URI", value_parser = uri)]
    resource_uri: Option<String>,
}

/// A report that is to be written.
#[derive(Clone, Debug)]
struct ReportFile {
    format: String,
    path: PathBuf,
}

fn words() -> impl Iterator<Item = &'static str> {
    ["text", "json"].into_iter().chain(FORMATS.iter().map(|it| it.word))
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(words())
}

fn report_file(text: &str) -> Result<ReportFile, String> {
    let known = || words().collect::<Vec<_>>().join(", ");
    match text.split_once('=') {
        Some((format, path)) if !path.is_empty() && words().any(|it| it == format) => {
            Ok(ReportFile { format: format.to_owned(), path: PathBuf::from(path) })
        }
        Some((format, path)) if !path.is_empty() => Err(format!("`{format}` is none of {}", known())),
        _ => Err(format!("write it as `FORMAT=FILE`, with a format of {}", known())),
    }
}

fn uri(text: &str) -> Result<String, &'static str> {
    let plain = text.chars().all(|it| it.is_ascii_graphic());
    if plain && text.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err("an absolute uri is needed, such as `https://ci.example/gate`")
    }
}

/// What was looked at before anything was decided.
pub(crate) struct Ready {
    key: Option<SigningKey>,
}

impl Ready {
    /// The key that signs.
    pub(crate) fn key(&self) -> Option<&SigningKey> {
        self.key.as_ref()
    }
}

/// A verdict in words.
pub(crate) struct Told {
    /// For reports.
    pub(crate) report: Report,
    /// For people, with colours.
    pub(crate) text: String,
    /// For programs.
    pub(crate) json: Value,
}

impl VerdictArguments {
    /// Whether the answer and the errors are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format == "json"
    }

    /// How errors are written.
    pub(crate) fn error_format(&self) -> Format {
        if self.is_json() { Format::Json } else { Format::Text }
    }

    /// Looks whether everything can be written, which is better found before a run than after it.
    pub(crate) fn ready(&self, exports: bool, has_subject: bool) -> Result<Ready, Fault> {
        let usage = |message: &str| Err(Fault::Usage { message: message.to_owned() });
        let named = [&self.format].into_iter().chain(self.output.iter().map(|it| &it.format));
        let signed = named.filter_map(|it| ReportFormat::named(it)).any(|it| it.signed);
        match (signed, &self.sign) {
            (true, None) => return usage("a vsa and an svr are signed: give `--sign FILE`"),
            (false, Some(_)) if !exports => {
                return usage("`--sign` signs the proof of `--export`, a vsa or an svr: give one of them");
            }
            (true, Some(_)) if !has_subject => {
                return usage("a vsa and an svr are about an artifact: give `--subject sha256:HEX`");
            }
            _ => {}
        }
        for file in &self.output {
            let folder = file.path.parent().filter(|it| *it != Path::new("")).unwrap_or(Path::new("."));
            if file.path.is_dir() || !folder.is_dir() {
                let message = format!("--output: `{}` is no place for a file", file.path.display());
                return Err(Fault::Usage { message });
            }
        }
        Ok(Ready { key: self.sign.as_deref().map(private::read).transpose()? })
    }

    /// Writes the verdict to stdout, into files, and into the job's summary.
    pub(crate) fn tell(&self, ready: &Ready, told: &Told, quiet: bool, output: Output) -> Result<(), Fault> {
        let signer = ready.key.as_ref().map(|key| Signer {
            key,
            verifier_id: &self.verifier_id,
            resource_uri: self.resource_uri.as_deref(),
        });
        for file in &self.output {
            let content = written(&file.format, told, signer.as_ref())?;
            std::fs::write(&file.path, content).map_err(|error| Fault::Write { path: file.path.clone(), error })?;
        }
        if quiet {
            return Ok(());
        }
        summarise(told, output);
        match self.format.as_str() {
            "text" => output.answer(&told.text),
            "json" => output.json(&told.json),
            other => output.answer(&written(other, told, signer.as_ref())?),
        }
    }
}

fn written(format: &str, told: &Told, signer: Option<&Signer<'_>>) -> Result<String, Fault> {
    match ReportFormat::named(format) {
        Some(format) => format.write(&told.report, signer),
        None if format == "json" => Ok(format!("{}\n", render::json_text(&told.json.to_string()))),
        None => Ok(anstream::adapter::strip_str(&told.text).to_string()),
    }
}

/// Appends the Markdown summary where a job of GitHub Actions shows it. That it can't be written changes no verdict.
fn summarise(told: &Told, output: Output) {
    let set = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty());
    let (Some(actions), Some(path)) = (set("GITHUB_ACTIONS"), set("GITHUB_STEP_SUMMARY")) else { return };
    if actions != "true" {
        return;
    }
    let Some(format) = ReportFormat::named("markdown") else { return };
    let Ok(text) = format.write(&told.report, None) else { return };
    let appended = OpenOptions::new().append(true).create(true).open(&path);
    if let Err(error) = appended.and_then(|mut file| file.write_all(text.as_bytes())) {
        let path = render::Line(Path::new(&path).display().to_string());
        output.complain(&format!("the summary `{path}` of the job can't be written: {error}\n"));
    }
}

/// A path below the working directory, as it is written there; nothing for one elsewhere.
pub(crate) fn below_here(path: &Path) -> Option<String> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    let path = path.canonicalize().ok()?;
    let below = path.strip_prefix(here).ok()?;
    let parts: Option<Vec<&str>> = below.components().map(|it| it.as_os_str().to_str()).collect();
    parts.map(|it| it.join("/"))
}
