"""A second verifier of runpacks, written from docs/spec alone. README.md says what is in its scope.
Exit codes: 0 verified, 1 not verified, 2 there was nothing to verify."""

import argparse
import json
import sys
from pathlib import Path

from merkle import VerifierKey
from pack import LEVELS, Pack
from strict_json import parse
from trust import keyring

def read_folder(folder):
    """Every file below a folder by its path; no regular file, or one too large, is there without bytes."""
    files = {}
    for path in (it for it in folder.rglob("*") if it.is_symlink() or not it.is_dir()):
        regular = path.is_file() and not path.is_symlink() and path.stat().st_size <= 2**28
        files[path.relative_to(folder).as_posix()] = path.read_bytes() if regular else None
    return files

def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--manifest", default="manifest.json")
    parser.add_argument("--keys", type=Path, help="your own keys, a keyring file; asks for level `signed`")
    parser.add_argument("--level", choices=LEVELS)
    parser.add_argument("--checkpoint-key", action="append", default=[], metavar="VKEY")
    for name in ("scenario-id", "spec-hash", "run", "environment", "origin", "root-hash"):
        parser.add_argument(f"--expect-{name}")
    asked = parser.parse_args()
    try:
        keys = keyring(parse(asked.keys.read_bytes())) if asked.keys else None
        checkpoint_keys = [VerifierKey(it) for it in asked.checkpoint_key]
        files = read_folder(asked.pack)
        if not files:
            raise ValueError(f"there is nothing in `{asked.pack}`")
    except (OSError, ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    expect = {name[7:]: it for name, it in vars(asked).items() if name.startswith("expect_") and it}
    level = asked.level or ("signed" if asked.keys else None)
    report = Pack(files, asked.manifest, keys, level, expect, checkpoint_keys).verify()
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return int(report["status"] == "fail" or report["verdict"] == "not_allowed")

if __name__ == "__main__":
    sys.exit(main())
