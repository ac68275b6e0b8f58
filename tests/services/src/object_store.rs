//! A server that speaks S3 and that somebody else wrote, from its registry: it keeps everything in memory, listens on
//! a free port of this machine, and ends with the value that stands for it, or with the process that has it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::{Fault, skip};

/// A running server with one bucket.
#[derive(Debug)]
pub struct S3 {
    server: Child,
    // The server ends when this is closed.
    _alive: Option<ChildStdin>,
    endpoint: String,
}

impl S3 {
    /// Who may ask.
    pub const KEY_ID: &'static str = "test-key-id";
    /// The secret of whoever may ask.
    pub const SECRET: &'static str = "test-secret-that-nothing-shows";
    /// The bucket that is there.
    pub const BUCKET: &'static str = "proofs";

    /// Starts one. Nothing where it can't be installed, which is said, unless `DECISION_GATE_REQUIRE_OBJECT_STORE=1`.
    ///
    /// # Errors
    /// When it does not start, or is required and can't be installed.
    pub fn start() -> Result<Option<Self>, Fault> {
        let python = match install() {
            Ok(python) => python,
            Err(fault) if crate::is_required("DECISION_GATE_REQUIRE_OBJECT_STORE") => return Err(fault),
            Err(_) => {
                skip("no object store");
                return Ok(None);
            }
        };
        let script = tests().join("clients").join("python").join("object_store.py");
        let mut command = Command::new(&python);
        command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().map_err(Fault::io("run", &python))?;
        let mut line = String::new();
        if let Some(said) = server.stdout.take() {
            BufReader::new(said).read_line(&mut line).map_err(Fault::io("read from", &python))?;
        }
        let alive = server.stdin.take();
        let running = Self { server, _alive: alive, endpoint: line.trim().to_owned() };
        running.make_bucket()?;
        Ok(Some(running))
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn make_bucket(&self) -> Result<(), Fault> {
        let host = self.endpoint.trim_start_matches("http://");
        let failed = |output: String| Fault::Command { command: "the object store".to_owned(), output };
        let mut stream = TcpStream::connect(host).map_err(Fault::io("reach", host))?;
        let bucket = Self::BUCKET;
        let request =
            format!("PUT /{bucket} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(Fault::io("write to", host))?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(Fault::io("read from", host))?;
        if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(failed(answer)) }
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn tests() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The interpreter that has it, installed once for all test processes.
fn install() -> Result<PathBuf, Fault> {
    let own = std::env::current_exe().map_err(Fault::io("find", "the test's own executable"))?;
    // target/debug/deps/test
    let target = own.ancestors().nth(3).map(|it| it.join("clients")).unwrap_or_default();
    fs::create_dir_all(&target).map_err(Fault::io("create", &target))?;
    let path = target.join("object-store.lock");
    let lock = File::create(&path).map_err(Fault::io("create", &path))?;
    lock.lock().map_err(Fault::io("lock", &path))?;
    let mut setup = Command::new("bash");
    setup.arg(tests().join("clients").join("setup.sh")).arg(&target).arg("object-store");
    crate::run(&mut setup)?;
    Ok(target.join("object-store").join("bin").join("python"))
}
