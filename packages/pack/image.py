"""The container image, as an OCI layout: no daemon is needed.

The image has the binary, the certificates of public authorities, and a user. Specification:
https://github.com/opencontainers/image-spec. `Healthcheck` is Docker's extension of the
configuration: https://github.com/moby/docker-image-spec.
"""

import datetime
import hashlib
import json

from . import project

#: A user without a name on the host, as in distroless images.
USER = 65532
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def root(binary, certificates):
    """The entries of the file system."""
    return {
        # `init` recognizes the image by this path.
        "cognito-mcp": (binary.read_bytes(), 0o755),
        "etc": None,
        "etc/group": f"cognito:x:{USER}:\n".encode(),
        "etc/passwd": f"cognito:x:{USER}:{USER}::/:/sbin/nologin\n".encode(),
        "etc/ssl": None,
        "etc/ssl/certs": None,
        "etc/ssl/certs/ca-certificates.crt": certificates,
        "tmp": (None, 0o1777),
        **project.licences(""),
    }


def image(binaries, certificates, out):
    """Writes the layout of the platforms in `binaries` as one tar archive."""
    blobs = {}

    def blob(media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    manifests = []
    for platform, binary in binaries.items():
        layer = project.tar(root(binary, certificates))
        config = json.dumps(_config(platform, hashlib.sha256(layer).hexdigest())).encode()
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": blob(CONFIG, config),
                    "layers": [blob(LAYER, project.gz(layer))], "annotations": _annotations()}
        described = blob(MANIFEST, json.dumps(manifest).encode())
        manifests.append({**described, "platform": {"os": "linux", "architecture": platform.linux}})
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests, "annotations": _annotations()}
    described = blob(INDEX, json.dumps(index).encode())
    described["annotations"] = {"org.opencontainers.image.ref.name": project.version()}
    layout = {
        "index.json": json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}).encode(),
        "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        "blobs": None, "blobs/sha256": None, **blobs,
    }
    file = out / f"cognito-mcp-{project.version()}-image.tar"
    file.write_bytes(project.tar(layout))
    return file


def _annotations():
    return {
        "org.opencontainers.image.description": project.DESCRIPTION,
        "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
        "org.opencontainers.image.source": project.REPOSITORY,
        "org.opencontainers.image.version": project.version(),
    }


def _config(platform, layer):
    second = 1_000_000_000
    return {
        "created": datetime.datetime.fromtimestamp(project.epoch(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "architecture": platform.linux,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {"9229/tcp": {}},
            "Env": ["PATH=/", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "Entrypoint": ["/cognito-mcp"],
            "Cmd": ["emulator", "--host", "0.0.0.0", "--expose"],
            "WorkingDir": "/tmp",
            "Labels": _annotations() | {"io.modelcontextprotocol.server.name": "io.github.cognito-mcp/cognito-mcp"},
            "Healthcheck": {"Test": ["CMD", "/cognito-mcp", "health"], "Interval": 5 * second,
                            "Timeout": 2 * second, "StartPeriod": 5 * second, "StartInterval": second // 5, "Retries": 3},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created_by": "scripts/artifacts"}],
    }
