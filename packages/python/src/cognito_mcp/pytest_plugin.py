"""The pytest fixture ``cognito``: an emulator for each worker, reset for each test."""

import os
import re
from typing import Iterator, Optional, Union

import pytest

from ._emulator import Emulator, connect_emulator, start_emulator

#: The account of `--cognito-account` that means the world that all programs share.
SHARED = "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cognito", "emulator of Amazon Cognito")
    group.addoption("--cognito-endpoint", metavar="URL", help=(
        "use the emulator that runs at this address; each worker gets a new account there"))
    group.addoption("--cognito-account", metavar="ACCOUNT", help=(
        "the account there: 12 digits, to which workers add their number, or `shared` for the pools with which that "
        "emulator started"))
    parser.addini("cognito_seed_file", "pool file with which the emulator starts, beside the configuration file")
    parser.addini("cognito_args", "more flags of `cognito-mcp emulator`", type="args")
    parser.addini("cognito_region", "Region of the emulator [that of the pools in the pool file, or us-east-1]")
    parser.addini("cognito_log", "copy a line for each request to standard error, which pytest shows for failed tests",
                  type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    account = config.getoption("--cognito-account")
    if account is None:
        return
    if not config.getoption("--cognito-endpoint"):
        raise pytest.UsageError("--cognito-account is for an emulator that runs already: add --cognito-endpoint URL.")
    if account != SHARED and not re.fullmatch(r"[0-9]{12}", account):
        raise pytest.UsageError(f"--cognito-account {account}: give 12 digits, or `{SHARED}`.")


def _worker(account: Optional[str]) -> Union[int, str, None]:
    """The argument `worker` of ``connect_emulator`` for this worker of pytest-xdist."""
    if account is None:
        # Two sessions may use the emulator at the same time, and neither knows of the other.
        return "new"
    if account != SHARED:
        return str(int(account) + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[len("gw"):]))
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        raise pytest.UsageError(f"--cognito-account {SHARED} is for one worker, because each test resets the emulator.")
    return None


@pytest.fixture(scope="session")
def cognito_emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """The emulator of this worker. It keeps its state between tests: use ``cognito``."""
    region = pytestconfig.getini("cognito_region") or None
    seed_file = pytestconfig.getini("cognito_seed_file")
    endpoint = pytestconfig.getoption("--cognito-endpoint")
    if endpoint:
        first = connect_emulator(endpoint, worker=_worker(pytestconfig.getoption("--cognito-account")))
        # Pools that an earlier session removed with its account return, and are then listed.
        first.reset()
        emulator = connect_emulator(endpoint, region=region, worker=first.account)
    else:
        emulator = start_emulator(
            seed_file=os.path.join(pytestconfig.rootpath, seed_file) if seed_file else None,
            region=region, args=pytestconfig.getini("cognito_args"), log=pytestconfig.getini("cognito_log"))
    with emulator:
        if endpoint and seed_file and not emulator.pools:
            raise pytest.UsageError(
                f"The emulator at {endpoint} does not load cognito_seed_file, and this account has no pools there. Start "
                f"that emulator with --seed-file, and use --cognito-account {SHARED}; or let the tests create their pools, "
                "with -o cognito_seed_file=")
        yield emulator


@pytest.fixture
def cognito(cognito_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator in the state of its start, and the environment by which boto3 reaches it."""
    cognito_emulator.reset()
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in cognito_emulator.env.items():
        monkeypatch.setenv(name, value)
    return cognito_emulator
