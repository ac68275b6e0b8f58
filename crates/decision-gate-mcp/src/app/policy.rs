//! From the configuration to the policy snapshot that every decision names.

use decision_gate_config::Config;
use decision_gate_config::sections::policy::{DefaultEffect, Effect, PolicyEngine, PolicyRule, Target, TargetKind};
use decision_gate_config::sections::providers::{BuiltinSettings, Provider as Setting};
use decision_gate_config::sections::time::TimeSource;
use decision_gate_core::keys::Keyring;
use decision_gate_core::policy::{
    self, Answers, DecisionLimits, EvidencePolicy, Policy, PolicySnapshot, ProviderPolicy, SNAPSHOT_VERSION, TimePolicy,
};
use decision_gate_core::scenario::packets::{self, PacketEffect, PacketPolicy, PacketRule, TargetSelector};
use decision_gate_core::trust::{Lane, ProviderTrust};
use decision_gate_policy::READERS;
use decision_gate_policy::release::Rules;
use decision_gate_runtime::{ProviderSet, RELEASE_PROVIDER};
use serde_json::Value;

pub(super) fn build(config: &Config, providers: &ProviderSet, keys: Keyring, release: Option<&Rules>) -> Policy {
    let settings = config.providers.effective();
    let provider = |(id, registered): (&decision_gate_core::name::ProviderId, &decision_gate_runtime::Registered)| {
        let contract = registered.provider.contract();
        let setting = settings.iter().find(|it| it.name == *id);
        let policy = ProviderPolicy {
            answers: if id.as_str() == "time" { Answers::Derived } else { Answers::Fetched },
            max_lane: setting.and_then(|it| it.max_lane).unwrap_or(Lane::Verified),
            allow_raw: setting.is_some_and(|it| it.allow_raw),
            contract: contract.digest(),
            result_schemas: contract.checks.iter().map(|it| (it.check_id.clone(), it.result_schema.clone())).collect(),
            trust: setting.map_or(ProviderTrust::Audit, |it| it.trust_policy(&config.trust).policy()),
            unsigned_max_lane: setting.and_then(|it| it.unsigned_max_lane(&config.trust)),
            signers: setting.and_then(signers),
            release: release.filter(|_| is_release(id)).map(Rules::to_value),
            max_evidence_bytes: release.filter(|_| is_release(id)).map(|_| release_limit(config)),
        };
        (id.clone(), policy)
    };
    Policy::new(PolicySnapshot {
        v: SNAPSHOT_VERSION,
        trust_requirement: config.trust.trust_requirement,
        provider_trust_overrides: config.trust.provider_trust_overrides.clone(),
        providers: providers.iter().map(provider).collect(),
        anchors: config.anchors.policy(),
        evidence: EvidencePolicy {
            allow_raw_values: config.evidence.allow_raw_values,
            require_provider_opt_in: config.evidence.require_provider_opt_in,
            hash_profile: config.evidence.hash_profile,
        },
        limits: DecisionLimits {
            max_evidence_bytes: config.limits.max_evidence_bytes.get(),
            max_payload_bytes: config.limits.max_payload_bytes.get(),
        },
        packets: packets(config),
        time: TimePolicy {
            source: match config.time.source {
                TimeSource::Server => policy::TimeSource::Server,
                TimeSource::Caller => policy::TimeSource::Caller,
            },
            max_skew_ms: config.time.max_skew_ms.get(),
            allow_logical: allow_logical(&settings),
        },
        keys,
    })
    .with_readers(Some(READERS))
}

fn is_release(provider: &decision_gate_core::name::ProviderId) -> bool {
    provider.as_str() == RELEASE_PROVIDER
}

/// What all files of a release can come to as one JSON value: a byte of a text is at most six there, and names, what was
/// asked and what was seen come on top. So it is `release.attestations.max_bytes` that bounds what is brought.
fn release_limit(config: &Config) -> u64 {
    const BESIDE: u64 = 8 << 20;
    let files = config.release.attestations.max_bytes.as_usize();
    let most = u64::try_from(files).unwrap_or(u64::MAX).saturating_mul(6).saturating_add(BESIDE);
    most.max(config.limits.max_evidence_bytes.get())
}

/// The signer rules of a source of attestations.
fn signers(setting: &Setting) -> Option<Value> {
    match &setting.config {
        BuiltinSettings::Attestation(settings) => Some(settings.signer_rules()),
        BuiltinSettings::Env(_)
        | BuiltinSettings::Http(_)
        | BuiltinSettings::Json(_)
        | BuiltinSettings::Mcp(_)
        | BuiltinSettings::Report(_)
        | BuiltinSettings::Time(_) => None,
    }
}

/// `providers[name = "time"].config.allow_logical`.
fn allow_logical(settings: &[Setting]) -> bool {
    settings.iter().all(|setting| match &setting.config {
        BuiltinSettings::Time(time) => time.allow_logical,
        BuiltinSettings::Attestation(_)
        | BuiltinSettings::Env(_)
        | BuiltinSettings::Http(_)
        | BuiltinSettings::Json(_)
        | BuiltinSettings::Mcp(_)
        | BuiltinSettings::Report(_) => true,
    })
}

fn packets(config: &Config) -> PacketPolicy {
    match (config.policy.engine, &config.policy.rules) {
        (PolicyEngine::PermitAll, _) => PacketPolicy::PermitAll,
        (PolicyEngine::DenyAll, _) | (PolicyEngine::Static, None) => PacketPolicy::DenyAll,
        (PolicyEngine::Static, Some(rules)) => PacketPolicy::Static {
            default: match rules.default {
                DefaultEffect::Permit => PacketEffect::Permit,
                DefaultEffect::Deny => PacketEffect::Deny,
            },
            rules: rules.rules.iter().map(rule).collect(),
        },
    }
}

fn rule(rule: &PolicyRule) -> PacketRule {
    let text = |ids: &[String]| ids.to_vec();
    PacketRule {
        effect: match rule.effect {
            Effect::Permit => PacketEffect::Permit,
            Effect::Deny => PacketEffect::Deny,
            Effect::Error => PacketEffect::Error,
        },
        error_message: rule.error_message.clone(),
        target_kinds: rule.target_kinds.iter().copied().map(kind).collect(),
        targets: rule.targets.iter().map(target).collect(),
        require_labels: text(&rule.require_labels),
        forbid_labels: text(&rule.forbid_labels),
        require_policy_tags: text(&rule.require_policy_tags),
        forbid_policy_tags: text(&rule.forbid_policy_tags),
        content_types: text(&rule.content_types),
        schema_ids: text(&rule.schema_ids),
        packet_ids: rule.packet_ids.iter().map(ToString::to_string).collect(),
        stage_ids: rule.stage_ids.iter().map(ToString::to_string).collect(),
        scenario_ids: rule.scenario_ids.iter().map(ToString::to_string).collect(),
    }
}

fn kind(kind: TargetKind) -> packets::TargetKind {
    match kind {
        TargetKind::Agent => packets::TargetKind::Agent,
        TargetKind::Session => packets::TargetKind::Session,
        TargetKind::Channel => packets::TargetKind::Channel,
        TargetKind::External => packets::TargetKind::External,
    }
}

fn target(target: &Target) -> TargetSelector {
    TargetSelector {
        target_kind: kind(target.target_kind),
        target_id: target.target_id.clone(),
        system: target.system.clone(),
        target: target.target.clone(),
    }
}
