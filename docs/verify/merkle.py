"""RFC 6962 trees and signed checkpoints: docs/spec/ledger.md."""

import base64
import re

from strict_json import sha256
from trust import Key, unbase64

def leaf(entry):
    return sha256(b"\0", entry)

def root_of(leaves):
    """The root over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", root_of(leaves[:split]), root_of(leaves[split:]))

def leads_to(node, index, size, path, root):
    """Whether an inclusion proof, the leaf's sibling first, leads from a leaf to the root."""
    last = size - 1
    if not 0 <= index <= last:
        return False
    for sibling in path:
        if last == 0:
            return False
        if index % 2 or index == last:
            node = sha256(b"\1", sibling, node)
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root

def checkpoint_of(data):
    """A signed note as (text, [(name, key hash, signature)]), and the checkpoint that its text is."""
    text, blank, lines = data.decode().rpartition("\n\n")
    text += "\n"
    if not blank or len(data) > 1 << 20 or not lines.endswith("\n") or re.search(r"[\0-\t\x0b-\x1f]", text):
        raise ValueError("not a signed note")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = re.fullmatch("\u2014 ([^\\s+\\x00-\\x1f\\x7f-\\x9f]+) ([A-Za-z0-9+/]+=*)", line)
        body = unbase64(found[2]) if found else b""
        if len(body) < 5 or len(signatures) == 100:
            raise ValueError("a line of a note that is no signature, or too many")
        signatures.append((found[1], body[:4], body[4:]))
    found = re.fullmatch("([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n", text)
    if not found or int(found[2]) >= 2**64:
        raise ValueError("not a checkpoint")
    return (text, signatures), {"origin": found[1], "size": int(found[2]), "root": unbase64(found[3])}

class VerifierKey:
    """A key of the form `name+hash+base64`: of a log (type 1), or of a witness (type 4)."""

    def __init__(self, text):
        self.name, hashed, body = text.split("+", 2)
        body = unbase64(body)
        self.hash, self.kind = sha256(self.name.encode(), b"\n", body)[:4], body[0]
        if self.hash.hex() != hashed or self.kind not in (1, 4) or not re.fullmatch(r"[^\s\x00-\x1f]+", self.name):
            raise ValueError("not a verifier key")
        key = {"key_id": "log", "algorithm": "ed25519", "public_key": base64.b64encode(body[1:]).decode()}
        self.key = Key(key)

    def fault(self, text, signature):
        if self.kind == 4:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            text = f"cosignature/v1\ntime {seconds}\n{text}"
            if not 0 < seconds < 2**63:
                return "invalid"
        return self.key.fault(text.encode(), signature)

def note_fault(note, origin, keys):
    """Why a checkpoint does not count: its log's key must have signed it, and no signature by a known key may fail."""
    (text, signatures), by_log = note, False
    for name, hashed, signature in signatures:
        for key in (it for it in keys if (it.name, it.hash) == (name, hashed)):
            if key.fault(text, signature):
                return f"the signature of `{name}` does not hold"
            by_log = by_log or key.kind == 1 and name == origin
    return None if by_log else "no checkpoint key of yours signed it"
