"""RFC 6962 trees and signed checkpoints: docs/spec/ledger.md."""

import re

from strict_json import sha256
from trust import Key, base64_text, unbase64

CHECKPOINT = re.compile("([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")
LINE = re.compile("\u2014 ([^\\s+\\x00-\\x1f\\x7f-\\x9f]+) ([A-Za-z0-9+/]+=*)")

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
    for sibling in path:
        if not 0 < last >= index:
            return False
        if index % 2 or index == last:
            node = sha256(b"\1", sibling, node)
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return index == last == 0 and node == root

def checkpoint_of(data):
    """A signed note: its text, its signatures, and the checkpoint that the text is (origin, size, root)."""
    text, blank, lines = data.decode().rpartition("\n\n")
    found = CHECKPOINT.fullmatch(text + "\n")
    if not found or not blank or not lines.endswith("\n") or re.search(r"[\0-\t\x0b-\x1f]", text):
        raise ValueError("not a checkpoint")
    named = [LINE.fullmatch(it).groups() for it in lines[:-1].split("\n")]
    signatures = [(name, unbase64(body)[:4], unbase64(body)[4:]) for name, body in named]
    if len(signatures) > 100 or not all(signature for *_, signature in signatures):
        raise ValueError("a line of a note that is no signature, or too many")
    return (text + "\n", signatures), (found[1], int(found[2]), unbase64(found[3]))

class VerifierKey:
    """A key of the form `name+hash+base64`: of a log (type 1), or of a witness (type 4)."""

    def __init__(self, text):
        self.name, hashed, body = text.split("+", 2)
        body = unbase64(body)
        self.hash, self.kind = sha256(self.name.encode(), b"\n", body)[:4], body[0]
        if self.hash.hex() != hashed or self.kind not in (1, 4) or re.search(r"[\s\x00-\x1f]|^$", self.name):
            raise ValueError("not a verifier key")
        self.key = Key({"key_id": "log", "algorithm": "ed25519", "public_key": base64_text(body[1:])})

    def holds(self, text, signature):
        if self.kind == 1:
            return self.key.holds(text.encode(), signature)
        seconds = int.from_bytes(signature[:8], "big")
        cosigned = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        return 0 < seconds < 2**63 and self.key.holds(cosigned, signature[8:])

def is_signed(note, origin, keys):
    """Whether the log's key signed a checkpoint, and no signature by a known key fails."""
    text, signatures = note
    known = [(key, it) for *by, it in signatures for key in keys if [key.name, key.hash] == by]
    by_log = any(key.kind == 1 and key.name == origin for key, _ in known)
    return by_log and all(key.holds(text, it) for key, it in known)
