//! Runs every folder of `cases/`: `why`, one `input.*`, perhaps `environment` and `set`, and `expected.txt`.
//! With `UPDATE_CASES=1` the expectations are written instead of compared.

use std::path::Path;

use super::{here, outcome, source};
use crate::load;

#[test]
fn every_case_comes_out_as_its_folder_says() {
    let mut folders: Vec<_> =
        std::fs::read_dir(here().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let (mut good, mut bad, mut wrong) = (0, 0, Vec::new());
    for folder in &folders {
        let (accepted, text) = run(folder);
        *(if accepted { &mut good } else { &mut bad }) += 1;
        let expected_path = folder.join("expected.txt");
        if std::env::var_os("UPDATE_CASES").is_some() {
            std::fs::write(&expected_path, format!("{text}\n")).unwrap();
        }
        let expected = std::fs::read_to_string(&expected_path).unwrap_or_default();
        if expected.trim_end() != text {
            let why = std::fs::read_to_string(folder.join("why")).unwrap();
            wrong.push(format!("{}: {}expected:\n{expected}\ngot:\n{text}\n", folder.display(), why));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(good > 0 && bad > 0, "the cases need some that load and some that do not");
}

fn run(folder: &Path) -> (bool, String) {
    let inputs = ["toml", "yaml", "yml", "json", "ini"].map(|extension| folder.join(format!("input.{extension}")));
    let file = inputs.into_iter().find(|path| path.exists());
    let lines = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (environment, set) = (lines("environment"), lines("set"));
    let variables: Vec<_> = environment.lines().map(|line| line.split_once('=').unwrap()).collect();
    let result = load(&source(file, &variables, &set.lines().collect::<Vec<_>>()));
    assert!(!std::fs::read_to_string(folder.join("why")).unwrap().trim().is_empty(), "{}", folder.display());
    (result.is_ok(), outcome(&result, folder))
}
