use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{YamlFault, parse};

fn read(text: &str) -> Result<Value, &'static str> {
    parse(text.as_bytes()).map(|parsed| parsed.value).map_err(|fault| fault.code())
}

#[test]
fn what_json_does_not_have_is_refused_by_its_name() {
    for (text, refused_as) in [
        ("a: !!str 1", "yaml_tag_unsupported"),
        ("a: !thing {}", "yaml_tag_unsupported"),
        ("a: !!binary aGVsbG8=", "yaml_tag_unsupported"),
        ("!!set {a, b}", "yaml_tag_unsupported"),
        ("1: a", "yaml_key_not_text"),
        ("true: a", "yaml_key_not_text"),
        ("~: a", "yaml_key_not_text"),
        ("? [a, b]\n: c", "yaml_key_not_text"),
        ("{? {a: 1} : b}", "yaml_key_not_text"),
        ("a: &k 1\n*k : b", "yaml_key_not_text"),
        ("a: .nan", "yaml_number_not_finite"),
        ("a: -.inf", "yaml_number_not_finite"),
        ("a: 1e999", "number_out_of_range"),
        ("a: &b {c: 1}\nd:\n  <<: *b", "yaml_merge_key_unsupported"),
        ("--- 1\n--- 2", "yaml_several_documents"),
        ("1\n...\n---\n2", "yaml_several_documents"),
        ("%YAML 1.1\n--- yes", "yaml_version_unsupported"),
        ("# nothing", "yaml_no_document"),
        ("a: *b", "invalid_yaml"),
        ("a: &a [*a]", "yaml_alias_recursive"),
        ("a: 1\na: 2", "yaml_duplicate_key"),
        ("a: 1\n\"\\x61\": 2", "yaml_duplicate_key"),
        ("a: &k x\n{*k : 1}", "invalid_yaml"),
        ("? a\n? a", "yaml_duplicate_key"),
        ("a:\n\tb: 1", "invalid_yaml"),
    ] {
        assert_eq!(read(text), Err(refused_as), "{text}");
    }
}

#[test]
fn what_readers_disagree_about_is_read_as_the_core_schema_says() {
    let text = "country: NO\nanswer: yes\nswitch: off\nday: 2026-01-01\nclock: 12:30:45\nmode: 0o17\nid: 010\nversion: 1.10\n\
                quoted: \"1\"\nempty:\n\"<<\": text\nplain: |\n  1\n";
    let expected = json!({
        "country": "NO", "answer": "yes", "switch": "off", "day": "2026-01-01", "clock": "12:30:45", "mode": 15,
        "id": 10, "version": 1.1, "quoted": "1", "empty": null, "<<": "text", "plain": "1\n",
    });
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn an_alias_is_what_it_names() {
    let text = "base: &base {image: a, tags: &tags [x, y]}\ncopy: *base\ntags: *tags\nkey: &key name\n*key : 1\nlast: &key 2\nagain: *key";
    let base = json!({"image": "a", "tags": ["x", "y"]});
    let expected = json!({
        "base": base, "copy": base, "tags": ["x", "y"], "key": "name", "name": 1, "last": 2, "again": 2,
    });
    assert_eq!(read(text), Ok(expected));
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        writeln!(laughs, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert_eq!(read(&laughs), Err("yaml_alias_limit"));
    let wide = format!("a: &a {}\nb: [{}]", "x".repeat(10_000), "*a, ".repeat(10_000));
    assert_eq!(read(&wide), Err("yaml_alias_limit"));
    let mut deep = "a0: &a0 [1]\n".to_owned();
    for level in 1..70 {
        writeln!(deep, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(read(&deep), Err("yaml_too_deep"));
}

#[test]
fn a_refusal_names_the_place() {
    let place = |text: &str| parse(text.as_bytes()).unwrap_err().place().map(|at| (at.line, at.column));
    assert_eq!(place("a: 1\nb:\n  a: 1\n  a: 2\n"), Some((4, 3)));
    assert_eq!(place("a: 1\nb: !x 1\n"), Some((2, 7)));
    assert_eq!(parse(b"ok\n\xc3(").unwrap_err().to_string(), "the file is not utf-8 at line `2` column `1`");
    let fault = YamlFault::NumberOutOfRange { pointer: "/a/0".to_owned() };
    assert_eq!(fault.to_string(), "the number `/a/0` is beyond every double");
}
