"""Amazon Cognito user pools for tests: starts the emulator, and calls its controls.

    from cognito_mcp import start_emulator

    with start_emulator() as emulator:
        emulator.client.list_user_pools(MaxResults=10)

With pytest, use the fixture ``cognito`` (``cognito_mcp.pytest_plugin``).
"""

from ._binary import find_binary
from ._emulator import (
    AppClient,
    Clock,
    Emulator,
    EmulatorError,
    Faults,
    Outbox,
    UserPool,
    connect_emulator,
    start_emulator,
)

__all__ = [
    "AppClient",
    "Clock",
    "Emulator",
    "EmulatorError",
    "Faults",
    "Outbox",
    "UserPool",
    "connect_emulator",
    "find_binary",
    "start_emulator",
]
