//! From a written scenario to one that can be run.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::condition::{self, Bounds};
use super::lint::{self, Lint};
use super::spec::{ConditionSpec, GateSpec, ScenarioSpec};
use super::stage::{AdvanceTo, GateOutcome, StageSpec, TimeoutPolicy};
use super::{SpecFault, SpecFaults, SpecProblem};
use crate::contract::Contracts;
use crate::digest::Digest;
use crate::json::canonical::form::word_form;
use crate::json::{self, JsonError, canonical};
use crate::name::{ConditionId, GateId, StageId};

/// Who wrote the law: a configured file, or a caller through a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A caller defined it through a tool.
    Draft,
    /// The operator's configuration names its file.
    Pinned,
}

impl Origin {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pinned => "pinned",
        }
    }
}

word_form!(Origin);

/// Something worth a second look that is no error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// JSON Pointer into the scenario.
    pub path: String,
    /// What to look at.
    pub message: String,
}

/// A scenario that can be run.
#[derive(Clone, Debug)]
pub struct Scenario {
    spec: ScenarioSpec,
    hash: Digest,
    conditions: BTreeMap<ConditionId, usize>,
    /// Of each stage the conditions that its gates refer to, in canonical order.
    of_stages: Vec<Vec<usize>>,
}

/// A stage of a checked scenario.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// Its position.
    pub index: usize,
    /// As written.
    pub spec: &'a StageSpec,
}

/// A gate of a checked scenario.
pub type Gate<'a> = &'a GateSpec;

impl Scenario {
    /// The JSON Schema of the written form: short and long, in whatever language.
    pub fn schema() -> Value {
        json::schema::document::<ScenarioSpec>("scenario", "Decision Gate scenario")
    }

    /// Reads the written form. Field errors carry their path and the nearest field that exists.
    ///
    /// # Errors
    /// [`SpecFaults`] with one entry: the first thing that does not read.
    pub fn read(value: &Value) -> Result<ScenarioSpec, SpecFaults> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let pointer = condition::pointer_of(error.path());
            let reason = error.into_inner().to_string();
            let nearest = condition::nearest_field(&reason);
            SpecFaults::one(SpecFault { pointer, problem: SpecProblem::Form { reason, nearest } })
        })
    }

    /// Checks a scenario by itself, without contracts: what a verifier can do.
    ///
    /// # Errors
    /// [`SpecFaults`] with everything that is wrong.
    pub fn check(spec: ScenarioSpec) -> Result<Self, SpecFaults> {
        let mut faults = Vec::new();
        check_ids(&spec, &mut faults);
        check_stages(&spec, &mut faults);
        let bytes = canonical::of(&spec).unwrap_or_else(|error| {
            faults.push(no_form(error));
            Vec::new()
        });
        if let Some(faults) = SpecFaults::collect(faults) {
            return Err(faults);
        }
        let hash = Digest::of(&bytes);
        let conditions =
            spec.conditions.iter().enumerate().map(|(index, it)| (it.condition_id.clone(), index)).collect();
        let of_stages = spec.stages.iter().map(|stage| conditions_of(stage, &conditions)).collect();
        Ok(Self { spec, hash, conditions, of_stages })
    }

    /// Checks a scenario against the contracts of the configured providers as well.
    ///
    /// # Errors
    /// [`SpecFaults`] with everything that is wrong.
    pub fn define(
        spec: ScenarioSpec,
        contracts: &Contracts,
        bounds: Bounds,
    ) -> Result<(Self, Vec<Warning>), SpecFaults> {
        let scenario = Self::check(spec)?;
        let mut faults = Vec::new();
        condition::check_all(&scenario.spec, contracts, bounds, &mut faults);
        if bounds.degraded_edges == super::EdgePolicy::Refuse {
            refuse_degraded_edges(&scenario.spec, &mut faults);
        }
        match SpecFaults::collect(faults) {
            Some(faults) => Err(faults),
            None => {
                let found = lint::lint(Lint { scenario: &scenario, contracts, policy: None });
                let warnings = found.into_iter().map(|it| Warning { path: it.path, message: it.message }).collect();
                Ok((scenario, warnings))
            }
        }
    }

    /// As written, expanded.
    pub fn spec(&self) -> &ScenarioSpec {
        &self.spec
    }

    /// Digest of the canonical JSON of the expanded spec.
    pub fn hash(&self) -> Digest {
        self.hash
    }

    /// Canonical JSON of the expanded spec.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Invariant: `check` made it a scenario because it has a canonical form.
        canonical::of(&self.spec).unwrap_or_default()
    }

    /// The stage at which a run starts.
    pub fn first_stage(&self) -> Option<Stage<'_>> {
        self.spec.stages.first().map(|spec| Stage { index: 0, spec })
    }

    /// The stage of that id.
    pub fn stage(&self, id: &StageId) -> Option<Stage<'_>> {
        self.spec
            .stages
            .iter()
            .enumerate()
            .find(|(_, it)| it.stage_id == *id)
            .map(|(index, spec)| Stage { index, spec })
    }

    /// The stage that follows in the order of the text.
    pub fn stage_after(&self, stage: Stage<'_>) -> Option<Stage<'_>> {
        let index = stage.index + 1;
        self.spec.stages.get(index).map(|spec| Stage { index, spec })
    }

    /// The condition of that id.
    pub fn condition(&self, id: &ConditionId) -> Option<&ConditionSpec> {
        self.conditions.get(id).and_then(|index| self.spec.conditions.get(*index))
    }

    /// The conditions that a stage's gates refer to, in canonical order (by id).
    pub fn conditions_of<'a>(&'a self, stage: Stage<'a>) -> impl Iterator<Item = &'a ConditionSpec> {
        self.of_stages.get(stage.index).into_iter().flatten().filter_map(|index| self.spec.conditions.get(*index))
    }
}

/// Where the conditions are that a stage's gates refer to, in canonical order (by id).
fn conditions_of(stage: &StageSpec, conditions: &BTreeMap<ConditionId, usize>) -> Vec<usize> {
    let mut ids = BTreeSet::new();
    for gate in &stage.gates {
        gate.requirement.leaves(&mut |id| {
            ids.insert(id);
        });
    }
    ids.into_iter().filter_map(|id| conditions.get(id).copied()).collect()
}

/// A number that the spec's hash could not tell from another.
fn no_form(error: JsonError) -> SpecFault {
    SpecFault { pointer: error.pointer().to_owned(), problem: SpecProblem::Number(error) }
}

fn duplicates<'a, T: Ord + ToString + 'a>(
    what: &'static str,
    ids: impl Iterator<Item = (String, &'a T)>,
    faults: &mut Vec<SpecFault>,
) {
    let mut seen = BTreeSet::new();
    for (pointer, id) in ids {
        if !seen.insert(id) {
            faults.push(SpecFault { pointer, problem: SpecProblem::Duplicate { what, id: id.to_string() } });
        }
    }
}

fn check_ids(spec: &ScenarioSpec, faults: &mut Vec<SpecFault>) {
    if spec.stages.is_empty() {
        faults.push(SpecFault { pointer: "/stages".into(), problem: SpecProblem::NoStages });
    }
    let stages = || spec.stages.iter().enumerate();
    duplicates("stage", stages().map(|(s, it)| (format!("/stages/{s}/stage_id"), &it.stage_id)), faults);
    let gates = stages().flat_map(|(s, stage)| {
        stage.gates.iter().enumerate().map(move |(g, it)| (format!("/stages/{s}/gates/{g}/gate_id"), &it.gate_id))
    });
    duplicates("gate", gates, faults);
    let packets = stages().flat_map(|(s, stage)| {
        let place = move |p| format!("/stages/{s}/entry_packets/{p}/packet_id");
        stage.entry_packets.iter().enumerate().map(move |(p, it)| (place(p), &it.packet_id))
    });
    duplicates("packet", packets, faults);
    let conditions = spec.conditions.iter().enumerate();
    duplicates(
        "condition",
        conditions.map(|(c, it)| (format!("/conditions/{c}/condition_id"), &it.condition_id)),
        faults,
    );
}

fn check_stages(spec: &ScenarioSpec, faults: &mut Vec<SpecFault>) {
    let conditions: BTreeSet<&ConditionId> = spec.conditions.iter().map(|it| &it.condition_id).collect();
    for (index, stage) in spec.stages.iter().enumerate() {
        let at = format!("/stages/{index}");
        let name = || stage.stage_id.to_string();
        match (stage.gates.is_empty(), stage.ungated) {
            (true, false) => {
                faults.push(SpecFault {
                    pointer: format!("{at}/gates"),
                    problem: SpecProblem::NoGates { stage: name() },
                });
            }
            (false, true) => {
                let problem = SpecProblem::UngatedWithGates { stage: name() };
                faults.push(SpecFault { pointer: format!("{at}/ungated"), problem });
            }
            (true, true) | (false, false) => {}
        }
        for (g, gate) in stage.gates.iter().enumerate() {
            check_gate(gate, &format!("{at}/gates/{g}/requirement"), &conditions, faults);
        }
        check_edge(spec, stage, &at, faults);
        if stage.timeout.as_ref().is_some_and(|it| it.timeout_ms == 0) {
            faults.push(SpecFault { pointer: format!("{at}/timeout/timeout_ms"), problem: SpecProblem::TimeoutZero });
        }
    }
}

fn check_gate(gate: &GateSpec, at: &str, conditions: &BTreeSet<&ConditionId>, faults: &mut Vec<SpecFault>) {
    if let Err(error) = gate.requirement.check_shape() {
        faults.push(SpecFault { pointer: format!("{at}{}", error.pointer()), problem: SpecProblem::Shape(error) });
    }
    gate.requirement.leaves(&mut |id| {
        if !conditions.contains(id) {
            let nearest = condition::nearest(id.as_str(), conditions.iter().map(|it| it.as_str()));
            let problem = SpecProblem::Dangling { what: "condition", id: id.to_string(), nearest };
            faults.push(SpecFault { pointer: at.to_owned(), problem });
        }
    });
}

fn check_edge(spec: &ScenarioSpec, stage: &StageSpec, at: &str, faults: &mut Vec<SpecFault>) {
    let mut target = |pointer: String, id: &StageId| {
        if !spec.stages.iter().any(|it| it.stage_id == *id) {
            let nearest = condition::nearest(id.as_str(), spec.stages.iter().map(|it| it.stage_id.as_str()));
            let problem = SpecProblem::Dangling { what: "stage", id: id.to_string(), nearest };
            faults.push(SpecFault { pointer, problem });
        }
    };
    match &stage.advance_to {
        AdvanceTo::Linear | AdvanceTo::Terminal => {}
        AdvanceTo::Fixed { stage_id } => target(format!("{at}/advance_to/stage_id"), stage_id),
        AdvanceTo::Branch { branches, default } => {
            if let Some(id) = default {
                target(format!("{at}/advance_to/default"), id);
            }
            for (b, rule) in branches.iter().enumerate() {
                target(format!("{at}/advance_to/branches/{b}/next_stage_id"), &rule.next_stage_id);
            }
            for (b, rule) in branches.iter().enumerate() {
                if !stage.gates.iter().any(|it| it.gate_id == rule.gate_id) {
                    let known = stage.gates.iter().map(|it| it.gate_id.as_str());
                    let nearest = condition::nearest(rule.gate_id.as_str(), known);
                    let problem = SpecProblem::Dangling { what: "gate", id: rule.gate_id.to_string(), nearest };
                    faults.push(SpecFault { pointer: format!("{at}/advance_to/branches/{b}/gate_id"), problem });
                }
            }
        }
    }
}

fn refuse_degraded_edges(spec: &ScenarioSpec, faults: &mut Vec<SpecFault>) {
    for (index, stage) in spec.stages.iter().enumerate() {
        let mut refuse = |pointer: String, edge| {
            let problem = SpecProblem::DegradedEdge { stage: stage.stage_id.to_string(), edge };
            faults.push(SpecFault { pointer, problem });
        };
        if stage.timeout.is_some() && stage.on_timeout != TimeoutPolicy::Fail {
            refuse(format!("/stages/{index}/on_timeout"), "by timeout");
        }
        if let AdvanceTo::Branch { branches, .. } = &stage.advance_to {
            for (b, _) in branches.iter().enumerate().filter(|(_, it)| it.outcome == GateOutcome::Unknown) {
                refuse(format!("/stages/{index}/advance_to/branches/{b}/outcome"), "on an unknown outcome");
            }
        }
    }
}

/// Whether a gate id belongs to a stage.
impl Stage<'_> {
    /// The gate of that id.
    pub fn gate(&self, id: &GateId) -> Option<Gate<'_>> {
        self.spec.gates.iter().find(|it| it.gate_id == *id)
    }
}

#[cfg(test)]
mod tests;
