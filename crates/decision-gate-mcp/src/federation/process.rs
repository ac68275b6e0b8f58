//! The process of a provider: started with nothing that its settings do not name, and killed with all its children.

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use decision_gate_config::sections::providers::StderrUse;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::fault::QueryFault;
use super::launch::Program;
use super::meter::{Death, Metered, Vitals};

/// Most bytes of a line of stderr that are logged, and most lines of one process.
const LOGGED_BYTES: usize = 512;
const LOGGED_LINES: usize = 200;

/// A running process and the ends of its pipes.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) stdin: ChildStdin,
    pub(super) stdout: ChildStdout,
    pub(super) guard: Guard,
}

/// Kills the process and its group when it is dropped.
#[derive(Debug)]
pub(super) struct Guard {
    child: Mutex<Option<Child>>,
    vitals: Arc<Vitals>,
}

impl Process {
    /// Starts it.
    pub(super) fn start(launch: &Program, vitals: &Arc<Vitals>) -> Result<Self, QueryFault> {
        let refused = |reason: String| QueryFault::NotStarted { program: launch.program.clone(), reason };
        let program = launch.program_path().ok_or_else(|| refused("there is no such program".to_owned()))?;
        let mut command = Command::new(program);
        command.args(&launch.args).env_clear().envs(launch.environment()).current_dir(&launch.cwd);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| refused(error.kind().to_string()))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let guard = Guard { child: Mutex::new(Some(child)), vitals: Arc::clone(vitals) };
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(refused("it has no pipes".to_owned()));
        };
        tokio::spawn(drain(stderr, launch.stderr, launch.provider.clone(), Arc::clone(vitals)));
        Ok(Self { stdin, stdout, guard })
    }
}

impl Guard {
    /// Kills it now. A process that is gone already is no fault.
    pub(super) fn kill(&self) {
        let Some(mut child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        // The child was never waited for, so its number is still its own, and that of its group.
        #[cfg(unix)]
        if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _gone = child.start_kill();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.vitals.die(Death::Gone);
        self.kill();
    }
}

/// Reads stderr to its end, so that the provider never waits for a reader, and keeps nothing of it.
async fn drain<R: AsyncRead + Unpin>(stderr: R, stderr_use: StderrUse, provider: String, vitals: Arc<Vitals>) {
    let mut reader = BufReader::new(Metered::new(stderr, vitals));
    if stderr_use == StderrUse::Log {
        for _ in 0..LOGGED_LINES {
            let mut line = Vec::new();
            let limit = u64::try_from(LOGGED_BYTES).unwrap_or(u64::MAX);
            match (&mut reader).take(limit).read_until(b'\n', &mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {
                    let line = String::from_utf8_lossy(&line);
                    tracing::info!(provider, line = line.trim_end().escape_debug().to_string(), "provider stderr");
                }
            }
        }
    }
    let mut sink = tokio::io::sink();
    let _ended = tokio::io::copy_buf(&mut reader, &mut sink).await;
}
