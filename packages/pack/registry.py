"""MCP bundles, and server.json for the MCP registry with their hashes."""

import json
import shutil
import subprocess

from . import project


def bundle(platform, binary, out):
    """Writes the bundle of a platform, by scripts/bundle."""
    command = [project.ROOT / "scripts/bundle", binary, platform.name]
    packed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    return out / shutil.move(project.ROOT / packed, out / packed.rsplit("/", 1)[1]).name


def server(bundles, out):
    """`bundles`: the files that were built. Bundles of other platforms are left out."""
    text = json.loads((project.ROOT / "server.json").read_text())
    hashes = {bundle.name: project.sha256(bundle) for bundle in bundles}
    packages = []
    for package in text["packages"]:
        if package["registryType"] == "mcpb":
            name = package["identifier"].rsplit("/", 1)[1]
            if name not in hashes:
                continue
            package["fileSha256"] = hashes.pop(name)
        packages.append(package)
    if hashes:
        raise SystemExit(f"server.json does not name {', '.join(hashes)}")
    text["packages"] = packages
    file = out / "server.json"
    file.write_text(json.dumps(text, indent=2) + "\n")
    return file
