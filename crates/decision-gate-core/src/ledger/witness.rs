//! C2SP `tlog-policy`: which logs and witnesses somebody trusts, and which witnesses must have signed.

use std::collections::{BTreeMap, BTreeSet};

use super::note::{KeyUse, VerifierKey, VerifierKeyError};

/// The longest policy file that is read.
const MAX_POLICY_BYTES: usize = 1 << 20;

/// The most logs, witnesses and groups together.
const MAX_NAMES: usize = 1024;

/// Which logs and witnesses are trusted, and which witnesses must have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessPolicy {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    quorum: Option<Quorum>,
}

/// Who must have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Quorum {
    /// The witness at this place.
    Witness(usize),
    /// At least so many of these.
    Group { least: usize, members: Vec<Quorum> },
}

/// Why a text is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the witness policy: {problem}")]
pub struct WitnessPolicyError {
    /// Which line, from 1; 0 for the whole.
    pub line: usize,
    /// What is wrong with it.
    pub problem: WitnessPolicyProblem,
}

/// What is wrong with a line of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessPolicyProblem {
    /// Far more than any policy.
    #[error("the file is too large")]
    TooLarge,
    /// A character that no line may have.
    #[error("a control character")]
    Control,
    /// Not a line of a policy.
    #[error("not `log`, `witness`, `group` or `quorum` with what belongs to it")]
    Form,
    /// A key that is none.
    #[error("{0}")]
    Key(#[source] VerifierKeyError),
    /// A log's key for a witness, or the other way round.
    #[error("the key is of the other kind: logs have keys of type 1, witnesses of type 4")]
    Kind,
    /// A key that is there already.
    #[error("the key is given twice")]
    DuplicateKey,
    /// A name that is there already, or may not be given.
    #[error("the name `{name}` is taken")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name of nothing that stands above.
    #[error("nothing above is called `{name}`, or it is a member already")]
    UnknownName {
        /// The name.
        name: String,
    },
    /// More, or fewer, than there are members.
    #[error("a group asks for `all`, `any` or 1 to as many as it has members")]
    Threshold,
    /// No quorum, or two.
    #[error("there must be exactly one `quorum` line")]
    Quorum,
}

impl WitnessPolicyError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        "witness_policy_invalid"
    }

    /// What to do.
    pub fn hint(&self) -> &'static str {
        "write it as c2sp tlog-policy says: `log VKEY`, `witness NAME VKEY`, `group NAME all|any|K NAME…`, `quorum NAME|none`"
    }
}

#[derive(Default)]
struct Reader {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    names: BTreeMap<String, Quorum>,
    members: BTreeSet<String>,
    quorum: Option<Asked>,
}

/// What the quorum line says.
enum Asked {
    Nobody,
    For(Quorum),
}

impl Reader {
    fn line(&mut self, words: &[&str]) -> Result<(), WitnessPolicyProblem> {
        if self.names.len() + self.logs.len() >= MAX_NAMES {
            return Err(WitnessPolicyProblem::TooLarge);
        }
        match words {
            ["log", key] | ["log", key, _] => {
                let key = read_key(key, KeyUse::Plain)?;
                push_key(&mut self.logs, key)
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                let key = read_key(key, KeyUse::Cosignature)?;
                let witness = Quorum::Witness(self.witnesses.len());
                push_key(&mut self.witnesses, key)?;
                self.name(name, witness)
            }
            ["group", name, least, members @ ..] if !members.is_empty() => {
                let count = members.len();
                let least = match *least {
                    "all" => Some(count),
                    "any" => Some(1),
                    number => super::checkpoint::decimal(number).and_then(|it| usize::try_from(it).ok()),
                };
                let least = least.filter(|it| (1..=count).contains(it)).ok_or(WitnessPolicyProblem::Threshold)?;
                let members = members.iter().map(|name| self.member(name)).collect::<Result<_, _>>()?;
                self.name(name, Quorum::Group { least, members })
            }
            ["quorum", name] => {
                let named = match *name {
                    "none" => Asked::Nobody,
                    name => Asked::For(self.names.get(name).cloned().ok_or_else(|| unknown(name))?),
                };
                if self.quorum.replace(named).is_some() { Err(WitnessPolicyProblem::Quorum) } else { Ok(()) }
            }
            _ => Err(WitnessPolicyProblem::Form),
        }
    }

    fn name(&mut self, name: &str, what: Quorum) -> Result<(), WitnessPolicyProblem> {
        if name == "none" || self.names.insert(name.to_owned(), what).is_some() {
            return Err(WitnessPolicyProblem::DuplicateName { name: name.to_owned() });
        }
        Ok(())
    }

    /// A member of a group. Each name is one of one group at most, so that no witness counts twice.
    fn member(&mut self, name: &str) -> Result<Quorum, WitnessPolicyProblem> {
        let found = self.names.get(name).cloned().filter(|_| self.members.insert(name.to_owned()));
        found.ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> WitnessPolicyProblem {
    WitnessPolicyProblem::UnknownName { name: name.to_owned() }
}

fn read_key(text: &str, usage: KeyUse) -> Result<VerifierKey, WitnessPolicyProblem> {
    let key: VerifierKey = text.parse().map_err(WitnessPolicyProblem::Key)?;
    if key.usage() == usage { Ok(key) } else { Err(WitnessPolicyProblem::Kind) }
}

/// Keys are the same by their material, whatever they are called.
fn push_key(keys: &mut Vec<VerifierKey>, key: VerifierKey) -> Result<(), WitnessPolicyProblem> {
    if keys.iter().any(|known| known.public() == key.public()) {
        return Err(WitnessPolicyProblem::DuplicateKey);
    }
    keys.push(key);
    Ok(())
}

impl WitnessPolicy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`WitnessPolicyError`] with the line.
    pub fn parse(text: &str) -> Result<Self, WitnessPolicyError> {
        let whole = |problem| WitnessPolicyError { line: 0, problem };
        if text.len() > MAX_POLICY_BYTES {
            return Err(whole(WitnessPolicyProblem::TooLarge));
        }
        let mut reader = Reader::default();
        for (line, written) in (1..).zip(text.split('\n')) {
            let at = |problem| WitnessPolicyError { line, problem };
            if written.chars().any(|it| it != '\t' && it.is_ascii_control()) {
                return Err(at(WitnessPolicyProblem::Control));
            }
            let words: Vec<&str> = written.split([' ', '\t']).filter(|it| !it.is_empty()).collect();
            if words.first().is_some_and(|word| !word.starts_with('#')) {
                reader.line(&words).map_err(at)?;
            }
        }
        let Reader { logs, witnesses, quorum, .. } = reader;
        let quorum = match quorum.ok_or_else(|| whole(WitnessPolicyProblem::Quorum))? {
            Asked::Nobody => None,
            Asked::For(quorum) => Some(quorum),
        };
        Ok(Self { logs, witnesses, quorum })
    }

    /// The logs whose checkpoints are accepted.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses.
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// Whether no witness need have signed.
    pub fn asks_for_none(&self) -> bool {
        self.quorum.is_none()
    }

    /// The earliest second at which the quorum had signed, given when each witness did; nothing where it never had, or
    /// nobody is asked.
    pub fn proven_at(&self, when: impl Fn(&VerifierKey) -> Option<u64>) -> Option<u64> {
        let quorum = self.quorum.as_ref()?;
        let times: Vec<Option<u64>> = self.witnesses.iter().map(when).collect();
        reached(quorum, &times)
    }
}

/// When a quorum was reached: that of a group when the last of the first so many members was.
fn reached(quorum: &Quorum, times: &[Option<u64>]) -> Option<u64> {
    match quorum {
        Quorum::Witness(place) => times.get(*place).copied().flatten(),
        Quorum::Group { least, members } => {
            let mut all: Vec<u64> = members.iter().filter_map(|member| reached(member, times)).collect();
            all.sort_unstable();
            all.get(least.checked_sub(1)?).copied()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    fn key(name: &str, usage: KeyUse) -> VerifierKey {
        let seed = crate::digest::Digest::of(name.as_bytes());
        VerifierKey::new(name, usage, SigningKey::from_seed(seed.as_bytes()).public()).unwrap()
    }

    fn policy(rest: &str) -> Result<WitnessPolicy, WitnessPolicyError> {
        let witness = |name: &str| format!("witness {name} {}\n", key(name, KeyUse::Cosignature));
        let log = key("gate.example/1/1", KeyUse::Plain);
        let names = ["x1", "x2", "x3", "y1", "y2"].map(witness).concat();
        WitnessPolicy::parse(&format!("# who we trust\n\nlog {log} https://gate.example\n{names}{rest}"))
    }

    fn proven(rest: &str, signed: &[(&str, u64)]) -> Option<u64> {
        policy(rest).unwrap().proven_at(|key| signed.iter().find(|(name, _)| *name == key.name()).map(|(_, at)| *at))
    }

    #[test]
    fn a_quorum_is_proven_when_its_last_one_signed() {
        let two_levels = "group x 2 x1 x2 x3\ngroup y any y1 y2\n\tgroup both all x y \nquorum both\n";
        assert_eq!(proven(two_levels, &[("x1", 10), ("x3", 30), ("y2", 20)]), Some(30));
        assert_eq!(proven(two_levels, &[("x1", 10), ("x2", 15), ("x3", 30), ("y2", 20), ("y1", 99)]), Some(20));
        assert_eq!(proven(two_levels, &[("x1", 10), ("x2", 15), ("x3", 30)]), None);
        assert_eq!(proven("quorum y1\n", &[("y1", 5)]), Some(5));
        assert_eq!(proven("quorum none\n", &[("y1", 5)]), None);
        assert!(policy("quorum none\n").unwrap().asks_for_none());
    }

    #[test]
    fn every_fault_has_its_line() {
        for (rest, line, problem) in [
            ("", 0, "there must be exactly one"),
            ("quorum none\nquorum none\n", 10, "there must be exactly one"),
            ("quorum z\n", 9, "nothing above is called `z`"),
            ("group g 3 x1 x2\nquorum g\n", 9, "a group asks for"),
            ("group g 0 x1\nquorum g\n", 9, "a group asks for"),
            ("group g 01 x1\nquorum g\n", 9, "a group asks for"),
            ("group g all x1 x1\nquorum g\n", 9, "nothing above is called `x1`, or it is a member already"),
            ("group a any x1\ngroup b any x1\nquorum b\n", 10, "or it is a member already"),
            ("group none any x1\nquorum none\n", 9, "the name `none` is taken"),
            ("group x1 any x2\nquorum x1\n", 9, "the name `x1` is taken"),
            ("group g any none\nquorum g\n", 9, "nothing above is called `none`"),
            ("witnesses x1\n", 9, "not `log`"),
            ("quorum\u{b}none\n", 9, "a control character"),
            ("log nothing\n", 9, "a verifier key is written"),
        ] {
            let error = policy(rest).unwrap_err();
            assert_eq!((error.line, error.problem.to_string().contains(problem)), (line, true), "{rest:?}: {error}");
        }
        let again = format!("witness again {}\nquorum none\n", key("x1", KeyUse::Cosignature));
        assert_eq!(policy(&again).unwrap_err().problem, WitnessPolicyProblem::DuplicateKey);
        let other_kind = format!("witness log {}\nquorum none\n", key("z9", KeyUse::Plain));
        assert_eq!(policy(&other_kind).unwrap_err().problem, WitnessPolicyProblem::Kind);
    }
}
