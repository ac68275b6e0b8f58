//! Profiles of `pprof`: samples point to locations, these to functions and modules, those to texts.
//!
//! What is counted is the type of value whose unit is `count`, else the profile's own choice or its last type. Frames
//! are from the leaf, functions that were inlined first. The field numbers are those of `profile.proto`.

use std::collections::BTreeMap;

use super::protobuf::{Content, Message};
use super::{Limits, Paths, gzip};
use crate::builders::fault::{TraceFault, Where};

/// What a profile says about itself.
pub(super) struct Profile {
    pub(super) unit: String,
    pub(super) window: Option<(i64, i64)>,
}

/// A place in the code: its module, and its functions from the innermost.
#[derive(Default)]
struct Location {
    mapping: u64,
    functions: Vec<u64>,
}

/// The parts of a profile, still pointing to each other.
#[derive(Default)]
struct Parts<'a> {
    texts: Vec<Message<'a>>,
    types: Vec<(u64, u64)>,
    samples: Vec<Message<'a>>,
    locations: BTreeMap<u64, Location>,
    /// Name and file.
    functions: BTreeMap<u64, (u64, u64)>,
    /// File name.
    mappings: BTreeMap<u64, u64>,
    time_nanos: u64,
    duration_nanos: u64,
    default_type: u64,
}

pub(super) fn read(input: &[u8], paths: &mut Paths) -> Result<Profile, TraceFault> {
    let bytes = gzip::unpack(input, &paths.limits)?;
    let parts = Parts::read(&bytes, &paths.limits)?;
    let (index, unit) = parts.value_type()?;
    let frames = parts.frames(paths)?;
    for sample in &parts.samples {
        add(*sample, index, &frames, paths)?;
    }
    Ok(Profile { unit, window: parts.window() })
}

/// Takes in a sample: locations in field 1, values in field 2.
fn add(
    sample: Message<'_>,
    index: usize,
    frames: &BTreeMap<u64, Vec<String>>,
    paths: &mut Paths,
) -> Result<(), TraceFault> {
    let (at, mut fields) = (sample.at(), sample);
    let (mut locations, mut values) = (Vec::new(), Vec::new());
    while let Some((field, content)) = fields.next()? {
        match field {
            1 => Message::numbers(content, &mut locations)?,
            2 => Message::numbers(content, &mut values)?,
            _ => {}
        }
    }
    let malformed = |expected| TraceFault::Malformed { at, expected };
    let value = *values.get(index).ok_or(malformed("a value for each type in a sample"))?;
    let value = i64::try_from(value).ok().and_then(|it| u64::try_from(it).ok());
    let value = value.ok_or(malformed("a value of 0 or more in a sample"))?;
    let mut path = Vec::new();
    for id in locations.iter().rev() {
        let frames = frames.get(id).ok_or(malformed("locations in a sample that are in the profile"))?;
        paths.check_frames(path.len() + frames.len(), at)?;
        path.extend(frames.iter().cloned());
    }
    paths.add(path, value, at)
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8], limits: &Limits) -> Result<Self, TraceFault> {
        let mut parts = Self::default();
        let mut profile = Message::whole(bytes);
        let mut count = 0_usize;
        while let Some((field, content)) = profile.next()? {
            count += 1;
            // Each part takes memory of its own, whether a sample points to it or not.
            if count > limits.paths.saturating_mul(4) {
                let limit = u64::try_from(limits.paths.saturating_mul(4)).unwrap_or(u64::MAX);
                return Err(TraceFault::TooLarge { at: profile.at(), what: "parts of a profile", limit });
            }
            match (field, content) {
                (1, Content::Bytes(it)) => parts.types.push(numbers(it, [1, 2])?.into()),
                (2, Content::Bytes(it)) => parts.samples.push(it),
                (3, Content::Bytes(it)) => {
                    let [id, file] = numbers(it, [1, 5])?;
                    parts.mappings.insert(id, file);
                }
                (4, Content::Bytes(it)) => parts.location(it)?,
                (5, Content::Bytes(it)) => {
                    let [id, name, file] = numbers(it, [1, 2, 4])?;
                    parts.functions.insert(id, (name, file));
                }
                (6, Content::Bytes(it)) => parts.texts.push(it),
                (9, Content::Number(it)) => parts.time_nanos = it,
                (10, Content::Number(it)) => parts.duration_nanos = it,
                (14, Content::Number(it)) => parts.default_type = it,
                _ => {}
            }
        }
        Ok(parts)
    }

    /// A location: id in field 1, module in 2, lines in 4, each with its function in field 1.
    fn location(&mut self, mut fields: Message<'_>) -> Result<(), TraceFault> {
        let [id, mapping] = numbers(fields, [1, 2])?;
        let mut location = Location { mapping, functions: Vec::new() };
        while let Some((field, content)) = fields.next()? {
            if let (4, Content::Bytes(line)) = (field, content) {
                let [function] = numbers(line, [1])?;
                location.functions.push(function);
            }
        }
        self.locations.insert(id, location);
        Ok(())
    }

    fn text(&self, index: u64) -> Result<&'a str, TraceFault> {
        let text = usize::try_from(index).ok().and_then(|it| self.texts.get(it));
        let malformed = |at, expected| TraceFault::Malformed { at, expected };
        let text = text.ok_or(malformed(Where::Byte(0), "texts that are in the table of the profile"))?;
        std::str::from_utf8(text.bytes()).map_err(|_| malformed(text.at(), "a text in UTF-8"))
    }

    /// Which value counts, and what it is called.
    fn value_type(&self) -> Result<(usize, String), TraceFault> {
        let mut types = Vec::new();
        for (name, unit) in &self.types {
            types.push((self.text(*name)?, self.text(*unit)?));
        }
        let default = if self.default_type == 0 { "" } else { self.text(self.default_type)? };
        let chosen = types.iter().position(|(_, unit)| *unit == "count");
        let chosen = chosen.or_else(|| types.iter().position(|(name, _)| *name == default));
        let chosen = chosen.unwrap_or(types.len().saturating_sub(1));
        let expected = "a profile with a type of value";
        let (name, unit) = types.get(chosen).ok_or(TraceFault::Malformed { at: Where::Byte(0), expected })?;
        let is_count = *unit == "count" && matches!(*name, "samples" | "sample");
        Ok((chosen, if is_count { "samples".to_owned() } else { format!("{name}/{unit}") }))
    }

    /// The frames of each location, from the outermost.
    fn frames(&self, paths: &Paths) -> Result<BTreeMap<u64, Vec<String>>, TraceFault> {
        let mut frames = BTreeMap::new();
        for (id, location) in &self.locations {
            let module = match self.mappings.get(&location.mapping) {
                Some(file) => self.text(*file)?,
                None => "",
            };
            let mut names = Vec::new();
            for function in location.functions.iter().rev() {
                names.push(self.function(*function, module, paths)?);
            }
            if names.is_empty() {
                names.push(paths.frame("", Some(module)));
            }
            frames.insert(*id, names);
        }
        Ok(frames)
    }

    fn function(&self, id: u64, module: &str, paths: &Paths) -> Result<String, TraceFault> {
        let expected = "functions in a location that are in the profile";
        let at = Where::Byte(0);
        let (name, file) = self.functions.get(&id).ok_or(TraceFault::Malformed { at, expected })?;
        let (name, file) = (self.text(*name)?, self.text(*file)?);
        // Functions without a name are told apart by their files.
        if name.starts_with("(anonymous") || name.starts_with("<anonymous") {
            let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
            return Ok(paths.frame(&format!("{name} ({file})"), None));
        }
        Ok(paths.frame(name, Some(module)))
    }

    /// Start and end, where the profile says both.
    fn window(&self) -> Option<(i64, i64)> {
        let start = i64::try_from(self.time_nanos).ok().filter(|it| *it > 0)?;
        let end = start.checked_add(i64::try_from(self.duration_nanos).ok().filter(|it| *it > 0)?)?;
        // To whole milliseconds, outwards.
        Some((start.div_euclid(1_000_000), end.checked_add(999_999)?.div_euclid(1_000_000)))
    }
}

/// The last number in each of these fields, 0 where there is none.
fn numbers<const COUNT: usize>(mut message: Message<'_>, wanted: [u64; COUNT]) -> Result<[u64; COUNT], TraceFault> {
    let mut numbers = [0; COUNT];
    while let Some((field, content)) = message.next()? {
        if let (Some(number), Content::Number(it)) =
            (wanted.iter().position(|it| *it == field).and_then(|it| numbers.get_mut(it)), content)
        {
            *number = it;
        }
    }
    Ok(numbers)
}
