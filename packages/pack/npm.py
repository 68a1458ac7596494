"""npm: the package `cognito-mcp`, and a package with the binary for each platform.

A package manager installs the one platform package whose `os` and `cpu` match. Nothing is
downloaded by a script at installation.
"""

import json

from . import project

SOURCE = project.ROOT / "packages/npm"


def scope(platform):
    return f"@cognito-mcp/{platform.name}"


def main_package(out):
    """Writes the package with the command and `startEmulator`."""
    manifest = json.loads((SOURCE / "package.json").read_text())
    manifest["version"] = project.version()
    manifest["optionalDependencies"] = {scope(one): project.version() for one in project.PLATFORMS.values()}
    entries = {"package/README.md": (SOURCE / "README.md").read_bytes(), **_manifest(manifest)}
    for name in manifest["files"]:
        source = SOURCE / name
        for file in sorted(source.rglob("*")) if source.is_dir() else [source]:
            mode = 0o755 if file.parent.name == "bin" else 0o644
            entries[f"package/{file.relative_to(SOURCE)}"] = (file.read_bytes(), mode)
    return _write(out, f"cognito-mcp-{project.version()}.tgz", entries)


def platform_package(platform, binary, out):
    """Writes the package with the binary for `platform`."""
    shared = json.loads((SOURCE / "package.json").read_text())
    manifest = {
        "name": scope(platform),
        "version": project.version(),
        "description": f"The binary of cognito-mcp for {platform.name}",
        **{name: shared[name] for name in ("license", "homepage", "bugs", "repository")},
        "os": [platform.system],
        "cpu": [platform.machine],
        # Yarn would keep it in an archive, from which it cannot run.
        "preferUnplugged": True,
    }
    entries = {
        f"package/bin/{platform.program}": (binary.read_bytes(), 0o755),
        "package/README.md": b"The binary of [cognito-mcp](https://www.npmjs.com/package/cognito-mcp). Install that package.\n",
        **_manifest(manifest),
    }
    return _write(out, f"cognito-mcp-{platform.name}-{project.version()}.tgz", entries)


def _manifest(manifest):
    return {"package/package.json": (json.dumps(manifest, indent=2) + "\n").encode()}


def _write(out, name, entries):
    file = out / name
    file.write_bytes(project.gz(project.tar(entries | project.licences("package/"))))
    return file
