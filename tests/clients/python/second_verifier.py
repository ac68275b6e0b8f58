"""Drives the second verifier (docs/verify) over many packs in one process: a line of JSON in, a line of JSON out.

`{"load": name, "files": {path: base64}, "keys": [...]}` keeps a pack. `{"judge": name, "edits": [...], "level": word}` judges
it with edits: `["put", path, base64]`, `["drop", path]`, `["splice", path, offset, count, base64]`.
"""

import base64
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "docs" / "verify"))

from merkle import VerifierKey  # noqa: E402
from pack import Pack  # noqa: E402
from trust import keyring  # noqa: E402


def edited(files, edits):
    files = dict(files)
    for kind, path, *rest in edits:
        if kind == "drop":
            files.pop(path, None)
        elif kind == "put":
            files[path] = base64.b64decode(rest[0])
        else:
            offset, count, text = rest
            files[path] = files[path][:offset] + base64.b64decode(text) + files[path][offset + count:]
    return files


def main():
    packs = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "load" in asked:
            files = {path: base64.b64decode(text) for path, text in asked["files"].items()}
            packs[asked["load"]] = files, keyring(asked["keys"]), [VerifierKey(it) for it in asked.get("checkpoint_keys", [])]
            continue
        files, keys, checkpoint_keys = packs[asked["judge"]]
        pack = Pack(edited(files, asked["edits"]), keys=keys, level=asked["level"], checkpoint_keys=checkpoint_keys)
        report = pack.verify()
        codes = [it["code"] for it in report["findings"]]
        print(json.dumps({"status": report["status"], "level": report["level"], "codes": codes}), flush=False)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
