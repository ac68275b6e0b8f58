//! Families of system calls, as far as the frames of the kernel in a trace tell them. No call is listed by itself.

use super::frame::without_mark;

/// How the kernel names the function behind a system call.
const PREFIXES: [&str; 6] = ["__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__riscv_sys_", "__se_sys_", "__do_sys_"];

/// Beginnings of names, and the family that they are of; the first that fits counts.
const FAMILIES: &[(&str, &[&str])] = &[
    ("memory", &["mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "mlock", "msync", "memfd"]),
    (
        "network",
        &[
            "socket",
            "bind",
            "listen",
            "accept",
            "connect",
            "send",
            "recv",
            "getsock",
            "setsock",
            "getpeername",
            "shutdown",
        ],
    ),
    (
        "process",
        &[
            "clone",
            "fork",
            "vfork",
            "exec",
            "exit",
            "wait",
            "kill",
            "tgkill",
            "prctl",
            "arch_prctl",
            "sched",
            "set_tid",
            "getpid",
            "gettid",
            "rseq",
            "set_robust",
        ],
    ),
    ("signal", &["rt_sig", "sigaltstack", "signal"]),
    ("synchronization", &["futex", "epoll", "poll", "ppoll", "select", "pselect", "eventfd", "io_uring"]),
    ("time", &["clock_", "nanosleep", "timer", "gettimeofday", "time"]),
    ("ipc", &["pipe", "shm", "sem", "msg", "mq_"]),
    (
        "file",
        &[
            "open",
            "close",
            "read",
            "write",
            "pread",
            "pwrite",
            "lseek",
            "fstat",
            "newfstat",
            "stat",
            "lstat",
            "access",
            "faccess",
            "rename",
            "unlink",
            "mkdir",
            "rmdir",
            "fsync",
            "fdatasync",
            "ftruncate",
            "fcntl",
            "flock",
            "ioctl",
            "getdents",
            "getcwd",
            "link",
            "chmod",
            "chown",
            "fallocate",
            "sync",
            "copy_file",
        ],
    ),
];

/// The family of the system call that a frame of the kernel stands for.
pub(crate) fn family(frame: &str) -> Option<&'static str> {
    let frame = without_mark(frame);
    let call = PREFIXES.iter().find_map(|it| frame.strip_prefix(it))?;
    let found = FAMILIES.iter().find(|(_, names)| names.iter().any(|it| call.starts_with(it)));
    Some(found.map_or("other", |(family, _)| family))
}
