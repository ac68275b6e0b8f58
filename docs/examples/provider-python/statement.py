"""Evidence statements: what a provider signs, and how. Nothing here needs the gate or the MCP SDK."""

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LIFETIME_MS = 5 * 60 * 1000


def canonical(value: Any) -> bytes:
    """RFC 8785, for values without fractions; use a library for those that have some."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def digest(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(data).hexdigest()}


def about(asked: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The statement that `result` is the answer to the question `asked`, for whoever asked it, for five minutes."""
    query, context = asked["query"], asked["context"]
    value, now = result["value"], time.time_ns() // 1_000_000
    if value is None:
        claim = {"kind": "absent"}
    else:
        claim = {"kind": value["kind"], "evidence_hash": digest(canonical(value["value"]))}
    predicate = {
        "provider_id": query["provider_id"],
        "check_id": query["check_id"],
        "params_hash": digest(canonical(query.get("params"))),
        "value": claim,
        "content_type": result.get("content_type"),
        "evidence_anchor": result.get("evidence_anchor"),
        "environment": context.get("environment"),
        "observed_at": {"kind": "unix_millis", "value": now},
        "expires_at": {"kind": "unix_millis", "value": now + LIFETIME_MS},
        "audience": {
            "tenant_id": context["tenant_id"],
            "namespace_id": context["namespace_id"],
            "run_id": context.get("run_id"),
        },
    }
    question = {"name": "query", "digest": {"sha256": digest(canonical(query))["value"]}}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        # The run's artifact; of a run without one, the question itself.
        "subject": context.get("subject") or [question],
        "predicateType": "urn:decision-gate:evidence:v1",
        "predicate": without_none(predicate),
    }


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    """What is not there is left out, never null."""
    clean = {name: without_none(it) if isinstance(it, dict) else it for name, it in members.items()}
    return {name: it for name, it in clean.items() if it is not None}


def sign(key: Ed25519PrivateKey, statement: dict[str, Any]) -> dict[str, Any]:
    """The DSSE envelope around a statement."""
    payload = canonical(statement)
    kind = PAYLOAD_TYPE.encode()
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    signature = base64.b64encode(key.sign(message)).decode()
    return {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key_id(key), "sig": signature}],
    }


def key_id(key: Ed25519PrivateKey) -> str:
    """A hint for people; the gate goes by the key that the signature holds under."""
    return hashlib.sha256(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def load_key(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the key is no ed25519 key")
    return key
