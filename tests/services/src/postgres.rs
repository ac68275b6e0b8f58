//! PostgreSQL clusters in temporary folders: no port, no system service, one user.
//!
//! [`Cluster::shared`] is one cluster for all tests that run at the moment, in whatever process: the first that needs
//! it makes it, and a guard stops and removes it when the last is gone, however that ended. A test that stops or kills
//! its server takes a cluster of its own.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Fault, run, skip};

/// The role and the database of every cluster.
pub const NAME: &str = "gate";

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// Stops a server once nobody holds the lock on its users, and removes its folder. `$1` is the folder.
const GUARD: &str = r#"
cd "$1" || exit 0
while :; do
  sleep 0.5
  [ -d "$1" ] || exit 0
  exec 8>>start.lock 9>>users.lock
  if flock -n 8; then
    if flock -n 9; then
      pid=$(head -n 1 data/postmaster.pid 2>/dev/null)
      [ -n "$pid" ] && kill -QUIT "$pid" 2>/dev/null
      for _ in 1 2 3 4 5 6 7 8 9 10; do [ -f data/postmaster.pid ] || break; sleep 0.2; done
      rm -rf data socket server.log ready
      exit 0
    fi
    flock -u 8
  fi
  exec 8>&- 9>&-
done
"#;

/// A running cluster. Its server ends some time after the last value for it.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    settings: Vec<(String, String)>,
    // Held while this value is there.
    _users: File,
    own: bool,
}

impl Cluster {
    /// The cluster that all tests share. Nothing where there is no PostgreSQL, which is said, unless
    /// `DECISION_GATE_REQUIRE_POSTGRES=1`.
    ///
    /// # Errors
    /// When it can't be made or started, or is required and not there.
    pub fn shared() -> Result<Option<Self>, Fault> {
        let Some(programs) = wanted()? else { return Ok(None) };
        let settings = [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")];
        // One for each user and each folder of a build: two working trees do not meet.
        let text = format!("{}-{}", env!("CARGO_MANIFEST_DIR"), user_id());
        let name = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let folder = std::env::temp_dir().join(format!("dg-pg-{name:016x}"));
        Self::at(folder, programs, &settings, &[], false).map(Some)
    }

    /// A cluster of the caller's own, with these settings and these files among its data. Nothing where there is no PostgreSQL, as for the shared one.
    ///
    /// # Errors
    /// As for the shared one.
    pub fn own(settings: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Option<Self>, Fault> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(programs) = wanted()? else { return Ok(None) };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("dg-pg-own-{}-{count}", std::process::id()));
        Self::at(folder, programs, settings, files, true).map(Some)
    }

    fn at(
        folder: PathBuf,
        programs: PathBuf,
        settings: &[(&str, &str)],
        files: &[(&str, &str)],
        own: bool,
    ) -> Result<Self, Fault> {
        fs::create_dir_all(&folder).map_err(Fault::io("create", &folder))?;
        // The server's user must get through.
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&folder, open).map_err(Fault::io("open", &folder))?;
        let start = lock_file(&folder.join("start.lock"))?;
        start.lock().map_err(Fault::io("lock", &folder))?;
        let users = lock_file(&folder.join("users.lock"))?;
        users.lock_shared().map_err(Fault::io("lock", &folder))?;
        let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let cluster = Self { folder, programs, settings, _users: users, own };
        if !cluster.folder.join("ready").exists() || !cluster.answers() {
            cluster.make(files)?;
        }
        drop(start);
        Ok(cluster)
    }

    /// The folder of the server's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The folder of the cluster's data, for configuration that only a file can have.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn port(&self) -> &str {
        self.settings.iter().find(|(key, _)| key == "port").map_or("5432", |(_, port)| port)
    }

    /// A name for a schema that nobody else has.
    pub fn fresh_name() -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        format!("ledger_{}_{}_{count}", std::process::id(), since.as_nanos() % 1_000_000_000_000)
    }

    /// Runs statements as the cluster's owner, and gives what they print: unaligned, rows only.
    ///
    /// # Errors
    /// What the program says when one fails.
    pub fn sql(&self, statements: &str) -> Result<String, Fault> {
        let mut psql = self.program("psql");
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", NAME, "-d", NAME, "-h"]).arg(self.socket());
        psql.env("PGPORT", self.port());
        run(psql.arg("-c").arg(statements))
    }

    /// Stops the server as an administrator would who is in a hurry: clients are cut off, data is written.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self) -> Result<(), Fault> {
        self.control(&["stop", "-m", "fast"])
    }

    /// Kills every process of the server, as a loss of power would.
    ///
    /// # Errors
    /// When it is not there.
    pub fn kill(&self) -> Result<(), Fault> {
        let pid = self.data().join("postmaster.pid");
        let text = fs::read_to_string(&pid).map_err(Fault::io("read", &pid))?;
        let pid = text.lines().next().unwrap_or_default().trim().to_owned();
        // The postmaster first: it would start new children.
        run(Command::new("kill").args(["-KILL", &pid]))?;
        // The rest see that it is gone and end; what they hold in shared memory is what a crash leaves.
        let began = Instant::now();
        while self.control(&["status"]).is_ok() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Starts the server again after it was stopped or killed.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(&self) -> Result<(), Fault> {
        let began = Instant::now();
        loop {
            // A killed server's last children may still hold its memory.
            match self.control(&["start", "-w", "-l"]) {
                Ok(()) => return Ok(()),
                Err(_) if began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(100)),
                Err(fault) => return Err(fault),
            }
        }
    }

    fn make(&self, files: &[(&str, &str)]) -> Result<(), Fault> {
        for name in ["data", "socket"] {
            let folder = self.folder.join(name);
            if folder.exists() {
                fs::remove_dir_all(&folder).map_err(Fault::io("remove", &folder))?;
            }
            fs::create_dir(&folder).map_err(Fault::io("create", &folder))?;
            let mode = fs::Permissions::from_mode(if name == "data" { 0o700 } else { 0o755 });
            fs::set_permissions(&folder, mode).map_err(Fault::io("open", &folder))?;
            hand_over(&folder)?;
        }
        let log = self.folder.join("server.log");
        File::create(&log).map_err(Fault::io("create", &log))?;
        hand_over(&log)?;
        let mut make = self.program("initdb");
        make.args(["-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-U", NAME, "-D"]).arg(self.data());
        run(&mut make)?;
        self.configure()?;
        for (name, text) in files {
            let path = self.data().join(name);
            fs::write(&path, text).map_err(Fault::io("write", &path))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(Fault::io("close", &path))?;
            hand_over(&path)?;
        }
        self.start()?;
        let mut database = self.program("psql");
        database.args(["-X", "-q", "-U", NAME, "-d", "postgres", "-h"]).arg(self.socket());
        database.env("PGPORT", self.port());
        run(database.arg("-c").arg(format!("CREATE DATABASE {NAME}")))?;
        let ready = self.folder.join("ready");
        File::create(&ready).map_err(Fault::io("create", &ready))?;
        self.guard()
    }

    fn configure(&self) -> Result<(), Fault> {
        let path = self.data().join("postgresql.conf");
        let mut file = OpenOptions::new().append(true).open(&path).map_err(Fault::io("open", &path))?;
        let mut text = format!(
            "\nlisten_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 300\n",
            self.socket().display()
        );
        for (key, value) in &self.settings {
            text.push_str(&format!("{key} = '{value}'\n"));
        }
        file.write_all(text.as_bytes()).map_err(Fault::io("write", path))
    }

    /// Starts the process that cleans up.
    fn guard(&self) -> Result<(), Fault> {
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(GUARD).arg("sh").arg(&self.folder).process_group(0);
        let quiet = guard.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.spawn().map(drop).map_err(Fault::io("run", "sh"))
    }

    fn answers(&self) -> bool {
        self.sql("SELECT 1").is_ok()
    }

    fn control(&self, what: &[&str]) -> Result<(), Fault> {
        let mut control = self.program("pg_ctl");
        control.arg("-D").arg(self.data()).args(what);
        if what.contains(&"-l") {
            control.arg(self.folder.join("server.log"));
        }
        // A server that inherits a pipe would keep whoever reads it.
        control.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = control.status().map_err(Fault::io("run", "pg_ctl"))?;
        let log = || fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(Fault::Command { command: format!("{control:?}"), output: log() }) }
    }

    /// A program of PostgreSQL, as a user that it takes: it does not run for root.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.folder).env("LC_ALL", "C").env_remove("PGPASSWORD").env_remove("PGPORT");
        if user_id() == 0 {
            let (user, group) = server_user();
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The guard of a shared one does the same later; nobody else uses this one.
        if self.own {
            drop(self.control(&["stop", "-m", "immediate"]));
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// Makes a file the server's.
fn hand_over(path: &Path) -> Result<(), Fault> {
    if user_id() != 0 {
        return Ok(());
    }
    let (user, group) = server_user();
    chown(path, Some(user), Some(group)).map_err(Fault::io("hand over", path))
}

fn lock_file(path: &Path) -> Result<File, Fault> {
    OpenOptions::new().append(true).create(true).open(path).map_err(Fault::io("open", path))
}

/// The folder of PostgreSQL's programs, or nothing where there are none and none are required.
fn wanted() -> Result<Option<PathBuf>, Fault> {
    if let Some(found) = programs() {
        return Ok(Some(found));
    }
    if crate::is_required("DECISION_GATE_REQUIRE_POSTGRES") {
        return Err(Fault::NoPostgres);
    }
    skip("no PostgreSQL");
    Ok(None)
}

/// Debian keeps each version in a folder of its own and none of it on the search path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<PathBuf> = versions.map(|it| it.path().join("bin")).collect();
    found.sort_by_key(|it| version(it));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let all = ["initdb", "pg_ctl", "postgres", "psql"];
    found.into_iter().rev().chain(on_path).find(|folder| all.iter().all(|name| folder.join(name).is_file()))
}

fn version(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).map(OsString::from).unwrap_or_default();
    name.to_string_lossy().parse().unwrap_or_default()
}

/// Whose files these are: the one of a file that this process makes.
fn user_id() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").map_or(u32::MAX, |it| it.uid())
}

/// A user that runs servers: that of the packaged one, else nobody.
fn server_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of = |wanted: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut columns = line.split(':').skip(2);
        Some((columns.next()?.parse().ok()?, columns.next()?.parse().ok()?))
    };
    of("postgres").or_else(|| of("nobody")).unwrap_or((65534, 65534))
}
