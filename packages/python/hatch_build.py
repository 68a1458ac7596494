"""The wheel of one platform: adds the binary as a script, and sets the platform's tag.

The binary is built before, by scripts/release-build. maturin would compile it again, so that the
wheel would not have the bytes that were tested, and it cannot take a binary from elsewhere.
"""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version, build_data):
        binary, tag = os.environ["WHEEL_BINARY"], os.environ["WHEEL_TAG"]
        # An installer puts it beside the interpreter, on the PATH of an active environment.
        build_data["shared_scripts"] = {binary: os.path.basename(binary)}
        build_data["tag"] = f"py3-none-{tag}"
        build_data["pure_python"] = False
