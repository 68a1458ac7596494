"""A Debian package. It depends on nothing: the binary is static."""

import gzip
import hashlib

from . import project

#: The e-mail address that a package must have. The repository's issues are the place for reports.
MAINTAINER = "cognito-mcp <cognito-mcp@users.noreply.github.com>"
PLACES = {"cognito-mcp.bash": "usr/share/bash-completion/completions/cognito-mcp",
          "_cognito-mcp": "usr/share/zsh/vendor-completions/_cognito-mcp",
          "cognito-mcp.fish": "usr/share/fish/vendor_completions.d/cognito-mcp.fish"}


def package(platform, binary, out, pages):
    files = {"usr/bin/cognito-mcp": (binary.read_bytes(), 0o755), "usr/share/doc/cognito-mcp/copyright": _copyright()}
    for name, content in pages.items():
        folder, name = name.split("/")
        if folder == "man":
            files[f"usr/share/man/man1/{name}.gz"] = gzip.compress(content, 9, mtime=0)
        else:
            files[PLACES[name]] = content
    plain = {name: content[0] if isinstance(content, tuple) else content for name, content in files.items()}
    size = sum(len(content) for content in plain.values()) // 1024
    control = (f"Package: cognito-mcp\nVersion: {project.version()}\nArchitecture: {platform.linux}\n"
               f"Maintainer: {MAINTAINER}\nInstalled-Size: {size}\nSection: devel\nPriority: optional\n"
               f"Homepage: {project.REPOSITORY}\nDescription: {project.DESCRIPTION}\n")
    sums = "".join(f"{hashlib.md5(content, usedforsecurity=False).hexdigest()}  {name}\n"
                   for name, content in sorted(plain.items()))
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": project.gz(project.tar({"./control": control.encode(), "./md5sums": sums.encode()})),
        "data.tar.gz": project.gz(project.tar(_with_folders(files))),
    }
    file = out / f"cognito-mcp_{project.version()}_{platform.linux}.deb"
    file.write_bytes(b"!<arch>\n" + b"".join(_member(name, content) for name, content in parts.items()))
    return file


def _with_folders(files):
    entries = {"./": None}
    for name, content in files.items():
        parts = name.split("/")[:-1]
        for depth in range(len(parts)):
            entries[f"./{'/'.join(parts[:depth + 1])}/"] = None
        entries[f"./{name}"] = content
    return entries


def _member(name, content):
    """A member of an `ar` archive: `man 5 deb`."""
    header = f"{name:<16}{project.epoch():<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
    return header.encode() + content + b"\n" * (len(content) % 2)


def _copyright():
    parts = [(project.ROOT / name).read_text() for name in project.LICENCES]
    return "\n".join(["cognito-mcp is licensed under MIT or Apache 2.0, at your option.\n", *parts]).encode()
