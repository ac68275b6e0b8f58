"""Keys, signatures, envelopes and evidence statements: docs/spec/signatures.md, dsse.md, evidence-statement.md."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

import forms
from strict_json import canonical, digest, parse, same

EVIDENCE = "urn:decision-gate:evidence:v1"
STATEMENTS = ("https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1")
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

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

def unbase64(text):
    """Padded base64 of one alphabet, without bits behind its end."""
    plain = text.replace("-", "+").replace("_", "/")
    data = base64.b64decode(plain, validate=True)
    if base64.b64encode(data).decode() != plain or plain != text and ("+" in text or "/" in text):
        raise ValueError("not padded base64 of one alphabet")
    return data

class Key:
    """A public key and the rules that somebody gave it."""

    def __init__(self, value):
        forms.check(value, forms.KEY)
        self.id, self.algorithm, self.rules = value["key_id"], value["algorithm"], value
        self.material = (self.algorithm, value["public_key"])
        self.raw = data = unbase64(value["public_key"])
        one_spelling = base64.b64encode(data).decode() == value["public_key"]
        if not one_spelling or not (is_ed25519_point(data) if self.algorithm == "ed25519" else len(data) == 33):
            raise ValueError(f"key `{self.id}` is malformed or weak")
        self.public = (ed25519.Ed25519PublicKey.from_public_bytes(data) if self.algorithm == "ed25519"
                       else ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data))
        first, last = value.get("not_before"), value.get("not_after")
        if first and last and (first["kind"] != last["kind"] or first["value"] > last["value"]):
            raise ValueError(f"key `{self.id}` is never valid")

    def fingerprint(self):
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        return digest(self.public.public_bytes(serialization.Encoding.DER, spki))["value"]

    def fault(self, message, signature):
        """Nothing when the signature holds, else `malformed` or `invalid`."""
        if self.algorithm == "ed25519":
            if len(signature) != 64:
                return "malformed"
            holds = is_ed25519_point(signature[:32]) and self.holds(signature, message)
            return None if holds else "invalid"
        pairs = [it for it in (raw_pair(signature), der_pair(signature)) if it]
        if any(self.holds(utils.encode_dss_signature(*it), message, ec.ECDSA(hashes.SHA256())) for it in pairs):
            return None
        return "invalid" if pairs else "malformed"

    def holds(self, *signed):
        try:
            self.public.verify(*signed)
            return True
        except InvalidSignature:
            return False

    def judge(self, at, provider=None, predicate=None):
        """Why it does not count then and there, as a code; nothing when it does."""
        rules = self.rules
        for name, code, over in (("revoked", "key_revoked", lambda it: at["value"] >= it),
                                 ("not_before", "key_not_yet_valid", lambda it: at["value"] < it),
                                 ("not_after", "key_expired", lambda it: at["value"] > it)):
            moment = rules.get(name, {}).get("at") if name == "revoked" else rules.get(name)
            if moment and moment["kind"] != at["kind"]:
                return "key_window_unjudgeable"
            if moment and over(moment["value"]):
                return code
        if provider is not None and provider not in rules.get("providers", [provider]):
            return "key_not_for_provider"
        return None if predicate in rules.get("predicate_types", [predicate]) else "key_not_for_predicate"

def raw_pair(data):
    pair = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:], "big")
    return pair if len(data) == 64 and all(0 < it < P256_ORDER for it in pair) else None

def der_pair(data):
    try:
        pair = utils.decode_dss_signature(data)
        return pair if utils.encode_dss_signature(*pair) == data and all(0 < it < P256_ORDER for it in pair) else None
    except ValueError:
        return None

def keyring(values):
    """Keys in the order of their ids, each id once; nothing revoked may come back under another name."""
    keys = sorted(map(Key, values), key=lambda it: it.id)
    revoked = {it.material for it in keys if "revoked" in it.rules}
    if len({it.id for it in keys}) != len(keys) or any(it.material in revoked and "revoked" not in it.rules for it in keys):
        raise ValueError("a key id stands twice, or a key is revoked under another id")
    return keys

class Envelope:
    """A DSSE envelope that reads."""

    def __init__(self, data):
        value = parse(data, depth=64, exact=False)
        if not isinstance(value, dict) or not isinstance(value.get("payloadType"), str) or not value["payloadType"] \
                or not isinstance(value.get("payload"), str):
            raise ValueError("not an envelope")
        self.type, self.payload = value["payloadType"], unbase64(value["payload"])
        signatures = value.get("signatures")
        self.unsigned = signatures == []
        if not isinstance(signatures, list) or len(signatures) > 32:
            raise ValueError("not a list of at most 32 signatures")
        if not all(forms.fits(it, forms.named(forms.ANY)) and forms.fits(it.get("keyid"), (None, forms.TEXT))
                   and forms.TEXT(it.get("sig")) and it["sig"] for it in signatures):
            raise ValueError("a signature without bytes, or named by no text")
        self.signatures = [(it.get("keyid") or None, unbase64(it["sig"])) for it in signatures]
        kind = self.type.encode()
        self.message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(self.payload), self.payload)

    def written(self):
        """Its one form: canonical, standard base64."""
        text = lambda it: base64.b64encode(it).decode()
        signatures = [({"keyid": hint} if hint else {}) | {"sig": text(it)} for hint, it in self.signatures]
        return canonical({"payload": text(self.payload), "payloadType": self.type, "signatures": signatures})

    def signers(self, keys):
        """The keys that signed, those that a hint names first; or why none did: `unknown`, `malformed`, `invalid`."""
        hints, left = [hint for hint, _ in self.signatures], list(self.signatures)
        signed, failed = [], None
        for key in sorted(keys, key=lambda it: it.id not in hints):
            if any(it.material == key.material for it in signed):
                signed.append(key)
                continue
            for entry in sorted(left, key=lambda it: it[0] != key.id):
                fault = key.fault(self.message, entry[1])
                if fault is None:  # a signature is claimed by one key at most
                    left.remove(entry)
                    signed.append(key)
                    break
                failed = failed or (fault if entry[0] in (key.id, None) else None)
        return signed, None if signed else failed or "unknown"

REFUSED = {"unknown": "key_unknown", "malformed": "signature_encoding", "invalid": "signature_invalid"}

def may_sign(key, provider, query, at):
    """Whether policy and keyring let a key sign evidence of this provider now: nothing, or a code."""
    required = provider.get("trust", {}).get("require_signature")
    if required and key.id not in required["keys"]:
        return "key_not_for_provider"
    return key.judge(at, query["provider_id"], EVIDENCE)

def check_bare(signature, hashed, provider, query, keys, at):
    """`ed25519` over the canonical hash object: bound to the value alone. A proof, or the code of the refusal."""
    key = next((it for it in keys if it.id == signature["key_id"]), None)
    refused = may_sign(key, provider, query, at) if key else "key_unknown"
    if not refused and key.algorithm != "ed25519":
        refused = "signature_scheme_unsupported"
    fault = None if refused else key.fault(canonical(hashed), bytes(signature["signature"]))
    return {"scheme": "ed25519", "key_id": signature["key_id"], "binding": "value"}, refused or REFUSED.get(fault)

def check_statement(text, claim, provider, query, keys, occasion, skew):
    """An evidence statement in its envelope: (proof, lane ceiling), or nothing and the code of the refusal."""
    try:
        envelope = Envelope(text.encode())
    except ValueError:
        return None, "signature_encoding"
    if envelope.unsigned:
        return None, "signature_missing"
    signed, fault = envelope.signers(keys)
    if fault:
        return None, REFUSED[fault]
    judged = [(may_sign(key, provider, query, occasion["at"]), key) for key in signed]
    counted = {}
    for _, key in (it for it in judged if not it[0]):
        counted.setdefault(key.material, key.id)
    if not counted:
        return None, judged[0][0]
    try:
        said = parse(envelope.payload, depth=64, exact=False)
    except ValueError:
        said = None
    if envelope.type != "application/vnd.in-toto+json" or isinstance(said, dict) and said.get("_type") not in STATEMENTS:
        return None, "statement_type"
    if not isinstance(said, dict) or not isinstance(said.get("predicate"), dict) or not said.get("subject") \
            or not isinstance(said.get("predicateType"), str) or not said["predicateType"]:
        return None, "statement_invalid"
    if (said["_type"], said["predicateType"]) != (STATEMENTS[0], EVIDENCE):
        return None, "statement_type"
    said = {name: said[name] for name in forms.STATEMENT}
    if not forms.fits(said, forms.STATEMENT):
        return None, "statement_invalid"
    proof = {"scheme": "dsse", "key_id": min(counted.values())}
    proof["binding"] = "run" if "run_id" in said["predicate"]["audience"] else "query"
    refused = bind(said, claim, query, occasion, skew)
    if provider.get("trust", {}).get("require_signature", {}).get("binding") == "run" != proof["binding"]:
        refused = refused or "statement_audience"
    return (proof, said["predicate"].get("lane_ceiling")), refused

def bind(said, claim, query, occasion, skew):
    """Whether a statement is about this answer to this question on this occasion: nothing, or a code."""
    says, at, audience = said["predicate"], occasion["at"], said["predicate"]["audience"]
    asked = [{"digest": {"sha256": digest(query)["value"]}}]
    expected = {"provider_id": query["provider_id"], "check_id": query["check_id"], "content_type": claim["content_type"],
                "params_hash": digest(query.get("params")), "value": claim["value"], "evidence_anchor": claim["anchor"],
                "environment": occasion["environment"]}
    if not same_subject(said["subject"], occasion["subject"] or asked) \
            or any(not same(says.get(name), value) for name, value in expected.items()):
        return "statement_mismatch"
    if (audience.get("tenant_id", 1), audience["namespace_id"]) != (occasion["tenant"], occasion["namespace"]) \
            or audience.get("run_id", occasion["run"]) != occasion["run"] or "nonce" in audience:
        return "statement_audience"
    first, last = says["observed_at"], says["expires_at"]
    if {first["kind"], last["kind"]} != {at["kind"]}:
        return "statement_time_kind"
    if last["value"] < first["value"]:
        return "statement_invalid"
    if at["value"] + (skew if at["kind"] == "unix_millis" else 0) < first["value"]:
        return "statement_not_yet_valid"
    return "statement_expired" if at["value"] > last["value"] else None

def same_subject(left, right):
    """Each artifact of either matches one of the other: a strong digest equal, and no shared one that differs."""
    def match(one, other):
        shared = one["digest"].keys() & other["digest"].keys()
        return all(one["digest"][it] == other["digest"][it] for it in shared) and bool(shared & forms.STRONG.keys())
    return all(any(match(it, other) for other in right) for it in left) and \
        all(any(match(it, other) for other in left) for it in right)
