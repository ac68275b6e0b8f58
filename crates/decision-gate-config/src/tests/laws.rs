//! What holds for every configuration.

use proptest::prelude::*;

use super::{load_bare, load_text};
use crate::tree::{Lines, Mark};
use crate::{KeyPath, Origin};

/// Where the value of `limits.drain_ms` is set, and to what.
fn drain(layer: &[Option<u16>; 3]) -> (u64, Origin) {
    let [file, variable, flag] = layer.map(|value| value.map(|it| it.to_string()));
    let text = file.map(|value| format!("limits:\n  drain_ms: {value}\n")).unwrap_or_default();
    let variables: Vec<_> = variable.iter().map(|it| ("DECISION_GATE_LIMITS__DRAIN_MS", it.as_str())).collect();
    let set = flag.map(|value| format!("limits.drain_ms={value}"));
    let set: Vec<_> = set.iter().map(String::as_str).collect();
    let loaded = load_text("gate.yaml", &text, &variables, &set).unwrap();
    let origin = loaded.origin(&KeyPath::of_keys(["limits", "drain_ms"]));
    (loaded.config().limits.drain_ms.get(), origin)
}

proptest! {
    /// What was asked before changes no place.
    #[test]
    fn places_do_not_depend_on_the_order_of_asking(text in "[aé\n]{0,40}", offsets in prop::collection::vec(0..80_usize, 1..20)) {
        let lines = Lines::new(&text);
        for offset in offsets {
            let offset = (0..=offset.min(text.len())).rfind(|at| text.is_char_boundary(*at)).unwrap();
            let before = text.get(..offset).unwrap();
            let (line, column) = (before.split('\n').count(), before.rsplit('\n').next().unwrap().chars().count() + 1);
            let mark = Mark { line: line.try_into().unwrap(), column: column.try_into().unwrap() };
            prop_assert_eq!(lines.mark(offset), mark);
        }
    }

    /// The highest layer that says something is the one that counts, and the one that is named.
    #[test]
    fn the_highest_layer_wins(layer in prop::array::uniform3(prop::option::of(0..=60_000_u16))) {
        let (value, origin) = drain(&layer);
        let highest = layer.iter().rposition(Option::is_some);
        let expected = highest.and_then(|at| layer[at]).map_or(2_000, u64::from);
        prop_assert_eq!(value, expected);
        let named = match origin {
            Origin::BuiltIn => None,
            Origin::File { .. } => Some(0),
            Origin::Variable { .. } => Some(1),
            Origin::Flag { .. } => Some(2),
        };
        prop_assert_eq!(named, highest);
    }

    /// Whatever a file holds, it loads or says why; it never ends the process.
    #[test]
    fn any_text_loads_or_says_why(text in ".{0,200}", format in prop::sample::select(&["toml", "yaml", "json"][..])) {
        loads_or_says_why(format, &text)?;
    }

    /// Text made of the pieces that the formats are made of.
    #[test]
    fn any_structure_loads_or_says_why(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40),
        format in prop::sample::select(&["toml", "yaml", "json"][..]),
    ) {
        loads_or_says_why(format, &pieces.concat())?;
    }

    /// Any assignment to any key path is taken or refused with the flag's name.
    #[test]
    fn any_flag_is_taken_or_named(key in "[a-z_.]{1,30}", value in ".{0,20}") {
        if let Err(errors) = load_bare(&[], &[&format!("{key}={value}")]) {
            prop_assert!(errors.to_string().starts_with("--set: "), "{}", errors);
        }
    }
}

fn loads_or_says_why(format: &str, text: &str) -> Result<(), TestCaseError> {
    if let Err(errors) = load_text(&format!("gate.{format}"), text, &[], &[]) {
        prop_assert!(errors.errors().iter().all(|error| error.code().starts_with("config_")));
        prop_assert!(errors.to_string().contains("gate."), "{}", errors);
    }
    Ok(())
}

const PIECES: [&str; 24] = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\n",
    " ",
    "  ",
    "\"",
    "'",
    "=",
    "- ",
    "&a ",
    "*a ",
    "<<",
    "limits",
    "providers",
    "name",
    "json",
    "config",
    "1",
    "true",
    "# ",
];

#[test]
fn nesting_and_floods_are_refused_in_every_format() {
    let deep = "[".repeat(100_000);
    let flood: String =
        (0..60_000).fold(String::new(), |text, number| text + "[[tenants]]\n" + &format!("#{number}\n"));
    for (name, text) in [
        ("gate.toml", format!("a = {deep}")),
        ("gate.toml", format!("{} = 1", vec!["a"; 100_000].join("."))),
        ("gate.yaml", format!("a: {deep}")),
        ("gate.yaml", "- ".repeat(100_000)),
        ("gate.json", format!("{{\"a\": {deep}")),
        ("gate.toml", flood),
        ("gate.yaml", format!("environments: [{}]", "x,".repeat(500_000))),
    ] {
        let errors = load_text(name, &text, &[], &[]).unwrap_err();
        assert!(errors.to_string().len() < 20_000, "{name}");
    }
}
