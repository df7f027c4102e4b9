"""Certificates that tests make, and an authority that only they know."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """Signs whatever it is given."""

    def __init__(self) -> None:
        """Make its key, and its own certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        days = (timedelta(days=-1_000), timedelta(days=1_000))
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._itself = (
            _begun(self._name, self._key.public_key(), days)
            .issuer_name(self._name)
            .add_extension(constraints, critical=True)
            .add_extension(_may_sign(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def write(self, at: Path) -> Path:
        """Write its certificate."""
        at.write_bytes(self._itself.public_bytes(Encoding.PEM))
        return at

    def certify(self, at: Path, name: str, *, begins: timedelta, ends: timedelta) -> tuple[Path, Path]:
        """Write a certificate for a name, and its key; ``begins`` and ``ends`` are from now on."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _begun(subject, key.public_key(), (begins, ends))
            .issuer_name(self._name)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        shown, secret = at / "fullchain.pem", at / "privkey.pem"
        shown.write_bytes(certificate.public_bytes(Encoding.PEM))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return shown, secret


def _begun(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, days: tuple[timedelta, timedelta]
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0])
        .not_valid_after(now + days[1])
    )


def _may_sign() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
