"""RS256 with Python's own integers, and the emulator's public test primes."""

import base64
import hashlib
import hmac
import json
import math

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
    """A number in a key set."""
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


class Key:
    """An RSA private key of any number of primes."""

    def __init__(self, primes, kid):
        self.modulus = math.prod(primes)
        self.exponent = pow(65537, -1, math.prod(prime - 1 for prime in primes))
        self.kid = kid

    def sign(self, message, algorithm="RS256"):
        """A signature by PKCS #1 v1.5."""
        size = (self.modulus.bit_length() + 7) // 8
        digest = DIGEST_INFOS[algorithm] + HASHES[algorithm](message).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(padded, "big"), self.exponent, self.modulus)
        return signature.to_bytes(size, "big")

    def token(self, claims, header=None, algorithm="RS256"):
        """A JSON Web Token; `header` changes members of the usual header."""
        header = {"kid": self.kid, "alg": algorithm} | (header or {})
        header = {name: value for name, value in header.items() if value is not ...}
        message = f"{encode(dump(header))}.{encode(dump(claims))}".encode()
        return f"{message.decode()}.{encode(self.sign(message, algorithm))}"


def symmetric(secret, claims, kid):
    """A token with the algorithm HS256."""
    header = {"kid": kid, "alg": "HS256"}
    message = f"{encode(dump(header))}.{encode(dump(claims))}".encode()
    return f"{message.decode()}.{encode(hmac.new(secret, message, hashlib.sha256).digest())}"


def dump(value):
    """JSON as bytes."""
    return json.dumps(value).encode()


def test_primes():
    """The emulator's public primes, from which it makes its signing keys. `emulator/keys/README.md`
    describes the file."""
    data = (ROOT / "emulator/keys/test-only-primes.bin").read_bytes()
    at, primes = 0, []
    while at < len(data):
        primes.append(int.from_bytes(data[at:at + 48], "little"))
        at += 48 * (3 + len(primes[:-1]) // 7 * 7)
    return primes


def keys_of(jwks):
    """The private keys of a pool's key set, in the order of the set."""
    primes = test_primes()
    found = []
    for entry in jwks["keys"]:
        modulus = number(entry["n"])
        factors = [prime for prime in primes if modulus % prime == 0]
        found.append(Key(factors, entry["kid"]))
    return found
