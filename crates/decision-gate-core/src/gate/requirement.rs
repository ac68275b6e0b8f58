//! The requirement tree (`reference/payloads.md` 1.3). A bare condition id is short for `{"Condition": id}`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::condition::Truth;
use crate::name::ConditionId;

/// How deep a tree may be; its root is at depth 0.
pub const MAX_DEPTH: usize = 32;

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Requirement {
    /// Every part holds.
    And(Vec<Requirement>),
    /// At least one part holds.
    Or(Vec<Requirement>),
    /// The part does not hold.
    Not(Box<Requirement>),
    /// At least `min` of the parts hold.
    RequireGroup {
        /// At least 1, at most the number of parts.
        min: u8,
        /// The parts.
        reqs: Vec<Requirement>,
    },
    /// A leaf.
    Condition(ConditionId),
}

/// What a gate needs of a leaf in order to hold: an even number of `Not` above it, or an odd one. It makes a difference
/// only where trusted signers contradict one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// That it holds.
    Holds,
    /// That it does not hold.
    Fails,
}

impl std::ops::Not for Need {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }
}

/// A tree that can't be accepted: it would hold or fail without anything being asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A node without parts.
    #[error("`{node}` has no parts, so nothing would be asked")]
    Empty {
        /// Its name.
        node: &'static str,
        /// Where: JSON Pointer within the tree.
        pointer: String,
    },
    /// `min` is 0 or more than there are parts.
    #[error("`RequireGroup` asks for {min} of {parts} parts")]
    Min {
        /// As written.
        min: u8,
        /// How many there are.
        parts: usize,
        /// Where: JSON Pointer within the tree.
        pointer: String,
    },
    /// Deeper than [`MAX_DEPTH`].
    #[error("the tree is deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Where: JSON Pointer within the tree.
        pointer: String,
    },
}

impl ShapeError {
    /// Where in the tree.
    pub fn pointer(&self) -> &str {
        match self {
            Self::Empty { pointer, .. } | Self::Min { pointer, .. } | Self::TooDeep { pointer } => pointer,
        }
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "name at least one condition, or remove the node",
            Self::Min { .. } => "set `min` between 1 and the number of `reqs`",
            Self::TooDeep { .. } => "flatten the tree, or split it into several gates",
        }
    }
}

impl Requirement {
    /// Evaluates the tree; `leaf` is asked for every leaf, left to right.
    pub fn evaluate(&self, leaf: &mut dyn FnMut(&ConditionId, Need) -> Truth) -> Truth {
        self.evaluate_for(Need::Holds, leaf)
    }

    fn evaluate_for(&self, need: Need, leaf: &mut dyn FnMut(&ConditionId, Need) -> Truth) -> Truth {
        match self {
            Self::And(parts) => parts.iter().fold(Truth::True, |truth, part| truth.and(part.evaluate_for(need, leaf))),
            Self::Or(parts) => parts.iter().fold(Truth::False, |truth, part| truth.or(part.evaluate_for(need, leaf))),
            Self::Not(part) => !part.evaluate_for(!need, leaf),
            Self::RequireGroup { min, reqs } => {
                let (mut holding, mut unknown) = (0_usize, 0_usize);
                for part in reqs {
                    match part.evaluate_for(need, leaf) {
                        Truth::True => holding += 1,
                        Truth::Unknown => unknown += 1,
                        Truth::False => {}
                    }
                }
                let min = usize::from(*min);
                if holding >= min {
                    Truth::True
                } else if holding + unknown < min {
                    Truth::False
                } else {
                    Truth::Unknown
                }
            }
            Self::Condition(condition) => leaf(condition, need),
        }
    }

    /// Visits every leaf, left to right.
    pub fn leaves<'a>(&'a self, visit: &mut dyn FnMut(&'a ConditionId)) {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::RequireGroup { reqs: parts, .. } => {
                parts.iter().for_each(|part| part.leaves(visit));
            }
            Self::Not(part) => part.leaves(visit),
            Self::Condition(condition) => visit(condition),
        }
    }

    /// Refuses trees that ask nothing or are too deep.
    ///
    /// # Errors
    /// The first [`ShapeError`], top down, left to right.
    pub fn check_shape(&self) -> Result<(), ShapeError> {
        self.check_at(&mut String::new(), 0)
    }

    fn check_at(&self, pointer: &mut String, depth: usize) -> Result<(), ShapeError> {
        if depth > MAX_DEPTH {
            return Err(ShapeError::TooDeep { pointer: pointer.clone() });
        }
        let (node, below, parts) = match self {
            Self::And(parts) => ("And", "/And", parts.as_slice()),
            Self::Or(parts) => ("Or", "/Or", parts.as_slice()),
            Self::RequireGroup { min, reqs } => {
                if *min == 0 || usize::from(*min) > reqs.len() {
                    return Err(ShapeError::Min { min: *min, parts: reqs.len(), pointer: pointer.clone() });
                }
                ("RequireGroup", "/RequireGroup/reqs", reqs.as_slice())
            }
            Self::Not(part) => {
                let length = pointer.len();
                pointer.push_str("/Not");
                part.check_at(pointer, depth + 1)?;
                pointer.truncate(length);
                return Ok(());
            }
            Self::Condition(_) => return Ok(()),
        };
        if parts.is_empty() {
            return Err(ShapeError::Empty { node, pointer: pointer.clone() });
        }
        let length = pointer.len();
        for (index, part) in parts.iter().enumerate() {
            pointer.push_str(below);
            pointer.push('/');
            pointer.push_str(&index.to_string());
            part.check_at(pointer, depth + 1)?;
            pointer.truncate(length);
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Value::String(name) = &value {
            return ConditionId::try_from(name.as_str()).map(Self::Condition).map_err(serde::de::Error::custom);
        }
        Node::deserialize(value).map(Self::from).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Requirement {
    fn schema_name() -> Cow<'static, str> {
        "Requirement".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let node = Node::json_schema(generator);
        json_schema!({
            "description": "What must hold.",
            "anyOf": [{ "type": "string", "description": "A condition by its id." }, node]
        })
    }
}

/// The long form on the wire.
#[derive(Deserialize, JsonSchema)]
enum Node {
    /// Every part holds.
    And(Vec<Requirement>),
    /// At least one part holds.
    Or(Vec<Requirement>),
    /// The part does not hold.
    Not(Box<Requirement>),
    /// At least `min` of the parts hold.
    RequireGroup(Group),
    /// A leaf.
    Condition(ConditionId),
}

/// `RequireGroup` on the wire.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Group {
    /// At least 1, at most the number of parts.
    min: u8,
    /// The parts.
    reqs: Vec<Requirement>,
}

impl From<Node> for Requirement {
    fn from(node: Node) -> Self {
        match node {
            Node::And(parts) => Self::And(parts),
            Node::Or(parts) => Self::Or(parts),
            Node::Not(part) => Self::Not(part),
            Node::RequireGroup(Group { min, reqs }) => Self::RequireGroup { min, reqs },
            Node::Condition(condition) => Self::Condition(condition),
        }
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    f.write_str(word)?;
                }
                match part {
                    Self::Condition(_) | Self::Not(_) => write!(f, "{part}")?,
                    Self::And(_) | Self::Or(_) | Self::RequireGroup { .. } => write!(f, "({part})")?,
                }
            }
            Ok(())
        };
        match self {
            Self::And(parts) => list(f, parts, " and "),
            Self::Or(parts) => list(f, parts, " or "),
            Self::Not(part) => write!(f, "not ({part})"),
            Self::RequireGroup { min, reqs } => {
                write!(f, "at least {min} of: ")?;
                list(f, reqs, ", ")
            }
            Self::Condition(condition) => write!(f, "{condition}"),
        }
    }
}

#[cfg(test)]
mod tests;
