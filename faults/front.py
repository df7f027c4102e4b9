"""nginx with the shipped site, and the certificates that it shows."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faults.part import ROOT, Part
from ops.embedded import ports

NAME = "localhost"
SITE = ROOT / "ops" / "deploy" / "nginx" / "sbd-api.conf"
CONFIG = """
daemon off;
{user}
worker_processes 1;
pid {at}/nginx.pid;
error_log {at}/nginx.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {at}/body;
    proxy_temp_path {at}/proxy;
    fastcgi_temp_path {at}/fastcgi;
    uwsgi_temp_path {at}/uwsgi;
    scgi_temp_path {at}/scgi;
    include {at}/sbd-api.conf;
}}
"""
PRIVATE, CHAIN = "privkey.pem", "fullchain.pem"
USUAL_DAYS = 90


class Front:
    """What the world sees: nginx with TLS."""

    def __init__(self, at: Path, *, plain: int, port: int, upstream: int, maintenance: Path) -> None:
        """Write its files; it does not run yet."""
        at.mkdir()
        self.at, self.port = at, port
        self._plain, self._maintenance = plain, maintenance
        self.certify(timedelta(days=USUAL_DAYS))
        (at / "sbd-blocked.conf").write_text("")
        self.configure(upstream)
        program = shutil.which("nginx") or "nginx"
        command = [program, "-p", str(at), "-c", str(at / "nginx.conf"), "-e", str(at / "nginx.log")]
        self.part = Part("nginx", command, dict(os.environ), at / "nginx.out", lambda: ports.answers(port))

    @property
    def chain(self) -> Path:
        """The certificate, which is its own authority."""
        return self.at / CHAIN

    def configure(self, upstream: int) -> None:
        """Write the shipped site with this run's ports and paths; ``upstream``: the web process' port."""
        text = SITE.read_text()
        for shipped, ours in {
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "listen [::]:80": "# ",
            "listen [::]:443": "# ",
            "listen 80": f"listen {self._plain}",
            "listen 443": f"listen {self.port}",
            "families.example.com": NAME,
            "/etc/sbd/tls": str(self.at),
            "/etc/nginx/sbd-blocked.conf": str(self.at / "sbd-blocked.conf"),
            "/run/sbd/maintenance": str(self._maintenance),
            "/var/log/nginx": str(self.at),
        }.items():
            text = text.replace(shipped, ours)
        (self.at / "sbd-api.conf").write_text(text)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.at / "nginx.conf").write_text(CONFIG.format(at=self.at, user=user))

    def certify(self, lifetime: timedelta, *, name: str = NAME) -> None:
        """Make a certificate that is good for so long from now on; negative: it was."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        ends = datetime.now(UTC) + lifetime
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(ends - timedelta(days=USUAL_DAYS))
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        kept = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.at / PRIVATE).write_bytes(kept)
        (self.at / CHAIN).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def reload(self) -> None:
        """Let it read its files anew."""
        self.part.restart()


def is_there() -> bool:
    """Tell whether this machine has nginx."""
    return shutil.which("nginx") is not None
