//! A limit on the size of files, such as `ulimit -f` sets: a write beyond it should fail, not end the program.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// Has writes beyond the limit fail, which the system's own answer, a signal, would keep anybody from saying. Done
/// before the first file is written, since a process that only reads has no use for it.
pub fn fail_beyond() {
    #[cfg(unix)]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            // A handler of any kind keeps the process; where none can be set, all is as it was.
            drop(signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default()));
        });
    }
}

/// Whether a file beside `path` can't be made as large as those there are. SQLite says of such a write only that it
/// failed.
pub(crate) fn is_reached(path: &Path) -> bool {
    let size = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        fs::metadata(name).map_or(0, |it| it.len())
    };
    let largest = size("").max(size("-wal")).saturating_add(1 << 20);
    let probe = path.with_extension(format!("probe-{}", std::process::id()));
    let opened = OpenOptions::new().write(true).create_new(true).open(&probe);
    let Ok(file) = opened else { return false };
    let extended = file.set_len(largest);
    drop(file);
    // Nothing depends on it any more.
    drop(fs::remove_file(&probe));
    extended.is_err_and(|error| error.kind() == io::ErrorKind::FileTooLarge)
}
