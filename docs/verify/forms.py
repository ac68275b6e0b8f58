"""The closed forms of docs/spec that are read here, as one table, and what checks it.

A line is `Form: member=type member?=type | …`: `|` is between alternatives, `?` at what may be left out (and
is never null then). A type is an atom in capitals, a form, a word for itself, a list `[type]`, a list that is
not empty `[type]+`, or several of these with `/` between.
"""

import re

STRONG = {"sha256": 64, "sha384": 96, "sha512": 128}

def whole(low, high):
    return lambda it: type(it) is int and low <= it <= high

def text(pattern):
    pattern = re.compile(pattern, re.DOTALL)
    return lambda it: isinstance(it, str) and bool(pattern.fullmatch(it))

def are_digests(value):
    """The digests of an artifact: hexadecimal, each strong one of its length, and one strong at least."""
    return isinstance(value, dict) and bool(value.keys() & STRONG.keys()) and all(
        text("[0-9a-f]+")(it) and len(it) == STRONG.get(name, len(it)) for name, it in value.items())

ATOMS = {
    "ANY": lambda it: True, "NULL": lambda it: it is None, "OBJECT": lambda it: isinstance(it, dict),
    "TEXT": text(".*"), "ID": text("[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"), "HEX": text("[0-9a-f]{64}"),
    "KEY_ID": text("[A-Za-z0-9._:/+@=-]{1,256}"), "STATEMENT": text("https://in-toto.io/Statement/v1"),
    "DIGESTS": are_digests, "ONE": whole(1, 1), "SCOPE": whole(1, 2**53 - 1), "EXACT": whole(0, 2**53 - 1),
    "MILLIS": whole(1 - 2**53, 2**53 - 1), "COUNT": whole(0, 2**64 - 1)}

TABLE = """
Digest: algorithm=sha256 value=HEX
Time: kind=unix_millis value=MILLIS | kind=logical value=EXACT
Anchor: anchor_type=TEXT anchor_value=TEXT
Artifact: digest=DIGESTS name?=TEXT
File: path=TEXT hash=Digest
Position: inclusion=[Digest] index=COUNT
Proofs: checkpoint=NULL/Position generated_at=Time profile=audit/disclosed root=Digest size=COUNT
Revoked: at=Time reason=compromise/superseded/retired
Key: key_id=KEY_ID algorithm=ed25519/ecdsa-p256 public_key=TEXT not_before?=Time not_after?=Time
 revoked?=Revoked providers?=[ID]+ predicate_types?=[TEXT]+
Snapshot: digest=Digest snapshot=OBJECT
Trusted: keys=[OBJECT] policies=[Snapshot]
Event: v=ONE rules=ONE tenant=SCOPE namespace=SCOPE run=ID seq=COUNT at=Time actor=NULL/TEXT key=NULL/TEXT
 policy_digest=Digest state_digest=Digest kind=run_started/step_decided/submitted body=OBJECT
Value: seq=COUNT slot=TEXT salt=HEX value=ANY | seq=COUNT slot=TEXT withheld=redacted result?=OBJECT
 | seq=COUNT slot=TEXT withheld=pruned
Hashed: kind=json evidence_hash=Digest | kind=bytes evidence_hash=Digest | kind=absent
Audience: tenant_id?=SCOPE namespace_id=SCOPE run_id?=ID nonce?=TEXT
Says: provider_id=ID check_id=ID params_hash=Digest content_type?=TEXT evidence_anchor?=Anchor value=Hashed
 environment?=ID lane_ceiling?=asserted/verified observed_at=Time expires_at=Time audience=Audience
Statement: _type=STATEMENT predicateType=urn:decision-gate:evidence:v1 subject=[Artifact]+ predicate=Says
"""

FORMS = {}
for line in TABLE.replace("\n ", " ").strip().splitlines():
    form, alternatives = line.split(": ", 1)
    FORMS[form] = [dict(it.split("=", 1) for it in members.split()) for members in alternatives.split(" | ")]

def fits(value, *kinds):
    """Whether a value is of one of these types."""
    return any(is_of(value, it) for it in kinds)

def is_of(value, kind):
    if kind in ATOMS:
        return ATOMS[kind](value)
    if kind in FORMS:
        return isinstance(value, dict) and any(has(value, it) for it in FORMS[kind])
    if kind[0] != "[":
        return value == kind
    there = isinstance(value, list) and (bool(value) or kind[-1] != "+")
    return there and all(is_of(it, kind.strip("[]+")) for it in value)

def has(value, members):
    """Whether an object has these members, and no other."""
    for member, kinds in members.items():
        name = member.rstrip("?")
        if name not in value:
            if name == member:
                return False
        elif name != member and value[name] is None or not fits(value[name], *kinds.split("/")):
            return False
    return value.keys() <= {it.rstrip("?") for it in members}
