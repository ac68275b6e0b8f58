//! Keys in files: read when the keys are asked for, and each fault names the key's own setting.

use super::*;

#[test]
fn a_key_file_that_is_missing_unreadable_or_no_key_is_a_fault_of_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("junk.pem"), "no key").unwrap();
    std::fs::write(at("huge.pem"), "x".repeat(2_000_000)).unwrap();
    std::fs::write(at("good.hex"), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n").unwrap();
    for (file, says) in [
        ("missing.pem", Some("no such file")),
        ("folder", Some("")),
        ("junk.pem", Some("")),
        ("huge.pem", Some("")),
        ("good.hex", None),
    ] {
        let text = format!("[[trust.keys]]\nkey_id = \"ci\"\nalgorithm = \"ed25519\"\nfile = \"{file}\"\n");
        std::fs::write(at("config.toml"), text).unwrap();
        let loaded = load(&source(Some(at("config.toml")), &[], &[])).unwrap();
        match (loaded.keyring(), says) {
            (Ok(keyring), None) => assert_eq!(keyring.iter().count(), 1),
            (Err(errors), Some(says)) => {
                let errors = errors.to_string();
                assert!(errors.contains("config.toml:4:8: trust.keys[0].file: "), "{file}: {errors}");
                assert!(errors.contains(says), "{file}: {errors}");
            }
            (outcome, _) => panic!("{file}: {outcome:?}"),
        }
    }
}
