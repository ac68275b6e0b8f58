//! That nothing is passed over: every page, every block, every exception; and the walker itself, on blocks that are wrong.

use std::collections::BTreeSet;

use decision_gate_tests::{binary, project_root};
use serde_json::json;

use crate::fenced::{of_page, of_text, pages};
use crate::kind::Kind;
use crate::walk::{Counts, commands, follow, holds};
use crate::{PAGES, say};

#[test]
fn every_block_has_a_kind_and_every_page_with_blocks_its_test() {
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for page in pages() {
        match of_page(&page) {
            Err(fault) => wrong.push(fault),
            Ok(blocks) => {
                if !blocks.is_empty() && !PAGES.contains(&page.as_str()) {
                    wrong.push(format!("{page}: has blocks and no test: add it to `tests/suites/blocks/main.rs`"));
                }
                blocks.iter().for_each(|it| counts.count(it.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    say(&format!("{} pages: {counts}", PAGES.len()));
    assert!(counts.run > 40 && counts.read > 40, "{counts}");
}

/// The rows of the table in `CONTRIBUTING.md`: page, first command.
fn exceptions() -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(project_root().join("CONTRIBUTING.md")).unwrap();
    let (_, section) = text.split_once("| page | command | why |\n").unwrap();
    let rows = section.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells =
        rows.map(|row| row.trim_matches('|').split(" | ").map(|it| it.trim().replace('`', "")).collect::<Vec<_>>());
    cells
        .map(|cells| {
            assert!(cells.len() == 3 && cells.iter().all(|it| !it.is_empty()), "{cells:?}");
            (cells[0].clone(), cells[1].clone())
        })
        .collect()
}

#[test]
fn what_is_not_run_is_listed_with_its_reason() {
    let blocks = PAGES.iter().flat_map(|page| of_page(page).unwrap()).filter(|it| it.kind == Kind::Outside);
    let found: BTreeSet<_> = blocks
        .flat_map(|block| {
            let page = block.page.clone();
            let commands = commands(&block.text).unwrap();
            commands.into_iter().map(move |it| (page.clone(), it.text.split("  #").next().unwrap().trim().to_owned()))
        })
        .collect();
    assert_eq!(found, exceptions());
}

/// What is left of five minutes is for reading.
#[test]
fn a_new_user_needs_less_than_a_minute_of_the_machine() {
    // Whoever has the binary need not build it.
    binary().unwrap();
    let began = std::time::Instant::now();
    follow("docs/tutorial.md", &[]);
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
}

#[test]
fn a_block_that_says_nothing_of_itself_is_named_with_its_line() {
    for (text, said) in [
        ("one\n\n```\nx\n```\n", "page.md:3: a block says what it is"),
        ("```sh\nls\n```\n", "page.md:1: a block says what it is"),
        ("```json\n{}\n```\n", "page.md:1: a block says what it is"),
        ("```yaml report\n```\n", "`yaml report` is none of"),
        ("```json scenario extra\n```\n", "is none of"),
        ("```text\nx\n", "page.md:1: the block has no end"),
        ("one\n\n    ls\n", "page.md:3: a block stands between"),
        ("~~~sh\nls\n~~~\n", "page.md:1: a block stands between"),
    ] {
        let fault = of_text("page.md", text).unwrap_err();
        assert!(fault.contains(said), "{text}: {fault}");
    }
    let list = "* one\n\n    of the list\n\n1. two\n\n    too\n";
    assert!(of_text("page.md", list).unwrap().is_empty());
    let blocks = of_text("page.md", "```console\n$ ls\n```\n\n  ```json scenario\n  {}\n  ```\n").unwrap();
    assert_eq!(blocks.iter().map(|it| it.line).collect::<Vec<_>>(), [1, 5]);
}

#[test]
fn commands_go_on_over_lines_and_have_what_they_say() {
    let found = commands("$ one \\\n>   two\nsaid\n$ three\n").unwrap();
    let read: Vec<_> = found.iter().map(|it| (it.text.as_str(), it.says.len())).collect();
    assert_eq!(read, [("one \\\n  two", 1), ("three", 0)]);
    assert!(commands("ls\n").is_err(), "a command begins with `$ `");
}

#[test]
fn what_is_shown_of_an_answer_must_be_there() {
    let said = json!({ "a": [1, { "b": "x" }], "c": null });
    for shown in [json!({}), json!({ "a": [1, {}] }), json!({ "a": ["…", { "b": "…" }] }), json!({ "c": null })] {
        assert_eq!(holds(&shown, &said), Ok(()), "{shown}");
    }
    for shown in [json!({ "d": 1 }), json!({ "a": [1] }), json!({ "a": [2, {}] }), json!({ "c": 0 }), json!([])] {
        assert!(holds(&shown, &said).is_err(), "{shown}");
    }
}
