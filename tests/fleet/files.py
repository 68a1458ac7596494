"""Checks the files for systemd, Compose and Kubernetes without running them.

usage: files.py BINARY SCHEMA

SCHEMA is the JSON schema of Compose files. Each check also has to find a mistake that is made on purpose.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import kubernetes_validate
import yaml

BINARY = sys.argv[1]
SCHEMA = json.loads(pathlib.Path(sys.argv[2]).read_text())
DOCUMENTS = pathlib.Path(__file__).parents[2] / "docs"
FLEET = DOCUMENTS / "fleet"
# The oldest and the newest version that the package has.
KUBERNETES = ("1.25", "1.37")
passed = 0


def check(name, problem):
    global passed
    if problem:
        raise SystemExit(f"FAILED: {name}: {problem}")
    passed += 1
    print(f"ok: {name}", flush=True)


def finds(name, problem_of, text, right, wrong):
    """Checks `text`, and that `problem_of` finds the mistake of `wrong` in place of `right`."""
    check(name, problem_of(text))
    changed = text.replace(right, wrong)
    check(f"{name}: {wrong} is found", None if changed != text and problem_of(changed) else "the mistake is not found")


def compose(text):
    try:
        jsonschema.validate(yaml.safe_load(text), SCHEMA)
    except jsonschema.ValidationError as error:
        return f"{list(error.path)}: {error.message}"


def kubernetes(text):
    for part in yaml.safe_load_all(text):
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(part, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                return f"{part['kind']} of {version}: {error.message}"


def systemd(text):
    """What systemd finds in the unit, with the program at the place where it is built."""
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder, "cognito-mcp@.service")
        unit.write_text(text.replace("/usr/local/bin/cognito-mcp", BINARY))
        for command in (["verify"], ["security", "--offline=true", "--threshold=20"]):
            done = subprocess.run(["systemd-analyze", *command, "--no-pager", unit], capture_output=True, text=True)
            # `verify` prints what it ignores, and ends well.
            named = [line for line in done.stderr.splitlines() if "cognito-mcp@" in line]
            if done.returncode or named:
                return "\n".join(named) or done.stdout + done.stderr


def flags(text):
    """Flags that the program does not have."""
    known = re.findall(r"--[a-z-]+", subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True).stdout)
    found = set(re.findall(r"(?<=[\s])--[a-z-]+(?==| \S)", re.sub(r"(?m)^\s*#.*$|redis-server.*\n.*", "", text)))
    return sorted(found - set(known)) if found else "no flags"


def drains(text):
    """The time before a replica is killed is longer than --http-drain."""
    drain = re.search(r"--http-drain[= ](\d+)", text)
    killed = re.search(r"(?:TimeoutStopSec=|stop_grace_period: |terminationGracePeriodSeconds: )(\d+)", text)
    return None if int(killed[1]) > int(drain[1]) else f"{killed[0]}, but {drain[0]}"


def main():
    unit, composed, manifest = (
        (FLEET / name).read_text() for name in ("cognito-mcp@.service", "compose.yaml", "kubernetes.yaml"))
    emulator = re.search(r"<!-- compose\.yaml -->\n```yaml\n(.*?)```", (DOCUMENTS / "containers.md").read_text(), re.DOTALL)[1]
    finds("compose.yaml", compose, composed, "stop_grace_period", "stop_grace_time")
    finds("compose.yaml of containers.md", compose, emulator, "service_healthy", "service_health")
    finds("kubernetes.yaml", kubernetes, manifest, "readinessProbe", "readynessProbe")
    finds("kubernetes.yaml", kubernetes, manifest, "networking.k8s.io/v1", "networking.k8s.io/v1beta1")
    if shutil.which("systemd-analyze"):
        finds("cognito-mcp@.service", systemd, unit, "ProtectClock", "ProtectClocks")
    else:
        print("skipped: cognito-mcp@.service needs systemd-analyze")
    for name, text in [("cognito-mcp@.service", unit), ("compose.yaml", composed), ("kubernetes.yaml", manifest)]:
        finds(f"flags of {name}", flags, text, "--http-drain", "--http-drains")
        finds(f"time to end of {name}", drains, text, "90", "60")
    print(f"files: {passed} passed, 0 failed")


main()
