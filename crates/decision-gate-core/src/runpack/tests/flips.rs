//! Every byte of every file counts.

use super::fixture::{Forgery, checked, small};
use crate::runpack::{Expect, PackFile, Profile, Status};

#[test]
fn any_changed_byte_fails() {
    for profile in [Profile::Audit, Profile::Disclosed] {
        let mut files = small().pack(profile).to_files();
        assert_eq!(checked(&files, &Expect::default()).status, Status::Pass);
        let all: Vec<(String, usize)> = files
            .iter()
            .filter_map(|(path, file)| match file {
                PackFile::Bytes(bytes) => Some((path.to_owned(), bytes.len())),
                PackFile::NotRegular | PackFile::Unreadable { .. } | PackFile::TooLarge { .. } => None,
            })
            .collect();
        let mut unseen = Vec::new();
        for (path, length) in all {
            let original = files.bytes(&path).unwrap().to_vec();
            for index in 0..length {
                let mut bytes = original.clone();
                bytes[index] ^= 1 << (index % 7);
                files.insert(path.clone(), PackFile::Bytes(bytes));
                if checked(&files, &Expect::default()).status == Status::Pass {
                    unseen.push((path.clone(), index));
                }
            }
            files.insert(path, PackFile::Bytes(original));
        }
        assert_eq!(unseen, []);
    }
}

#[test]
fn any_cut_or_longer_file_fails_and_nothing_panics() {
    let forgery = Forgery::of(&small().pack(Profile::Audit));
    for (path, bytes) in &forgery.0 {
        for length in (0..bytes.len()).step_by(37).chain([bytes.len().saturating_sub(1)]) {
            let mut files = forgery.0.clone();
            files.insert(path.clone(), bytes[..length].to_vec());
            assert_eq!(Forgery(files).verify().status, Status::Fail, "{path} cut at {length}");
        }
        for more in [&b"\n"[..], b" ", b"x", b"[]"] {
            let mut files = forgery.0.clone();
            files.insert(path.clone(), [bytes, more].concat());
            assert_eq!(Forgery(files).verify().status, Status::Fail, "{path} longer");
        }
    }
}
