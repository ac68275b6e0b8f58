"""The forms of docs/spec as data. Every object is closed; a member with `?` may be left out, and is never null then."""

import re

class Misfit(ValueError):
    """A value that does not have its form; the JSON Pointer to where."""

def check(value, form, at=""):
    if isinstance(form, dict):
        good = isinstance(value, dict)
        if good and "|" in form:  # one form for each word of a member
            tag = form["|"]
            check(value.get(tag), "|".join(it for it in form if it != "|"), f"{at}/{tag}")
            form = {tag: TEXT, **form[value[tag]]}
        good = good and {it.rstrip("?") for it in form} >= set(value) >= {it for it in form if it[-1] != "?"}
        for name, below in form.items() if good else ():
            name = name.rstrip("?")
            if name in value:
                check(value[name], below, f"{at}/{name}")
    elif isinstance(form, list):
        good = isinstance(value, list)
        for index, item in enumerate(value if good else ()):
            check(item, form[0], f"{at}/{index}")
    elif isinstance(form, tuple):  # any one of these
        good = any(fits(value, it) for it in form)
    elif isinstance(form, str):  # one of these words
        good = isinstance(value, str) and value in form.split("|")
    elif isinstance(form, re.Pattern):
        good = isinstance(value, str) and bool(form.fullmatch(value))
    else:
        good = value is None if form is None else form(value)
    if not good:
        raise Misfit(at)

def fits(value, form):
    try:
        check(value, form)
        return True
    except Misfit:
        return False

def whole(low, high):
    return lambda it: type(it) is int and low <= it <= high

def some(form):
    return lambda it: isinstance(it, list) and bool(it) and fits(it, [form])

def named(form, names=re.compile(".*", re.DOTALL)):
    return lambda it: isinstance(it, dict) and all(fits(name, names) and fits(below, form) for name, below in it.items())

def is_subject(value):
    """One artifact or more, each with a strong digest, all in lower-case hexadecimal."""
    if not some({"name?": TEXT, "digest": named(re.compile("[0-9a-f]+"))})(value):
        return False
    known = [[len(text) == STRONG[name] for name, text in it["digest"].items() if name in STRONG] for it in value]
    return all(it and all(it) for it in known)

def is_requirement(value, depth=0):
    """A tree in its long form: not empty, at most 32 levels deep."""
    if depth > 32 or not isinstance(value, dict) or len(value) != 1:
        return False
    (kind, parts), = value.items()
    if kind == "Condition":
        return fits(parts, ID)
    if kind == "RequireGroup":
        if not fits(parts, {"min": whole(1, 255), "reqs": [ANY]}) or parts["min"] > len(parts["reqs"]):
            return False
        parts = parts["reqs"]
    parts = [parts] if kind == "Not" else parts
    return kind in ("And", "Or", "Not", "RequireGroup") and some(lambda it: is_requirement(it, depth + 1))(parts)

def TEXT(it):
    return isinstance(it, str)

def FLAG(it):
    return isinstance(it, bool)

def ANY(_):
    return True

def THERE(it):
    return it is not None

ID, HEX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"), re.compile(r"[0-9a-f]{64}")
KEY_ID = re.compile(r"[A-Za-z0-9._:/+@=-]{1,256}")
STRONG = {"sha256": 64, "sha384": 96, "sha512": 128}
COUNT, SCOPE, BYTE, EXACT = whole(0, 2**64 - 1), whole(1, 2**53 - 1), whole(0, 255), whole(0, 2**53 - 1)
LANE, TRUTH, BINDING = "asserted|verified", "True|False|Unknown", "value|query|run"
DIGEST = {"algorithm": "sha256", "value": HEX}
TIME = {"|": "kind", "unix_millis": {"value": whole(1 - 2**53, 2**53 - 1)}, "logical": {"value": EXACT}}
ANCHOR = {"anchor_type": TEXT, "anchor_value": TEXT}
PAYLOAD = {"|": "kind", "json": {"value": ANY}, "bytes": {"bytes": [BYTE]}, "external": {
    "content_ref": {"uri": TEXT, "content_hash": DIGEST, "encryption": (None, TEXT)}}}
TARGET = {"|": "kind", "agent": {"agent_id": TEXT}, "session": {"session_id": TEXT},
          "external": {"system": TEXT, "target": TEXT}, "channel": {"channel": TEXT}}

# scenario.md, expanded
EDGE = {"|": "kind", "linear": {}, "terminal": {}, "fixed": {"stage_id": ID}, "branch": {"default": (None, ID), "branches": [
    {"gate_id": ID, "outcome": "true|false|unknown", "next_stage_id": ID}]}}
STAGE = {
    "stage_id": ID, "advance_to": EDGE, "on_timeout": "fail|advance_with_flag|alternate_branch",
    "gates": [{"gate_id": ID, "requirement": is_requirement, "trust?": {"min_lane": LANE}}],
    "timeout": (None, {"timeout_ms": whole(1, 2**64 - 1), "policy_tags": [TEXT]}), "ungated?": lambda it: it is True,
    "entry_packets": [{"packet_id": ID, "schema_id": TEXT, "content_type": TEXT, "visibility_labels": [TEXT],
                       "policy_tags": [TEXT], "expiry": (None, TIME), "payload": PAYLOAD}]}
COMPARATOR = ("equals|not_equals|greater_than|greater_than_or_equal|less_than|less_than_or_equal|lex_greater_than|"
              "lex_greater_than_or_equal|lex_less_than|lex_less_than_or_equal|contains|in_set|deep_equals|"
              "deep_not_equals|exists|not_exists")
SCENARIO = {
    "scenario_id": ID, "namespace_id": SCOPE, "spec_version": TEXT, "stages": some(STAGE),
    "conditions": [{"condition_id": ID, "query": {"provider_id": ID, "check_id": ID, "params?": THERE}, "expected": ANY,
                    "comparator": COMPARATOR, "policy_tags": [TEXT], "trust?": {"min_lane": LANE}}],
    "policies": [{"policy_id": TEXT, "description": (None, TEXT)}], "default_tenant_id": (None, SCOPE),
    "schemas": [{"schema_id": TEXT, "version": (None, TEXT), "uri": (None, TEXT)}]}

# signatures.md, policy.md
KEY = {"key_id": KEY_ID, "algorithm": "ed25519|ecdsa-p256", "public_key": TEXT, "not_before?": TIME, "not_after?": TIME,
       "revoked?": {"at": TIME, "reason": "compromise|superseded|retired"},
       "providers?": some(ID), "predicate_types?": some(TEXT)}
KIND = "agent|session|external|channel"
LISTS = ("require_labels", "forbid_labels", "require_policy_tags", "forbid_policy_tags", "content_types", "schema_ids",
         "packet_ids", "stage_ids", "scenario_ids")
RULE = {"effect": "permit|deny|error", "error_message?": TEXT, "target_kinds?": some(KIND),
        "targets?": some({"target_kind": KIND, "target_id?": TEXT, "system?": TEXT, "target?": TEXT}),
        **{f"{it}?": some(TEXT) for it in LISTS}}
PROVIDER = {"answers": "fetched|derived", "max_lane": LANE, "allow_raw": FLAG, "contract": DIGEST,
            "result_schemas": named(ANY, ID), "trust?": {"require_signature": {"keys": [KEY_ID], "binding": BINDING}},
            "unsigned_max_lane?": LANE, "signers?": THERE, "release?": THERE,
            "max_evidence_bytes?": EXACT}
POLICY = {
    "v": whole(1, 1), "trust_requirement": LANE, "provider_trust_overrides": named(LANE, ID), "keys?": some(KEY),
    "anchors": {"providers?": some({"provider_id": ID, "requirement": {"anchor_type": TEXT, "required_fields": [TEXT]}})},
    "evidence": {"allow_raw_values": FLAG, "require_provider_opt_in": FLAG, "hash_profile": "kept|salted|withheld"},
    "limits": {"max_evidence_bytes": EXACT, "max_payload_bytes": EXACT}, "providers": named(PROVIDER, ID),
    "packets": {"|": "engine", "permit_all": {}, "deny_all": {}, "static": {
        "default": "permit|deny|error", "rules": [RULE]}},
    "time": {"source": "server|caller", "max_skew_ms": EXACT, "allow_logical?": lambda it: it is False}}

# events.md: what the fold and the replay do not make anew by themselves
TRIGGER = {"trigger_id": ID, "kind": "agent_request_next|tick|external_event|backend_event", "source_id": TEXT,
           "correlation_id?": TEXT, "payload?": DIGEST}
PROOF = ("pulled|derived|supplied", {"checked": {"scheme": "ed25519|dsse", "key_id": KEY_ID, "binding": BINDING}},
         {"attested": {"predicate_type": TEXT, "signers": some(KEY_ID), "envelopes": [DIGEST], "against?": some(DIGEST)}},
         {"released": {"signers": [{"key_id": KEY_ID, "predicate_type?": TEXT}], "envelopes": [DIGEST]}})
ENTRY = {"condition_id": ID, "provider_id": ID, "check_id": ID, "status": TRUTH, "lane?": LANE, "proof?": PROOF,
         "gap?": TEXT, "anchor?": ANCHOR, "answer?": DIGEST, "release?": named(ANY)}
BODIES = {
    "run_started": {"scenario_id": ID, "spec_hash": DIGEST, "origin": "draft|pinned", "subject?": is_subject,
                    "environment?": ID, "dispatch_targets": [TARGET], "packets": [ANY], "relaxations": [TEXT],
                    "decision": named(ANY)},
    "step_decided": {"trigger": TRIGGER, "stage_id": ID, "evidence": [ENTRY], "gates": [ANY], "decision": named(ANY),
                     "packets": [ANY], "degraded?": ANY, "relaxations": [TEXT]},
    "submitted": {"submission_id": ID, "content_type": TEXT, "payload": DIGEST, "correlation_id?": TEXT}}
EVENT = {"v": whole(1, 1), "rules": whole(1, 1), "tenant": SCOPE, "namespace": SCOPE, "run": ID, "seq": COUNT, "at": TIME,
         "actor": (None, TEXT), "key": (None, TEXT), "policy_digest": DIGEST, "state_digest": DIGEST,
         "kind": "|".join(BODIES), "body": named(ANY)}

# events.md "Commitments", runpack.md
SIGNATURE = {"scheme": TEXT, "key_id": TEXT, "signature": [BYTE]}
ANSWER = {
    "|": "answer", "absent": {"anchor?": ANCHOR, "lane_ceiling?": LANE, "attestation?": TEXT},
    "found": {"value": {"|": "kind", "json": {"value": ANY}, "bytes": {"value": [BYTE]}}, "content_type?": TEXT,
              "anchor?": ANCHOR, "reference?": {"uri": TEXT}, "claimed_hash?": DIGEST, "signature?": SIGNATURE,
              "attestation?": TEXT, "lane_ceiling?": LANE},
    "fault": {"code": re.compile("[a-z][a-z0-9_]{0,63}"), "message": TEXT, "details?": THERE, "anchor?": ANCHOR}}
PLACE = {"seq": COUNT, "slot": re.compile(f"payload|evidence:{ID.pattern}")}
VALUE = ({**PLACE, "salt": HEX, "value": ANY}, {**PLACE, "withheld": "redacted", "result?": named(ANY)},
         {**PLACE, "withheld": "pruned"})
TRUST = {"keys": [ANY], "policies": [{"digest": DIGEST, "snapshot": POLICY}]}
PROOFS = {"checkpoint": (None, {"inclusion": [DIGEST], "index": COUNT}), "generated_at": TIME, "profile": "audit|disclosed", "root": DIGEST, "size": COUNT}
FILES = [{"path": TEXT, "hash": DIGEST}]
ARTIFACTS = [{"artifact_id": TEXT, "kind": TEXT, "path": TEXT, "content_type": TEXT, "hash": DIGEST, "required": FLAG}]

# evidence-statement.md
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1", "predicateType": "urn:decision-gate:evidence:v1", "subject": is_subject,
    "predicate": {
        "provider_id": ID, "check_id": ID, "params_hash": DIGEST, "content_type?": TEXT, "evidence_anchor?": ANCHOR,
        "value": {"|": "kind", "json": {"evidence_hash": DIGEST}, "bytes": {"evidence_hash": DIGEST}, "absent": {}},
        "environment?": ID, "lane_ceiling?": LANE, "observed_at": TIME, "expires_at": TIME, "audience": {
            "tenant_id?": SCOPE, "namespace_id": SCOPE, "run_id?": ID,
            "nonce?": lambda it: TEXT(it) and 1 <= len(it.encode()) <= 128}}}
