#!/usr/bin/env python3
"""Condenses the published Cognito service model into emulator/model/cognito-idp.json.

Keeps the parts that validate requests and responses. For operations, these are the shapes,
the errors and whether requests are signed. For shapes, these are the type, the members in
order, bounds, pattern, enum and sensitivity. Drops documentation and everything about
clients. Writes one operation or shape per line, so that a newer model is a readable diff.

    scripts/condense-model.py                 # downloads the pinned botocore from PyPI
    scripts/condense-model.py --from FILE     # service-2.json or service-2.json.gz
"""

import argparse
import gzip
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

BOTOCORE = "1.44.5"
RELEASED = "2026-11-17"  # the date of the model in the wheel
MEMBER = "botocore/data/cognito-idp/2016-04-18/service-2.json.gz"
OUTPUT = Path(__file__).resolve().parent.parent / "emulator/model/cognito-idp.json"


# Values that Cognito accepts although the published model lacks them.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetClientToken.html
UNPUBLISHED = {"ExplicitAuthFlowsType": ["ALLOW_CLIENT_TOKEN_AUTH"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="source", type=Path, help="service-2.json or service-2.json.gz")
    parser.add_argument("--to", type=Path, default=OUTPUT, help="where to write (default: %(default)s)")
    arguments = parser.parse_args()

    published = read(arguments.source) if arguments.source else download()
    arguments.to.write_text(condense(published), encoding="utf-8")


def read(source: Path) -> bytes:
    raw = source.read_bytes()
    return gzip.decompress(raw) if source.suffix == ".gz" else raw


def download() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        subprocess.run([*pip, f"botocore=={BOTOCORE}"], check=True)
        (wheel,) = Path(folder).glob("botocore-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return gzip.decompress(archive.read(MEMBER))


def condense(published: bytes) -> str:
    model = json.loads(published)
    source = {
        "package": "botocore",
        "version": BOTOCORE,
        "date": RELEASED,
        "file": MEMBER,
        "sha256": hashlib.sha256(published).hexdigest(),
    }
    operations = {name: operation(model["operations"][name]) for name in sorted(model["operations"])}
    shapes = {name: shape(model["shapes"][name]) for name in sorted(model["shapes"])}
    for name, values in UNPUBLISHED.items():
        shapes[name]["enum"] += values
    return (
        "{\n"
        + f'"source": {line(source)},\n'
        + f'"operations": {block(operations)},\n'
        + f'"shapes": {block(shapes)}\n'
        + "}\n"
    )


def operation(published: dict) -> dict:
    kept = {"input": published["input"]["shape"]}
    if "output" in published:
        kept["output"] = published["output"]["shape"]
    kept["signed"] = published.get("authtype") != "none"
    kept["errors"] = sorted(error["shape"] for error in published["errors"])
    return kept


def shape(published: dict) -> dict:
    kept = {"type": published["type"]}
    if "members" in published:
        kept["members"] = {name: member["shape"] for name, member in published["members"].items()}
    for role in ("member", "key", "value"):
        if role in published:
            kept[role] = published[role]["shape"]
    for trait in ("required", "min", "max", "pattern", "enum", "sensitive", "exception", "fault", "document"):
        if trait in published:
            kept[trait] = published[trait]
    return kept


def block(entries: dict) -> str:
    return "{\n" + ",\n".join(f"{line(name)}: {line(entry)}" for name, entry in entries.items()) + "\n}"


def line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


if __name__ == "__main__":
    main()
