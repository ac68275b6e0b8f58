"""How an answer becomes True, False or Unknown under rules 1: docs/spec/scenario.md, policy.md, events.md."""

import re
from datetime import date, timedelta

from strict_json import canonical, digest, same
from trust import check_bare, check_statement

BINDINGS = ["value", "query", "run"]
RECORDED = ("status", "gap", "lane", "proof", "anchor", "release")
DATE_TIME = r"(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))"

def day(text):
    """Days since the year 1 of a calendar date whose parts need not be padded, with the year 0 before it."""
    if not re.fullmatch("[0-9]+-[0-9]+-[0-9]+", text):
        return None
    year, month, number = map(int, text.split("-"))
    try:
        return date(year or 400, month, number).toordinal() - (0 if year else 146097)
    except (ValueError, OverflowError):
        return None

def instant(text):
    """(seconds, nanoseconds) of an RFC 3339 date-time, up to 9999-12-30T22:00:00.999999999Z."""
    found = re.fullmatch(DATE_TIME, text, re.ASCII)
    days = day(found[1]) if found else None
    if days is None:
        return None
    hour, minute, second, hours, minutes = (int(found[it] or 0) for it in (2, 3, 4, 7, 8))
    if max(hour, hours) > 23 or max(minute, minutes) > 59 or second > 60:
        return None
    offset = (hours * 60 + minutes) * (-60 if found[6] == "-" else 60)
    seconds = (days - 719163) * 86400 + hour * 3600 + minute * 60 + min(second, 59) - offset
    if second == 60:  # taken at the end of a month in UTC, as the last instant before it
        following = date(1970, 1, 1) + timedelta(seconds // 86400 + 1)
        return (seconds, 999999999) if seconds % 86400 == 86399 and following.day == 1 else None
    return (seconds, int((found[5] or "0")[:9].ljust(9, "0"))) if seconds <= 253402207200 else None

def ordered(seen, expected):
    """A pair of two numbers, two date-times or two dates; nothing else has an order."""
    if all(isinstance(it, (int, float)) and not isinstance(it, bool) for it in (seen, expected)):
        return seen, expected
    if not (isinstance(seen, str) and isinstance(expected, str)):
        return None
    pair = instant(seen), instant(expected)
    pair = (day(seen), day(expected)) if pair == (None, None) else pair
    return None if None in pair else pair

def compare(word, value, expected):
    """True, False, or None where values of these types do not compare."""
    seen, is_bytes = value["value"], value["kind"] == "bytes"
    texts, lists = (isinstance(seen, it) and isinstance(expected, it) for it in (str, list))
    if word in ("exists", "not_exists"):
        return word == "exists"
    if word.endswith("equals"):
        compares = not is_bytes or lists and all(type(it) is int and 0 <= it <= 255 for it in expected)
        if word.startswith("deep_"):
            compares = not is_bytes and (lists or isinstance(seen, dict) and isinstance(expected, dict))
        return same(seen, expected) != ("not_" in word) if compares else None
    if is_bytes:
        return None
    if word == "contains" and texts:
        return expected in seen
    if word == "contains":
        return all(any(same(it, part) for it in seen) for part in expected) if lists and expected else None
    if word == "in_set":
        compares = isinstance(expected, list) and expected and not isinstance(seen, (list, dict))
        return any(same(it, seen) for it in expected) if compares else None
    pair = ordered(seen, expected)
    if word.startswith("lex_"):
        pair = (seen.encode(), expected.encode()) if texts else None
    if pair is None:
        return None
    return word.endswith("_or_equal") if pair[0] == pair[1] else (pair[0] > pair[1]) == ("greater" in word)

def unknown(gap):
    return {"status": "Unknown", "gap": gap}

def judge(spec, answer, entry, policy, keys, occasion, doubt):
    """Status, gap, lane, proof and anchor. What is not judged is taken as recorded, and told to `doubt`."""
    query, recorded = spec["query"], {it: entry[it] for it in RECORDED if it in entry}
    provider = policy["providers"].get(query["provider_id"])
    if provider is None:
        return unknown("provider_missing")
    if provider["answers"] == "derived" or answer and ("signers" in provider or "release" in provider):
        doubt("checks of `time` and `release` and what attestations say")
        return recorded
    if answer is None:
        return unknown("evidence_missing")
    if answer["answer"] == "fault":
        return unknown(answer["code"])
    if entry.get("gap") == "anchor_invalid":
        return unknown("anchor_invalid")
    value, anchor = answer.get("value"), answer.get("anchor")
    data = value and (bytes(value["value"]) if value["kind"] == "bytes" else canonical(value["value"]))
    hashed = digest(data) if value else None
    if answer.get("claimed_hash", hashed) != hashed:
        return unknown("evidence_hash_mismatch")
    claim = {"value": {"kind": value["kind"], "evidence_hash": hashed} if value else {"kind": "absent"},
             "content_type": answer.get("content_type"), "evidence_anchor": anchor}
    usable = weigh(answer, claim, provider, query, policy, keys, occasion)
    if not usable:
        doubt("why what signs it does not count")
        if not entry.get("gap", "").startswith(("key_", "signature_", "statement_")):
            raise ValueError("what signs it does not count")
        return unknown(entry["gap"])
    usable |= {"anchor": anchor} if anchor else {}
    if not value:
        presence = {"exists": "False", "not_exists": "True"}.get(spec["comparator"])
        return usable | ({"status": presence} if presence else unknown("value_absent"))
    schema = provider["result_schemas"].get(query["check_id"])
    if schema is None:
        return usable | unknown("provider_missing")
    if schema not in (True, {}) and entry.get("gap") == "evidence_invalid":
        return usable | unknown("evidence_invalid")
    holds = compare(spec["comparator"], value, spec["expected"])
    return usable | ({"status": str(holds)} if holds in (True, False) else unknown("type_mismatch"))

def weigh(answer, claim, provider, query, policy, keys, occasion):
    """Lane and proof; nothing if what signs the answer is not good, or less than the policy asks for."""
    signature, envelope = answer.get("signature"), answer.get("attestation")
    checked, lowered, hashed = None, None, claim["value"].get("evidence_hash")
    if signature and signature["scheme"] == "ed25519":
        checked = check_bare(signature, hashed, provider, query, keys, occasion["at"])
    elif signature:
        within = digest((envelope or "").encode())["value"] == bytes(signature["signature"]).hex()
        checked = signature["scheme"] == "dsse" and keys and within
    if signature and not checked:
        return None
    if envelope is not None:
        skew = policy["time"]["max_skew_ms"]
        checked, lowered = check_statement(envelope, claim, provider, query, keys, occasion, skew)
        if not checked:
            return None
    required = provider.get("trust", {}).get("require_signature")
    enough = BINDINGS.index(required["binding"] if required else "query")
    bound = checked and BINDINGS.index(checked["binding"]) >= enough
    if required and not bound:
        return None
    caps = (provider["max_lane"], None if bound else provider.get("unsigned_max_lane"), lowered,
            answer.get("lane_ceiling"))
    lane = min(it for it in caps if it)  # the names of the lanes have the order of the alphabet
    return {"lane": lane, "proof": {"checked": checked} if checked else "pulled"}

def within(entry, needed):
    """An entry under a lane requirement: evidence below it decides nothing."""
    low = entry.get("lane", needed) < needed
    return entry | unknown("trust_lane") if low else entry
