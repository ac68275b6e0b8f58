//! Which file is found, in a tree of folders made for the test.

use std::path::{Path, PathBuf};

use crate::discover::{for_project, for_server, upward};
use crate::{ConfigErrors, Environment, Source, load};

struct Tree(tempfile::TempDir);

impl Tree {
    fn with(files: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for file in files {
            let path = tree.path(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        tree
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.0.path().join(inner)
    }

    fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        variables.iter().map(|(name, inner)| (*name, self.path(inner).into_os_string())).collect()
    }

    fn relative(&self, found: Result<Option<PathBuf>, ConfigErrors>) -> String {
        match found {
            Ok(Some(path)) => path.strip_prefix(self.0.path()).unwrap_or(&path).display().to_string(),
            Ok(None) => "none".to_owned(),
            Err(errors) => errors.to_string().replace(&format!("{}/", self.0.path().display()), ""),
        }
    }
}

#[test]
fn the_nearest_word_of_the_user_wins() {
    let tree = Tree::with(&["xdg/decision-gate/decision-gate.yaml", "home/.config/decision-gate/decision-gate.json"]);
    for (named, variables, found) in [
        (Some("named.toml"), &[("DECISION_GATE_CONFIG", "v.toml"), ("HOME", "home")][..], "named.toml"),
        (None, &[("DECISION_GATE_CONFIG", "v.toml"), ("XDG_CONFIG_HOME", "xdg")], "v.toml"),
        (None, &[("XDG_CONFIG_HOME", "xdg"), ("HOME", "home")], "xdg/decision-gate/decision-gate.yaml"),
        (None, &[("HOME", "home")], "home/.config/decision-gate/decision-gate.json"),
        (None, &[("XDG_CONFIG_HOME", "empty"), ("HOME", "home")], "none"),
        (None, &[], "none"),
    ] {
        let named = named.map(|name| tree.path(name));
        let result = for_server(named.as_deref(), &tree.environment(variables));
        assert_eq!(tree.relative(result), found, "{variables:?}");
    }
}

#[test]
fn a_relative_or_empty_home_is_no_home() {
    let environment: Environment =
        [("XDG_CONFIG_HOME", "relative"), ("HOME", ""), ("DECISION_GATE_CONFIG", "")].into_iter().collect();
    assert_eq!(for_server(None, &environment).unwrap(), None);
}

#[test]
fn the_server_never_looks_at_a_project_and_a_project_command_does() {
    let tree = Tree::with(&[
        "project/decision-gate.toml",
        "project/deep/er/x",
        "home/.config/decision-gate/decision-gate.toml",
    ]);
    let environment = tree.environment(&[("HOME", "home")]);
    let folder = tree.path("project/deep/er");
    assert_eq!(tree.relative(for_project(None, &environment, &folder)), "project/decision-gate.toml");
    assert_eq!(tree.relative(for_server(None, &environment)), "home/.config/decision-gate/decision-gate.toml");
    let elsewhere = tree.path("home");
    let fallback = for_project(None, &environment, &elsewhere);
    assert_eq!(tree.relative(fallback), "home/.config/decision-gate/decision-gate.toml");
}

#[test]
fn looking_upward_stops_at_the_nearest_folder_that_has_one() {
    let tree = Tree::with(&["a/decision-gate.toml", "a/b/.decision-gate/config.toml", "a/b/c/x"]);
    assert_eq!(tree.relative(upward(&tree.path("a/b/c"))), "a/b/.decision-gate/config.toml");
    assert_eq!(tree.relative(upward(&tree.path("a"))), "a/decision-gate.toml");
}

#[test]
fn two_files_in_one_folder_are_not_guessed_between() {
    let tree = Tree::with(&["a/decision-gate.toml", "a/decision-gate.yml"]);
    let found = tree.relative(upward(&tree.path("a")));
    insta::assert_snapshot!(found, @"a/decision-gate.toml: `a/decision-gate.yml` is there too (remove one, or name one with `--config`)");
}

fn load_path(path: &Path) -> String {
    let source = Source { file: Some(path.to_owned()), ..Source::default() };
    load(&source).map_or_else(|errors| format!("{} {errors}", errors.code()), |_| "loaded".to_owned())
}

#[test]
fn what_cannot_be_read_says_why() {
    let tree = Tree::with(&["folder.toml/x", "empty.toml"]);
    std::fs::write(tree.path("latin1.toml"), b"# caf\xe9").unwrap();
    std::fs::write(tree.path("big.toml"), vec![b' '; 1024 * 1024 + 1]).unwrap();
    std::fs::write(tree.path("full.toml"), vec![b' '; 1024 * 1024]).unwrap();
    let names = ["missing.toml", "folder.toml", "latin1.toml", "big.toml", "full.toml", "empty.toml", "folder.toml/x"];
    let says = names.map(|name| load_path(&tree.path(name)).replace(&format!("{}/", tree.0.path().display()), ""));
    insta::assert_snapshot!(says.join("\n"), @r"
    config_not_found missing.toml: no such file (check the path, or write one with `decision-gate init`)
    config_unreadable folder.toml: not a regular file
    config_not_utf8 latin1.toml: the file is not utf-8 at byte `5`
    config_too_large big.toml: the file is over the limit of `1048576` bytes
    loaded
    loaded
    config_unknown_format folder.toml/x: the extension names none of the formats (name it `.toml`, `.yaml`, `.yml` or `.json`)
    ");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_its_writer() {
    let tree = Tree::with(&[]);
    let pipe = tree.path("pipe.toml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo is part of every unix");
    assert!(load_path(&pipe).starts_with("config_unreadable "), "{}", load_path(&pipe));
}
