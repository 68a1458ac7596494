"""The project's version, its platforms, and archives with the same bytes every time."""

import gzip
import hashlib
import io
import os
import pathlib
import re
import subprocess
import tarfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/cognito-mcp/cognito-mcp"
DESCRIPTION = "Amazon Cognito user pools on your own machine: an emulator for tests, and an MCP server for agents"
LICENCES = ("LICENSE-APACHE", "LICENSE-MIT", "NOTICE")


def version():
    """The one version number, which is in Cargo.toml."""
    text = (ROOT / "Cargo.toml").read_text()
    return re.search(r'^\[workspace\.package\][^\[]*?^version = "([^"]+)"', text, re.DOTALL | re.MULTILINE)[1]


def epoch():
    """The time of the commit, in seconds since 1970."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    commit = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    # A source archive has no commit. 1980 is the first year of zip files.
    return int(commit.stdout) if commit.returncode == 0 else 315532800


@dataclass(frozen=True)
class Platform:
    """An operating system and a processor, in the words of each package format."""

    name: str
    triple: str
    #: Tags of a wheel. The binaries for Linux are static, so they run with glibc and musl.
    wheel: str
    #: The architecture of Debian and of images; none for other systems.
    linux: str = ""

    @property
    def system(self):
        return self.name.split("-")[0]

    @property
    def machine(self):
        return self.name.split("-")[1]

    @property
    def program(self):
        return "cognito-mcp.exe" if self.system == "win32" else "cognito-mcp"


def _linux(machine):
    return f"manylinux_2_17_{machine}.manylinux2014_{machine}.musllinux_1_1_{machine}"


#: The names are those of Node.js: `process.platform` and `process.arch`.
PLATFORMS = {platform.name: platform for platform in (
    Platform("linux-x64", "x86_64-unknown-linux-musl", _linux("x86_64"), "amd64"),
    Platform("linux-arm64", "aarch64-unknown-linux-musl", _linux("aarch64"), "arm64"),
    Platform("darwin-x64", "x86_64-apple-darwin", "macosx_11_0_x86_64"),
    Platform("darwin-arm64", "aarch64-apple-darwin", "macosx_11_0_arm64"),
    Platform("win32-x64", "x86_64-pc-windows-msvc", "win_amd64"),
)}


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def tar(entries, time=None):
    """A tar archive of `entries`: a path, and bytes (a file), None (a folder) or a mode with them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(entries.items()):
            mode = None
            if isinstance(content, tuple):
                content, mode = content
            entry = tarfile.TarInfo(path)
            entry.mtime = epoch() if time is None else time
            if content is None:
                entry.type, entry.mode = tarfile.DIRTYPE, mode or 0o755
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(content), mode or 0o644
                archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


#: The level of compression. Tests of the packages need no small files.
compression = 9


def gz(content):
    """`content`, compressed, without the name and the time that gzip adds."""
    return gzip.compress(content, compression, mtime=0)


def licences(folder):
    """The entries of the licences in an archive's folder."""
    return {f"{folder}{name}": (ROOT / name).read_bytes() for name in LICENCES}
