"""The fold of a run, and each of its events made anew: docs/spec/events.md, scenario.md "How it decides"."""

from rules import is_kept, judge, strictest, within
from strict_json import canonical, digest

RELAXATIONS = ["trust_requirement_asserted", "time_source_caller", "scenario_draft", "stage_ungated", "release_waived",
               "release_ungated", "waivers_cover_failed_evidence"]
NEGATED = {"True": "False", "False": "True", "Unknown": "Unknown"}

class Refused(Exception):
    """Nothing can follow from the recorded inputs."""

class Replay:
    """A run on its way. What is not judged here is taken as it is recorded, and told to `not_proven`."""

    def __init__(self, scenario, values, withheld, not_proven):
        self.scenario, self.values, self.withheld, self.not_proven = scenario, values, withheld, not_proven
        self.stages = {it["stage_id"]: it for it in scenario["stages"]}
        self.conditions = {it["condition_id"]: it for it in scenario["conditions"]}
        self.state, self.unjudged = None, 0

    def event(self, event, policy, keys):
        """The event that follows from the inputs of a recorded one; the state goes on to it."""
        make = {"run_started": self.start, "step_decided": self.step, "submitted": self.submit}[event["kind"]]
        body, key = make(event, event["body"], policy, keys)
        self.state = self.fold(event, body)
        return event | {"key": key, "body": body, "state_digest": digest(self.state)}

    def fold(self, event, body):
        counted = {"seq": event["seq"], "last_event_at": event["at"]}
        if event["kind"] == "submitted":
            return self.state | counted
        decided, kind = body["decision"], body["decision"]["outcome"]["kind"]
        counted["last_decision"] = decided
        entered = {"stage_entered_at": event["at"], "stage_id": decided["outcome"].get("to_stage", decided["stage_id"])}
        if event["kind"] == "run_started":
            kept = ("scenario_id", "spec_hash", "origin", "subject", "environment", "dispatch_targets")
            return {it: body[it] for it in kept if it in body} | counted | entered | {
                "tenant": event["tenant"], "namespace": event["namespace"], "run": event["run"], "triggers": 0,
                "decisions": 1, "status": "failed" if kind == "fail" else "active"}
        counted |= {it: self.state[it] + 1 for it in ("triggers", "decisions")}
        counted |= entered if kind == "advance" else {}
        counted |= {"status": {"complete": "completed", "fail": "failed"}.get(kind, self.state["status"])}
        return {"degraded": body["degraded"]} | self.state | counted if "degraded" in body else self.state | counted

    def start(self, event, body, policy, _):
        scenario, stage = self.scenario, self.scenario["stages"][0]
        if scenario["namespace_id"] != event["namespace"] or scenario["default_tenant_id"] not in (None, event["tenant"]):
            raise Refused("the scenario is of another tenant or namespace")
        recorded, packets, refused = body["decision"]["outcome"], [], None
        if body["packets"] or recorded["kind"] == "fail":
            packets, refused = self.issue(stage, body["dispatch_targets"], policy, recorded)
        outcome = {"kind": "fail", "reason": refused} if refused else {"kind": "start", "stage_id": stage["stage_id"]}
        return body | {
            "scenario_id": scenario["scenario_id"], "spec_hash": digest(scenario), "packets": packets,
            "decision": decision(1, "init", stage, event["at"], outcome, body["decision"]["correlation_id"]),
            "relaxations": relaxations(policy, body["origin"], stage, [])}, None

    def submit(self, event, body, policy, _):
        payload = self.values.get((event["seq"], "payload"), {"kind": "json", "value": 0})
        data = payload["content_ref"]["uri"].encode() if payload["kind"] == "external" else content(payload)
        if len(data) > policy["limits"]["max_payload_bytes"]:
            raise Refused("the payload is over the limit")
        return body, body["submission_id"]

    def step(self, event, body, policy, keys):
        state, trigger, at = self.state, body["trigger"], event["at"]
        if state["status"] != "active" or trigger["trigger_id"] == "init":
            raise Refused("the run has ended, or the trigger is that of its start")
        stage, evidence, gates, taken = self.stages[state["stage_id"]], [], [], None
        over = stage["timeout"] and at["value"] >= state["stage_entered_at"]["value"] + stage["timeout"]["timeout_ms"]
        if trigger["kind"] == "tick" and over:
            taken = {"kind": "fail", "reason": "timeout"}, [], None
            if stage["on_timeout"] != "fail":
                taken = self.follow(body, policy, stage, self.edge_by_time(stage), "timeout")
        if taken is None:
            evidence, gates = self.judge(event, body, policy, keys, stage)
            taken = self.follow(body, policy, stage, *self.edge_by_gates(stage, gates))
        if taken is None:
            unmet = [it["gate_id"] for it in gates if it["status"] != "True"]
            summary = {"status": "hold", "unmet_gates": unmet, "retry_hint": "await_evidence", "policy_tags": []}
            taken = {"kind": "hold", "summary": summary}, [], None
        outcome, packets, degraded = taken
        decided = decision(state["decisions"] + 1, trigger["trigger_id"], stage, at, outcome, trigger.get("correlation_id"))
        made = {"trigger": trigger, "stage_id": stage["stage_id"], "evidence": evidence, "gates": gates,
                "packets": packets, "decision": decided,
                "relaxations": relaxations(policy, state["origin"], stage, evidence)}
        made |= {"degraded": {"reason": degraded, "stage_id": stage["stage_id"]}} if degraded else {}
        return made, trigger["trigger_id"]

    def follow(self, body, policy, stage, to, degraded):
        """(outcome, packets, what was taken for granted) of an edge: to a stage, to the end (None), or nowhere ("")."""
        if to == "":
            return None
        if to is None:
            return {"kind": "complete", "stage_id": stage["stage_id"]}, [], degraded
        packets, refused = self.issue(self.stages[to], self.state["dispatch_targets"], policy, body["decision"]["outcome"])
        advance = {"kind": "advance", "from_stage": stage["stage_id"], "to_stage": to, "timeout": degraded == "timeout"}
        return {"kind": "fail", "reason": refused} if refused else advance, packets, degraded

    def issue(self, stage, targets, policy, recorded):
        """The packets of a stage that is entered, or why one is refused; what `static` rules say is not judged here."""
        engine, refused = policy["packets"]["engine"], recorded["kind"] == "fail" and recorded["reason"]
        if stage["entry_packets"] and engine == "static":
            self.unjudged += 1
            self.not_proven("events.json", "", "rules for packets are not judged here")
        if stage["entry_packets"] and targets and (engine == "deny_all" or engine == "static" and refused):
            return [], refused if engine == "static" else "policy denied disclosure"
        hashed = lambda it: it["content_ref"]["content_hash"] if it["kind"] == "external" else digest(content(it))
        return [{"packet_id": it["packet_id"], "content_hash": hashed(it["payload"]), "dispatched": len(targets)}
                for it in stage["entry_packets"]], None

    def judge(self, event, body, policy, keys, stage):
        """Evidence and gates, under the strictest lane that policy, condition and gate ask for."""
        named = ("tenant", "namespace", "run", "subject", "environment")
        occasion = {it: self.state.get(it) for it in named} | {"at": event["at"]}
        recorded, judged, evidence, gates = {it["condition_id"]: it for it in body["evidence"]}, {}, [], []
        for name in sorted({it for gate in stage["gates"] for it in leaves(gate["requirement"])}):
            spec, entry, place = self.conditions[name], recorded[name], (event["seq"], f"evidence:{name}")
            query, answer = spec["query"], self.values.get(place)
            limit = policy["limits"]["max_evidence_bytes"]
            own_limit = policy["providers"].get(query["provider_id"], {}).get("max_evidence_bytes", limit)
            if answer and not is_kept(answer, limit, own_limit):
                raise Refused(f"the answer to `{name}` is none that is kept")
            known = None if place in self.withheld else judge(spec, answer, policy, keys, occasion)
            if known is None:
                self.unjudged += 1
                self.not_proven("events.json", f"/{event['seq'] - 1}/body/evidence", f"`{name}` is not judged anew here")
                known = {it: entry[it] for it in ("status", "gap", "lane", "proof", "anchor", "release") if it in entry}
            floor = strictest(policy["trust_requirement"], spec.get("trust", {}).get("min_lane"),
                              policy["provider_trust_overrides"].get(query["provider_id"]))
            judged[name] = (known, floor)
            committed = {"answer": entry["answer"]} if "answer" in entry else {}
            evidence.append({"condition_id": name, "provider_id": query["provider_id"], "check_id": query["check_id"]}
                            | within(known, floor) | committed)
        for gate in stage["gates"]:
            trace = []
            def leaf(name, fails):
                entry = within(judged[name][0], strictest(judged[name][1], gate.get("trust", {}).get("min_lane")))
                proof = entry.get("proof")
                against = isinstance(proof, dict) and proof.get("attested", {}).get("against")
                status = "False" if fails and against and entry["status"] == "True" else entry["status"]
                trace.append({"condition_id": name, "status": status})
                return status
            status = evaluate(gate["requirement"], leaf)
            gates.append({"gate_id": gate["gate_id"], "status": status, "trace": trace})
        return evidence, gates

    def plain_edge(self, stage):
        edge, ids = stage["advance_to"], [*self.stages, None]
        return ids[ids.index(stage["stage_id"]) + 1] if edge["kind"] == "linear" else edge.get("stage_id")

    def edge_by_gates(self, stage, gates):
        """Where the gates lead, and what was taken for granted."""
        edge, status, waiting = stage["advance_to"], {it["gate_id"]: it["status"] for it in gates}, False
        if edge["kind"] != "branch":
            return self.plain_edge(stage) if set(status.values()) <= {"True"} else "", None
        for rule in edge["branches"]:
            seen, wanted = status[rule["gate_id"]], rule["outcome"].title()
            if seen == wanted and (seen == "Unknown" or not waiting):
                return rule["next_stage_id"], "unknown_outcome" if seen == "Unknown" else None
            waiting = waiting or seen == "Unknown" != wanted
        return edge["default"] if edge["default"] and "Unknown" not in status.values() else "", None

    def edge_by_time(self, stage):
        """Where a time limit that does not end the run leads."""
        edge, forced = stage["advance_to"], "true" if stage["on_timeout"] == "advance_with_flag" else "unknown"
        if edge["kind"] != "branch":
            return self.plain_edge(stage)
        return next((it["next_stage_id"] for it in edge["branches"] if it["outcome"] == forced), edge["default"]) or ""

def parts_of(tree):
    (kind, parts), = tree.items()
    return kind, [parts] if kind in ("Not", "Condition") else parts["reqs"] if kind == "RequireGroup" else parts

def leaves(tree):
    """The conditions of a tree, in the order of the text."""
    kind, parts = parts_of(tree)
    return parts if kind == "Condition" else [it for part in parts for it in leaves(part)]

def evaluate(tree, leaf, fails=False):
    """Strong Kleene logic, every leaf visited. `fails`: under an odd number of `Not`."""
    kind, parts = parts_of(tree)
    if kind == "Condition":
        return leaf(parts[0], fails)
    truths = [evaluate(it, leaf, fails != (kind == "Not")) for it in parts]
    if kind == "Not":
        return NEGATED[truths[0]]
    least = {"And": len(truths), "Or": 1}.get(kind) or tree[kind]["min"]
    if truths.count("True") >= least:
        return "True"
    return "False" if len(truths) - truths.count("False") < least else "Unknown"

def scenario_fault(scenario):
    """What makes it no scenario beyond its form: scenario.md, 2 to 6."""
    stages, conditions = scenario["stages"], [it["condition_id"] for it in scenario["conditions"]]
    for ids in ([it["stage_id"] for it in stages], conditions, [gate["gate_id"] for it in stages for gate in it["gates"]],
                [packet["packet_id"] for it in stages for packet in it["entry_packets"]]):
        if len(set(ids)) != len(ids):
            return "an id stands twice"
    for stage in stages:
        edge, gates = stage["advance_to"], [it["gate_id"] for it in stage["gates"]]
        branches = edge.get("branches", [])
        named = {edge.get("stage_id"), edge.get("default"), *(it["next_stage_id"] for it in branches)} - {None}
        if ("ungated" in stage) == bool(gates) or not named <= {it["stage_id"] for it in stages} \
                or not {it["gate_id"] for it in branches} <= set(gates) \
                or not {it for gate in stage["gates"] for it in leaves(gate["requirement"])} <= set(conditions):
            return "a stage without gates does not say so, or something names what is not there"
    return None

def decision(seq, trigger, stage, at, outcome, correlation):
    return {"decision_id": f"decision-{seq}", "seq": seq, "trigger_id": trigger, "stage_id": stage["stage_id"],
            "decided_at": at, "outcome": outcome, "correlation_id": correlation}

def relaxations(policy, origin, stage, evidence):
    loosened = {word for word, holds in (
        ("trust_requirement_asserted", policy["trust_requirement"] == "asserted"), ("scenario_draft", origin == "draft"),
        ("time_source_caller", policy["time"]["source"] == "caller"), ("stage_ungated", "ungated" in stage)) if holds}
    loosened |= {word for it in evidence for word in it.get("release", {}).get("relaxations", [])}
    return sorted(loosened, key=RELAXATIONS.index)

def content(payload):
    return bytes(payload["bytes"]) if payload["kind"] == "bytes" else canonical(payload["value"])
