"""Strict JSON in, RFC 8785 out. What is hashed and signed is bytes, so there is one reading and one writing of a text."""

import hashlib
import json
import math
from decimal import Decimal

def parse(data, depth=128, exact=True):
    """Reads UTF-8 JSON: no name twice, no lone surrogate, bounded nesting; `exact`: no number that RFC 8785 rounds."""
    text = data.decode("utf-8")
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_no_constant,
                           parse_int=lambda it: _number(it, exact), parse_float=lambda it: _number(it, exact))
    except RecursionError:
        raise ValueError("nested too deep") from None
    if "\\u" in text or text.count("{") + text.count("[") > depth:
        _check(value, depth)
    return value

def _members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members

def _no_constant(word):
    raise ValueError(f"`{word}` is no JSON")

def _number(text, exact):
    digits = text.lstrip("-")
    if len(digits) < 16 and digits.isdigit():
        return int(text)
    if not any(it in "123456789" for it in digits.lower().partition("e")[0]):
        return 0
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"`{text[:40]}` is beyond a double")
    value = int(value) if value.is_integer() and abs(value) < 1e21 else value
    try:
        rounded = Decimal(text) != Decimal(number_text(value))
    except ArithmeticError:
        rounded = True
    if rounded and exact:
        raise ValueError(f"a double can't hold `{text[:40]}` exactly")
    return float(value) if rounded else value

def _check(value, depth):
    """Nesting and surrogates, without recursion."""
    left = [(value, depth)]
    while left:
        value, depth = left.pop()
        if isinstance(value, str):
            value.encode("utf-8")
        elif isinstance(value, (dict, list)):
            if depth == 0:
                raise ValueError("nested too deep")
            below = [*value, *value.values()] if isinstance(value, dict) else value
            left.extend((it, depth - 1) for it in below)

def nesting(value):
    """How many arrays and objects stand within one another."""
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(nesting, value.values() if isinstance(value, dict) else value), default=0)

def number_text(value):
    """A number as ECMAScript prints it."""
    if isinstance(value, int) or value == 0:
        return str(int(value))
    sign = "-" if value < 0 else ""
    digits, exponent = Decimal(repr(abs(value))).as_tuple()[1:]
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"

def canonical(value):
    """The bytes of RFC 8785."""
    parts = []
    _write(value, parts.append)
    return "".join(parts).encode("utf-8")

def _write(value, put):
    if isinstance(value, str) or value is None or isinstance(value, bool):
        put(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, (int, float)):
        put(number_text(value))
    elif isinstance(value, list):
        put("[")
        for index, item in enumerate(value):
            put("," if index else "")
            _write(item, put)
        put("]")
    else:
        put("{")
        for index, name in enumerate(sorted(value, key=lambda it: it.encode("utf-16-be"))):
            put(("," if index else "") + json.dumps(name, ensure_ascii=False) + ":")
            _write(value[name], put)
        put("}")

def same(left, right):
    """Two values are equal if and only if their canonical bytes are."""
    return canonical(left) == canonical(right)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def digest(data):
    """A digest as it is written: of bytes as they are, of anything else in canonical form."""
    data = data if isinstance(data, bytes) else canonical(data)
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}
