//! What the figures were taken on and when. A figure without this line says nothing.

use std::fs;
use std::thread;

/// Date, processor, cores, kernel.
pub(crate) fn line() -> String {
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let processor = first_value("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{date} · {processor}, {cores} cores · {} {}", std::env::consts::OS, kernel.trim())
}

/// How busy the machine is with other things: the load of the last minute.
pub(crate) fn load() -> String {
    let line = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    line.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// The value after `key:` in a file of such lines.
pub(crate) fn first_value(path: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let (_, value) = text.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.trim() == key))?;
    Some(value.trim().to_owned())
}
