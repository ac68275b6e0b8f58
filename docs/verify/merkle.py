"""RFC 6962 trees: docs/spec/events.md "Hashes"."""

from strict_json import sha256

def leaf(entry):
    return sha256(b"\0", entry)

def node(left, right):
    return sha256(b"\1", left, right)

def root_of(leaves):
    """The root over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_of(leaves[:split]), root_of(leaves[split:]))
