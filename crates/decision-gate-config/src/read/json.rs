//! JSON through the strict reader of the core, with places.
//!
//! The strict reader says whether the text is acceptable; the walk here then only has to find out where each key
//! and value starts, and may take for granted that the text is well-formed and not too deep.

use decision_gate_core::json::{JsonError, Limits, parse};
use serde_json::Value;

use super::{MAX_DEPTH, MAX_FILE_BYTES, Misread, Parsed};
use crate::key_path::Segment;
use crate::tree::{Lines, Mark, Marks, Tree, small};

pub(super) fn read(text: &str) -> Result<Parsed, Misread> {
    let max_bytes = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
    let parsed = parse(text.as_bytes(), &Limits::new(max_bytes, MAX_DEPTH)).map_err(|error| misread(&error))?;
    let mut walk = Walk { bytes: text.as_bytes(), at: 0, lines: Lines::new(text) };
    Ok(Parsed { marks: walk.value(), tree: tree(parsed.value), misreads: Vec::new() })
}

fn misread(error: &JsonError) -> Misread {
    let Some(at) = error.position() else {
        return Misread::syntax(None, error.to_string());
    };
    // The place stands before the message, so it need not be in it too.
    let problem = if let JsonError::DuplicateKey { pointer, .. } = error {
        format!("duplicate key `{pointer}`")
    } else {
        error.to_string().replace(&format!(" at {at}"), "")
    };
    Misread::syntax(Some(Mark { line: small(at.line), column: small(at.column) }), problem)
}

fn tree(value: Value) -> Tree {
    match value {
        Value::Null => Tree::Null,
        Value::Bool(value) => Tree::Bool(value),
        Value::String(text) => Tree::Text(text),
        Value::Array(items) => Tree::List(items.into_iter().map(tree).collect()),
        Value::Object(entries) => Tree::Table(entries.into_iter().map(|(key, value)| (key, tree(value))).collect()),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Tree::Integer(number.into()),
            (None, Some(number), _) => Tree::Integer(number.into()),
            (None, None, number) => Tree::Float(number.unwrap_or(f64::NAN)),
        },
    }
}

/// Finds the places of keys and values in a text that is known to be JSON.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    lines: Lines<'a>,
}

impl Walk<'_> {
    fn value(&mut self) -> Marks {
        self.skip_space();
        let mut marks = Marks { value: Some(self.lines.mark(self.at)), ..Marks::default() };
        match self.peek() {
            Some(b'{') => self.table(&mut marks),
            Some(b'[') => self.list(&mut marks),
            Some(b'"') => {
                self.string();
            }
            _ => self.skip_while(|byte| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')),
        }
        self.skip_space();
        marks
    }

    fn table(&mut self, marks: &mut Marks) {
        self.at += 1;
        loop {
            self.skip_while(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\n' | b'\r'));
            if self.peek() != Some(b'"') {
                self.at += 1;
                return;
            }
            let key_mark = self.lines.mark(self.at);
            let key = self.string();
            self.skip_while(|byte| matches!(byte, b':' | b' ' | b'\t' | b'\n' | b'\r'));
            let inner = Marks { key: Some(key_mark), ..self.value() };
            marks.inner.insert(Segment::Key(key), inner);
        }
    }

    fn list(&mut self, marks: &mut Marks) {
        self.at += 1;
        for index in 0.. {
            self.skip_while(|byte| matches!(byte, b',' | b' ' | b'\t' | b'\n' | b'\r'));
            if matches!(self.peek(), Some(b']') | None) {
                self.at += 1;
                return;
            }
            let inner = self.value();
            marks.inner.insert(Segment::Index(index), inner);
        }
    }

    /// Steps over a string and gives it unescaped.
    fn string(&mut self) -> String {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => break,
                _ => {}
            }
        }
        let quoted = self.bytes.get(start..self.at).unwrap_or_default();
        serde_json::from_slice(quoted).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    fn skip_while(&mut self, skip: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&skip) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}
