"""How evidence becomes a decision, under rules 1: docs/spec/scenario.md, policy.md, events.md."""

import re
from datetime import date, timedelta

from strict_json import canonical, digest, nesting, parse, same
from trust import check_bare, check_statement

LANES = ["asserted", "verified"]
DATE_TIME = r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-]\d\d):(\d\d))"

def lowest(*lanes):
    return min((it for it in lanes if it), key=LANES.index)

def strictest(*lanes):
    return max((it for it in lanes if it), key=LANES.index)

def day(text):
    """Days since the year 1 of a calendar date whose parts need not be padded, with the year 0 before it."""
    parts = text.split("-")
    if len(parts) != 3 or not all(re.fullmatch("[0-9]+", it) for it in parts):
        return None
    year, month, number = map(int, parts)
    try:
        return date(year, month, number).toordinal() if year else date(400, month, number).toordinal() - 146097
    except (ValueError, OverflowError):
        return None

def instant(text):
    """(seconds, nanoseconds) of an RFC 3339 date-time, up to 9999-12-30T22:00:00.999999999Z."""
    found = re.fullmatch(DATE_TIME, text, re.ASCII)
    first = day("-".join(found.groups()[:3])) if found else None
    if first is None:
        return None
    hour, minute, second = map(int, found.groups()[3:6])
    hours, minutes = int(found[8] or 0), int(found[9] or 0)
    if hour > 23 or max(minute, minutes) > 59 or second > 60 or abs(hours) > 23:
        return None
    offset = hours * 60 + (-minutes if (found[8] or "+")[0] == "-" else minutes)
    seconds = (first - 719163) * 86400 + hour * 3600 + minute * 60 + min(second, 59) - offset * 60
    if second == 60:  # taken at the end of a month in UTC, as the last instant before it
        following = date(1970, 1, 1) + timedelta(seconds // 86400 + 1)
        return (seconds, 999999999) if seconds % 86400 == 86399 and following.day == 1 else None
    return (seconds, int((found[7] or "0")[:9].ljust(9, "0"))) if seconds <= 253402207200 else None

def comparable(seen, expected):
    """A pair of two numbers, two date-times or two dates; nothing else has an order."""
    number = lambda it: isinstance(it, (int, float)) and not isinstance(it, bool)
    if number(seen) and number(expected):
        return seen, expected
    if not (isinstance(seen, str) and isinstance(expected, str)):
        return None
    pair = instant(seen), instant(expected)
    pair = (day(seen), day(expected)) if pair == (None, None) else pair
    return None if None in pair else pair

def compare(word, value, expected):
    """True, False, or None where values of these types do not compare."""
    if word in ("exists", "not_exists"):
        return word == "exists"
    seen = value["value"]
    if value["kind"] == "bytes":
        octets = isinstance(expected, list) and all(type(it) is int and 0 <= it <= 255 for it in expected)
        return (seen == expected) == (word == "equals") if octets and word in ("equals", "not_equals") else None
    if word in ("equals", "not_equals"):
        return same(seen, expected) == (word == "equals")
    if word in ("deep_equals", "deep_not_equals"):
        structured = any(isinstance(seen, it) and isinstance(expected, it) for it in (list, dict))
        return same(seen, expected) == (word == "deep_equals") if structured else None
    if word == "contains" and isinstance(seen, str) and isinstance(expected, str):
        return expected in seen
    if word in ("contains", "in_set"):
        if not isinstance(expected, list) or not expected:
            return None
        if word == "contains":
            among = isinstance(seen, list)
            return all(any(same(item, part) for item in seen) for part in expected) if among else None
        return None if isinstance(seen, (list, dict)) else any(same(item, seen) for item in expected)
    if word.startswith("lex_"):
        texts = isinstance(seen, str) and isinstance(expected, str)
        pair = (seen.encode(), expected.encode()) if texts else None
    else:
        pair = comparable(seen, expected)
    if pair is None:
        return None
    return word.endswith("_or_equal") if pair[0] == pair[1] else (pair[0] > pair[1]) == ("greater_than" in word)

TYPES = {"null": type(None), "boolean": bool, "object": dict, "array": list, "string": str, "number": (int, float)}

def fits_schema(value, schema):
    """Whether a value fits a `result_schema`; None where that needs more than `type` and words that ask for nothing."""
    rules = {} if schema is True else schema
    if not isinstance(rules, dict) or set(rules) - {"type", "title", "description"}:
        return None
    kinds = rules.get("type", list(TYPES))
    whole = isinstance(value, float) and value.is_integer() or type(value) is int
    return any(whole if it == "integer" else isinstance(value, TYPES[it]) and (it == "boolean" or not isinstance(value, bool))
               for it in ([kinds] if isinstance(kinds, str) else kinds))

def anchor_holds(anchor, requirement):
    """Whether an anchor is what the policy asks for: canonical, an object, its fields scalar and the required ones set."""
    if anchor is None or anchor["anchor_type"] != requirement["anchor_type"]:
        return False
    try:
        fields = parse(anchor["anchor_value"].encode())
    except ValueError:
        return False
    if not isinstance(fields, dict) or canonical(fields).decode() != anchor["anchor_value"]:
        return False
    required = [fields.get(it) for it in requirement["required_fields"]]
    return not any(isinstance(it, (bool, type(None), list, dict)) for it in required) \
        and not any(isinstance(it, (list, dict)) for it in fields.values())

def unknown(gap, **further):
    return {"status": "Unknown", "gap": gap, **further}

def judge(spec, answer, policy, keys, occasion):
    """The entry of a condition: status, gap, lane, proof, anchor. None where that is not for this verifier to say."""
    query = spec["query"]
    provider = policy["providers"].get(query["provider_id"])
    if provider is None:
        return unknown("provider_missing")
    if provider["answers"] == "derived":
        answer = derived(query, occasion["at"], policy["time"])
    if answer is None:
        return unknown("evidence_missing")
    if "signers" in provider or "release" in provider:
        return None
    if answer["answer"] == "fault":
        return unknown(answer["code"])
    found, anchor = answer["answer"] == "found", answer.get("anchor")
    value = answer["value"] if found else None
    data = (bytes(value["value"]) if value["kind"] == "bytes" else canonical(value["value"])) if found else b""
    for it in policy["anchors"].get("providers", []):
        if it["provider_id"] == query["provider_id"] and not anchor_holds(anchor, it["requirement"]):
            return unknown("anchor_invalid")
    hashed = digest(data) if found else None
    if answer.get("claimed_hash", hashed) != hashed:
        return unknown("evidence_hash_mismatch")
    claim = {"value": {"kind": value["kind"], "evidence_hash": hashed} if found else {"kind": "absent"},
             "content_type": answer.get("content_type"), "anchor": anchor}
    (lane, proof), refused = weigh(answer, claim, hashed, provider, query, policy, keys, occasion)
    if refused:
        return unknown(refused)
    usable = {"lane": lane, "proof": proof} | ({"anchor": anchor} if anchor else {})
    schema = provider["result_schemas"].get(query["check_id"])
    if not found:
        presence = {"exists": "False", "not_exists": "True"}.get(spec["comparator"])
        return {"status": presence, **usable} if presence else unknown("value_absent", **usable)
    if query["check_id"] not in provider["result_schemas"]:
        return unknown("provider_missing", **usable)
    fits = fits_schema(value["value"], schema)
    if not fits:
        return None if fits is None else unknown("evidence_invalid", **usable)
    holds = compare(spec["comparator"], value, spec["expected"])
    return unknown("type_mismatch", **usable) if holds is None else {"status": str(holds), **usable}

def is_kept(answer, limit, own_limit):
    """Whether an answer is one that can be kept: what is too large or too deep is replaced before it is judged. A provider
    may have a limit of its own for the values that it finds."""
    value = answer.get("value", {"kind": "json", "value": answer.get("details")})
    data = bytes(value["value"]) if value["kind"] == "bytes" else canonical(value["value"])
    fits = len(data) <= (own_limit if "value" in answer else limit) and len(answer.get("attestation", "").encode()) <= limit
    return nesting(value["value"]) <= 64 and fits

def weigh(answer, claim, hashed, provider, query, policy, keys, occasion):
    """(lane, proof), and the code of a refusal if what came with the answer contradicts it or is too little."""
    checked = refused = lowered = None
    signature, envelope = answer.get("signature"), answer.get("attestation")
    if signature:
        if not keys or signature["scheme"] not in ("ed25519", "dsse"):
            return (None, None), "signature_scheme_unsupported"
        if signature["scheme"] == "ed25519":
            checked, refused = check_bare(signature, hashed, provider, query, keys, occasion["at"])
        elif envelope is None or digest(envelope.encode())["value"] != bytes(signature["signature"]).hex():
            refused = "signature_encoding"
    if envelope is not None and not refused:
        good, refused = check_statement(envelope, claim, provider, query, keys, occasion, policy["time"]["max_skew_ms"])
        checked, lowered = good or (None, None)
    if refused:
        return (None, None), refused
    bindings, is_derived = ["value", "query", "run"], provider["answers"] == "derived"
    required = None if is_derived else provider.get("trust", {}).get("require_signature")
    enough = required["binding"] if required else "query"
    bound = checked and bindings.index(checked["binding"]) >= bindings.index(enough)
    if required and not bound:
        return (None, None), "signature_unbound" if checked else "signature_missing"
    cap = lowest(provider["max_lane"], None if bound or is_derived else provider.get("unsigned_max_lane"))
    proof = "derived" if is_derived else {"checked": checked} if checked else "pulled"
    return (lowest(cap, answer.get("lane_ceiling"), lowered), proof), None

def derived(query, at, time):
    """The answer of a check of `time`, from the evaluation time alone."""
    place = {"time_kind": at["kind"], "value": str(at["value"])}
    anchor = {"anchor_type": "evaluation_time", "anchor_value": canonical(place).decode()}
    params, check = query.get("params"), query["check_id"]
    bound = params.get("timestamp") if isinstance(params, dict) else None
    if isinstance(bound, str) and at["kind"] == "unix_millis" and instant(bound):
        bound = instant(bound)[0] * 1000 + instant(bound)[1] // 1000000
    least = 0 if at["kind"] == "logical" else -2**63
    code = "logical_time_forbidden" if at["kind"] == "logical" and not time.get("allow_logical", True) \
        else "check_missing" if check not in ("now", "after", "before") else None if check == "now" \
        else "params_missing" if not isinstance(params, dict) or "timestamp" not in params \
        else "params_invalid" if type(bound) is not int or not least <= bound < 2**63 else None
    if code:
        return {"answer": "fault", "code": code, "anchor": anchor}
    value = at["value"] if check == "now" else at["value"] > bound if check == "after" else at["value"] < bound
    return {"answer": "found", "value": {"kind": "json", "value": value}, "content_type": "application/json", "anchor": anchor}

def within(entry, needed):
    """An entry under a lane requirement: evidence below it decides nothing."""
    low = "lane" in entry and LANES.index(entry["lane"]) < LANES.index(needed)
    return entry | unknown("trust_lane") if low else entry
