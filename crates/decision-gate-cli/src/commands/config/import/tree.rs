//! A TOML document by dotted keys.

use toml::{Table, Value};

/// A document, from which keys are taken or into which they are put.
#[derive(Default)]
pub(super) struct Tree(Table);

impl Tree {
    pub(super) fn new(table: Table) -> Self {
        Self(table)
    }

    pub(super) fn into_table(self) -> Table {
        self.0
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let first = self.0.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    }

    /// Takes the value of a key, and the tables that are empty then.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        take(&mut self.0, key)
    }

    /// Puts a value where a key says.
    pub(super) fn put(&mut self, key: &str, value: Value) {
        put(&mut self.0, key, value);
    }

    /// Adds a value to the list of that key.
    pub(super) fn push(&mut self, key: &str, value: Value) {
        let mut list = match self.take(key) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        };
        list.push(value);
        self.put(key, Value::Array(list));
    }

    /// The keys that have a value, with the places in lists.
    pub(super) fn leaves(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.0.iter().for_each(|(name, value)| leaves(name.clone(), value, &mut found));
        found
    }
}

/// Takes the value of a key out of a table, and the tables that are empty then.
pub(super) fn take(table: &mut Table, key: &str) -> Option<Value> {
    let Some((first, rest)) = key.split_once('.') else { return table.remove(key) };
    let below = table.get_mut(first)?.as_table_mut()?;
    let taken = take(below, rest);
    if below.is_empty() {
        table.remove(first);
    }
    taken
}

/// Puts a value where a key says.
pub(super) fn put(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(table.insert(key.to_owned(), value)),
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(below) = below {
                put(below, rest, value);
            }
        }
    }
}

fn leaves(key: String, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(name, value)| leaves(format!("{key}.{name}"), value, found));
        }
        Value::Array(list) if list.iter().any(Value::is_table) => {
            list.iter().enumerate().for_each(|(at, value)| leaves(format!("{key}[{at}]"), value, found));
        }
        Value::Array(list) if list.is_empty() => {}
        _ => found.push(key),
    }
}
