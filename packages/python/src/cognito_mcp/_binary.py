"""The binary of this package, which the installer puts among the scripts of the environment."""

import os
import shutil
import sys
import sysconfig


def find_binary() -> str:
    """The path of ``cognito-mcp``.

    Raises ``FileNotFoundError`` if the package is installed without it.
    """
    name = "cognito-mcp" + (sysconfig.get_config_var("EXE") or "")
    folders = [sysconfig.get_path("scripts"), os.path.dirname(sys.executable)]
    user = "nt_user" if os.name == "nt" else "posix_user"
    if user in sysconfig.get_scheme_names():
        folders.append(sysconfig.get_path("scripts", scheme=user))
    # `pip install --target FOLDER` has no environment: the scripts are in FOLDER/bin.
    folders.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin"))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    found = shutil.which("cognito-mcp")
    if found:
        return found
    raise FileNotFoundError(f"{name} is not in {', '.join(folders)}, and not on the PATH: install cognito-mcp again.")
