"""A pack, step by step: docs/spec/runpack.md "Verification". The numbers of the steps are those of that list."""

import forms
from merkle import checkpoint_of, leaf, leads_to, note_fault, root_of
from replay import RELAXATIONS, Replay, Refused, scenario_fault
from strict_json import canonical, digest, parse, sha256
from trust import EVIDENCE, Envelope, keyring, same_subject

VIEWS = {"artifacts/triggers.json": "trigger_log", "artifacts/gate_evals.json": "gate_eval_log",
         "artifacts/decisions.json": "decision_log", "artifacts/packets.json": "packet_log",
         "artifacts/submissions.json": "submission_log", "artifacts/tool_calls.json": "tool_transcript"}
SPEC, REPORT, NOTE = "artifacts/scenario_spec.json", "artifacts/verifier_report.json", "checkpoint.note"
MANIFEST_TYPE = "application/vnd.decision-gate.runpack-manifest.v1+json"
LEVELS = {"hashes": "integrity", "replayed": "replay", "signed": "signatures", "anchored": "anchoring"}

class Stop(Exception):
    """Nothing further can be checked."""

class Pack:
    """Files by path, what is expected of them, and what was found. A path without bytes is there and is no file."""

    def __init__(self, files, name="manifest.json", keys=None, level=None, expect=None, checkpoint_keys=(), first=False):
        self.files, self.name, self.keys, self.level, self.expect = files, name, keys, level, expect or {}
        self.checkpoint_keys, self.first, self.checked, self.listed = checkpoint_keys, first, 0, {}
        self.findings, self.unproven, self.lacks, self.withheld = [], [], [], {}
        self.held = self.run = None
        self.good_evidence, self.anchoring = 0, ["none", "the pack has no checkpoint"]

    def found(self, code, path, reason, pointer=None, facet="integrity"):
        self.findings.append({"code": code, "path": path, "pointer": pointer, "reason": reason, "facet": facet})
        if self.first:
            raise Stop

    def not_proven(self, path, pointer, reason):
        self.unproven.append({"path": path, "pointer": pointer, "reason": reason})

    def read(self, path, form, code="file_invalid"):
        """A canonical file of a form; nothing is checked further without it."""
        try:
            value = parse(self.files[path])
            forms.check(value, form)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            at = str(error) if isinstance(error, forms.Misfit) else None
            self.found(code, path, "not of its form" if at is not None else f"not strict json: {error}", at)
            raise Stop from None
        if canonical(value) != self.files[path]:
            self.found(code, path, "not in canonical form")
        return value

    def segments(self, base):
        paths = [base]
        while (following := f"{base[:-5]}.{len(paths) + 1}.json") in self.listed:
            paths.append(following)
        return paths

    def read_array(self, base, form):
        """The items of an array, each with its file and its place; cut where it would grow over 8 MiB, nowhere else."""
        items, before = [], None
        for path in self.segments(base):
            part = self.read(path, [form])
            items += [(path, f"/{index}", it) for index, it in enumerate(part)]
            size = len(self.files[path])
            if size > 8 << 20 and len(part) > 1 or before and (
                    not part or before + 1 + len(canonical(part[0])) <= 8 << 20):
                self.found("file_invalid", path, "it is not cut where it must be")
            before = size
        return items

    def verify(self):
        """All steps; a report."""
        try:
            for step in (self.check_files, self.check_manifest_signature, self.check_scenario_and_policies,
                         self.check_events, self.check_values, self.replay, self.check_what_follows,
                         self.check_checkpoint, self.check_evidence_signers):
                step()
        except Stop:
            pass
        except (KeyError, TypeError, ValueError, AttributeError) as error:  # what nobody foresaw is not taken
            self.first = False
            self.found("file_invalid", "", f"it can't be put together: {type(error).__name__}: {error}")
        return self.report()

    def check_files(self):
        """Steps 1 to 5."""
        if self.files.get(self.name) is None:
            self.found("manifest_missing", self.name, "there is no such file")
            raise Stop
        code = "manifest_invalid"
        try:
            self.manifest = parse(self.files[self.name])
            for member, known, code in (("manifest_version", "v1", "manifest_version_unknown"),
                                        ("hash_algorithm", "sha256", "hash_algorithm_unknown")):
                if self.manifest[member] != known:
                    raise ValueError(f"`{member}` is not `{known}`")
            code, hashes = "manifest_invalid", self.manifest["integrity"]["file_hashes"]
            forms.check(hashes, forms.FILES)
            forms.check(self.manifest["generated_at"], forms.TIME)
            root, kinds = self.manifest["integrity"]["root_hash"]["value"], self.manifest["artifacts"]
            kinds = [(it["path"], it["hash"]) for it in kinds]
            if self.manifest["decision_gate"]["format"] != 1:
                raise ValueError("only packs of format 1 are known here")
        except (ValueError, KeyError, TypeError) as error:
            self.found(code, self.name, f"{type(error).__name__}: {error}")
            raise Stop from None
        self.listed = {it["path"]: it["hash"] for it in hashes}
        folded = [it["path"].lower() for it in hashes] + [self.name.lower(), "manifest.sig"]
        if not all(map(is_path, self.listed)) or len(set(folded)) != len(folded):
            self.found("path_invalid", self.name, "a path leads out of the pack, or stands twice but for case")
        if kinds != [(it["path"], it["hash"]) for it in hashes]:
            self.found("manifest_lists_disagree", self.name, "artifacts and file hashes differ", "/artifacts")
        for path in {SPEC, *VIEWS} - self.listed.keys():
            self.found("artifact_missing", path, "a pack must have this artifact")
        for path, hashed in self.listed.items():
            if self.files.get(path) is None:
                code = "file_not_regular" if path in self.files else "file_missing"
                self.found(code, path, "there is no such regular file")
            elif digest(self.files[path]) != hashed:
                self.found("file_hash_mismatch", path, "the file has another hash than the manifest says")
            self.checked += self.files.get(path) is not None
        for path in sorted(self.files.keys() - self.listed.keys() - {self.name, "manifest.sig"}):
            self.found("file_unlisted", path, "the manifest does not name it")
        if digest(hashes)["value"] != root:
            self.found("root_hash_mismatch", self.name, "not the hash of the list", "/integrity/root_hash")
        if self.expect.get("root") not in (None, root):
            self.found("expected_root_hash", self.name, "another one was expected", None, "expectation")

    def check_manifest_signature(self):
        """Step 13, the manifest's part."""
        path, at, refused = "manifest.sig", self.manifest["generated_at"], "manifest_signer_refused"
        if path not in self.files:
            return self.lacks.append("the manifest is not signed")
        try:
            envelope = Envelope(self.files[path])
            if (envelope.type, envelope.payload) != (MANIFEST_TYPE, self.files[self.name]) or envelope.unsigned:
                raise ValueError("the envelope is not around the manifest")
        except (ValueError, TypeError, AttributeError) as error:
            return self.found("manifest_signature_invalid", path, str(error), facet="signatures")
        if self.keys is None:
            return self.lacks.append("the manifest is signed, and no keys were given to check by whom")
        offered = [it for it in self.keys if it.algorithm == "ed25519" and "providers" not in it.rules]
        signed, fault = envelope.signers(offered)
        judged = [(it, it.judge(at, predicate=MANIFEST_TYPE)) for it in signed]
        good = [(key, why) for key, why in judged if not why]
        if not good:
            return self.found(refused, path, f"no key of yours counts: {fault or judged[0][1]}", facet="signatures")
        self.held = True
        if envelope.written() != self.files[path] \
                or [hint for hint, _ in envelope.signatures] not in [[it.fingerprint()] for it, _ in good]:
            self.found("manifest_signature_invalid", path, "not in its one form", facet="signatures")
        self.stands(good, refused, path)

    def stands(self, judged, code, path, pointer=None):
        """Whether the best of these keys of the verifier's, each with why it does not count, is beyond doubt."""
        counted = [key.rules.get("revoked") for key, why in judged if not why]
        if None in counted:
            return True
        if any(it["reason"] != "compromise" for it in counted):
            self.lacks.append("time_unproven: a key that signed was revoked later, and nothing proves that it signed before")
        else:
            why = next((why for _, why in judged if why), "revoked for compromise")
            self.found(code, path, f"a key that signed can't be believed: {why}", pointer, "signatures")
        return False

    def check_scenario_and_policies(self):
        """Steps 6 and 7."""
        self.scenario = self.read(SPEC, forms.SCENARIO, "scenario_invalid")
        if fault := scenario_fault(self.scenario):
            self.found("scenario_invalid", SPEC, fault)
            raise Stop
        trust, self.policies, known = self.read("trust.json", forms.TRUST), {}, {}
        for index, listed in enumerate(trust["policies"]):
            try:
                keys = keyring(listed["snapshot"].get("keys", []))
            except ValueError as error:
                self.found("file_invalid", "trust.json", str(error), f"/policies/{index}")
                raise Stop from None
            known |= {(it.id, it.raw): it.rules for it in keys}
            self.policies[listed["digest"]["value"]] = (listed["snapshot"], keys)
            if digest(listed["snapshot"]) != listed["digest"]:
                self.found("policy_digest_mismatch", "trust.json", "not its digest", f"/policies/{index}")
        written = [{"key": {it: rules[it] for it in ("algorithm", "public_key")}, "key_id": rules["key_id"]}
                   for _, rules in sorted(known.items(), key=lambda it: it[0])]
        if trust["keys"] != written or [it["digest"]["value"] for it in trust["policies"]] != sorted(self.policies):
            self.found("file_invalid", "trust.json", "not ordered or written as it must be")

    def check_events(self):
        """Step 8."""
        self.events, before, seen = self.read_array("events.json", forms.EVENT), None, set()
        scope = [self.manifest.get(it) for it in ("tenant_id", "namespace_id", "run_id")]
        for index, (path, place, event) in enumerate(self.events):
            body, at, policy = event["body"], event["at"], event["policy_digest"]["value"]
            key = event["kind"], body.get("submission_id") or str(body.get("trigger"))
            duplicate = "submission_duplicate" if event["kind"] == "submitted" else "trigger_duplicate"
            if event["kind"] == "step_decided" and isinstance(body.get("trigger"), dict):
                key = event["kind"], body["trigger"].get("trigger_id")
            for good, code, reason in (
                    (forms.fits(body, forms.BODIES[event["kind"]]), "event_invalid", "its body does not have its form"),
                    (event["seq"] == index + 1, "event_sequence", f"it stands at place {index + 1}"),
                    ([event["tenant"], event["namespace"], event["run"]] == scope, "event_scope", "of another run"),
                    (not before or before["kind"] == at["kind"] and before["value"] <= at["value"], "time_regressed",
                     "earlier than the event before it, or of another kind of time"),
                    (policy in self.policies, "policy_missing", "its policy is not in trust.json"),
                    ((event["kind"] == "run_started") == (index == 0), "event_order", "the first event starts the run"),
                    (key not in seen, duplicate, "it was taken before")):
                if not good:
                    self.found(code, path, reason, place)
                    if code in ("event_invalid", "policy_missing", "event_order"):
                        raise Stop
            before = at
            seen.add(key)
        unused = self.policies.keys() - {it["policy_digest"]["value"] for _, _, it in self.events}
        if unused or not self.events:
            code = "policy_unused" if self.events else "event_order"
            self.found(code, "trust.json", f"no event names {sorted(unused)}")
            raise Stop

    def check_values(self):
        """Step 9."""
        self.values, wanted, places = {}, {}, []
        for _, _, event in self.events:
            body, seq = event["body"], event["seq"]
            committed = {f"evidence:{it['condition_id']}": it.get("answer") for it in body.get("evidence", [])}
            committed["payload"] = body.get("payload") or body.get("trigger", {}).get("payload")
            wanted |= {(seq, slot): it for slot, it in committed.items() if it}
        self.proofs = self.read("proofs.json", forms.PROOFS)
        for path, place, item in self.read_array("values.json", forms.VALUE):
            key = (item["seq"], item["slot"])
            places.append(key)
            commitment = wanted.pop(key, None)
            if commitment is None:
                self.found("value_unexpected", path, "no event commits to it, or it is given twice", place)
            elif "withheld" not in item:
                parts = (b"decision-gate:value:v1\0", bytes.fromhex(item["salt"]), canonical(item["value"]))
                if sha256(*parts).hex() != commitment["value"]:
                    self.found("commitment_mismatch", path, "its event commits to another value or salt", place)
                if not forms.fits(item["value"], forms.PAYLOAD if key[1] == "payload" else forms.ANSWER):
                    self.found("file_invalid", path, "not an answer, or not a payload", place)
                    raise Stop
                self.values[key] = item["value"]
            elif item["withheld"] == "redacted" and self.proofs["profile"] != "disclosed":
                self.found("file_invalid", path, "this profile redacts nothing", place)
            else:
                self.withheld[key] = item["withheld"]
                if "result" in item:
                    self.not_proven(path, f"{place}/result", "redacted: it can't be compared with the value")
        if places != sorted(places):
            self.found("file_invalid", "values.json", "not ordered by event and slot")
        for seq, slot in sorted(wanted):
            self.found("value_missing", "values.json", f"event {seq} commits to `{slot}`")

    def replay(self):
        """Step 10: every event made anew from the state before it and its recorded inputs."""
        self.run = Replay(self.scenario, self.values, self.withheld, self.not_proven)
        for path, place, event in self.events:
            try:
                made = self.run.event(event, *self.policies[event["policy_digest"]["value"]])
            except (Refused, ValueError, KeyError, TypeError) as error:
                self.run.state = None
                self.found("replay_refused", path, f"nothing can follow from its inputs: {error}", place, "replay")
                raise Stop from None
            if canonical(made) != canonical(event):
                folded = canonical(made | {"state_digest": None}) == canonical(event | {"state_digest": None})
                code = "state_digest_mismatch" if folded else "replay_differs"
                self.found(code, path, "the recorded inputs lead to another event", place, "replay")
                raise Stop

    def check_what_follows(self):
        """Steps 11 and 12, without the views: tree, envelopes, manifest, report."""
        proofs, first = self.proofs, self.events[0][2]
        self.leaves = [leaf(canonical(it)) for _, _, it in self.events]
        if (proofs["root"]["value"], proofs["size"]) != (root_of(self.leaves).hex(), len(self.leaves)):
            self.found("proofs_differ", "proofs.json", "the tree over the events is another")
        texts = [it["attestation"].encode() for it in self.values.values() if "attestation" in it]
        envelopes = {f"attestations/{sha256(it).hex()}.json": it for it in texts}
        for path, data in envelopes.items():
            if self.files.get(path) != data:
                self.found("view_differs", path, "an answer came with this envelope")
        views = [(path, kind) for base, kind in VIEWS.items() for path in self.segments(base)]
        ours = [*self.segments("events.json"), *self.segments("values.json"), "trust.json", "proofs.json",
                *[NOTE] * (NOTE in self.listed), *sorted(envelopes)]
        listed = [(SPEC, "scenario_spec"), *views, *((it, "custom") for it in ours)]
        listed += [(REPORT, "verifier_report")] * (REPORT in self.listed)
        hashes = [{"path": path, "hash": self.listed.get(path)} for path, _ in listed]
        plain = {SPEC, REPORT, NOTE, *VIEWS, "events.json", "values.json", "trust.json", "proofs.json", *envelopes}
        anchors = [self.policies[it][0]["anchors"].get("providers", []) for it in sorted(self.policies)]
        lasting = [it for it in anchors[0] if all(it in other for other in anchors)]
        loosened = {it for _, _, event in self.events for it in event["body"].get("relaxations", [])}
        own = {"format": 1, "profile": proofs["profile"], "rules": 1, "origin": first["body"]["origin"],
               "peer_verifiable": all(path in plain for path, _ in listed),
               "relaxations": sorted(loosened, key=RELAXATIONS.index)}
        made = {
            "manifest_version": "v1", "hash_algorithm": "sha256", "verifier_mode": "offline_strict",
            "generated_at": proofs["generated_at"], "scenario_id": first["body"]["scenario_id"],
            "tenant_id": first["tenant"], "namespace_id": first["namespace"], "run_id": first["run"],
            "spec_hash": digest(self.scenario), "integrity": {"file_hashes": hashes, "root_hash": digest(hashes)},
            "security": {"dev_permissive": False, "namespace_authority": "dg_registry"},
            "artifacts": [{"artifact_id": path, "kind": kind, "path": path, "hash": self.listed.get(path), "required": True,
                           "content_type": "text/plain; charset=utf-8" if path == NOTE else "application/json"}
                          for path, kind in listed],
            "decision_gate": own | {it: first["body"][it] for it in ("subject", "environment") if it in first["body"]}}
        if canonical(made | ({"anchor_policy": {"providers": lasting}} if lasting else {})) != self.files[self.name]:
            self.found("manifest_differs", self.name, "the files give another manifest, or it is not in canonical form")
        report = canonical({"checked_files": self.checked - 1, "errors": [], "status": "pass"})
        if not self.findings and self.files.get(REPORT, report) != report:
            self.found("verifier_report_differs", REPORT, "nothing is found, and the packed report says otherwise")
        if not self.held:
            why = "not made anew here: a signature over the manifest proves it"
            for path, pointer in [(self.name, "/generated_at"), *((path, "") for path, _ in views)]:
                self.not_proven(path, pointer, why)

    def check_checkpoint(self):
        """Step 14."""
        proof, first = self.proofs["checkpoint"], self.events[0][2]
        scope = f"/{first['tenant']}/{first['namespace']}"
        if proof is None and NOTE not in self.listed:
            return
        try:
            note, checkpoint = checkpoint_of(self.files[NOTE])
            if proof is None:
                raise ValueError("there is no proof beside it")
        except (ValueError, KeyError) as error:
            return self.found("checkpoint_invalid", NOTE, str(error), facet="anchoring")
        if not checkpoint["origin"].endswith(scope):
            self.found("checkpoint_invalid", NOTE, "the checkpoint is of another log", facet="anchoring")
        head = {"namespace": first["namespace"], "root": {"algorithm": "sha256", "value": root_of(self.leaves).hex()},
                "run": first["run"], "size": len(self.leaves), "tenant": first["tenant"]}
        entry = leaf(b"decision-gate:stream-head:v1\0" + canonical(head))
        path = [bytes.fromhex(it["value"]) for it in proof["inclusion"]]
        if not leads_to(entry, proof["index"], checkpoint["size"], path, checkpoint["root"]):
            self.found("inclusion_mismatch", "proofs.json", "the run is not in the checkpoint", "/checkpoint", "anchoring")
        if not self.checkpoint_keys:
            self.anchoring = ["none", "no checkpoint key was given"]
        elif fault := note_fault(note, checkpoint["origin"], self.checkpoint_keys):
            self.found("checkpoint_signer_refused", NOTE, fault, facet="anchoring")
        else:
            ended = self.run.state["status"] != "active"
            self.anchoring = ["all"] if ended else ["partial", "the run goes on: it may have had further events"]

    def check_evidence_signers(self):
        """Step 13, the part of the evidence: by the material of keys, and never by their names."""
        for path, place, event in self.events:
            _, known = self.policies[event["policy_digest"]["value"]]
            for index, entry in enumerate(event["body"].get("evidence", [])):
                pointer, proof = f"{place}/body/evidence/{index}", entry.get("proof")
                if isinstance(proof, dict) and proof.get("checked", {}).get("binding") == "value":
                    self.not_proven(path, f"{pointer}/proof", "the signature binds the value alone: it fits any question")
                for key_id, predicate in signers(proof):
                    material = next((it.material for it in known if it.id == key_id), None)
                    mine = [it for it in self.keys or [] if it.material == material]
                    if self.keys is None:
                        self.lacks.append("evidence is signed, and no keys were given to check by whom")
                    elif (event["seq"], f"evidence:{entry['condition_id']}") in self.withheld:
                        self.lacks.append("signatures can't be checked where the value is withheld")
                    elif not mine:
                        self.lacks.append(f"key `{key_id}` signed evidence, and is none of the verifier's")
                    else:
                        judged = [(it, it.judge(event["at"], entry["provider_id"], predicate)) for it in mine]
                        self.good_evidence += self.stands(judged, "evidence_signer_refused", path, pointer)

    def report(self):
        """Step 15: expectations, facets, level and verdict."""
        state, wanted, self.first = self.run and self.run.state or {}, self.expect, False
        words, unjudged = sorted(set(self.withheld.values())), self.run and self.run.unjudged and not self.held
        replay = ["none", "the run could not be put together"] if not state \
            else ["partial", f"unreplayable: {len(self.withheld)} values {', '.join(words)}"] if words \
            else ["partial", "some answers are read by what is not part of this verifier"] if unjudged else ["all"]
        some = "partial" if self.held or self.good_evidence else "none"
        signatures = [("all" if self.held and not self.lacks else some), *dict.fromkeys(self.lacks)]
        facets = {"integrity": ["all"], "replay": replay, "signatures": signatures, "anchoring": self.anchoring}
        facets |= {it["facet"]: ["none", it["code"]] for it in reversed(self.findings) if it["facet"] in facets}
        levels = [it for it, facet in LEVELS.items() if facets[facet][0] != "all"]
        reached = [it for it in LEVELS if not levels or list(LEVELS).index(it) < list(LEVELS).index(levels[0])]
        if self.checkpoint_keys and self.listed and NOTE not in self.listed:
            self.found("expected_checkpoint", self.name, "a checkpoint key was given, and there is none", None, "expectation")
        got = {"scenario": state.get("scenario_id"), "spec_hash": state.get("spec_hash", {}).get("value"),
               "run": state.get("run"), "environment": state.get("environment"), "origin": state.get("origin"),
               "policy": ",".join(sorted(self.policies)) if state else None}
        for name, it in got.items():
            if wanted.get(name) not in (None, it):
                code = {"spec_hash": "expected_scenario", "origin": "expected_pinned"}.get(name, f"expected_{name}")
                self.found(code, self.name, f"expected `{wanted[name]}`, the pack has `{it}`", None, "expectation")
        if wanted.get("subject") and not same_subject(state.get("subject", []), wanted["subject"]):
            self.found("expected_subject", self.name, "the run is about something else", None, "expectation")
        if self.level and self.level not in reached:
            why = f"level `{self.level}` was asked for; {LEVELS[levels[0]]} is `{facets[LEVELS[levels[0]]][0]}`"
            self.found("expected_level", self.name, why, None, "expectation")
        allowed = "allowed" if state.get("status") == "completed" and "degraded" not in state else "not_allowed"
        return {
            "status": "fail" if self.findings else "pass", "level": reached[-1] if reached else None,
            "verdict": "failed" if self.findings else allowed if wanted.get("spec_hash") else "consistent",
            "facets": {it: {"level": level, "reasons": why} for it, (level, *why) in facets.items()},
            "findings": [{it: text for it, text in one.items() if it != "facet"} for one in self.findings],
            "unproven": self.unproven, "checked_files": self.checked}

def is_path(path):
    odd = any(it in "\\:" or ord(it) < 32 or 127 <= ord(it) < 160 for it in path)
    parts = path.split("/")
    return not odd and len(path.encode()) <= 4096 and all(it not in ("", ".", "..") and len(it.encode()) < 256 for it in parts)

def signers(proof):
    """(key id, predicate type) of every key that a proof rests on."""
    proof = proof if isinstance(proof, dict) else {}
    if "checked" in proof:
        return [(proof["checked"]["key_id"], EVIDENCE if proof["checked"]["scheme"] == "dsse" else None)]
    if "attested" in proof:
        return [(it, proof["attested"]["predicate_type"]) for it in proof["attested"]["signers"]]
    return [(it["key_id"], it.get("predicate_type")) for it in proof.get("released", {}).get("signers", [])]
