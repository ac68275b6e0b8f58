//! What a project has: reports that its tools wrote, told by their content, and where none are yet, the tool that would
//! write them and where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use decision_gate_attest::reports::{self, Kind, Summary};
use decision_gate_config::sections::providers::ReportPath;

use crate::input;

/// No more files and folders are looked at.
const MAX_ENTRIES: usize = 20_000;
/// No folder below is looked into.
const MAX_DEPTH: usize = 6;
/// No report of a small project is larger, and no other file is read to its end.
const MAX_BYTES: usize = 8 << 20;
/// As many reports of one kind as a condition names.
const MAX_FILES: usize = 16;

/// Folders that have no report of this project's own.
const PASSED_OVER: &[&str] = &[
    "node_modules",
    "vendor",
    "venv",
    "debug",
    "release",
    "deps",
    "incremental",
    "fixtures",
    "testdata",
    "samples",
    "__pycache__",
    "__snapshots__",
    "snapshots",
    "site-packages",
    "runpacks",
];

/// Words in the path of a report.
const WORDS: &[&str] = &[
    "report",
    "test",
    "junit",
    "coverage",
    "cobertura",
    "jacoco",
    "lcov",
    "sarif",
    "result",
    "scan",
    "audit",
    "trivy",
    "grype",
    "semgrep",
    "bandit",
    "gitleaks",
    "eslint",
    "clippy",
];

/// What a condition can ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// What kind of report it is.
    pub(super) kind: Kind,
    /// Its format.
    pub(super) format: &'static str,
    /// Where it is, relative to the project.
    pub(super) files: Files,
    /// What it says today; nothing where it is not there yet.
    pub(super) says: Option<String>,
    /// What writes it, where it is not there yet.
    pub(super) command: Option<String>,
    /// The ratio of covered lines in percent, rounded down.
    pub(super) covered: Option<u64>,
}

/// The files of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// These.
    Named(Vec<String>),
    /// All that fit.
    Glob(String),
}

impl Files {
    /// For people.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Named(files) => files.join(", "),
            Self::Glob(glob) => glob.clone(),
        }
    }
}

/// What the project has or will have: one source of a kind.
pub(super) fn sources(project: &Path) -> Vec<Source> {
    let found = written(project);
    if found.is_empty() { tool(project).into_iter().collect() } else { found }
}

/// The reports that are there.
fn written(project: &Path) -> Vec<Source> {
    let mut candidates = Vec::new();
    collect(project, project, MAX_DEPTH, &mut 0, &mut candidates);
    candidates.sort_unstable();
    let mut by_kind: BTreeMap<&str, (&'static str, Vec<String>, Summary)> = BTreeMap::new();
    for path in candidates {
        let Ok(bytes) = input::read(&project.join(&path), MAX_BYTES) else { continue };
        let Ok(report) = reports::read(&bytes, None) else { continue };
        let Ok(summary) = report.evidence() else { continue };
        if !matches!(summary.kind(), Kind::Tests | Kind::Coverage | Kind::Findings) {
            continue;
        }
        let (format, name) = (report.format().id, path.clone());
        match by_kind.get_mut(summary.kind().word()) {
            None => drop(by_kind.insert(summary.kind().word(), (format, vec![name], summary.clone()))),
            // Two reports of coverage usually say the same twice: the first one counts.
            Some(_) if summary.kind() == Kind::Coverage => {}
            Some((known, files, all)) if *known == format && files.len() < MAX_FILES => {
                if let Some(sum) = all.clone().plus(summary.clone()) {
                    *all = sum;
                    files.push(name);
                }
            }
            Some(_) => {}
        }
    }
    let order = [Kind::Tests, Kind::Coverage, Kind::Findings];
    order.into_iter().filter_map(|kind| Some(source(by_kind.remove(kind.word())?))).collect()
}

fn source((format, files, summary): (&'static str, Vec<String>, Summary)) -> Source {
    let (mut covered, kind) = (None, summary.kind());
    let says = match &summary {
        Summary::Tests(tests) => format!("{} passed, {} failed", tests.passed, tests.failed()),
        Summary::Coverage(coverage) => {
            let lines = coverage.lines;
            let percent = lines.covered().saturating_mul(100).checked_div(lines.total());
            covered = percent;
            format!("{} % of the lines", percent.unwrap_or_default())
        }
        Summary::Findings(findings) => {
            let all = findings.by_severity;
            format!("{} critical, {} high of {} findings", all.critical, all.high, all.total())
        }
        _ => String::new(),
    };
    Source { kind, format, files: Files::Named(files), says: Some(says), command: None, covered }
}

/// Paths of files that may be reports, relative to the project and with `/`.
fn collect(project: &Path, folder: &Path, depth: usize, seen: &mut usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort_unstable();
    for path in paths {
        *seen += 1;
        let Ok(kind) = path.symlink_metadata().map(|it| it.file_type()) else { continue };
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if *seen > MAX_ENTRIES || name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            if depth > 0 && !PASSED_OVER.contains(&name) {
                collect(project, &path, depth - 1, seen, found);
            }
        } else if kind.is_file()
            && let Some(path) = path.strip_prefix(project).ok().and_then(Path::to_str)
            && may_be_report(path)
            && let path = path.replace('\\', "/")
            && ReportPath::try_from(path.clone()).is_ok()
        {
            found.push(path);
        }
    }
}

fn may_be_report(path: &str) -> bool {
    let lower = path.to_lowercase();
    let Some((_, extension)) = lower.rsplit_once('.') else { return false };
    match extension {
        "sarif" | "info" => true,
        "xml" | "json" => WORDS.iter().any(|word| lower.contains(word)),
        _ => false,
    }
}

/// A tool that writes reports of tests, how a project that uses it is known, and what it writes where.
struct Tool {
    marks: &'static [&'static str],
    /// A word that one of the marks must have in it.
    word: &'static str,
    format: &'static str,
    file: &'static str,
    glob: bool,
    command: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        marks: &[".config/nextest.toml"],
        word: "junit",
        format: "junit",
        file: "target/nextest/ci/junit.xml",
        glob: false,
        command: "cargo nextest run --profile ci",
    },
    Tool {
        marks: &["Cargo.toml"],
        word: "",
        format: "junit",
        file: "target/nextest/ci/junit.xml",
        glob: false,
        command: "cargo nextest run --profile ci, with [profile.ci.junit] path = \"junit.xml\" in .config/nextest.toml",
    },
    Tool {
        marks: &["package.json"],
        word: "vitest",
        format: "jest",
        file: "reports/tests.json",
        glob: false,
        command: "npx vitest run --reporter=json --outputFile=reports/tests.json",
    },
    Tool {
        marks: &["package.json"],
        word: "jest",
        format: "jest",
        file: "reports/tests.json",
        glob: false,
        command: "npx jest --json --outputFile=reports/tests.json",
    },
    Tool {
        marks: &["package.json"],
        word: "mocha",
        format: "mocha",
        file: "reports/tests.json",
        glob: false,
        command: "npx mocha --reporter json > reports/tests.json",
    },
    Tool {
        marks: &["pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg", "setup.py", "requirements.txt"],
        word: "",
        format: "junit",
        file: "reports/junit.xml",
        glob: false,
        command: "pytest --junitxml=reports/junit.xml",
    },
    Tool {
        marks: &["go.mod"],
        word: "",
        format: "go-test",
        file: "reports/tests.json",
        glob: false,
        command: "go test -json ./... > reports/tests.json",
    },
    Tool {
        marks: &["pom.xml"],
        word: "",
        format: "junit",
        file: "target/surefire-reports/TEST-*.xml",
        glob: true,
        command: "mvn test",
    },
    Tool {
        marks: &["build.gradle", "build.gradle.kts"],
        word: "",
        format: "junit",
        file: "build/test-results/test/TEST-*.xml",
        glob: true,
        command: "./gradlew test",
    },
    Tool {
        marks: &["Gemfile", ".rspec"],
        word: "",
        format: "rspec",
        file: "reports/tests.json",
        glob: false,
        command: "bundle exec rspec --format json --out reports/tests.json",
    },
];

/// The first tool that the project uses.
fn tool(project: &Path) -> Option<Source> {
    let has = |tool: &&Tool| {
        tool.marks.iter().any(|mark| match input::read(&project.join(mark), MAX_BYTES) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).contains(tool.word),
            Err(_) => false,
        })
    };
    let tool = TOOLS.iter().find(has)?;
    let files = if tool.glob { Files::Glob(tool.file.to_owned()) } else { Files::Named(vec![tool.file.to_owned()]) };
    let command = Some(tool.command.to_owned());
    Some(Source { kind: Kind::Tests, format: tool.format, files, says: None, command, covered: None })
}
