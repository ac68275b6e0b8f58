# The policy of this measure once more, in Rego, over the same facts: evidence that was read and checked before.
# Rates are billionths, so that both sides count in whole numbers.
package release

import rego.v1

day := 86400000

forever := 9000000000000000

one := 1000000000

div(a, b) := (a - (a % b)) / b

tenant := object.get(input, "tenant", "")

# Which attestations of a type may count.
eligible(type, max_age) := [it |
	some it in input.attestations
	it.type == type
	it.bound
	it.lane == "verified"
	it.environment in input.declared
	it.issued_at <= input.at + 300000
	input.at - it.issued_at <= max_age
]

truth(outcome, _) := "True" if outcome in {"Pass", "PassWithNote", "Warn"}

truth("Block", is_measured) := "False" if is_measured

truth("Block", is_measured) := "Unknown" if not is_measured

measured(outcome, reason) := {"outcome": outcome, "reason": reason, "truth": truth(outcome, true)}

lacking(outcome, reason) := {"outcome": outcome, "reason": reason, "truth": truth(outcome, false)}

statuses := {input.requested_status} if input.requested_status

statuses := {it.status | some it in input.claims} if not input.requested_status

# 100
kinds := ["https://slsa.dev/provenance/v1", "https://in-toto.io/attestation/test-result/v0.1"]

missing_kinds := [kind | some kind in kinds; count(eligible(kind, 30 * day)) == 0]

completeness_action := "Warn" if input.environment == "development"

else := "Block"

completeness := measured("Pass", "evidence_complete") if count(missing_kinds) == 0

else := lacking(completeness_action, "evidence_missing")

# 150
traces := eligible("stella.ops/executionEvidence@v1", 7 * day)

enough_trace if {
	some it in traces
	it.hot >= 3
	it.paths >= 2
}

execution := measured("Pass", "environment_not_required") if input.environment == "development"

else := lacking("Block", "execution_evidence_missing") if count(traces) == 0

else := measured("Pass", "quality_met") if enough_trace

else := measured("Block", "insufficient_trace_quality")

# 160
windows := sort([[it.start, it.first, it.last, it.count] |
	some it in eligible("stella.ops/beaconAttestation@v1", forever)
])

beacons := sum([it[3] | some it in windows])

lost := sum([max([0, it[1] - (windows[i - 1][2] + 1)]) | some i, it in windows; i > 0])

expected := sum([span | some it in windows; span := (it[2] - it[1]) + 1]) + lost

min_rate := 950000000 if tenant == "acme"

else := 900000000

beacon := measured("Pass", "environment_not_required") if input.environment != "production"

else := lacking("Warn", "beacon_data_missing") if count(windows) == 0

else := lacking("PassWithNote", "insufficient_beacon_count") if beacons < 20

else := measured("Pass", "rate_met") if div(beacons * one, expected) >= min_rate

else := measured("Block", "rate_below_threshold")

# 200
static_of := {"SR": true, "SU": false, "CR": true, "CU": false}

runtime_of := {"RO": true, "RU": false, "CR": true, "CU": false}

order_of := {"U": 0, "SR": 1, "SU": 2, "RO": 3, "RU": 4, "CR": 5, "CU": 6, "X": 7}

outcome_order := {"Pass": 0, "PassWithNote": 1, "Warn": 2, "Block": 3}

status_order := {"not_affected": 0, "affected": 1, "fixed": 2, "under_investigation": 3}

applied := {"not_affected", "fixed"}

findings := [finding |
	some it in eligible("urn:decision-gate:reachability:v1", forever)
	some finding in it.findings
]

state(name) := joined({finding.state | some finding in findings; finding.vulnerability == name})

contested(said, _, _) if "X" in said

contested(_, static, runtime) if count(static | runtime) > 1

joined(said) := state if {
	static := {it | some word in said; it := static_of[word]}
	runtime := {it | some word in said; it := runtime_of[word]}
	state := summed(said, static, runtime)
}

summed(said, static, runtime) := "X" if contested(said, static, runtime)

else := "U" if count(static | runtime) == 0

else := {true: "SR", false: "SU"}[some_of(static)] if count(runtime) == 0

else := {true: "RO", false: "RU"}[some_of(runtime)] if count(static) == 0

else := {true: "CR", false: "CU"}[some_of(static)]

some_of(values) := value if some value in values

pass_states := {"not_affected": {"CU"}, "fixed": {"CU", "SU", "RU"}}

warn_states := {"not_affected": {"SU", "RU"}, "fixed": {"SR"}}

stand(status, known) := [0, 0] if known in pass_states[status]

else := [2, 1] if known in warn_states[status]

else := [3, 2] if known == "U"

else := [3, 3]

claimed(status) := {it.vulnerability | some it in input.claims; it.status == status}

named(status) := claimed(status) if count(claimed(status)) > 0

else := {finding.vulnerability | some finding in findings}

verdicts := [[both[0], both[1], status_order[status], name, order_of[known], known] |
	some status in statuses & applied
	some name in named(status)
	known := state(name)
	both := stand(status, known)
]

lattice := lacking("Pass", "no_status_requested") if count(statuses & applied) == 0

else := lacking("Block", "reachability_missing") if count(verdicts) == 0

else := lattice_of(max(verdicts))

lattice_of(worst) := measured("Pass", "state_agrees") if worst[1] == 0

lattice_of(worst) := measured("Warn", "state_unconfirmed") if worst[1] == 1

lattice_of(worst) := lacking("Block", "reachability_missing") if worst[1] == 2

lattice_of(worst) := measured("Block", "state_contested") if {
	worst[1] == 3
	worst[5] == "X"
}

lattice_of(worst) := measured("Block", "state_contradicts") if {
	worst[1] == 3
	worst[5] != "X"
}

# 250
vex_options := {
	"production": {
		"score": 800000000,
		"verified": true,
		"accuracy": 850000000,
		"freshness": {"fresh"},
		"action": "Block",
	},
	"staging": {
		"score": 600000000,
		"verified": true,
		"accuracy": 0,
		"freshness": {"fresh", "stale"},
		"action": "Warn",
	},
	"development": {
		"score": 400000000,
		"verified": false,
		"accuracy": 0,
		"freshness": {"fresh", "stale", "superseded"},
		"action": "Warn",
	},
}

vex_option := vex_options[input.environment]

min_score := 900000000 if {
	tenant == "acme"
	input.environment == "production"
}

else := vex_option.score

freshness(claim) := "expired" if not claim.claimed_at

else := "expired" if input.at - claim.claimed_at < -300000

else := "expired" if input.at - claim.claimed_at > 180 * day

else := "superseded" if claim.superseded

else := "stale" if input.at - claim.claimed_at > 30 * day

else := "fresh"

# Below 0 where nobody knows.
accuracy(claim) := -1 if not claim.authorised

else := -1 if claim.confirmed + claim.refuted < 10

else := div(claim.confirmed * one, claim.confirmed + claim.refuted)

freshness_factor := {"fresh": 1000000, "stale": 500000, "superseded": 250000, "expired": 0}

named_factor := {"digest": 1000000, "version": 700000, "package": 400000}

whole(true) := 1000000

whole(false) := 0

score(claim) := 1000 * sum([
	div(300000 * whole(claim.signed), 1000000),
	div(250000 * whole(claim.authorised), 1000000),
	div(200000 * div(max([0, accuracy(claim)]), 1000), 1000000),
	div(150000 * freshness_factor[freshness(claim)], 1000000),
	div(100000 * named_factor[claim.named], 1000000),
])

failures(claim) := array.concat(
	array.concat(
		[["contradiction", true] | claim.contradicted],
		[["composite_score", true] | score(claim) < min_score],
	),
	array.concat(
		[["issuer_verified", claim.signed] | vex_option.verified; not claim.authorised],
		array.concat(
			[["accuracy_rate", accuracy(claim) >= 0] | accuracy(claim) < vex_option.accuracy; vex_option.accuracy > 0],
			[["freshness", true] | not freshness(claim) in vex_option.freshness],
		),
	),
)

vex_outcome(failed) := "Pass" if count(failed) == 0

else := vex_option.action

transitions := {[it.vulnerability, it.status] | some it in input.claims}

wanted(status) if {
	input.requested_status
	status == input.requested_status
}

wanted(status) if {
	not input.requested_status
	status in applied
}

best(transition) := min([[outcome_order[vex_outcome(failed)], -1 * score(claim), count(failed), claim.evidence, failed] |
	some claim in input.claims
	claim.vulnerability == transition[0]
	claim.status == transition[1]
	failed := failures(claim)
])

answers := [[-1 * it[0], -1 * it[1], transition[0], status_order[transition[1]], it[4]] |
	some transition in transitions
	wanted(transition[1])
	it := best(transition)
]

vex := measured("Pass", "status_not_applicable") if {
	input.requested_status
	not input.requested_status in applied
}

else := lacking("Warn", "missing_vex_trust_data") if count(transitions) == 0

else := vex_of(min(answers)[4]) if count(answers) > 0

else := lacking("Warn", "missing_vex_trust_data") if input.requested_status

else := measured("PassWithNote", "no_status_transition")

vex_of(failed) := measured("Pass", "trust_met") if count(failed) == 0

vex_of(failed) := measured(vex_option.action, failed[0][0]) if {
	count(failed) > 0
	some it in failed
	it[1]
}

vex_of(failed) := lacking(vex_option.action, failed[0][0]) if {
	count(failed) > 0
	every it in failed { not it[1] }
}

# 300
scores := [entry.score |
	some it in eligible("urn:decision-gate:uncertainty:v1", forever)
	some entry in it.entries
]

first_tier := "Block" if "not_affected" in statuses

else := "Warn"

uncertainty := lacking(first_tier, "uncertainty_missing") if count(scores) == 0

else := measured(first_tier, "uncertainty_t1") if max(scores) >= 700000000

else := measured("Warn", "uncertainty_t2") if max(scores) >= 400000000

else := measured("PassWithNote", "uncertainty_t3") if max(scores) >= 100000000

else := measured("Pass", "uncertainty_t4")

# 400
weights := {"evidence": 300000000, "provenance": 250000000, "reachability": 250000000, "vex_trust": 200000000}

said_factors := eligible("urn:decision-gate:confidence-factors:v1", forever)

factors(name) := [input.vex_confidence | name == "vex_trust"; is_number(input.vex_confidence)] if name == "vex_trust"

factors(name) := [it.factors[name] | some it in said_factors] if name != "vex_trust"

reached := sum([div(weight * min(factors(name)), one) | some name, weight in weights; count(factors(name)) > 0])

unknown := sum([weight | some name, weight in weights; count(factors(name)) == 0])

min_confidence := {"production": 750000000, "staging": 600000000, "development": 400000000}[input.environment]

confidence := measured("Pass", "confidence_met") if {
	reached >= min_confidence
	unknown == 0
}

else := measured("PassWithNote", "confidence_met") if reached >= min_confidence

else := lacking("Block", "confidence_factors_missing") if reached + unknown >= min_confidence

else := measured("Block", "confidence_below_threshold")

# The chain.
gates := [
	["evidence-completeness", completeness],
	["execution-evidence", execution],
	["beacon-rate", beacon],
	["lattice-state", lattice],
	["vex-trust", vex],
	["uncertainty-tier", uncertainty],
	["confidence", confidence],
]

truths := {row[1].truth | some row in gates}

chain := ["False", "gate_blocked"] if "False" in truths

else := ["Unknown", "gate_unknown"] if "Unknown" in truths

else := ["True", "gates_met"]

blocks := [row[0] | some row in gates; row[1].outcome == "Block"]

decided_by := blocks[0] if count(blocks) > 0

else := ""

decision := {
	"truth": chain[0],
	"reason": chain[1],
	"decided_by": decided_by,
	"rows": [[row[0], row[1].outcome, row[1].reason] | some row in gates],
}
