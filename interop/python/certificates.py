"""Keys and certificates of clients, made with cryptography, and what a client says to authenticate by them."""

import base64
import datetime
import os
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

DAY = datetime.timedelta(days=1)


class Certificate(NamedTuple):
    """A certificate and its key, as PEM and as the files that `requests` takes, and the thumbprint of RFC 8705."""

    pem: str
    thumbprint: str
    files: tuple[str, str]


def new_key(alg):
    """A private key for this algorithm."""
    if alg.startswith("ES"):
        return ec.generate_private_key(ec.SECP256R1() if alg == "ES256" else ec.SECP384R1())
    return ed25519.Ed25519PrivateKey.generate() if alg == "EdDSA" else rsa.generate_private_key(65537, 2048)


def private_pem(key):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def public_pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def write_authority(folder):
    """Writes `ca.pem` and `ca.key.pem`, for the server's `--client-ca` and for `issued`."""
    key = new_key("ES256")
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    certificate = builder("Authority of the clients", key).add_extension(constraints, critical=True)
    (folder / "ca.pem").write_bytes(pem_of(certificate.sign(key, hashes.SHA256())))
    (folder / "ca.key.pem").write_text(private_pem(key))


def self_signed(folder, name="robot"):
    """A certificate that the key itself vouches for."""
    key = new_key("ES256")
    return saved(folder, key, for_client(builder(name, key)).sign(key, hashes.SHA256()))


def issued(folder, name="robot"):
    """A certificate of the authority that the server was started with."""
    authority = Path(os.environ["GRANTD_CLIENT_AUTHORITY"])
    issuer = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    signing_key = serialization.load_pem_private_key((authority / "ca.key.pem").read_bytes(), None)
    key = new_key("ES256")
    certificate = for_client(builder(name, key, issuer.subject))
    return saved(folder, key, certificate.sign(signing_key, hashes.SHA256()))


def builder(name, key, issuer=None):
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name.from_rfc4514_string(f"CN={name},O=Example GmbH")
    return x509.CertificateBuilder(
        issuer_name=issuer or subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - DAY,
        not_valid_after=now + DAY,
    )


def for_client(certificate):
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return certificate.add_extension(usage, critical=False)


def saved(folder, key, certificate):
    files = folder / "client.pem", folder / "client.key.pem"
    files[0].write_bytes(pem_of(certificate))
    files[1].write_text(private_pem(key))
    digest = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256()))
    return Certificate(pem_of(certificate).decode(), digest.decode().rstrip("="), tuple(map(str, files)))


def pem_of(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)
