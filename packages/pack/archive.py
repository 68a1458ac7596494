"""Archives with the binary, its manual pages and completions, for the installer and Homebrew."""

import io
import subprocess
import tempfile
import zipfile
from pathlib import Path

from . import project

SHELLS = {"bash": "cognito-mcp.bash", "zsh": "_cognito-mcp", "fish": "cognito-mcp.fish"}


def pages(runnable):
    """Manual pages and completions, printed by a binary that runs on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([runnable, "man", "--dir", folder], check=True, stdout=subprocess.DEVNULL)
        found = {f"man/{page.name}": page.read_bytes() for page in Path(folder).iterdir()}
    for shell, name in SHELLS.items():
        found[f"completions/{name}"] = subprocess.run(
            [runnable, "completions", shell], check=True, capture_output=True).stdout
    return found


def archive(platform, binary, out, pages_of_it):
    """Writes the archive of a platform: tar.gz, and zip for Windows."""
    folder = f"cognito-mcp-{project.version()}-{platform.name}"
    entries = {f"{folder}/{platform.program}": (binary.read_bytes(), 0o755), **project.licences(f"{folder}/")}
    entries |= {f"{folder}/{name}": content for name, content in pages_of_it.items()}
    if platform.system != "win32":
        file = out / f"{folder}.tar.gz"
        file.write_bytes(project.gz(project.tar(entries)))
        return file
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in sorted(entries.items()):
            target.writestr(zipfile.ZipInfo(name), content[0] if isinstance(content, tuple) else content,
                            zipfile.ZIP_DEFLATED)
    file = out / f"{folder}.zip"
    file.write_bytes(packed.getvalue())
    return file
