//! Where a selected node stands: as JSON Pointer and as RFC 9535 normalized path.
//!
//! The library carries a path with every node that it visits, which is most of its memory, and prints control
//! characters unescaped. So it is asked for the nodes alone, and they are found again by their address.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    ptr,
};

use serde_json::Value;

use crate::json::pointer;

/// One step from a node to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step<'a> {
    /// To a member.
    Name(&'a str),
    /// To an element, from 0.
    Index(usize),
}

/// The steps from the document to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location<'a> {
    steps: Vec<Step<'a>>,
}

impl Location<'_> {
    /// The JSON Pointer.
    pub fn pointer(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            match step {
                Step::Name(name) => pointer::push_key(&mut text, name),
                Step::Index(index) => pointer::push_index(&mut text, *index),
            }
        }
        text
    }
}

/// Prints the normalized path (RFC 9535 section 2.7).
impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('$')?;
        for step in &self.steps {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Name(name) => {
                    f.write_str("['")?;
                    name.chars().try_for_each(|character| write_character(f, character))?;
                    f.write_str("']")?;
                }
            }
        }
        Ok(())
    }
}

fn write_character(f: &mut fmt::Formatter<'_>, character: char) -> fmt::Result {
    match character {
        '\u{8}' => f.write_str("\\b"),
        '\t' => f.write_str("\\t"),
        '\n' => f.write_str("\\n"),
        '\u{C}' => f.write_str("\\f"),
        '\r' => f.write_str("\\r"),
        '\'' => f.write_str("\\'"),
        '\\' => f.write_str("\\\\"),
        '\0'..'\u{20}' => write!(f, "\\u{:04x}", u32::from(character)),
        other => f.write_char(other),
    }
}

/// Where each of `nodes` stands in `document`, which they are borrowed from, at most `reach` levels down.
pub(super) fn locate<'a>(document: &'a Value, nodes: &[&'a Value], reach: usize) -> Vec<Location<'a>> {
    let wanted = nodes.iter().map(|node| (ptr::from_ref(*node), Location::default())).collect::<BTreeMap<_, _>>();
    let mut search = Search { left: wanted.len(), wanted, reach, steps: Vec::new() };
    search.visit(document);
    nodes.iter().filter_map(|node| search.wanted.get(&ptr::from_ref(*node)).cloned()).collect()
}

struct Search<'a> {
    wanted: BTreeMap<*const Value, Location<'a>>,
    left: usize,
    reach: usize,
    steps: Vec<Step<'a>>,
}

impl<'a> Search<'a> {
    /// Looks at a node and all below it, until all are found.
    fn visit(&mut self, node: &'a Value) {
        if let Some(location) = self.wanted.get_mut(&ptr::from_ref(node)) {
            location.steps.clone_from(&self.steps);
            self.left -= 1;
        }
        match node {
            _ if self.steps.len() == self.reach => {}
            Value::Array(items) => items.iter().enumerate().for_each(|(at, item)| self.below(Step::Index(at), item)),
            Value::Object(members) => members.iter().for_each(|(name, member)| self.below(Step::Name(name), member)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn below(&mut self, step: Step<'a>, child: &'a Value) {
        if self.left > 0 {
            self.steps.push(step);
            self.visit(child);
            self.steps.pop();
        }
    }
}
