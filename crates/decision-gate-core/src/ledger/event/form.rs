//! How events write their canonical form: every byte of it is hashed, and made anew by every replay.

use super::{Body, EventKind, EvidenceEntry, Row, StepDecided, TriggerEntry};
use crate::json::canonical::form::{Form, Optional, Plain, object, word_form};

word_form!(EventKind);

impl Form for Row<'_> {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "actor": &self.actor,
            "at": &self.at,
            "body": self.body,
            "key": &self.key,
            "kind": &self.kind,
            "namespace": &self.namespace,
            "policy_digest": &self.policy_digest,
            "rules": &self.rules,
            "run": &self.run,
            "seq": &self.seq,
            "state_digest": &self.state_digest,
            "tenant": &self.tenant,
            "v": &self.v,
        });
    }
}

impl Form for Body {
    fn form(&self, out: &mut Vec<u8>) {
        match self {
            Self::StepDecided(body) => body.form(out),
            Self::Submitted(body) => Plain(body).form(out),
            Self::RunStarted(body) => Plain(body).form(out),
            Self::ScenarioDefined(body) => Plain(body).form(out),
            Self::PolicyActivated(body) => Plain(body).form(out),
            Self::SchemaRegistered(body) => Plain(body).form(out),
        }
    }
}

impl Form for StepDecided {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "decision": &self.decision,
            "degraded": &Optional(&self.degraded),
            "evidence": &self.evidence,
            "gates": &self.gates,
            "packets": &Plain(&self.packets),
            "relaxations": &Plain(&self.relaxations),
            "stage_id": &self.stage_id,
            "trigger": &self.trigger,
        });
    }
}

impl Form for TriggerEntry {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "correlation_id": &Optional(&self.correlation_id),
            "kind": &self.kind,
            "payload": &Optional(&self.payload),
            "source_id": &self.source_id,
            "trigger_id": &self.trigger_id,
        });
    }
}

impl Form for EvidenceEntry {
    fn form(&self, out: &mut Vec<u8>) {
        object!(out, {
            "anchor": &Optional(&self.anchor),
            "answer": &Optional(&self.answer),
            "check_id": &self.check_id,
            "condition_id": &self.condition_id,
            "gap": &Optional(&self.gap),
            "lane": &Optional(&self.lane),
            "proof": &Optional(&self.proof),
            "provider_id": &self.provider_id,
            "release": &Optional(&self.release.as_ref().map(Plain)),
            "status": &self.status,
        });
    }
}
