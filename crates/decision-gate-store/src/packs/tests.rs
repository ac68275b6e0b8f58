use super::*;

fn files(text: &str) -> Vec<(&str, &[u8])> {
    vec![("manifest.json", text.as_bytes()), ("artifacts/a.json", b"1")]
}

#[test]
fn a_pack_appears_whole_and_is_never_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let packs = PackFolder::open(&root.path().join("packs")).unwrap();
    packs.write("one", files("first").into_iter()).unwrap();
    let again = packs.write("one", files("second").into_iter()).unwrap_err();
    assert_eq!(again.code(), "pack_exists");
    let pack = packs.pack("one").unwrap();
    assert_eq!(pack.read_to_string("manifest.json").unwrap(), "first");
    assert_eq!(pack.read_to_string("artifacts/a.json").unwrap(), "1");
}

#[test]
fn a_failed_write_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let packs = PackFolder::open(root.path()).unwrap();
    let twice = files("x").into_iter().chain(files("x"));
    assert_eq!(packs.write("one", twice).unwrap_err().code(), "pack_write_failed");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn what_an_export_left_that_broke_off_goes_with_the_next_once_it_is_old() {
    let root = tempfile::tempdir().unwrap();
    let packs = PackFolder::open(root.path()).unwrap();
    let old = SystemTime::now() - ABANDONED;
    for (folder, modified) in
        [(".one.17.part", old), (".one.18.part", SystemTime::now()), (".one.two.17.part", old), (".one.x.part", old)]
    {
        let path = root.path().join(folder);
        std::fs::create_dir_all(path.join("artifacts")).unwrap();
        std::fs::File::open(&path).unwrap().set_modified(modified).unwrap();
    }
    packs.write("one", files("x").into_iter()).unwrap();
    let mut left: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".one.18.part", ".one.two.17.part", ".one.x.part", "one"]);
    assert_eq!((unfinished(".one.two.17.part"), unfinished(".one.x.part")), (Some("one.two"), None));
}

#[test]
fn d11_a_name_can_not_leave_the_root() {
    let root = tempfile::tempdir().unwrap();
    let packs = PackFolder::open(root.path()).unwrap();
    for name in ["", ".", "..", "../x", "/tmp/x", "a/b", "a\\b", ".hidden", "-x", "a\0b", &"x".repeat(129)] {
        assert_eq!(packs.write(name, files("x").into_iter()).unwrap_err().code(), "pack_name_invalid", "{name}");
        assert_eq!(packs.pack(name).unwrap_err().code(), "pack_name_invalid", "{name}");
    }
}

#[cfg(unix)]
#[test]
fn d33_a_symbolic_link_is_neither_written_through_nor_read() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("link")).unwrap();
    let packs = PackFolder::open(root.path()).unwrap();
    assert_eq!(packs.write("link", files("x").into_iter()).unwrap_err().code(), "pack_exists");
    assert_eq!(packs.pack("link").unwrap_err().code(), "pack_not_found");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}
