"""A pack, step by step: docs/spec/runpack.md "Verification", whose numbers the steps have."""

from itertools import takewhile

from forms import fits
from merkle import checkpoint_of, is_signed, leads_to, leaf, root_of
from replay import Replay
from strict_json import canonical, digest, parse
from trust import EVIDENCE, base64_text, keyring, signed_bytes, unbase64

VIEWS = ("triggers", "gate_evals", "decisions", "packets", "submissions", "tool_calls")
SPEC, REPORT = "artifacts/scenario_spec.json", "artifacts/verifier_report.json"
NOTE, SIGNATURE = "checkpoint.note", "manifest.sig"
MANIFEST_TYPE = "application/vnd.decision-gate.runpack-manifest.v1+json"
LEVELS = {"hashes": "integrity", "replayed": "replay", "signed": "signatures", "anchored": "anchoring"}

class Pack:
    """Files by path (without bytes: no regular file), what is expected of them, and what was found."""

    def __init__(self, files, name="manifest.json", keys=None, level=None, expect=None, checkpoint_keys=()):
        self.files, self.name, self.keys, self.level, self.expect = files, name, keys, level, expect or {}
        self.checkpoint_keys, self.listed, self.where = checkpoint_keys, {}, name
        self.findings, self.unproven, self.withheld, self.held, self.run = [], [], set(), False, None

    def found(self, code, where, reason, facet="integrity"):
        self.findings.append({"code": code, "where": where, "reason": reason, "facet": facet})

    def not_proven(self, where, reason, facet):
        """Keeps a facet below `all`."""
        self.unproven.append({"where": where, "reason": reason, "facet": facet})

    def doubt(self, reason):
        """What is not judged here, and proven only by a signature over the manifest."""
        if not self.held:
            self.not_proven("events.json", f"not judged here: {reason}", "replay")

    def verify(self):
        """All steps; a report. What can't be put together is a finding, and ends it."""
        steps = ((self.check_files, "manifest_invalid", "integrity"),
                 (self.check_values, "file_invalid", "integrity"),
                 (self.check_manifest_signature, "manifest_signature_invalid", "signatures"),
                 (self.replay, "replay_refused", "replay"),
                 (self.check_what_follows, "manifest_differs", "integrity"),
                 (self.check_checkpoint, "checkpoint_invalid", "anchoring"),
                 (self.check_evidence_signers, "evidence_signer_refused", "signatures"))
        try:
            for step, code, facet in steps:
                step()
                if self.findings and facet == "integrity" and not self.run:
                    return self.report(None)
            return self.report(self.run.state)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
            self.found(code, self.where, f"it can't be put together: {error!r}", facet)
            return self.report(None)

    def read(self, path, form):
        """A file in canonical form."""
        self.where = path
        value = parse(self.files[path])
        if not fits(value, form) or canonical(value) != self.files[path]:
            raise ValueError(f"not of the form `{form}`, or not in canonical form")
        return value

    def read_array(self, name, form):
        """The items of an array in all its segments, each with its place."""
        paths = [f"{name}.json"]
        while (following := f"{name}.{len(paths) + 1}.json") in self.listed:
            paths.append(following)
        return [(f"{path}#/{index}", it) for path in paths
                for index, it in enumerate(self.read(path, f"[{form}]"))]

    def check_files(self):
        """Steps 1 to 5."""
        self.manifest = manifest = parse(self.files[self.name])
        hashes, root = manifest["integrity"]["file_hashes"], manifest["integrity"]["root_hash"]
        versions = manifest["manifest_version"], manifest["decision_gate"]["format"]
        if versions != ("v1", 1) or not fits(hashes, "[File]") or not fits(manifest["generated_at"], "Time"):
            raise ValueError("not of a known version")
        self.listed = {it["path"]: it["hash"] for it in hashes}
        listed = [{"path": it["path"], "hash": it["hash"]} for it in manifest["artifacts"]]
        if listed != hashes or len(self.listed) != len(hashes) or digest(hashes) != root:
            self.found("manifest_lists_disagree", self.name, "artifacts, file hashes and root hash disagree")
        for path in [SPEC, *(f"artifacts/{it}.json" for it in VIEWS), *self.listed]:
            if path not in self.listed or self.files.get(path) is None:
                self.found("file_missing", path, "it is no regular file, too large, or not listed")
            elif digest(self.files[path]) != self.listed[path]:
                self.found("file_hash_mismatch", path, "the file has another hash than the manifest says")
        for path in sorted(self.files.keys() - self.listed.keys() - {self.name, SIGNATURE}):
            self.found("file_unlisted", path, "the manifest does not name it")

    def check_manifest_signature(self):
        """Step 13, the manifest's part: one canonical envelope around the very bytes of the manifest."""
        if SIGNATURE not in self.files or self.keys is None:
            return self.not_proven(SIGNATURE, "by no key of yours: views and manifest neither", "signatures")
        self.where, data, at = SIGNATURE, self.files[self.name], self.manifest["generated_at"]
        signature = unbase64(parse(self.files[SIGNATURE])["signatures"][0]["sig"])
        offered = [it for it in self.keys if it.algorithm == "ed25519" and "providers" not in it.rules]
        good = [it for it in offered if it.counts(at, predicate=MANIFEST_TYPE)
                and it.holds(signed_bytes(MANIFEST_TYPE, data), signature)]
        self.stands(good, "manifest_signer_refused", SIGNATURE)
        for key in good:
            signed = [{"keyid": key.fingerprint(), "sig": base64_text(signature)}]
            envelope = {"payload": base64_text(data), "payloadType": MANIFEST_TYPE, "signatures": signed}
            self.held = self.held or canonical(envelope) == self.files[SIGNATURE]
        if good and not self.held:
            raise ValueError("not in its one form")

    def stands(self, keys, code, where):
        """Whether one of these keys counts. One that was revoked since may have signed after that."""
        revoked = [it.rules.get("revoked", {}).get("reason") for it in keys]
        if set(revoked) <= {"compromise"}:
            self.found(code, where, "no key of yours that was in force and is not compromised", "signatures")
        elif None not in revoked:
            self.not_proven(where, "time_unproven: the key that signed was revoked later", "signatures")

    def check_values(self):
        """Steps 7 to 9, but for what the replay finds."""
        trust, self.policies = self.read("trust.json", "Trusted"), {}
        for listed in trust["policies"]:
            snapshot = listed["snapshot"]
            self.policies[listed["digest"]["value"]] = snapshot, keyring(snapshot.get("keys", []))
            if digest(snapshot) != listed["digest"]:
                self.found("policy_digest_mismatch", "trust.json", "a policy has another digest")
        self.proofs, self.events = self.read("proofs.json", "Proofs"), self.read_array("events", "Event")
        named = sorted({it["policy_digest"]["value"] for _, it in self.events})
        if [it["digest"]["value"] for it in trust["policies"]] != named:
            self.found("policy_missing", "trust.json", "not those that the events name, in order")
        self.values, wanted, places = {}, {}, []
        for _, event in self.events:
            body, seq = event["body"], event["seq"]
            slots = {f"evidence:{it['condition_id']}": it.get("answer") for it in body.get("evidence", [])}
            slots["payload"] = body.get("payload") or body.get("trigger", {}).get("payload")
            wanted |= {(seq, slot): it for slot, it in slots.items() if it}
        for where, item in self.read_array("values", "Value"):
            key = (item["seq"], item["slot"])
            places.append(key)
            if "withheld" in item:
                self.withheld.add(key)
                self.not_proven(where, f"not judged anew: {item['withheld']}", "replay")
                continue
            parts = (b"decision-gate:value:v1\0", bytes.fromhex(item["salt"]), canonical(item["value"]))
            if digest(b"".join(parts)) != wanted.get(key):
                self.found("commitment_mismatch", where, "its event commits to another value or salt")
            self.values[key] = item["value"]
        if places != sorted(wanted):
            self.found("value_missing", "values.json", "not one for each commitment, by event and slot")

    def replay(self):
        """Steps 6, 8 and 10: every event made anew from the state before it and its recorded inputs."""
        self.doubt("views, limits, relaxations, anchors, schemas; forms of scenario, policies and inputs")
        self.run = Replay(self.read(SPEC, "OBJECT"), self.values, self.withheld, self.doubt)
        for self.where, event in self.events:
            made = self.run.event(event, *self.policies[event["policy_digest"]["value"]])
            if canonical(made) != canonical(event):
                self.found("replay_differs", self.where, "something else follows from its inputs", "replay")

    def check_what_follows(self):
        """Steps 11 and 12: the tree, what the manifest says of the run, the packed report."""
        self.where, proofs, first = self.name, self.proofs, self.events[0][1]
        self.leaves = [leaf(canonical(it)) for _, it in self.events]
        if (proofs["root"]["value"], proofs["size"]) != (root_of(self.leaves).hex(), len(self.leaves)):
            self.found("proofs_differ", "proofs.json", "the tree over the events is another")
        said = {"generated_at": proofs["generated_at"], "tenant_id": first["tenant"], "run_id": first["run"],
                "namespace_id": first["namespace"]}
        said |= {it: first["body"][it] for it in ("scenario_id", "spec_hash")}
        said["integrity"] = {it: self.manifest["integrity"][it] for it in ("file_hashes", "root_hash")}
        if canonical(self.manifest | said) != self.files[self.name]:
            raise ValueError("it is of another run than the events, or not in canonical form")
        report = canonical({"checked_files": len(self.listed) - 1, "errors": [], "status": "pass"})
        if not self.findings and self.files.get(REPORT, report) != report:
            self.found("verifier_report_differs", REPORT, "nothing is found, and it says otherwise")

    def check_checkpoint(self):
        """Step 14."""
        self.where, proof, first = NOTE, self.proofs["checkpoint"], self.events[0][1]
        if proof is None and NOTE not in self.listed:
            return self.not_proven(NOTE, "the pack has no checkpoint", "anchoring")
        note, (origin, size, root) = checkpoint_of(self.files[NOTE])
        if not origin.endswith(f"/{first['tenant']}/{first['namespace']}"):
            self.found("checkpoint_invalid", NOTE, "a checkpoint of another log", "anchoring")
        head = {it: first[it] for it in ("tenant", "namespace", "run")}
        head |= {"root": self.proofs["root"], "size": len(self.leaves)}
        entry = leaf(b"decision-gate:stream-head:v1\0" + canonical(head))
        path = [bytes.fromhex(it["value"]) for it in proof["inclusion"]]
        if not leads_to(entry, proof["index"], size, path, root):
            self.found("inclusion_mismatch", "proofs.json", "the run is not in the checkpoint", "anchoring")
        if not self.checkpoint_keys:
            self.not_proven(NOTE, "no checkpoint key was given", "anchoring")
        elif not is_signed(note, origin, self.checkpoint_keys):
            self.found("checkpoint_signer_refused", NOTE, "not by your key, or it does not hold", "anchoring")
        elif self.run.state["status"] == "active":
            self.not_proven(NOTE, "the run goes on: it may have had further events", "anchoring")

    def check_evidence_signers(self):
        """Step 13, the part of the evidence: by the material of keys, and never by their names."""
        for self.where, event in self.events:
            known = self.policies[event["policy_digest"]["value"]][1]
            for entry in event["body"].get("evidence", []):
                withheld = (event["seq"], f"evidence:{entry['condition_id']}") in self.withheld
                for key_id, predicate in signers(entry.get("proof", ())):
                    materials = [it.material for it in known if it.id == key_id]
                    mine = [it for it in self.keys or [] if it.material in materials and not withheld]
                    if mine:
                        good = [it for it in mine if it.counts(event["at"], entry["provider_id"], predicate)]
                        self.stands(good, "evidence_signer_refused", self.where)
                    else:
                        self.not_proven(self.where, f"`{key_id}`: not your key, or withheld", "signatures")

    def report(self, state):
        """Step 15: expectations, level and verdict. Without a state, not all steps were taken."""
        about = state or {}
        root = digest([{"path": path, "hash": it} for path, it in self.listed.items()])["value"]
        got = about | {"spec_hash": about.get("spec_hash", {}).get("value"), "root_hash": root}
        if self.checkpoint_keys and self.listed and NOTE not in self.listed:
            self.found("expected_checkpoint", self.name, "a checkpoint key was given", None)
        for name, wanted in self.expect.items():
            if got.get(name) != wanted:
                self.found(f"expected_{name}", self.name, f"`{wanted}` is expected, and it is another", None)
        short = {it["facet"] for it in self.findings + self.unproven} | (set() if state else {"integrity"})
        reached = list(takewhile(lambda it: LEVELS[it] not in short, LEVELS))
        if self.level and self.level not in reached:
            self.found("expected_level", self.name, f"level `{self.level}` was asked for", None)
        is_whole = about.get("status") == "completed" and "degraded" not in about
        known = "spec_hash" in self.expect and "replay" not in short
        verdict = ("allowed" if is_whole else "not_allowed") if known else "consistent"
        return {"status": "fail" if self.findings else "pass", "level": reached[-1] if reached else None,
                "verdict": "failed" if self.findings else verdict, "run": about, "findings": self.findings,
                "unproven": self.unproven}

def signers(proof):
    """(key id, predicate type) of every key that a proof rests on."""
    if "checked" in proof:
        return [(proof["checked"]["key_id"], EVIDENCE if proof["checked"]["scheme"] == "dsse" else None)]
    if "attested" in proof:
        return [(it, proof["attested"]["predicate_type"]) for it in proof["attested"]["signers"]]
    released = proof["released"]["signers"] if "released" in proof else []
    return [(it["key_id"], it.get("predicate_type")) for it in released]
