//! Ways out of a root, and things that are no files.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use decision_gate_core::evidence::Answer;
use serde_json::json;

use super::{ask, folder_with, provider};
use crate::json::folder::{self, FileFault};
use crate::tests::{code, value};

const SECRET: &str = "\"hush\"";

/// A root beside a secret: the folder that has both, and the root's path.
fn beside_a_secret() -> (tempfile::TempDir, std::path::PathBuf) {
    let outside = folder_with("secret.json", SECRET);
    let root = outside.path().join("root");
    fs::create_dir(&root).unwrap();
    (outside, root)
}

fn is_refused(root: &Path, file: &str, with: &str) {
    let begun = Instant::now();
    let answer = ask(&provider(root), json!({ "file": file }));
    assert_eq!(code(&answer), with, "{file}: {answer:?}");
    assert!(!serde_json::to_string(&answer).unwrap().contains("hush"), "{answer:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{file} took {:?}", begun.elapsed());
}

#[test]
fn paths_that_lead_out_are_refused_by_their_form() {
    let (outside, root) = beside_a_secret();
    fs::create_dir(root.join("a")).unwrap();
    for file in ["../secret.json", "a/../../secret.json", "a/..", "..", "./../secret.json", "../root/x.json"] {
        is_refused(&root, file, "path_outside_root");
    }
    let absolute = outside.path().join("secret.json");
    for file in [absolute.to_str().unwrap(), "/etc/passwd", "//etc/passwd", "C:/x.json", "c:\\x.json", "\\\\host\\x"] {
        is_refused(&root, file, "absolute_path_forbidden");
    }
    let long = "a/".repeat(40) + "x.json";
    for file in ["", ".", "./", "a//x.json", "a/", "a\\..\\x.json", "x\0.json", "x\n.json", &long, &"x".repeat(2_000)] {
        is_refused(&root, file, "path_invalid");
    }
    is_refused(&root, &"x".repeat(300), "file_unreadable");
}

#[test]
fn symbolic_links_are_refused_wherever_they_stand() {
    let (outside, root) = beside_a_secret();
    fs::write(root.join("real.json"), "1").unwrap();
    symlink(outside.path().join("secret.json"), root.join("absolute.json")).unwrap();
    symlink("../secret.json", root.join("relative.json")).unwrap();
    symlink("real.json", root.join("inside.json")).unwrap();
    symlink("nowhere.json", root.join("dangling.json")).unwrap();
    symlink("loop.json", root.join("loop.json")).unwrap();
    symlink(outside.path(), root.join("parent")).unwrap();
    symlink(".", root.join("self")).unwrap();
    for file in ["absolute.json", "relative.json", "inside.json", "dangling.json", "loop.json"] {
        is_refused(&root, file, "symlink_forbidden");
    }
    for file in ["parent/secret.json", "self/real.json", "parent/root/real.json", "self/self/real.json"] {
        is_refused(&root, file, "symlink_forbidden");
    }
}

#[test]
fn a_root_may_be_reached_through_a_link_of_the_operator() {
    let (outside, root) = beside_a_secret();
    fs::write(root.join("real.json"), "1").unwrap();
    symlink(&root, outside.path().join("link")).unwrap();
    assert_eq!(value(&ask(&provider(&outside.path().join("link")), json!({ "file": "real.json" }))), 1);
}

#[test]
fn a_root_stays_the_folder_that_was_opened() {
    let (outside, root) = beside_a_secret();
    fs::write(root.join("real.json"), "1").unwrap();
    let json = provider(&root);
    fs::rename(&root, outside.path().join("moved")).unwrap();
    fs::create_dir(&root).unwrap();
    fs::write(root.join("real.json"), SECRET).unwrap();
    assert_eq!(value(&ask(&json, json!({ "file": "real.json" }))), 1);
}

#[test]
fn d31_a_pipe_does_not_hang_the_server() {
    let (_outside, root) = beside_a_secret();
    assert!(Command::new("mkfifo").arg(root.join("pipe.json")).status().unwrap().success());
    is_refused(&root, "pipe.json", "not_regular_file");
    is_refused(&root, "pipe.json/x.json", "file_not_found");
}

#[test]
fn folders_sockets_and_devices_are_no_files() {
    let (_outside, root) = beside_a_secret();
    fs::create_dir(root.join("folder.json")).unwrap();
    is_refused(&root, "folder.json", "not_regular_file");
    let _socket = UnixListener::bind(root.join("socket.json")).unwrap();
    is_refused(&root, "socket.json", "not_regular_file");
    for (name, minor) in [("zero.json", "5"), ("random.json", "8")] {
        let made = Command::new("mknod").arg(root.join(name)).args(["c", "1", minor]).output().unwrap();
        if made.status.success() {
            is_refused(&root, name, "not_regular_file");
        } else {
            println!("skipped: no device can be made here");
        }
    }
}

#[test]
fn a_large_file_is_refused_unread_and_says_how_large_it_is() {
    let (_outside, root) = beside_a_secret();
    File::create(root.join("sparse.json")).unwrap().set_len(100 << 20).unwrap();
    is_refused(&root, "sparse.json", "evidence_too_large");
    let answer = serde_json::to_value(ask(&provider(&root), json!({ "file": "sparse.json" }))).unwrap();
    assert_eq!(answer["details"]["actual_bytes"], 100 << 20);
    assert_eq!(answer["details"]["max_bytes"], 1 << 20);
    assert_eq!(answer["details"]["file"], "sparse.json");
}

#[test]
fn what_was_looked_at_is_looked_at_again_when_it_is_open() {
    let (outside, root) = beside_a_secret();
    let dir = Dir::open_ambient_dir(&root, ambient_authority()).unwrap();
    let path = root.join("swapped.json");
    let swapped = |swap: &dyn Fn()| {
        let _ = fs::remove_file(&path);
        let _ = fs::remove_dir(&path);
        fs::write(&path, "1").unwrap();
        folder::look(&dir, "swapped.json").unwrap();
        fs::remove_file(&path).unwrap();
        swap();
        folder::open(&dir, "swapped.json").map(drop)
    };
    let link = swapped(&|| symlink(outside.path().join("secret.json"), &path).unwrap());
    assert_eq!(link, Err(FileFault::Symlink { part: "swapped.json".to_owned() }));
    let pipe = swapped(&|| assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()));
    assert!(matches!(pipe, Err(FileFault::NotRegular { .. })), "{pipe:?}");
    let folder = swapped(&|| fs::create_dir(&path).unwrap());
    assert!(matches!(folder, Err(FileFault::NotRegular { .. })), "{folder:?}");
    assert_eq!(swapped(&|| ()), Err(FileFault::NotFound));
}

#[test]
fn a_file_that_grows_after_it_was_opened_stays_within_the_limit() {
    let (_outside, root) = beside_a_secret();
    fs::write(root.join("grown.json"), "1").unwrap();
    let dir = Dir::open_ambient_dir(&root, ambient_authority()).unwrap();
    let file = folder::open(&dir, "grown.json").unwrap();
    fs::write(root.join("grown.json"), vec![b' '; 4096]).unwrap();
    let limit = 1024;
    assert_eq!(folder::read(file, limit), Err(FileFault::TooLarge { limit, actual: 4096 }));
}

#[test]
fn swapping_all_the_time_never_shows_what_is_outside() {
    let (outside, root) = beside_a_secret();
    let json = provider(&root);
    let over = AtomicBool::new(false);
    let (mut found, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (next, target) = (outside.path().join("next"), root.join("raced.json"));
            while !over.load(Ordering::Relaxed) {
                fs::write(&next, "1").unwrap();
                fs::rename(&next, &target).unwrap();
                symlink(outside.path().join("secret.json"), &next).unwrap();
                fs::rename(&next, &target).unwrap();
            }
        });
        for _ in 0..500 {
            match ask(&json, json!({ "file": "raced.json" })) {
                Answer::Found(seen) => {
                    assert_eq!(serde_json::to_value(&seen.value).unwrap()["value"], 1);
                    found += 1;
                }
                answer @ (Answer::Absent { .. } | Answer::Fault(_)) => {
                    assert!(
                        matches!(code(&answer), "symlink_forbidden" | "file_unreadable" | "file_not_found"),
                        "{answer:?}"
                    );
                    refused += 1;
                }
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(found + refused, 500);
}
