//! A JSON Schema in words: what may stand at a place, in a few of them.

use serde_json::{Map, Value};

/// A schema with the document that its references point into.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    root: &'a Value,
    node: &'a Value,
}

/// One member of an object.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) shape: Shape<'a>,
    pub(crate) required: bool,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(root: &'a Value) -> Self {
        Self { root, node: root }
    }

    /// A part of the document `root`.
    pub(crate) fn within(root: &'a Value, node: &'a Value) -> Self {
        Self { root, node }
    }

    fn at(self, node: &'a Value) -> Self {
        Self { node, ..self }
    }

    /// What it points at, if it is a reference, and what it offers as alternatives; never `null`.
    fn views(self) -> Vec<&'a Value> {
        let mut views = vec![self.node];
        let mut next = 0;
        while let Some(view) = views.get(next).copied() {
            next += 1;
            let target = view["$ref"].as_str().and_then(|it| self.root.pointer(it.trim_start_matches('#')));
            let choices = ["anyOf", "oneOf"].into_iter().filter_map(|key| view[key].as_array()).flatten();
            views.extend(target.into_iter().chain(choices).filter(|it| it["type"] != "null"));
        }
        views
    }

    fn first(self, key: &str) -> Option<&'a Value> {
        self.views().into_iter().find_map(|view| view.get(key))
    }

    /// What it says about itself.
    pub(crate) fn description(self) -> &'a str {
        self.first("description").and_then(Value::as_str).unwrap_or_default()
    }

    /// What counts when it is left out, as it is written; nothing for null and for tables.
    pub(crate) fn default(self) -> Option<String> {
        let default = self.node.get("default").filter(|it| !it.is_null())?;
        let empty = default.as_object().is_some_and(Map::is_empty);
        (!default.is_object() || empty).then(|| format!("`{default}`"))
    }

    /// The members of the object that it is, or of any that it may be.
    pub(crate) fn members(self) -> Vec<Member<'a>> {
        let mut members: Vec<Member<'a>> = Vec::new();
        for view in self.views() {
            let required = view["required"].as_array();
            for (name, node) in view["properties"].as_object().into_iter().flatten() {
                if members.iter().all(|it| it.name != name) {
                    let required = required.is_some_and(|it| it.iter().any(|it| it == name));
                    members.push(Member { name, shape: self.at(node), required });
                }
            }
        }
        members
    }

    /// What each element is, if it is a list.
    pub(crate) fn items(self) -> Option<Self> {
        self.first("items").map(|node| self.at(node))
    }

    /// What each member of free name is.
    pub(crate) fn entries(self) -> Option<Self> {
        let pattern = self.first("patternProperties").and_then(Value::as_object).and_then(|it| it.values().next());
        let entry = pattern.or_else(|| self.views().into_iter().find_map(|it| it.get("additionalProperties")));
        entry.filter(|it| it.is_object()).map(|node| self.at(node))
    }

    /// What may stand here.
    pub(crate) fn words(self) -> String {
        let mut words = Vec::new();
        for view in self.views() {
            if let Some(word) = self.word(view)
                && !words.contains(&word)
            {
                words.push(word);
            }
        }
        if words.is_empty() { "anything".to_owned() } else { words.join(" or ") }
    }

    fn word(self, view: &'a Value) -> Option<String> {
        if let Some(constant) = view.get("const") {
            return Some(format!("`{constant}`"));
        }
        if let Some(choices) = view["enum"].as_array() {
            let words: Vec<_> = choices.iter().filter(|it| !it.is_null()).map(|it| format!("`{it}`")).collect();
            return Some(words.join(" or "));
        }
        let kind = &view["type"];
        let several = kind.as_array().into_iter().flatten().filter_map(Value::as_str).filter(|it| *it != "null");
        let words: Vec<_> = kind.as_str().into_iter().chain(several).map(|kind| self.kind(view, kind)).collect();
        (!words.is_empty()).then(|| words.join(" or "))
    }

    fn kind(self, view: &'a Value, kind: &str) -> String {
        let bound = |key: &str| view[key].as_number().map(ToString::to_string);
        let range = match (bound("minimum"), bound("maximum")) {
            (Some(least), Some(most)) => format!(" {least} to {most}"),
            (Some(least), None) => format!(" from {least}"),
            (None, Some(most)) => format!(" up to {most}"),
            (None, None) => String::new(),
        };
        match kind {
            "string" => view["pattern"].as_str().map_or_else(|| "text".to_owned(), |it| format!("text like `{it}`")),
            "boolean" => "`true` or `false`".to_owned(),
            "array" => {
                let items = view.get("items").map_or_else(|| "anything".to_owned(), |it| self.at(it).words());
                format!("list of {items}")
            }
            "object" => "table".to_owned(),
            number => format!("{number}{range}"),
        }
    }
}
