"""RS256 with Python's own integers, and the emulator's public test keys."""

import base64
import hashlib
import hmac
import json

from cognito import ROOT

# RFC 8017, section 9.2: the DigestInfo of SHA-256.
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
HASHES = {"RS256": hashlib.sha256, "RS384": hashlib.sha384, "RS512": hashlib.sha512}
DIGEST_INFOS = {"RS256": SHA256,
                "RS384": bytes.fromhex("3041300d060960864801650304020205000430"),
                "RS512": bytes.fromhex("3051300d060960864801650304020305000440")}


def encode(data):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(text):
    """A number of a key set."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def elements(der):
    """The elements of a DER sequence, as tags and contents."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[at:at + size], "big")
            at += size
        yield tag, der[at:at + length]
        at += length


class Key:
    """An RSA private key in PKCS#8."""

    def __init__(self, pem):
        der = base64.b64decode("".join(pem.split("-----")[2].split()))
        (_, outer), = elements(der)
        _, _, (_, inner) = elements(outer)
        (_, sequence), = elements(inner)
        numbers = [int.from_bytes(content, "big") for _, content in elements(sequence)]
        self.modulus, self.exponent = numbers[1], numbers[3]
        self.kid = None

    def sign(self, message, algorithm="RS256"):
        """A signature of PKCS#1 v1.5."""
        size = (self.modulus.bit_length() + 7) // 8
        digest = DIGEST_INFOS[algorithm] + HASHES[algorithm](message).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(padded, "big"), self.exponent, self.modulus)
        return signature.to_bytes(size, "big")

    def token(self, claims, header=None, algorithm="RS256"):
        """A JSON Web Token; `header` changes the usual one."""
        header = {"kid": self.kid, "alg": algorithm} | (header or {})
        header = {name: value for name, value in header.items() if value is not ...}
        message = f"{encode(dump(header))}.{encode(dump(claims))}".encode()
        return f"{message.decode()}.{encode(self.sign(message, algorithm))}"


def symmetric(secret, claims, kid):
    """A token of HS256."""
    header = {"kid": kid, "alg": "HS256"}
    message = f"{encode(dump(header))}.{encode(dump(claims))}".encode()
    return f"{message.decode()}.{encode(hmac.new(secret, message, hashlib.sha256).digest())}"


def dump(value):
    """JSON as bytes."""
    return json.dumps(value).encode()


def test_keys():
    """The embedded keys of the first four pools: that of ID tokens before that of access
    tokens."""
    text = (ROOT / "emulator/keys/test-only.pem").read_text(encoding="ascii")
    blocks = text.split("-----BEGIN PRIVATE KEY-----")[1:]
    return [Key("-----BEGIN PRIVATE KEY-----" + block) for block in blocks]


def keys_of(jwks):
    """The private keys of a pool's key set, in its order."""
    by_modulus = {key.modulus: key for key in test_keys()}
    found = []
    for entry in jwks["keys"]:
        key = by_modulus[number(entry["n"])]
        key.kid = entry["kid"]
        found.append(key)
    return found
