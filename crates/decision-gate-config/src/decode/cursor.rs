//! A serde deserializer over a [`Tree`] that knows where it is.

use serde::Deserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::failure::{Failure, choice};
use crate::error::Fault;
use crate::key_path::Segment;
use crate::tree::Tree;

/// One value of the tree.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    tree: &'a Tree,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tree: &'a Tree) -> Self {
        Self { tree }
    }

    fn expect<T>(self, expected: &str) -> Result<T, Failure> {
        Err(Failure::kind(expected, self.tree.describe()))
    }

    fn map<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tree {
            Tree::Table(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
            Tree::Named(_, inner) => Self::new(inner).map(visitor),
            Tree::Null
            | Tree::Bool(_)
            | Tree::Integer(_)
            | Tree::Float(_)
            | Tree::Text(_)
            | Tree::List(_)
            | Tree::Removed => self.expect("a table"),
        }
    }

    fn integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, Failure> {
        if let Ok(number) = u64::try_from(number) {
            visitor.visit_u64(number)
        } else if let Ok(number) = i64::try_from(number) {
            visitor.visit_i64(number)
        } else {
            let expected = "an integer of 64 bits".to_owned();
            Err(Failure::new(Fault::Range { expected, found: number.to_string() }))
        }
    }
}

impl<'de> Deserializer<'de> for Cursor<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tree {
            Tree::Null | Tree::Removed => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Integer(number) => Self::integer(*number, visitor),
            Tree::Float(number) => visitor.visit_f64(*number),
            Tree::Text(text) => visitor.visit_str(text),
            Tree::List(_) => self.deserialize_seq(visitor),
            Tree::Table(_) | Tree::Named(..) => self.map(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.tree {
            Tree::Null => visitor.visit_none(),
            Tree::Bool(_)
            | Tree::Integer(_)
            | Tree::Float(_)
            | Tree::Text(_)
            | Tree::List(_)
            | Tree::Table(_)
            | Tree::Named(..)
            | Tree::Removed => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        if let Tree::List(items) = self.tree {
            visitor.visit_seq(Items { items: items.iter().enumerate() })
        } else {
            self.expect("a list")
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.map(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.tree {
            Tree::Text(word) if variants.contains(&word.as_str()) => {
                visitor.visit_enum(Variant { word, settings: None, step: false })
            }
            Tree::Text(word) => Err(Failure::new(choice(word, variants))),
            Tree::Named(word, inner) => visitor.visit_enum(Variant { word, settings: Some(inner), step: false }),
            Tree::Table(entries) => match (entries.iter().next(), entries.len()) {
                (Some((word, settings)), 1) => {
                    visitor.visit_enum(Variant { word, settings: Some(settings), step: true })
                }
                _ => Err(Failure::kind(one_of(variants), format!("a table of {} keys", entries.len()))),
            },
            Tree::Null | Tree::Bool(_) | Tree::Integer(_) | Tree::Float(_) | Tree::List(_) | Tree::Removed => {
                self.expect(&one_of(variants))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct identifier ignored_any
    }
}

fn one_of(variants: &[&str]) -> String {
    let words = variants.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>();
    format!("one of {}", words.join(", "))
}

struct Items<'a, I: Iterator<Item = (usize, &'a Tree)>> {
    items: I,
}

impl<'de, 'a, I: Iterator<Item = (usize, &'a Tree)>> SeqAccess<'de> for Items<'a, I> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        match self.items.find(|(_, item)| **item != Tree::Removed) {
            None => Ok(None),
            Some((index, item)) => {
                seed.deserialize(Cursor::new(item)).map(Some).map_err(|it| it.within(Segment::Index(index)))
            }
        }
    }
}

struct Entries<'a, I: Iterator<Item = (&'a String, &'a Tree)>> {
    entries: I,
    value: Option<(&'a String, &'a Tree)>,
}

impl<'de, 'a, I: Iterator<Item = (&'a String, &'a Tree)>> MapAccess<'de> for Entries<'a, I> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        self.value = self.entries.next();
        let Some((key, _)) = self.value else {
            return Ok(None);
        };
        let read = seed.deserialize(key.as_str().into_deserializer());
        read.map(Some).map_err(
            |failure: Failure| {
                if failure.is_about_key() { failure } else { failure.within(Segment::Key(key.clone())) }
            },
        )
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        match self.value.take() {
            Some((key, value)) => {
                seed.deserialize(Cursor::new(value)).map_err(|it| it.within(Segment::Key(key.clone())))
            }
            None => Err(Failure::kind("a value", "nothing")),
        }
    }
}

/// A word, or a table of one key whose value holds the settings of that word.
struct Variant<'a> {
    word: &'a str,
    settings: Option<&'a Tree>,
    /// Whether the word is a key, and so a step of the path.
    step: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Failure;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Failure> {
        let word = seed.deserialize(self.word.into_deserializer());
        Ok((word.map_err(|failure: Failure| self.locate(failure))?, self))
    }
}

impl<'a> Variant<'a> {
    fn locate(&self, failure: Failure) -> Failure {
        if self.step { failure.within(Segment::Key(self.word.to_owned())) } else { failure }
    }

    fn settings(&self) -> Result<Cursor<'a>, Failure> {
        let word = self.word;
        let problem = || Fault::Grammar { problem: format!("`{word}` needs settings: `{{ {word} = {{ … }} }}`") };
        self.settings.map(Cursor::new).ok_or_else(|| Failure::new(problem()))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        match self.settings {
            None => Ok(()),
            Some(_) => Err(Failure::kind(format!("the word `{}` alone", self.word), "a table")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self.settings()?).map_err(|failure| self.locate(failure))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, _visitor: V) -> Result<V::Value, Failure> {
        use serde::de::Error as _;
        Err(Failure::invalid_type(Unexpected::TupleVariant, &"a word or a table"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.settings()?.map(visitor).map_err(|failure| self.locate(failure))
    }
}
