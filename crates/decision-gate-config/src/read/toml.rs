//! TOML, with the spans of the `toml` crate's own parser.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Misread, Parsed};
use crate::error::Fault;
use crate::key_path::{KeyPath, Segment};
use crate::tree::{Lines, Marks, Tree};

/// Reads a document. The parser goes on after an error, so there may be several.
pub(super) fn read(text: &str) -> Result<Parsed, Vec<Misread>> {
    let lines = Lines::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let misread = |error: toml::de::Error| {
            Misread::syntax(error.span().map(|span| lines.mark(span.start)), one_line(error.message()))
        };
        return Err(errors.into_iter().map(misread).collect());
    }
    let mut reader = Reader { lines, misreads: Vec::new() };
    let mut marks = Marks { value: Some(reader.lines.mark(0)), ..Marks::default() };
    let tree = reader.table(document.get_ref(), &mut marks, &KeyPath::ROOT);
    Ok(Parsed { tree, marks, misreads: reader.misreads })
}

/// Reads one value, such as `["a", "b"]`.
pub(crate) fn value(text: &str) -> Result<Tree, String> {
    let value = DeValue::parse(text.trim()).map_err(|error| one_line(error.message()))?;
    let mut reader = Reader { lines: Lines::new(text), misreads: Vec::new() };
    let tree = reader.value(&value, &mut Marks::default(), &KeyPath::ROOT);
    match reader.misreads.first() {
        None => Ok(tree),
        Some(misread) => Err(misread.fault.to_string()),
    }
}

struct Reader<'a> {
    lines: Lines<'a>,
    misreads: Vec<Misread>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, marks: &mut Marks, path: &KeyPath) -> Tree {
        let entries = table.iter().map(|(key, value)| {
            let name = key.get_ref().as_ref();
            let mut inner = Marks { key: Some(self.lines.mark(key.span().start)), ..Marks::default() };
            let tree = self.value(value, &mut inner, &path.key(name));
            marks.inner.insert(Segment::Key(name.to_owned()), inner);
            (name.to_owned(), tree)
        });
        Tree::Table(entries.filter(|(_, tree)| *tree != Tree::Removed).collect())
    }

    fn list(&mut self, list: &DeArray<'_>, marks: &mut Marks, path: &KeyPath) -> Tree {
        let items = list.iter().enumerate().map(|(index, item)| {
            let mut inner = Marks::default();
            let tree = self.value(item, &mut inner, &path.index(index));
            marks.inner.insert(Segment::Index(index), inner);
            tree
        });
        Tree::List(items.collect())
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, marks: &mut Marks, path: &KeyPath) -> Tree {
        let mark = self.lines.mark(value.span().start);
        marks.value = Some(mark);
        match value.get_ref() {
            DeValue::String(text) => Tree::Text(text.to_string()),
            DeValue::Boolean(value) => Tree::Bool(*value),
            DeValue::Table(table) => self.table(table, marks, path),
            DeValue::Array(list) => self.list(list, marks, path),
            DeValue::Integer(digits) => match i128::from_str_radix(digits.as_str(), digits.radix()) {
                Ok(number) => Tree::Integer(number),
                Err(_) => self.misread(Misread {
                    mark: Some(mark),
                    key: path.clone(),
                    fault: Fault::Range {
                        expected: "an integer of 64 bits".to_owned(),
                        found: digits.as_str().to_owned(),
                    },
                }),
            },
            DeValue::Float(digits) => match digits.as_str().parse() {
                Ok(number) => Tree::Float(number),
                Err(_) => self.misread(Misread::syntax(Some(mark), "malformed decimal number")),
            },
            DeValue::Datetime(_) => self.misread(Misread {
                mark: Some(mark),
                key: path.clone(),
                fault: Fault::Type {
                    expected: "a value (no setting is a date; quote it to make it a string)".to_owned(),
                    found: "a date".to_owned(),
                },
            }),
        }
    }

    fn misread(&mut self, misread: Misread) -> Tree {
        self.misreads.push(misread);
        Tree::Removed
    }
}

/// The parser's messages may span lines; ours never do.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
