"""The fold of a run, and each of its events made anew: docs/spec/events.md, scenario.md "How it decides"."""

from rules import RECORDED, judge, within
from strict_json import digest

ENDED = {"complete": "completed", "fail": "failed"}

def parts_of(tree):
    (kind, parts), = tree.items()
    parts = parts["reqs"] if kind == "RequireGroup" else parts
    return kind, [parts] if kind in ("Not", "Condition") else parts

def leaves(tree):
    """The conditions of a tree, in the order of the text."""
    kind, parts = parts_of(tree)
    return parts if kind == "Condition" else [it for part in parts for it in leaves(part)]

def evaluate(tree, leaf, negated=False):
    """Strong Kleene logic, every leaf visited. `negated`: under an odd number of `Not`."""
    kind, parts = parts_of(tree)
    if kind == "Condition":
        return leaf(parts[0], negated)
    truths = [evaluate(it, leaf, negated != (kind == "Not")) for it in parts]
    if kind == "Not":
        return {"True": "False", "False": "True"}.get(truths[0], "Unknown")
    least = {"And": len(truths), "Or": 1}.get(kind) or tree[kind]["min"]
    if not 1 <= least <= len(truths):
        raise ValueError("a tree that asks for nothing, or for more than it has")
    if truths.count("True") >= least:
        return "True"
    return "False" if len(truths) - truths.count("False") < least else "Unknown"

class Replay:
    """A run on its way. What is not judged here is taken as it is recorded, and told to `doubt`."""

    def __init__(self, scenario, values, withheld, doubt):
        self.scenario, self.values, self.withheld, self.doubt = scenario, values, withheld, doubt
        self.stages = {it["stage_id"]: it for it in scenario["stages"]}
        self.conditions = {it["condition_id"]: it for it in scenario["conditions"]}
        self.state, self.taken = None, set()

    def event(self, event, policy, keys):
        """The event that follows from the state and the inputs of a recorded one; the state goes on to it."""
        kind, at, body, state = event["kind"], event["at"], event["body"], self.state or event
        before, key = state.get("last_event_at", at), body.get("submission_id")
        if (kind == "run_started") != (self.state is None) or before["kind"] != at["kind"] \
                or before["value"] > at["value"]:
            raise ValueError("the first event starts the run, and none is earlier than the one before it")
        if kind == "run_started":
            body = self.start(event, body)
        elif kind == "step_decided":
            body, key = self.step(event, body, policy, keys), body["trigger"]["trigger_id"]
        if (kind, key) in self.taken:
            raise ValueError("this trigger or submission was taken before")
        self.taken.add((kind, key))
        row = {it: state[it] for it in ("tenant", "namespace", "run")}
        row["seq"] = 1 if self.state is None else state["seq"] + 1
        self.state = self.fold(kind, body, row | {"last_event_at": at})
        return event | row | {"key": key, "body": body, "state_digest": digest(self.state)}

    def fold(self, kind, body, counted):
        """The state after an event."""
        if kind == "submitted":
            return self.state | counted
        decided, outcome = body["decision"], body["decision"]["outcome"]
        counted |= {"last_decision": decided, "status": ENDED.get(outcome["kind"], "active")}
        if outcome["kind"] == "advance" or kind == "run_started":
            stage = outcome.get("to_stage", decided["stage_id"])
            counted |= {"stage_entered_at": decided["decided_at"], "stage_id": stage}
        if kind == "run_started":
            kept = ("scenario_id", "spec_hash", "origin", "subject", "environment", "dispatch_targets")
            return counted | {it: body[it] for it in kept if it in body} | {"triggers": 0, "decisions": 1}
        counted |= {it: self.state[it] + 1 for it in ("triggers", "decisions")}
        return {it: body[it] for it in ("degraded",) if it in body} | self.state | counted

    def decision(self, trigger, stage, at, outcome, correlation):
        seq, stage_id = self.state["decisions"] + 1 if self.state else 1, stage["stage_id"]
        return {"decision_id": f"decision-{seq}", "seq": seq, "trigger_id": trigger, "stage_id": stage_id,
                "decided_at": at, "outcome": outcome, "correlation_id": correlation}

    def start(self, event, body):
        scenario, stage, recorded = self.scenario, self.scenario["stages"][0], body["decision"]
        outcome, packets = self.enter(stage, body, {"kind": "start", "stage_id": stage["stage_id"]})
        inputs = ("origin", "subject", "environment", "dispatch_targets")
        return {it: body[it] for it in inputs if it in body} | {
            "scenario_id": scenario["scenario_id"], "spec_hash": digest(scenario), "packets": packets,
            "relaxations": body["relaxations"],
            "decision": self.decision("init", stage, event["at"], outcome, recorded["correlation_id"])}

    def step(self, event, body, policy, keys):
        state, trigger, at = self.state, body["trigger"], event["at"]
        if state["status"] != "active" or trigger["trigger_id"] == "init":
            raise ValueError("the run has ended, or the trigger is that of its start")
        stage, evidence, gates, taken = self.stages[state["stage_id"]], [], [], None
        limit = stage["timeout"] and state["stage_entered_at"]["value"] + stage["timeout"]["timeout_ms"]
        if trigger["kind"] == "tick" and limit and at["value"] >= limit:
            taken = {"kind": "fail", "reason": "timeout"}, [], None
            if stage["on_timeout"] != "fail":
                taken = self.follow(body, stage, self.edge_by_time(stage), "timeout")
        if taken is None:
            evidence, gates = self.judge(event, body, policy, keys, stage)
            taken = self.follow(body, stage, *self.edge_by_gates(stage, gates))
        if taken is None:
            unmet = [it["gate_id"] for it in gates if it["status"] != "True"]
            summary = {"status": "hold", "unmet_gates": unmet, "policy_tags": []}
            taken = {"kind": "hold", "summary": summary | {"retry_hint": "await_evidence"}}, [], None
        outcome, packets, degraded = taken
        correlation = trigger.get("correlation_id")
        made = {"trigger": trigger, "stage_id": stage["stage_id"], "evidence": evidence, "gates": gates,
                "packets": packets, "relaxations": body["relaxations"]}
        made["decision"] = self.decision(trigger["trigger_id"], stage, at, outcome, correlation)
        return made | ({"degraded": {"reason": degraded, "stage_id": stage["stage_id"]}} if degraded else {})

    def follow(self, body, stage, to, degraded):
        """(outcome, packets, why degraded) of an edge: to a stage, to the end (None), or nowhere ("")."""
        if to == "":
            return None
        if to is None:
            return {"kind": "complete", "stage_id": stage["stage_id"]}, [], degraded
        advance = {"kind": "advance", "from_stage": stage["stage_id"], "to_stage": to}
        return *self.enter(self.stages[to], body, advance | {"timeout": degraded == "timeout"}), degraded

    def enter(self, stage, body, outcome):
        """The outcome and the packets of entering a stage. Which packets are issued is not judged here."""
        if not stage["entry_packets"]:
            return outcome, []
        self.doubt(f"the packets of stage `{stage['stage_id']}`, and whether they may be issued")
        recorded = body["decision"]["outcome"]
        return recorded if recorded["kind"] == "fail" else outcome, body["packets"]

    def judge(self, event, body, policy, keys, stage):
        """Evidence and gates, under the strictest lane that policy, condition and gate ask for."""
        named = ("tenant", "namespace", "run", "subject", "environment")
        occasion = {it: self.state.get(it) for it in named} | {"at": event["at"]}
        recorded, known, floors, evidence = {it["condition_id"]: it for it in body["evidence"]}, {}, {}, []
        for name in sorted({it for gate in stage["gates"] for it in leaves(gate["requirement"])}):
            spec, entry, place = self.conditions[name], recorded[name], (event["seq"], f"evidence:{name}")
            known[name] = {it: entry[it] for it in RECORDED if it in entry} if place in self.withheld \
                else judge(spec, self.values.get(place), entry, policy, keys, occasion, self.doubt)
            query, floor = spec["query"], policy["trust_requirement"]
            override = policy["provider_trust_overrides"].get(query["provider_id"], floor)
            floors[name] = max(floor, override, spec.get("trust", {}).get("min_lane", floor))
            asked = {"condition_id": name, "provider_id": query["provider_id"], "check_id": query["check_id"]}
            committed = {it: entry[it] for it in ("answer",) if it in entry}
            evidence.append(asked | within(known[name], floors[name]) | committed)
        gates = []
        for gate in stage["gates"]:
            trace = []
            def leaf(name, negated):
                floor = max(floors[name], gate.get("trust", {}).get("min_lane", "asserted"))
                entry = within(known[name], floor)
                attested = entry["proof"].get("attested", {}) if isinstance(entry.get("proof"), dict) else {}
                against = negated and "against" in attested and entry["status"] == "True"
                trace.append({"condition_id": name, "status": "False" if against else entry["status"]})
                return trace[-1]["status"]
            status = evaluate(gate["requirement"], leaf)
            gates.append({"gate_id": gate["gate_id"], "status": status, "trace": trace})
        return evidence, gates

    def plain_edge(self, stage):
        edge, ids = stage["advance_to"], [*self.stages, None]
        return ids[ids.index(stage["stage_id"]) + 1] if edge["kind"] == "linear" else edge.get("stage_id")

    def edge_by_gates(self, stage, gates):
        """Where the gates lead, and why that degrades the run."""
        edge, waiting = stage["advance_to"], False
        status = {it["gate_id"]: it["status"] for it in gates}
        if len(status) != len(gates) or bool(gates) == ("ungated" in stage):
            raise ValueError("a gate stands twice, or a stage without gates does not say that it is one")
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
        edge = stage["advance_to"]
        forced = "true" if stage["on_timeout"] == "advance_with_flag" else "unknown"
        if edge["kind"] != "branch":
            return self.plain_edge(stage)
        ways = [it["next_stage_id"] for it in edge["branches"] if it["outcome"] == forced]
        return [*ways, edge["default"] or ""][0]
