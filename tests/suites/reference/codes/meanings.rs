//! What the sources do not say of a code: where the codes of a file appear, and the one meaning of a code that several
//! places give.

/// Path of a file or folder, where its codes appear, and what to do when the code does not say. The longest path wins.
pub(crate) const AREAS: &[(&str, &str, &str)] = &[
    (
        "crates/decision-gate-attest/src/builders/",
        "making of attestations",
        "see the guides to [execution evidence](../guides/make-execution-evidence.md) and to [beacon attestations](../guides/make-beacon-attestation.md)",
    ),
    (
        "crates/decision-gate-attest/src/bundle/",
        "files of attestations",
        "write one envelope, one Sigstore bundle, or a list of them",
    ),
    (
        "crates/decision-gate-attest/src/evidence/",
        "evidence of `attestation`",
        "see [attestations.md](../spec/attestations.md)",
    ),
    (
        "crates/decision-gate-attest/src/evidence/rules.rs",
        "signer rules of `attestation`",
        "mend `providers[].config.signers`, see [config.md](config.md)",
    ),
    (
        "crates/decision-gate-attest/src/issuers/",
        "issuer directories",
        "mend the directory, see [vex-trust.md](../spec/vex-trust.md)",
    ),
    (
        "crates/decision-gate-attest/src/predicate",
        "predicates of attestations",
        "ask the signer for a predicate as its type defines it",
    ),
    ("crates/decision-gate-attest/src/sigstore/", "Sigstore bundles", "see [attestations.md](../spec/attestations.md)"),
    ("crates/decision-gate-attest/src/vex/", "VEX documents", "ask the issuer to mend the document and sign it again"),
    ("crates/decision-gate-cli/src/", "command line", "see `decision-gate --help`"),
    ("crates/decision-gate-config/src/", "configuration", "see the place that is named, and [config.md](config.md)"),
    ("crates/decision-gate-core/src/condition/", "conditions", "see what the condition asks, and what its source says"),
    ("crates/decision-gate-core/src/contract/", "JSON Schemas in contracts", "mend the schema"),
    ("crates/decision-gate-core/src/dsse/", "envelopes", "see [dsse.md](../spec/dsse.md)"),
    ("crates/decision-gate-core/src/engine/", "runs", "call `scenario_status`; nothing was written"),
    ("crates/decision-gate-core/src/engine/derived.rs", "conditions on `time`", "see [providers.md](providers.md)"),
    ("crates/decision-gate-core/src/engine/time.rs", "runs", "check the machine's clock; nothing was written"),
    ("crates/decision-gate-core/src/intoto/", "statements", "see [dsse.md](../spec/dsse.md)"),
    ("crates/decision-gate-core/src/json/", "JSON", "write the text as RFC 8259 JSON"),
    ("crates/decision-gate-core/src/json/path/", "JSONPath", "write the path as RFC 9535 defines it"),
    ("crates/decision-gate-core/src/keys/", "keys and signatures", "see [signatures.md](../spec/signatures.md)"),
    ("crates/decision-gate-core/src/ledger/", "events", "keep the ledger as it is; use the version that wrote it"),
    ("crates/decision-gate-core/src/name.rs", "ids", "use letters, digits and `._:-`, the first a letter or digit"),
    ("crates/decision-gate-core/src/runpack/", "runpacks", "name it as the message says"),
    (
        "crates/decision-gate-core/src/runpack/finding.rs",
        "findings of `runpack verify`",
        "do not rely on this pack: ask for it again, or for the one that was expected",
    ),
    ("crates/decision-gate-core/src/scenario/", "scenarios", "see [scenario.md](../spec/scenario.md)"),
    ("crates/decision-gate-core/src/trust/", "evidence", "mend what the provider sends, or take the signature out"),
    ("crates/decision-gate-mcp/src/app/", "start of the server", "`decision-gate config check` shows every problem"),
    (
        "crates/decision-gate-mcp/src/error.rs",
        "protocol errors, and the start of the server",
        "send what the protocol's schema allows",
    ),
    (
        "crates/decision-gate-mcp/src/federation/",
        "evidence of external servers",
        "see [federation.md](../spec/federation.md)",
    ),
    ("crates/decision-gate-mcp/src/tools/", "tools", "see the tool's input schema"),
    ("crates/decision-gate-policy/src/", "gates of a release", "see [release-gates.md](../spec/release-gates.md)"),
    ("crates/decision-gate-policy/src/options/", "options of gates", "correct the option at the path that is named"),
    ("crates/decision-gate-providers/src/", "providers", "see [providers.md](providers.md)"),
    ("crates/decision-gate-providers/src/env/", "evidence of `env`", "see [providers.md](providers.md)"),
    ("crates/decision-gate-providers/src/http/", "evidence of `http`", "see [providers.md](providers.md)"),
    ("crates/decision-gate-providers/src/json/", "evidence of `json`", "mend the file"),
    (
        "crates/decision-gate-providers/src/refusal.rs",
        "evidence of `http`; evidence of `json`",
        "mend the file or the body",
    ),
    (
        "crates/decision-gate-providers/src/select.rs",
        "evidence of `http`; evidence of `json`",
        "correct the path, see [providers.md](providers.md)",
    ),
    ("crates/decision-gate-providers/src/time/", "evidence of `time`", "see [providers.md](providers.md)"),
    ("crates/decision-gate-runtime/src/", "tools and command line", "call again; nothing was written"),
    ("crates/decision-gate-runtime/src/fetch.rs", "evidence", "see the server's log"),
    ("crates/decision-gate-store/src/packs/", "writing runpacks", "check `runpacks.root`"),
    (
        "crates/decision-gate-verify/src/attestation.rs",
        "reasons of `attest verify` and `attestation_verify`",
        "do not rely on it: ask the signer for another",
    ),
    (
        "crates/decision-gate-verify/src/bundle.rs",
        "reasons of `attest verify`",
        "do not rely on it: ask the signer for another",
    ),
    ("crates/decision-gate-verify/src/", "reading runpacks", "name the folder that an export wrote"),
];

/// Code, its meaning, and what to do; without the last, what its places say.
pub(crate) const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "anchor_invalid",
        "A piece of evidence does not have the anchor that the policy asks for.",
        "see `anchors` in [config.md](config.md); the details show the anchor",
    ),
    (
        "anchor_not_checked",
        "The answer of a precheck: a supplied value has no anchor, and the policy asks for one.",
        "ask the real gate",
    ),
    (
        "attestation_collection_invalid",
        "What a source of attestations brought is not a collection of files.",
        "correct the provider, see [attestations.md](../spec/attestations.md)",
    ),
    (
        "attestation_conflict",
        "Attestations that count contradict one another.",
        "find out which one is right; a threshold of all keys asks that all signers agree",
    ),
    (
        "attestation_limit",
        "There are more attestations than are taken, in one file or in one folder.",
        "name a smaller file or folder",
    ),
    (
        "attestation_reader_missing",
        "A source of attestations was asked, and the program that decides does not read attestations.",
        "use a program that does, such as `decision-gate`",
    ),
    (
        "check_missing",
        "The provider has no check of that name.",
        "see [providers.md](providers.md), or `provider_contract_get`",
    ),
    ("condition_unknown", "The scenario has no condition of that name.", ""),
    (
        "config_invalid",
        "Several things are wrong with the configuration, or it can't be read as one.",
        "mend them in the order in which they are listed",
    ),
    (
        "drafts_refused",
        "The scenario was defined through a tool or named by a file that the configuration does not pin, and only pinned ones count.",
        "list its file under `scenarios.files` in the configuration",
    ),
    (
        "entropy_unavailable",
        "The operating system gives no random bytes. Nothing was written.",
        "check the machine's source of randomness",
    ),
    (
        "envelope_too_large",
        "An envelope has more bytes than come through a tool.",
        "verify it with `decision-gate attest verify`",
    ),
    (
        "event_invalid",
        "A row of the ledger or of a pack is not an event.",
        "keep the ledger as it is; use the version that wrote it",
    ),
    (
        "evidence_hash_mismatch",
        "A piece of evidence does not have the hash that came with it.",
        "do not rely on it: what was sent is not what was hashed",
    ),
    (
        "evidence_invalid",
        "An answer that is not well-formed, or that could not be kept as it is. Its own conditions are Unknown, and nothing else.",
        "correct the provider",
    ),
    (
        "evidence_too_large",
        "A value is over the size limit. The condition is Unknown, and the rest is decided.",
        "select less, or raise the limit that is named",
    ),
    ("file_unreadable", "A file of an evidence root or of a pack could not be read.", "let the server's user read it"),
    (
        "input_too_large",
        "The input is over the limit: of bytes, or of what is counted in it.",
        "name the right file, or hand in less",
    ),
    ("internal_error", "Something of ours broke. Nothing was decided.", "try again; the log has the cause: report it"),
    (
        "invalid_arguments",
        "The arguments of a tool do not fit; `path` says where.",
        "see the tool's input schema in [tools.md](tools.md)",
    ),
    (
        "invalid_jsonpath",
        "The JSONPath does not read, or asks too much of this document.",
        "correct the path, see [providers.md](providers.md)",
    ),
    (
        "key_not_for_provider",
        "A key signed that may not sign for this provider.",
        "sign with the provider's own key, or allow this one for it",
    ),
    (
        "key_unknown",
        "No key that is trusted made the signature.",
        "add the signer's public key under `trust.keys`, or sign with a key that is there",
    ),
    (
        "logical_time_forbidden",
        "The provider `time` is asked in a run of logical time, and its settings do not allow that.",
        "set `allow_logical` of the provider `time`",
    ),
    (
        "manifest_name_invalid",
        "A manifest is one plain file name that ends in `.json` and is none of the pack's other files.",
        "leave it out",
    ),
    (
        "number_out_of_range",
        "A number that RFC 8785 can't carry exactly. It is refused and never rounded.",
        "write the number with at most 15 significant digits, or as a string",
    ),
    (
        "pack_not_found",
        "There is no pack of that name.",
        "name the folder that an export wrote; packs lie under `runpacks.root` of the configuration",
    ),
    (
        "params_invalid",
        "The parameters of a query do not fit the check.",
        "see [providers.md](providers.md), or `provider_check_schema_get`",
    ),
    (
        "params_missing",
        "The check needs parameters, or one more of them.",
        "see [providers.md](providers.md), or `provider_check_schema_get`",
    ),
    (
        "path_invalid",
        "A path leads out of its folder, or means different things on different systems.",
        "write it relative, with `/`, without `.` and `..`",
    ),
    (
        "payload_too_large",
        "What was handed in is over the size limit.",
        "hand in less or a reference, or raise `limits.max_payload_bytes`",
    ),
    (
        "predicate_type_mismatch",
        "The statement is of another predicate type than was asked for.",
        "ask the signer for a statement of the expected type",
    ),
    (
        "provider_contract_invalid",
        "The contract of a provider does not read, or is that of another one.",
        "write it as [federation.md](../spec/federation.md) says; of a built-in provider it is a defect of the build",
    ),
    (
        "provider_error",
        "An external provider answered with an error whose own code is none.",
        "correct the provider: a code is 1 to 64 of `a-z0-9_`, first a letter",
    ),
    (
        "provider_failed",
        "The provider broke down. Its own conditions are Unknown, and nothing else.",
        "see the server's log",
    ),
    (
        "provider_missing",
        "No provider of that name is configured, or the policy in force does not know it.",
        "add it under `[[providers]]` in the configuration",
    ),
    (
        "provider_timeout",
        "The provider did not answer within its time. Its own conditions are Unknown, and nothing else.",
        "ask again, or raise `timeout_ms` of the provider",
    ),
    (
        "run_conflict",
        "Others advanced the run at the same time.",
        "call `scenario_status`, then `scenario_next` again; nothing was written",
    ),
    (
        "run_state_invalid",
        "What the ledger says of the run contradicts itself. Nothing is written.",
        "keep the ledger as it is and run `decision-gate doctor`",
    ),
    ("scenario_invalid", "The scenario is not one: see the path and the reason.", ""),
    ("scenario_not_found", "No scenario of that name is defined on this shelf, or no such version of it.", ""),
    (
        "signature_invalid",
        "A signature does not hold: other bytes were signed, or another key signed them.",
        "do not rely on it; sign the exact bytes again",
    ),
    (
        "signature_missing",
        "Something must be signed, and is not.",
        "sign it, or let its policy accept what is not signed",
    ),
    (
        "signers_missing",
        "Nobody is named whose attestations of this predicate type could count, or those who are can't be read.",
        "name keys for the predicate type in `providers[].config.signers`, see [config.md](config.md)",
    ),
    (
        "store_corrupt",
        "The store holds something other than it should.",
        "keep the file as it is, restore a backup, and run `decision-gate doctor`",
    ),
    (
        "subject_missing",
        "An attestation is about an artifact, and the run does not say which one it is about.",
        "name the artifact when the run is started",
    ),
    (
        "threshold_not_met",
        "Fewer distinct trusted keys signed than must.",
        "have more of the trusted keys sign the same",
    ),
    (
        "time_kind_mismatch",
        "Wall-clock and logical time were mixed in one run.",
        "keep to the kind of time that the run was started with",
    ),
    (
        "trigger_conflict",
        "The trigger id stands for another request already: the start of the run, or one with another payload or kind.",
        "use a new trigger_id for a new request",
    ),
    (
        "trust_lane",
        "The evidence is of a lower lane than is asked for.",
        "have a trusted key sign it, or ask the source itself",
    ),
];
