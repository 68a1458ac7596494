"""PyPI: a wheel for each platform, by hatchling."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import project

SOURCE = project.ROOT / "packages/python"


def wheel(platform, binary, out, python=sys.executable):
    """Writes the wheel with `binary`. `python` has hatchling."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / platform.program
        shutil.copyfile(binary, script)
        script.chmod(0o755)
        environment = os.environ | {
            "WHEEL_BINARY": str(script), "WHEEL_TAG": platform.wheel, "SOURCE_DATE_EPOCH": str(project.epoch())}
        built = subprocess.run([python, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
                               cwd=SOURCE, env=environment, capture_output=True, text=True, check=False)
        if built.returncode:
            raise SystemExit(f"hatchling failed: {built.stderr}")
        file, = Path(folder).glob("*.whl")
        return Path(shutil.move(str(file), out / file.name))
