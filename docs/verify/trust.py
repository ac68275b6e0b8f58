"""Keys, envelopes, statements: docs/spec/signatures.md, dsse.md, evidence-statement.md."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from forms import STRONG, fits
from strict_json import canonical, digest, parse, same

EVIDENCE = "urn:decision-gate:evidence:v1"
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

def is_ed25519_point(data):
    """The one encoding of a point of the curve that is not of low order."""
    number = int.from_bytes(data, "little")
    y, odd = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if len(data) != 32 or y >= P or x * x % P != square or (x == 0 and odd):
        return False
    for _ in range(3):  # eight times a point of low order is the neutral one
        product = D * x * x * y * y
        x, y = 2 * x * y * pow(1 + product, -1, P) % P, (y * y + x * x) * pow(1 - product, -1, P) % P
    return (x, y) != (0, 1)

def base64_text(data):
    return base64.b64encode(data).decode()

def unbase64(text):
    """Padded base64 of one alphabet, without bits behind its end."""
    plain = text.replace("-", "+").replace("_", "/")
    data = base64.b64decode(plain, validate=True)
    if base64_text(data) != plain or plain != text and ("+" in text or "/" in text):
        raise ValueError("not padded base64 of one alphabet")
    return data

class Key:
    """A public key and the rules that somebody gave it."""

    def __init__(self, rules):
        if not fits(rules, "Key"):
            raise ValueError("not of the form of a key")
        self.id, self.algorithm, self.rules = rules["key_id"], rules["algorithm"], rules
        self.material = (self.algorithm, rules["public_key"])
        raw, is_ed25519 = unbase64(rules["public_key"]), self.algorithm == "ed25519"
        sound = is_ed25519_point(raw) if is_ed25519 else len(raw) == 33
        if not sound or base64_text(raw) != rules["public_key"]:
            raise ValueError(f"key `{self.id}` is malformed or weak")
        self.public = (ed25519.Ed25519PublicKey.from_public_bytes(raw) if is_ed25519
                       else ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw))

    def fingerprint(self):
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        return digest(self.public.public_bytes(serialization.Encoding.DER, spki))["value"]

    def holds(self, message, signature):
        """Whether a signature over a message is by this key: strictly, and ECDSA as 64 bytes or in DER."""
        if self.algorithm == "ed25519":
            tries = [(signature, message)] if is_ed25519_point(signature[:32]) else []
        else:
            halves = (int.from_bytes(it, "big") for it in (signature[:32], signature[32:]))
            forms = [signature] + ([utils.encode_dss_signature(*halves)] if len(signature) == 64 else [])
            tries = [(it, message, ec.ECDSA(hashes.SHA256())) for it in forms]
        for signed in tries:
            try:
                self.public.verify(*signed)
                return True
            except InvalidSignature:
                pass
        return False

    def counts(self, at, provider=None, predicate=None):
        """Whether its rules let it sign this, then."""
        first, last = self.rules.get("not_before", at), self.rules.get("not_after", at)
        revoked = self.rules.get("revoked", {}).get("at", at | {"value": at["value"] + 1})
        return {first["kind"], last["kind"], revoked["kind"]} == {at["kind"]} \
            and first["value"] <= at["value"] <= last["value"] and at["value"] < revoked["value"] \
            and (provider is None or provider in self.rules.get("providers", [provider])) \
            and predicate in self.rules.get("predicate_types", [predicate])

def keyring(values):
    """Keys in the order of their ids, each id once; nothing revoked may come back under another name."""
    keys = sorted(map(Key, values), key=lambda it: it.id)
    revoked = {it.material for it in keys if "revoked" in it.rules}
    standing = {it.material for it in keys if "revoked" not in it.rules}
    if revoked & standing or len({it.id for it in keys}) != len(keys):
        raise ValueError("a key id stands twice, or a key is revoked under another id")
    return keys

def signed_bytes(kind, payload):
    """What is signed of a DSSE envelope."""
    return b"DSSEv1 %d %s %d %s" % (len(kind.encode()), kind.encode(), len(payload), payload)

def open_envelope(data, keys):
    """A DSSE envelope: its type, its payload, and the keys that signed it, first those that it hints at."""
    value = parse(data)
    kind, signatures = value["payloadType"], value["signatures"]
    message = signed_bytes(kind, unbase64(value["payload"]))
    found = [unbase64(it["sig"]) for it in signatures]
    hints = [it.get("keyid") for it in signatures]
    if len(signatures) > 32 or not (kind and all(found) and all(fits(it, "NULL", "TEXT") for it in hints)):
        raise ValueError("not an envelope")
    signed = [key for key in keys if any(key.holds(message, it) for it in found)]
    return kind, unbase64(value["payload"]), sorted(signed, key=lambda it: it.id not in hints)

def may_sign(key, provider, query, at):
    """Whether policy and keyring let a key sign evidence of this provider now."""
    allowed = provider.get("trust", {}).get("require_signature", {}).get("keys", [key.id])
    return key.id in allowed and key.counts(at, query["provider_id"], EVIDENCE)

def check_bare(signature, hashed, provider, query, keys, at):
    """`ed25519` over the canonical hash object: bound to the value alone. A proof, or nothing."""
    for key in (it for it in keys if it.id == signature["key_id"] and it.algorithm == "ed25519"):
        if may_sign(key, provider, query, at) and key.holds(canonical(hashed), bytes(signature["signature"])):
            return {"scheme": "ed25519", "key_id": key.id, "binding": "value"}
    return None

def check_statement(text, claim, provider, query, keys, occasion, skew):
    """An evidence statement in its envelope: a proof and the lane that it asks for at most, or nothing."""
    try:
        kind, payload, signed = open_envelope(text.encode(), keys)
        said = parse(payload)
        said = {it: said[it] for it in ("_type", "predicateType", "subject", "predicate")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None
    ids = {it.material: it.id for it in reversed(signed) if may_sign(it, provider, query, occasion["at"])}
    if not ids or kind != "application/vnd.in-toto+json" or not fits(said, "Statement") \
            or not is_about(said, claim, query, occasion, skew):
        return None, None
    binding = "run" if "run_id" in said["predicate"]["audience"] else "query"
    proof = {"scheme": "dsse", "key_id": min(ids.values()), "binding": binding}
    return proof, said["predicate"].get("lane_ceiling")

def is_about(said, claim, query, occasion, skew):
    """Whether a statement is about this answer to this question on this occasion."""
    says, at, asked = said["predicate"], occasion["at"], [{"digest": {"sha256": digest(query)["value"]}}]
    expected = claim | {
        "provider_id": query["provider_id"], "check_id": query["check_id"],
        "params_hash": digest(query.get("params")), "environment": occasion["environment"]}
    audience = {"tenant_id": 1, "run_id": occasion["run"]} | says["audience"]
    first, last = says["observed_at"], says["expires_at"]
    early = skew if at["kind"] == "unix_millis" else 0
    return same_subject(said["subject"], occasion["subject"] or asked) \
        and all(same(says.get(name), value) for name, value in expected.items()) \
        and audience == {f"{it}_id": occasion[it] for it in ("tenant", "namespace", "run")} \
        and first["kind"] == last["kind"] == at["kind"] \
        and first["value"] - early <= at["value"] <= last["value"] >= first["value"]

def same_subject(left, right):
    """Each artifact of either matches one of the other: a strong digest equal, and none that differs."""
    def match(one, other):
        shared = one["digest"].keys() & other["digest"].keys()
        return shared & STRONG.keys() and all(one["digest"][it] == other["digest"][it] for it in shared)
    return all(any(match(it, other) for other in right) for it in left) \
        and all(any(match(it, other) for other in left) for it in right)
