"""A registry of npm on this machine, with the packages that scripts/artifacts packed."""

import base64
import contextlib
import hashlib
import http.server
import io
import json
import pathlib
import tarfile
import threading
import urllib.parse


def _packages(folder):
    """The manifest and the bytes of each package, by its name."""
    found = {}
    for file in sorted(pathlib.Path(folder).glob("*.tgz")):
        content = file.read_bytes()
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            manifest = json.load(archive.extractfile("package/package.json"))
        found[manifest["name"]] = manifest, content
    # Packages of platforms that were not built here. No package manager unpacks them.
    for name in found["cognito-mcp"][0]["optionalDependencies"]:
        system, machine = name.split("/")[1].split("-")
        manifest = {"name": name, "version": found["cognito-mcp"][0]["version"], "os": [system], "cpu": [machine]}
        found.setdefault(name, (manifest, b""))
    return found


@contextlib.contextmanager
def registry(folder):
    """The address of the registry, during the `with` statement."""
    packages = _packages(folder)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = urllib.parse.unquote(self.path.partition("?")[0]).lstrip("/")
            name, _, file = path.partition("/-/")
            if name not in packages:
                return self.answer(404, b"{}")
            manifest, content = packages[name]
            if file:
                return self.answer(200, content, "application/octet-stream")
            digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
            version = manifest["version"]
            dist = {"tarball": f"{address}/{name}/-/package.tgz", "integrity": f"sha512-{digest}",
                    "shasum": hashlib.sha1(content, usedforsecurity=False).hexdigest()}
            # Package managers refuse versions that were published a moment ago.
            page = {"name": name, "dist-tags": {"latest": version}, "versions": {version: {**manifest, "dist": dist}},
                    "time": {"created": "2026-01-01T00:00:00.000Z", version: "2026-01-01T00:00:00.000Z"}}
            return self.answer(200, json.dumps(page).encode())

        def answer(self, status, content, kind="application/json"):
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
