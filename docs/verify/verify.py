"""A second verifier of runpacks, written from docs/spec alone: python3 docs/verify/verify.py PACK --keys KEYRING

Exit codes: 0 verified, 1 not verified, 2 there was nothing to verify. docs/verify/README.md says what is in its scope.
"""

import argparse
import json
import os
import re
import stat
import sys

sys.dont_write_bytecode = True

from merkle import VerifierKey  # noqa: E402
from pack import LEVELS, Pack  # noqa: E402
from strict_json import parse  # noqa: E402
from trust import keyring  # noqa: E402

def read_folder(folder):
    """Every regular file below a folder by its path; what is no file is there without bytes. Links are not followed."""
    files = {}
    for place, folders, names in os.walk(folder):
        for name in names + [it for it in folders if os.path.islink(os.path.join(place, it))]:
            path = os.path.join(place, name)
            regular = stat.S_ISREG(os.lstat(path).st_mode)
            files[os.path.relpath(path, folder).replace(os.sep, "/")] = open(path, "rb").read() if regular else None
    return files

def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack")
    parser.add_argument("--manifest", default="manifest.json")
    parser.add_argument("--keys", help="the verifier's own keys: a keyring file; asks for level `signed`")
    parser.add_argument("--level", choices=LEVELS)
    parser.add_argument("--checkpoint-key", action="append", default=[], metavar="VKEY")
    parser.add_argument("--expect-scenario", metavar="ID[@HASH]")
    for name in ("run", "environment", "policy", "root"):
        parser.add_argument(f"--expect-{name}")
    parser.add_argument("--expect-subject", action="append", default=[], metavar="sha256:HEX")
    parser.add_argument("--require", choices=["pinned"])
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser.parse_args()

def main():
    asked = arguments()
    plain = lambda it: it and it.removeprefix("sha256:")
    scenario, _, spec_hash = (asked.expect_scenario or "").partition("@")
    expect = {"scenario": scenario or None, "spec_hash": plain(spec_hash) or None, "run": asked.expect_run,
              "environment": asked.expect_environment, "policy": plain(asked.expect_policy), "origin": asked.require,
              "root": plain(asked.expect_root), "subject": [{"digest": {"sha256": plain(it)}} for it in asked.expect_subject]}
    hashes = [expect[it] for it in ("spec_hash", "policy", "root")] + [it["digest"]["sha256"] for it in expect["subject"]]
    try:
        if not all(it is None or re.fullmatch("[0-9a-f]{64}", it) for it in hashes):
            raise ValueError("a hash is 64 lower-case hexadecimal characters")
        keys = keyring(parse(open(asked.keys, "rb").read())) if asked.keys else None
        checkpoint_keys = [VerifierKey(it) for it in asked.checkpoint_key]
        if not os.path.isdir(asked.pack):
            raise OSError(f"`{asked.pack}` is no folder")
        level = asked.level or ("signed" if asked.keys else None)
        files = read_folder(asked.pack)
    except (OSError, ValueError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    report = Pack(files, asked.manifest, keys, level, expect, checkpoint_keys).verify()
    if asked.format == "json":
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        print(f"{report['status']}: {report['verdict']} (level {report['level'] or 'none'})")
        for name, facet in report["facets"].items():
            print("; ".join([f"  {name}: {facet['level']}", *facet["reasons"]]))
        for it in report["findings"]:
            print(f"{it['code']} {it['path']}{'#' + it['pointer'] if it['pointer'] else ''}: {it['reason']}")
        for it in report["unproven"]:
            print(f"unproven {it['path']}#{it['pointer']}: {it['reason']}")
    return int(report["status"] == "fail" or report["verdict"] == "not_allowed")

if __name__ == "__main__":
    sys.exit(main())
