"""The wheel that scripts/artifacts packed: pip, uv and pipx install it, and it does the main job; a
sample of 100 tests runs in the workers of pytest-xdist.

usage: python.py ARTIFACTS FOLDER-WITH-VENV [--seconds LIMIT]

The venv has uv and pipx.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = {name: re.search(rf"^{name}==.*$", (HERE.parent / "clients/requirements.txt").read_text(), re.MULTILINE)[0]
            for name in ("boto3", "pytest", "pytest-xdist")}
passed = 0


def check(name, holds, seen=None):
    global passed
    if not holds:
        raise SystemExit(f"FAILED: {name}: {seen}")
    passed += 1
    print(f"ok: {name}")


def run(folder, *command, ok=True, **variables):
    """The result of a command. No setting of the machine applies."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("AWS_", "COGNITO_", "PYTHON", "VIRTUAL_ENV"))}
    ran = subprocess.run(list(map(str, command)), cwd=folder, env=environment | variables, capture_output=True,
                         text=True, timeout=300, check=False)
    if ok and ran.returncode:
        raise SystemExit(f"FAILED: {' '.join(map(str, command))}: {ran.stdout}{ran.stderr}")
    return ran


def wheel(artifacts):
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    found, = pathlib.Path(artifacts).resolve().glob(f"cognito_mcp-*{machine}.whl")
    return found


def does_the_main_job(name, folder, *command):
    """The command alone: a call that succeeds, and one that is refused with a correction."""
    answer = run(folder, *command, "call", "get_user", '{"username": "ana"}').stdout
    check(f"{name} runs the command", '"status":"CONFIRMED"' in answer, answer)
    refused = run(folder, *command, "call", "get_user", '{"username": "anna"}', ok=False)
    check(f"{name} passes errors on", refused.returncode == 1 and 'get_user {"username":"ana"}' in
          refused.stderr.replace("\n", " "), refused)


def with_pip(folder, file, limit):
    run(folder, sys.executable, "-m", "venv", "venv")
    python = folder / "venv/bin/python"
    run(folder, python, "-m", "pip", "install", "--quiet", *VERSIONS.values())
    started = time.monotonic()
    run(folder, python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", file)
    took = time.monotonic() - started
    shutil.copy(HERE / "samples/pools.yaml", folder)
    shutil.copy(HERE / "main_job.py", folder)
    shown = run(folder, python, "main_job.py").stdout
    check(f"pip installs it in {took:.1f} s, and the main job is done", "main job done" in shown, shown)
    does_the_main_job("pip", folder, folder / "venv/bin/cognito-mcp")
    for file in (HERE / "samples/pytest").iterdir():
        if file.is_file():
            shutil.copy(file, folder)
    started = time.monotonic()
    ran = run(folder, python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider").stdout
    took = time.monotonic() - started
    check(f"pytest -n 2: 100 isolated tests in {took:.1f} s", "100 passed" in ran, ran)
    check(f"pytest needs less than {limit} s", took < limit, took)
    shared(folder, python)
    failures(folder, python)
    ran = run(folder, python, "-m", "pytest", "-q", "-o", "cognito_seed_file=missing.yaml", "-k", "expires", ok=False)
    check("a wrong pool file is named", "missing.yaml" in ran.stdout and ran.returncode == 1, ran.stdout)


#: Starts two sessions of pytest on one emulator at the same time, and prints their output and the
#: accounts that are left.
SESSIONS = """
import subprocess, sys
from cognito_mcp import start_emulator
with start_emulator(seed_file="pools.yaml") as emulator:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--cognito-endpoint", emulator.endpoint]
    sessions = [subprocess.Popen([*command, *sys.argv[1:]], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for session in sessions:
        print(session.communicate()[0])
    print(emulator.control("GET", "worlds"))
"""


def shared(folder, python):
    """Sessions and workers that share an emulator: each has an account of its own."""
    (folder / "test_shared.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.parametrize('number', range(20))\n"
        "def test_a_worker_is_alone(cognito, number):\n"
        "    cognito.client.create_user_pool(PoolName='app')\n"
        "    assert [pool.name for pool in cognito.list_pools()] == ['app']\n"
        "    cognito.clock.advance(60)\n")
    alone = ["test_shared.py", "-o", "cognito_seed_file="]
    ran = run(folder, python, "-c", SESSIONS, "-n", "2", *alone).stdout
    check("two sessions with two workers each can share an emulator", ran.count("20 passed") == 2, ran)
    check("their accounts are removed", "{'worlds': []}" in ran, ran)

    def session(*flags, ok=True):
        code = ("import subprocess, sys\nfrom cognito_mcp import start_emulator\n"
                "with start_emulator(seed_file='pools.yaml') as emulator:\n"
                "    sys.exit(subprocess.call([sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', *sys.argv[1:],\n"
                "                              '--cognito-endpoint', emulator.endpoint]))\n")
        ran = run(folder, python, "-c", code, *flags, ok=ok)
        return ran.stdout + ran.stderr

    (folder / "test_account.py").write_text(
        "import os\n\n"
        "def test_the_account(cognito):\n"
        "    number = int(os.environ['PYTEST_XDIST_WORKER'][2:])\n"
        "    assert cognito.account == str(111122223333 + number)\n")
    ran = session("-n", "2", "--cognito-account", "111122223333", "test_account.py", "-o", "cognito_seed_file=")
    check("workers add their number to an account", "1 passed" in ran, ran)
    ran = session("--cognito-account", "shared", "test_shop.py", "-k", "expires")
    check("the shared account has the pools of that emulator", "20 passed" in ran, ran)
    for what, part, flags in (
            ("a seed file without effect", "does not load cognito_seed_file", ["-k", "expires"]),
            ("several workers of the shared account", "is for one worker", ["--cognito-account", "shared", "-n", "2"]),
            ("a malformed account", "give 12 digits, or `shared`", ["--cognito-account", "1"])):
        ran = session(*flags, "test_shop.py", ok=False)
        check(f"{what}: an error says so", part in ran, ran)
    ran = run(folder, python, "-m", "pytest", "--cognito-account", "shared", ok=False)
    check("an account without an endpoint is refused", "add --cognito-endpoint" in ran.stderr, ran)


def failures(folder, python):
    """The report of a failed test has the requests."""
    (folder / "test_fails.py").write_text(
        "def test_fails(cognito):\n"
        "    cognito.client.list_user_pools(MaxResults=1)\n"
        "    cognito.client.sign_up(ClientId='unknown', Username='ana', Password='Correct-Horse-7')\n")
    ran = run(folder, python, "-m", "pytest", "-p", "no:cacheprovider", "-o", "cognito_log=true", "test_fails.py", ok=False)
    check("cognito_log: the report of a failed test has the requests", "POST ListUserPools 200" in ran.stdout and
          "Captured stderr call" in ran.stdout, ran.stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("artifacts")
    parser.add_argument("clients", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    tools = arguments.clients.resolve() / "venv/bin"
    file = wheel(arguments.artifacts)
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        folder = pathlib.Path(folder)
        with_pip(folder, file, arguments.seconds)
        uvx = [tools / "uvx", "--offline", "--cache-dir", folder / "uv", "--from", file, "cognito-mcp"]
        does_the_main_job("uvx", folder, *uvx)
        entry = json.loads(run(folder, *uvx, "init", "cursor", "--print").stdout)["mcpServers"]["cognito"]
        check("uvx: init writes uvx", (entry["command"], entry["args"]) == ("uvx", ["cognito-mcp", "serve"]), entry)
        homes = {"PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "bin"), "PIPX_MAN_DIR": str(folder / "man")}
        run(folder, tools / "pipx", "install", file, **homes)
        does_the_main_job("pipx", folder, folder / "bin/cognito-mcp")
    print(f"wheel: {passed} passed, 0 failed")


if __name__ == "__main__":
    main()
