"""The pytest fixture ``cognito``: an emulator for each worker, reset for each test."""

import os
from typing import Iterator

import pytest

from ._emulator import Emulator, connect_emulator, start_emulator


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cognito", "emulator of Amazon Cognito")
    group.addoption("--cognito-endpoint", metavar="URL", help=(
        "use the emulator that runs at this address; each worker gets an account of its own there"))
    parser.addini("cognito_seed_file", "pool file with which the emulator starts, beside the configuration file")
    parser.addini("cognito_args", "more flags of `cognito-mcp emulator`", type="args")
    parser.addini("cognito_region", "Region of the emulator", default="us-east-1")


def _worker() -> int:
    """The number of this worker of pytest-xdist; 0 without it."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[len("gw"):])


@pytest.fixture(scope="session")
def cognito_emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """The emulator of this worker. It keeps its state between tests: use ``cognito``."""
    region = pytestconfig.getini("cognito_region")
    endpoint = pytestconfig.getoption("--cognito-endpoint")
    if endpoint:
        emulator = connect_emulator(endpoint, region=region, worker=_worker())
    else:
        seed_file = pytestconfig.getini("cognito_seed_file")
        emulator = start_emulator(
            seed_file=os.path.join(pytestconfig.rootpath, seed_file) if seed_file else None,
            region=region, args=pytestconfig.getini("cognito_args"))
    with emulator:
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
