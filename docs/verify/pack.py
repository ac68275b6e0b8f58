"""A pack, step by step: docs/spec/runpack.md "Verification". The numbers of the steps are those of that list."""

import forms
from merkle import leaf, root_of
from rules import (LANES, content_hash, edge_by_gates, edge_by_time, evaluate, is_kept, issue, judge, leaves, strictest,
                   within)
from strict_json import canonical, digest, parse, sha256
from trust import EVIDENCE, Envelope, Key, keyring, same_subject

VIEWS = [("artifacts/triggers.json", "trigger_log"), ("artifacts/gate_evals.json", "gate_eval_log"),
         ("artifacts/decisions.json", "decision_log"), ("artifacts/packets.json", "packet_log"),
         ("artifacts/submissions.json", "submission_log"), ("artifacts/tool_calls.json", "tool_transcript")]
SPEC, REPORT = "artifacts/scenario_spec.json", "artifacts/verifier_report.json"
MANIFEST_TYPE = "application/vnd.decision-gate.runpack-manifest.v1+json"
RELAXATIONS = ["trust_requirement_asserted", "time_source_caller", "scenario_draft", "stage_ungated", "release_waived",
               "release_ungated", "waivers_cover_failed_evidence"]
SEGMENT = 8 << 20
LEVELS = {"hashes": "integrity", "replayed": "replay", "signed": "signatures", "anchored": "anchoring"}

class Stop(Exception):
    """Nothing further can be checked."""

class Pack:
    """Files by path, what is expected of them, and what was found. `None` as bytes is something that is no file."""

    def __init__(self, files, manifest="manifest.json", keys=None, level=None, expect=None, checkpoint_keys=(), first=False):
        self.files, self.name, self.keys, self.level, self.expect = files, manifest, keys, level, expect or {}
        self.checkpoint_keys, self.first, self.checked = checkpoint_keys, first, 0
        self.findings, self.unproven, self.unjudged, self.withheld, self.lacks = [], [], 0, {}, []
        self.held = self.state = None
        self.signed_evidence = 0

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
            self.found(code, path, "it does not have its form" if at is not None else f"not strict json: {error}", at)
            raise Stop from None
        if canonical(value) != self.files[path]:
            self.found(code, path, "not in canonical form")
        return value

    def segments(self, base):
        """The listed paths of an array."""
        paths = [base]
        while (following := f"{base[:-5]}.{len(paths) + 1}.json") in self.listed:
            paths.append(following)
        return paths

    def read_array(self, base, form):
        """The items of an array, each with its file and its place; cut where it would grow over 8 MiB and nowhere else."""
        items, sizes = [], []
        for path in self.segments(base):
            part = self.read(path, [form])
            items += [(path, f"/{index}", it) for index, it in enumerate(part)]
            sizes.append(len(self.files[path]))
            fits = sizes[:-1] and part and sizes[-2] + 1 + len(canonical(part[0])) <= SEGMENT
            if fits or len(sizes) > 1 and not part or sizes[-1] > SEGMENT and len(part) > 1:
                self.found("file_invalid", path, "it is not cut where it must be")
        return items

    def run(self):
        """All steps; a report."""
        try:
            self.check_files()
            self.check_manifest_signature()
            self.read_content()
            self.check_values()
            self.replay()
            self.check_files_of_ours()
            self.check_evidence_signers()
        except Stop:
            pass
        return self.report()

    def check_files(self):
        """Steps 1 to 5."""
        data = self.files.get(self.name)
        if data is None:
            self.found("manifest_missing", self.name, "there is no such file")
            raise Stop
        try:
            self.manifest = parse(data)
            for member, known, code in (("manifest_version", "v1", "manifest_version_unknown"),
                                        ("hash_algorithm", "sha256", "hash_algorithm_unknown")):
                if self.manifest[member] != known:
                    self.found(code, self.name, f"known is `{known}`", f"/{member}")
                    raise Stop
            hashes, artifacts = self.manifest["integrity"]["file_hashes"], self.manifest["artifacts"]
            for form, value in ((forms.FILES, hashes), (forms.ARTIFACTS, artifacts), (forms.TIME, self.manifest["generated_at"]),
                                (forms.DIGEST, self.manifest["integrity"]["root_hash"])):
                forms.check(value, form)
            if self.manifest["decision_gate"]["format"] != 1:
                raise ValueError("only packs of format 1 are known here")
        except (ValueError, KeyError, TypeError) as error:
            self.found("manifest_invalid", self.name, f"{type(error).__name__}: {error}")
            raise Stop from None
        self.listed = {it["path"]: it["hash"] for it in hashes}
        folded = [it["path"].lower() for it in hashes] + [self.name.lower(), "manifest.sig"]
        if any(not is_path(it) for it in self.listed) or len(set(folded)) != len(folded):
            self.found("path_invalid", self.name, "a path leads out of the pack, or stands twice but for case")
        if [(it["path"], it["hash"]) for it in artifacts] != [(it["path"], it["hash"]) for it in hashes]:
            self.found("manifest_lists_disagree", self.name, "artifacts and file hashes differ", "/artifacts")
        for path in [SPEC, *(it for it, _ in VIEWS)]:
            if path not in self.listed:
                self.found("artifact_missing", path, "a pack must have this artifact")
        for path, hashed in self.listed.items():
            if self.files.get(path) is None:
                there = path in self.files
                self.found("file_not_regular" if there else "file_missing", path, "there is no such regular file")
            else:
                self.checked += 1
                if digest(self.files[path]) != hashed:
                    self.found("file_hash_mismatch", path, "the file has another hash than the manifest says")
        for path in sorted(self.files.keys() - self.listed.keys() - {self.name, "manifest.sig"}):
            self.found("file_unlisted", path, "the manifest does not name it")
        root = self.manifest["integrity"]["root_hash"]
        if digest(hashes) != root:
            self.found("root_hash_mismatch", self.name, "not the hash of the list", "/integrity/root_hash")
        if self.expect.get("root") not in (None, root["value"]):
            self.found("expected_root_hash", self.name, "another one was expected", "/integrity/root_hash", "expectation")

    def check_manifest_signature(self):
        """Step 13, the manifest's part."""
        path, at = "manifest.sig", self.manifest["generated_at"]
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
        signed, fault = envelope.signers(
            [it for it in self.keys if it.algorithm == "ed25519" and "providers" not in it.rules])
        good = [it for it in signed if not it.judge(at, predicate=MANIFEST_TYPE)]
        if not good:
            why = fault or signed[0].judge(at, predicate=MANIFEST_TYPE)
            return self.found("manifest_signer_refused", path, f"no key of yours that counts signed it: {why}", facet="signatures")
        self.held = True
        hints = [hint for hint, _ in envelope.signatures]
        if envelope.written() != self.files[path] or hints not in [[it.fingerprint()] for it in good]:
            self.found("manifest_signature_invalid", path, "not in its one form", facet="signatures")
        self.stand([(it, None) for it in good], "manifest_signer_refused", path)

    def stand(self, judged, code, path, pointer=None):
        """How a signature stands by the best of these keys of the verifier's, each with why it does not count."""
        counted = [key.rules.get("revoked") for key, refused in judged if not refused]
        if None in counted:
            return True
        if any(it["reason"] != "compromise" for it in counted):
            self.lacks.append("time_unproven: a key that signed was revoked later, and nothing proves that it signed before")
        else:
            why = next((refused for _, refused in judged if refused), "revoked for compromise")
            self.found(code, path, f"a key that signed can't be believed: {why}", pointer, "signatures")
        return False

    def read_content(self):
        """Steps 6 to 8."""
        self.scenario = self.read(SPEC, forms.SCENARIO, "scenario_invalid")
        fault = scenario_fault(self.scenario)
        if fault:
            self.found("scenario_invalid", SPEC, fault)
            raise Stop
        self.spec_hash = digest(self.scenario)
        trust = self.read("trust.json", forms.TRUST)
        self.policies, material = {}, {}
        for index, listed in enumerate(trust["policies"]):
            keys = keyring(listed["snapshot"].get("keys", []))
            material |= {(it.id, it.rules["public_key"]): it.rules for it in keys}
            self.policies[listed["digest"]["value"]] = (listed["snapshot"], keys)
            if digest(listed["snapshot"]) != listed["digest"]:
                self.found("policy_digest_mismatch", "trust.json", "not the digest of the snapshot", f"/policies/{index}")
        written = [{"key": {it: rules[it] for it in ("algorithm", "public_key")}, "key_id": rules["key_id"]}
                   for _, rules in sorted(material.items())]
        if trust["keys"] != written or [it["digest"]["value"] for it in trust["policies"]] != sorted(self.policies):
            self.found("file_invalid", "trust.json", "not ordered or written as it must be")
        self.events = self.read_array("events.json", forms.EVENT)
        self.check_sequence()
        unused = self.policies.keys() - {it["policy_digest"]["value"] for _, _, it in self.events}
        if unused:
            self.found("policy_unused", "trust.json", f"no event names policy `{min(unused)}`")

    def check_sequence(self):
        before, seen, ids = None, set(), ("tenant", "namespace", "run")
        for index, (path, place, event) in enumerate(self.events):
            body = event["body"]
            try:
                forms.check(body, forms.BODIES[event["kind"]])
            except forms.Misfit as error:
                self.found("event_invalid", path, "it does not have its form", f"{place}/body{error}")
                raise Stop from None
            if event["seq"] != index + 1:
                self.found("event_sequence", path, f"it stands at place {index + 1}", f"{place}/seq")
            if any(event[it] != self.manifest.get(it if it == "run" else it + "_id", self.manifest.get("run_id")) for it in ids):
                self.found("event_scope", path, "of another tenant, namespace or run than the manifest", place)
            at = event["at"]
            if before and (before["kind"] != at["kind"] or before["value"] > at["value"]):
                self.found("time_regressed", path, "earlier than the event before it, or of another kind", f"{place}/at")
            before = at
            if event["policy_digest"]["value"] not in self.policies:
                self.found("policy_missing", path, "its policy is not in trust.json", f"{place}/policy_digest")
                raise Stop
            if (event["kind"] == "run_started") != (index == 0):
                self.found("event_order", path, "a run is started by its first event", place)
                raise Stop
            key = (event["kind"], body.get("submission_id") or body.get("trigger", {}).get("trigger_id"))
            if key in seen:
                code = "submission_duplicate" if key[0] == "submitted" else "trigger_duplicate"
                self.found(code, path, f"`{key[1]}` was taken before", place)
            seen.add(key)
        if not self.events:
            self.found("event_order", "events.json", "there is no event")
            raise Stop

    def check_values(self):
        """Step 9."""
        self.values, wanted = {}, {}
        for _, _, event in self.events:
            body, seq = event["body"], event["seq"]
            wanted |= {(seq, f"evidence:{it['condition_id']}"): it["answer"] for it in body.get("evidence", []) if "answer" in it}
            payload = body.get("payload") or body.get("trigger", {}).get("payload")
            wanted |= {(seq, "payload"): payload} if payload else {}
        profile = self.read("proofs.json", forms.PROOFS)["profile"]
        places = []
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
            elif item["withheld"] == "redacted" and profile != "disclosed":
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
        self.stages = {it["stage_id"]: it for it in self.scenario["stages"]}
        for path, place, event in self.events:
            policy, keys = self.policies[event["policy_digest"]["value"]]
            try:
                body, key = getattr(self, "make_" + event["kind"])(event, event["body"], policy, keys)
            except (ValueError, KeyError, TypeError) as error:
                self.found("replay_refused", path, f"nothing can follow from its inputs: {error}", place, "replay")
                raise Stop from None
            self.state = fold(self.state, event, body)
            made = event | {"key": key, "body": body, "state_digest": digest(self.state)}
            if canonical(made) != canonical(event):
                same_body = canonical(body) == canonical(event["body"]) and key == event["key"]
                code = "state_digest_mismatch" if same_body else "replay_differs"
                self.found(code, path, "the recorded inputs lead to another event", place, "replay")
                raise Stop

    def make_run_started(self, event, body, policy, _):
        scenario, stage = self.scenario, self.scenario["stages"][0]
        if scenario["namespace_id"] != event["namespace"] or scenario["default_tenant_id"] not in (None, event["tenant"]):
            raise ValueError("the scenario is of another tenant or namespace")
        outcome = body["decision"]["outcome"]
        packets, refused = [], None
        if body["packets"] or outcome["kind"] == "fail":
            packets, refused = issue(stage, body["dispatch_targets"], policy, outcome)
        outcome = {"kind": "fail", "reason": refused} if refused else {"kind": "start", "stage_id": stage["stage_id"]}
        correlation = body["decision"]["correlation_id"]
        return body | {
            "scenario_id": scenario["scenario_id"], "spec_hash": self.spec_hash, "packets": packets,
            "decision": decision(1, "init", stage["stage_id"], event["at"], outcome, correlation),
            "relaxations": relaxations(policy, body["origin"], stage, [])}, None

    def make_submitted(self, event, body, policy, _):
        payload = self.values.get((event["seq"], "payload"))
        data = b"" if payload is None else payload_bytes(payload)
        if len(data) > policy["limits"]["max_payload_bytes"]:
            raise ValueError("the payload is over the limit")
        return body, body["submission_id"]

    def make_step_decided(self, event, body, policy, keys):
        state, trigger, at = self.state, body["trigger"], event["at"]
        if state["status"] != "active" or trigger["trigger_id"] == "init":
            raise ValueError("the run has ended, or the trigger is that of its start")
        stage = self.stages[state["stage_id"]]
        taken, evidence, gates = self.by_time(body, policy, stage, at), [], []
        if taken is None:
            evidence, gates = self.judge_stage(event, body, policy, keys, stage)
            to, degraded = edge_by_gates(self.scenario["stages"], stage, gates)
            taken = self.follow(body, policy, stage, to, degraded, False)
        if taken is None:
            unmet = [it["gate_id"] for it in gates if it["status"] != "True"]
            summary = {"status": "hold", "unmet_gates": unmet, "retry_hint": "await_evidence", "policy_tags": []}
            taken = {"kind": "hold", "summary": summary}, [], None
        outcome, packets, degraded = taken
        made = {
            "trigger": trigger, "stage_id": stage["stage_id"], "evidence": evidence, "gates": gates, "packets": packets,
            "decision": decision(state["decisions"] + 1, trigger["trigger_id"], stage["stage_id"], at, outcome,
                                 trigger.get("correlation_id")),
            "relaxations": relaxations(policy, state["origin"], stage, evidence)}
        made |= {"degraded": {"reason": degraded, "stage_id": stage["stage_id"]}} if degraded else {}
        return made, trigger["trigger_id"]

    def by_time(self, body, policy, stage, at):
        entered, limit = self.state["stage_entered_at"]["value"], stage["timeout"]
        if body["trigger"]["kind"] != "tick" or not limit or at["value"] < entered + limit["timeout_ms"]:
            return None
        if stage["on_timeout"] == "fail":
            return {"kind": "fail", "reason": "timeout"}, [], None
        return self.follow(body, policy, stage, edge_by_time(self.scenario["stages"], stage), "timeout", True)

    def follow(self, body, policy, stage, to, degraded, timeout):
        """(outcome, packets, what was taken for granted) of an edge; nothing where it leads nowhere."""
        if to == "":
            return None
        if to is None:
            return {"kind": "complete", "stage_id": stage["stage_id"]}, [], degraded
        packets, refused = issue(self.stages[to], self.state["dispatch_targets"], policy, body["decision"]["outcome"])
        if refused:
            return {"kind": "fail", "reason": refused}, [], degraded
        return {"kind": "advance", "from_stage": stage["stage_id"], "to_stage": to, "timeout": timeout}, packets, degraded

    def judge_stage(self, event, body, policy, keys, stage):
        """Evidence and gates, under the strictest lane that policy, condition and gate ask for."""
        occasion = {it: self.state.get(it) for it in ("tenant", "namespace", "run", "subject", "environment")} | {"at": event["at"]}
        recorded = {it["condition_id"]: it for it in body["evidence"]}
        specs, judged, evidence = {it["condition_id"]: it for it in self.scenario["conditions"]}, {}, []
        for name in sorted({it for gate in stage["gates"] for it in leaves(gate["requirement"])}):
            spec, entry, place = specs[name], recorded[name], (event["seq"], f"evidence:{name}")
            query, answer = spec["query"], self.values.get(place)
            limit = policy["limits"]["max_evidence_bytes"]
            own_limit = policy["providers"].get(query["provider_id"], {}).get("max_evidence_bytes", limit)
            if answer and not is_kept(answer, limit, own_limit):
                raise ValueError(f"an answer to `{name}` that can't be kept")
            known = None if place in self.withheld else judge(spec, answer, policy, keys, occasion)
            if known is None:  # withheld, or read by what is not part of this verifier: its record stands
                self.unjudged += place not in self.withheld
                self.not_proven("events.json", f"/{event['seq'] - 1}/body/evidence", f"the judgement of `{name}` is not made anew here")
                known = {it: entry[it] for it in ("status", "gap", "lane", "proof", "anchor", "release") if it in entry}
            floor = strictest(policy["trust_requirement"], policy["provider_trust_overrides"].get(query["provider_id"]),
                              spec.get("trust", {}).get("min_lane"))
            own = within(known, floor)
            committed = {"answer": entry["answer"]} if "answer" in entry else {}
            evidence.append({"condition_id": name, "provider_id": query["provider_id"], "check_id": query["check_id"]} | own | committed)
            judged[name] = (known, floor)
        gates = []
        for gate in stage["gates"]:
            trace = []
            def leaf_of(name, fails):
                entry, floor = judged[name]
                entry = within(entry, strictest(floor, gate.get("trust", {}).get("min_lane")))
                proof = entry.get("proof")
                against = isinstance(proof, dict) and proof.get("attested", {}).get("against")
                status = "False" if fails and against and entry["status"] == "True" else entry["status"]
                trace.append({"condition_id": name, "status": status})
                return status
            status = evaluate(gate["requirement"], leaf_of)
            gates.append({"gate_id": gate["gate_id"], "status": status, "trace": trace})
        return evidence, gates

    def check_files_of_ours(self):
        """Steps 11 and 12, without the views: tree, envelopes, manifest, report."""
        proofs, started = self.read("proofs.json", forms.PROOFS), self.events[0][2]
        hashes = [leaf(canonical(it)) for _, _, it in self.events]
        if (proofs["root"]["value"], proofs["size"]) != (root_of(hashes).hex(), len(hashes)):
            self.found("proofs_differ", "proofs.json", "the tree over the events is another")
        envelopes = {sha256(it["attestation"].encode()).hex(): it["attestation"].encode()
                     for it in self.values.values() if "attestation" in it}
        envelopes = {f"attestations/{name}.json": data for name, data in sorted(envelopes.items())}
        for path, data in envelopes.items():
            if self.files.get(path) != data:
                self.found("view_differs", path, "an answer came with this envelope")
        listed = [(SPEC, "scenario_spec")] + [(path, kind) for base, kind in VIEWS for path in self.segments(base)]
        ours = [*self.segments("events.json"), *self.segments("values.json"), "trust.json", "proofs.json", *envelopes]
        listed += [(it, "custom") for it in ours] + [(REPORT, "verifier_report")] * (REPORT in self.listed)
        hashes = [{"path": path, "hash": self.listed.get(path)} for path, _ in listed]
        anchors = [it["anchors"].get("providers", []) for it, _ in (self.policies[name] for name in sorted(self.policies))]
        lasting = [it for it in anchors[0] if all(it in other for other in anchors)]
        loosened = {it for _, _, event in self.events for it in event["body"].get("relaxations", [])}
        body = started["body"]
        whole = {SPEC, REPORT, "events.json", "values.json", "trust.json", "proofs.json"} | {it for it, _ in VIEWS}
        made = {
            "manifest_version": "v1", "hash_algorithm": "sha256", "verifier_mode": "offline_strict",
            "generated_at": proofs["generated_at"], "scenario_id": body["scenario_id"], "tenant_id": started["tenant"],
            "namespace_id": started["namespace"], "run_id": started["run"], "spec_hash": self.spec_hash,
            "security": {"dev_permissive": False, "namespace_authority": "dg_registry"},
            "integrity": {"file_hashes": hashes, "root_hash": digest(hashes)},
            "artifacts": [{"artifact_id": path, "kind": kind, "path": path, "content_type": "application/json",
                           "hash": self.listed.get(path), "required": True} for path, kind in listed],
            "decision_gate": {
                "format": 1, "profile": proofs["profile"], "rules": 1, "origin": body["origin"],
                "peer_verifiable": all(path in whole or path in envelopes for path, _ in listed),
                "relaxations": sorted(loosened, key=RELAXATIONS.index)}}
        made["decision_gate"] |= {it: body[it] for it in ("subject", "environment") if it in body}
        made |= {"anchor_policy": {"providers": lasting}} if lasting else {}
        if canonical(made) != self.files[self.name]:
            self.found("manifest_differs", self.name, "the files give another manifest, or it is not in canonical form")
        report = {"checked_files": self.checked - 1, "errors": [], "status": "pass"}
        if not self.findings and self.files.get(REPORT, canonical(report)) != canonical(report):
            self.found("verifier_report_differs", REPORT, "verification finds nothing, and the packed report says otherwise")
        if not self.held:
            for path in [self.name + "#/generated_at"] * (not self.expect.get("root")) + [it for it, _ in VIEWS]:
                path, _, pointer = path.partition("#")
                self.not_proven(path, pointer, "not made anew here: a signature over the manifest proves it")

    def check_evidence_signers(self):
        """Step 13, the part of the evidence: by the material of keys, and never by their names."""
        for path, place, event in self.events:
            _, known = self.policies[event["policy_digest"]["value"]]
            for index, entry in enumerate(event["body"].get("evidence", [])):
                proof, pointer = entry.get("proof"), f"{place}/body/evidence/{index}"
                for key_id, predicate in signers(proof):
                    if self.keys is None:
                        self.lacks.append("evidence is signed, and no keys were given to check by whom")
                    elif (event["seq"], f"evidence:{entry['condition_id']}") in self.withheld:
                        self.lacks.append("signatures can't be checked where the value is withheld")
                    else:
                        self.check_signer(known, entry, key_id, predicate, event, path, pointer)
                if isinstance(proof, dict) and proof.get("checked", {}).get("binding") == "value":
                    self.not_proven(path, f"{pointer}/proof", "the signature binds the value alone: it fits any question")

    def check_signer(self, known, entry, key_id, predicate, event, path, pointer):
        material = next((it.material for it in known if it.id == key_id), None)
        mine = [it for it in self.keys if it.material == material]
        if not mine:
            return self.lacks.append(f"key `{key_id}` signed evidence, and is none of the verifier's")
        judged = [(it, it.judge(event["at"], entry["provider_id"], predicate)) for it in mine]
        self.signed_evidence += self.stand(judged, "evidence_signer_refused", path, pointer)

    def report(self):
        """Facets, level and verdict: step 14."""
        facets = {"integrity": ["all"], "anchoring": ["none", "the pack has no checkpoint"]}
        words = sorted(set(self.withheld.values()))
        facets["replay"] = ["none", "the run could not be put together"] if self.state is None else ["all"]
        if self.state and words:
            facets["replay"] = ["partial", f"unreplayable: {len(self.withheld)} values {', '.join(words)}"]
        elif self.state and self.unjudged and not self.held:
            facets["replay"] = ["partial", f"{self.unjudged} answers are read by what is not part of this verifier"]
        some = "partial" if self.held or self.signed_evidence else "none"
        facets["signatures"] = [("all" if self.held and not self.lacks else some), *dict.fromkeys(self.lacks)]
        for it in reversed(self.findings):
            if it["facet"] in facets:
                facets[it["facet"]] = ["none", it["code"]]
        reached = 0
        while reached < 4 and facets[list(LEVELS.values())[reached]][0] == "all":
            reached += 1
        self.check_expectations()
        if self.level and list(LEVELS).index(self.level) >= reached:
            short = next((it for it in LEVELS.values() if facets[it][0] != "all"))
            self.findings.append({"code": "expected_level", "path": self.name, "pointer": None, "facet": "expectation",
                                  "reason": f"level `{self.level}` was asked for; {short} is `{facets[short][0]}`"})
        allowed = self.state and self.state["status"] == "completed" and "degraded" not in self.state
        verdict = "failed" if self.findings else "consistent" if not self.expect.get("spec_hash") \
            else "allowed" if allowed else "not_allowed"
        return {
            "status": "fail" if self.findings else "pass", "verdict": verdict, "level": [None, *LEVELS][reached],
            "facets": {it: {"level": level, "reasons": why} for it, (level, *why) in facets.items()},
            "findings": [{it: text for it, text in one.items() if it != "facet"} for one in self.findings],
            "unproven": self.unproven, "checked_files": self.checked}

    def check_expectations(self):
        state, wanted = self.state or {}, self.expect
        self.first = False
        for name, code, got in (("scenario", "expected_scenario", state.get("scenario_id")),
                                ("spec_hash", "expected_scenario", state.get("spec_hash", {}).get("value")),
                                ("run", "expected_run", state.get("run")),
                                ("environment", "expected_environment", state.get("environment")),
                                ("origin", "expected_pinned", state.get("origin"))):
            if wanted.get(name) not in (None, got):
                self.found(code, self.name, f"expected `{wanted[name]}`, the pack has `{got}`", facet="expectation")
        if wanted.get("subject") and not (state.get("subject") and same_subject(state["subject"], wanted["subject"])):
            self.found("expected_subject", self.name, "the run is about something else", facet="expectation")
        if wanted.get("policy") and (not state or set(self.policies) != {wanted["policy"]}):
            self.found("expected_policy", self.name, "decided under another policy", facet="expectation")

def is_path(path):
    odd = any(it in "\\:" or ord(it) < 32 or 127 <= ord(it) < 160 for it in path)
    parts = path.split("/")
    return not odd and len(path.encode()) <= 4096 and all(it not in ("", ".", "..") and len(it.encode()) <= 255 for it in parts)

def scenario_fault(scenario):
    """What makes it no scenario beyond its form: scenario.md, 2 to 6."""
    stages, conditions = scenario["stages"], [it["condition_id"] for it in scenario["conditions"]]
    for ids in ([it["stage_id"] for it in stages], conditions, [gate["gate_id"] for it in stages for gate in it["gates"]],
                [packet["packet_id"] for it in stages for packet in it["entry_packets"]]):
        if len(set(ids)) != len(ids):
            return "an id stands twice"
    for stage in stages:
        edge, gates = stage["advance_to"], [it["gate_id"] for it in stage["gates"]]
        named = [edge.get("stage_id"), edge.get("default"), *(it["next_stage_id"] for it in edge.get("branches", []))]
        if ("ungated" in stage) == bool(gates):
            return "a stage has gates, or says that it has none"
        if not set(named) - {None} <= {it["stage_id"] for it in stages} \
                or not {it["gate_id"] for it in edge.get("branches", [])} <= set(gates) \
                or not {it for gate in stage["gates"] for it in leaves(gate["requirement"])} <= set(conditions):
            return "something names what is not there"
    return None

def decision(seq, trigger, stage, at, outcome, correlation):
    return {"decision_id": f"decision-{seq}", "seq": seq, "trigger_id": trigger, "stage_id": stage, "decided_at": at,
            "outcome": outcome, "correlation_id": correlation}

def relaxations(policy, origin, stage, evidence):
    loosened = {word for word, holds in (
        ("trust_requirement_asserted", policy["trust_requirement"] == "asserted"), ("scenario_draft", origin == "draft"),
        ("time_source_caller", policy["time"]["source"] == "caller"), ("stage_ungated", "ungated" in stage)) if holds}
    loosened |= {word for it in evidence for word in it.get("release", {}).get("relaxations", [])}
    return sorted(loosened, key=RELAXATIONS.index)

def payload_bytes(payload):
    if payload["kind"] == "external":
        return payload["content_ref"]["uri"].encode()
    return bytes(payload["bytes"]) if payload["kind"] == "bytes" else canonical(payload["value"])

def signers(proof):
    """(key id, predicate type) of every key that a proof rests on."""
    proof = proof if isinstance(proof, dict) else {}
    if "checked" in proof:
        return [(proof["checked"]["key_id"], EVIDENCE if proof["checked"]["scheme"] == "dsse" else None)]
    if "attested" in proof:
        return [(it, proof["attested"]["predicate_type"]) for it in proof["attested"]["signers"]]
    return [(it["key_id"], it.get("predicate_type")) for it in proof.get("released", {}).get("signers", [])]

def fold(state, event, body):
    """The state after an event."""
    counted = {"seq": event["seq"], "last_event_at": event["at"]}
    if event["kind"] == "submitted":
        return state | counted
    taken = body["decision"]
    counted |= {"last_decision": taken, "decisions": 1}
    if event["kind"] == "run_started":
        kept = {it: body[it] for it in ("scenario_id", "spec_hash", "origin", "subject", "environment", "dispatch_targets") if it in body}
        return kept | counted | {it: event[it] for it in ("tenant", "namespace", "run")} | {
            "stage_id": taken["stage_id"], "stage_entered_at": event["at"], "triggers": 0,
            "status": "failed" if taken["outcome"]["kind"] == "fail" else "active"}
    state = state | counted | {"decisions": state["decisions"] + 1, "triggers": state["triggers"] + 1}
    if "degraded" in body:
        state = {"degraded": body["degraded"]} | state
    if taken["outcome"]["kind"] == "advance":
        state |= {"stage_id": taken["outcome"]["to_stage"], "stage_entered_at": event["at"]}
    return state | {"status": {"complete": "completed", "fail": "failed"}.get(taken["outcome"]["kind"], state["status"])}
