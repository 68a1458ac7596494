"""The GitHub Action: its step runs as on a runner, with the archives that scripts/artifacts packed.

usage: action.py ARTIFACTS
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
ARTIFACTS = pathlib.Path(sys.argv[1]).resolve()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEP, = ACTION["runs"]["steps"]
passed = 0


def check(name, holds, seen=None):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen}")
    passed += 1
    print(f"ok: {name}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def run(folder, variables=None, **inputs):
    """The result of the step, and what it exported: outputs, and the environment of later steps."""
    given = {name: one["default"] for name, one in ACTION["inputs"].items()} | {
        "from": f"file://{ARTIFACTS}", "port": free_port()} | {name.replace("_", "-"): one for name, one in inputs.items()}
    values = {name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], text)
              for name, text in STEP["env"].items()}
    files = {name: folder / name for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
    for file in files.values():
        file.write_text("")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "RUNNER_TEMP": str(folder),
                   "GITHUB_ACTION_PATH": str(ROOT), **{name: str(file) for name, file in files.items()}}
    ran = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", STEP["run"]], cwd=folder,
                         env=environment | values | (variables or {}), capture_output=True, text=True, timeout=60, check=False)

    def lines(name):
        return dict(line.split("=", 1) for line in files[name].read_text().splitlines())
    return ran, lines("GITHUB_OUTPUT"), lines("GITHUB_ENV")


def stop(folder):
    """Ends the emulator that the step left running in `folder`."""
    binary = str(folder / "cognito-mcp/cognito-mcp")
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "exe") == binary:
                os.kill(int(process.name), signal.SIGTERM)
        except OSError:
            continue


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            ran, outputs, exported = run(folder)
            check("the action starts the emulator", ran.returncode == 0, ran)
            with urllib.request.urlopen(outputs["endpoint"] + "/_emulator/health", timeout=5) as answer:
                check("its endpoint answers", answer.status == 200)
            check("every output of action.yml is set", set(outputs) == set(ACTION["outputs"]) and all(outputs.values()), outputs)
            check("the environment has the endpoint, the ids and credentials", exported == {
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": outputs["endpoint"],
                "COGNITO_USER_POOL_ID": outputs["user-pool-id"], "COGNITO_CLIENT_ID": outputs["client-id"],
                "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}, exported)
            shown = pathlib.Path(outputs["log"]).read_text()
            check("the log has the requests", "/_emulator/health" in shown, shown)
        finally:
            stop(folder)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            (folder / "pools.yaml").write_text((ROOT / "tests/packages/samples/pools.yaml").read_text())
            ran, outputs, exported = run(folder, {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_REGION": "eu-west-1"},
                                         seed_file="pools.yaml", args="--throttle aws")
            check("the ids are those of the pool file",
                  (outputs["user-pool-id"], outputs["client-id"]) == ("us-east-1_Shop", "shopweb"), (ran, outputs))
            check("credentials of the job are kept", not {"AWS_ACCESS_KEY_ID", "AWS_REGION"} & set(exported), exported)
        finally:
            stop(folder)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        try:
            pools = (ROOT / "tests/packages/samples/pools.yaml").read_text()
            (folder / "pools.yaml").write_text(pools.replace("us-east-1_", "eu-west-1_"))
            ran, _, exported = run(folder, seed_file="pools.yaml")
            check("the Region is that of the pools", exported.get("AWS_REGION") == "eu-west-1", (ran, exported))
        finally:
            stop(folder)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        ran, outputs, _ = run(folder, seed_file="missing.yaml")
        check("a wrong pool file fails the step with its name", ran.returncode == 1 and "::error::" in ran.stdout and
              "missing.yaml" in ran.stdout, ran)
        stop(folder)
    print(f"GitHub Action: {passed} passed, 0 failed")


main()
