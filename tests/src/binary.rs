//! Where the built product is. Cargo tells a test the path of its own package's binaries only, so the path is derived
//! from where the test itself lies. A binary that is missing or older than one of its sources is built first, once,
//! with a lock between test processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::Fault;

/// What is built, and the package that it is built from.
const GATE: (&str, &str) = ("decision-gate", "decision-gate-cli");
const VERIFIER: (&str, &str) = ("decision-gate-verify", "decision-gate-verify");

/// The project's root folder.
pub fn project_root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The folder of the build profile that the running test or program was built with, such as `target/debug`.
///
/// # Errors
/// When the test does not lie in a target folder.
pub fn profile_dir() -> Result<PathBuf, Fault> {
    let test = std::env::current_exe().map_err(Fault::io("find", "the test's own executable"))?;
    match test.parent() {
        Some(deps) if deps.ends_with("deps") => Ok(deps.parent().unwrap_or(deps).to_path_buf()),
        // A program of this package lies in the folder itself.
        Some(profile) if profile.join("deps").is_dir() => Ok(profile.to_path_buf()),
        Some(_) | None => Err(Fault::NoTarget(test)),
    }
}

/// The target folder, above all profiles.
///
/// # Errors
/// When the test does not lie in a target folder.
pub fn target_dir() -> Result<PathBuf, Fault> {
    let profile = profile_dir()?;
    profile.parent().map(Path::to_path_buf).ok_or(Fault::NoTarget(profile))
}

/// The `decision-gate` binary, built if need be; `DECISION_GATE_BINARY` names another one.
///
/// # Errors
/// When it can't be built.
pub fn binary() -> Result<PathBuf, Fault> {
    if let Some(given) = std::env::var_os("DECISION_GATE_BINARY") {
        return Ok(given.into());
    }
    built(GATE)
}

/// The small offline verifier, built if need be.
///
/// # Errors
/// When it can't be built.
pub fn verifier() -> Result<PathBuf, Fault> {
    built(VERIFIER)
}

fn built((name, package): (&str, &str)) -> Result<PathBuf, Fault> {
    let profile = profile_dir()?;
    let path = profile.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if is_fresh(&path) {
        return Ok(path);
    }
    let lock_path = profile.join("decision-gate-tests.lock");
    let lock = File::create(&lock_path).map_err(Fault::io("create", &lock_path))?;
    lock.lock().map_err(Fault::io("lock", &lock_path))?;
    if !is_fresh(&path) {
        build(&profile, package)?;
    }
    Ok(path)
}

/// Whether `path` exists and none of the sources that cargo noted beside it is newer.
fn is_fresh(path: &Path) -> bool {
    let Some(built) = modified(path) else { return false };
    let Ok(notes) = fs::read_to_string(path.with_extension("d")) else { return false };
    // Cargo writes `target: source source …` with spaces inside a path escaped.
    let sources = notes.split_once(": ").map_or("", |(_, sources)| sources).replace("\\ ", "\0");
    sources.split_whitespace().all(|source| {
        let source = source.replace('\0', " ");
        modified(Path::new(&source)).is_some_and(|changed| changed <= built)
    })
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|facts| facts.modified()).ok()
}

fn build(profile: &Path, package: &str) -> Result<(), Fault> {
    let name = match profile.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(name) => name,
    };
    let target = profile.parent().unwrap_or(profile);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(project_root()).args(["build", "--quiet", "--package", package, "--profile", name]);
    if package == GATE.1 {
        // What is shipped, and what a build of all tests makes.
        cargo.args(["--features", "full"]);
    }
    cargo.arg("--target-dir").arg(target);
    run(&mut cargo)
}

/// Runs a command that prepares the tests, and keeps what it prints for the fault.
pub(crate) fn run(command: &mut Command) -> Result<(), Fault> {
    let program = PathBuf::from(command.get_program());
    let output = command.output().map_err(Fault::io("run", program))?;
    if output.status.success() {
        return Ok(());
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Fault::Command {
        command: format!("{command:?}"),
        status: output.status.to_string(),
        output: format!("{stdout}{stderr}"),
    })
}
