"""Strict JSON in, RFC 8785 out: a text that is hashed or signed has one reading, and a value one writing."""

import hashlib
import json
import math
from decimal import Decimal

def parse(data):
    """UTF-8 JSON: no name twice, no lone surrogate, no number that RFC 8785 would round."""
    text = data.decode("utf-8")
    numbers = dict.fromkeys(("parse_int", "parse_float", "parse_constant"), _number)
    value = json.loads(text, object_pairs_hook=_members, **numbers)
    if "\\u" in text:
        canonical(value)  # refuses lone surrogates
    return value

def _members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members

def _number(text):
    if len(text) < 16 and text.lstrip("-").isdigit():
        return int(text)
    if not text.lower().partition("e")[0].strip("-0."):
        return 0
    value = float(text)
    value = int(value) if value.is_integer() and abs(value) < 1e21 else value
    if not math.isfinite(value) or value == 0 or Decimal(text) != Decimal(number_text(value)):
        raise ValueError(f"a double can't hold `{text[:40]}` exactly")
    return value

def number_text(value):
    """A number as ECMAScript prints it."""
    if isinstance(value, int) or value == 0:
        return str(int(value))
    number = Decimal(repr(value)).normalize()
    if -7 < number.adjusted() < 21:
        return format(number, "f")
    return f"{format(number.scaleb(-number.adjusted()), 'f')}e{number.adjusted():+d}"

def canonical(value):
    """The bytes of RFC 8785."""
    return _written(value).encode("utf-8")

def _written(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda it: it.encode("utf-16-be"))
        return "{" + ",".join(f"{_written(it)}:{_written(value[it])}" for it in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)

def same(left, right):
    """Two values are equal if and only if their canonical bytes are."""
    return canonical(left) == canonical(right)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def digest(data):
    """A digest as it is written: of bytes as they are, of anything else in canonical form."""
    data = data if isinstance(data, bytes) else canonical(data)
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}
