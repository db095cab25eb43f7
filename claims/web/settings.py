"""How the web application is reached, and with that how strict its cookie and its answers are."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from claims.errors import UsageError


class ServeError(UsageError):
    """The application would be reached in a way that is not safe, or not at all."""


@dataclass(frozen=True)
class WebSettings:
    """What `checked` made of the options of ``claims serve``."""

    host: str
    port: int
    origins: tuple[str, ...]  # what browsers may call us; the first is told to people
    is_tls: bool  # here or in front
    proxies: tuple[str, ...] = ()  # addresses and networks whose X-Forwarded-For is believed
    certificate: str = ""
    key: str = ""

    @property
    def cookie(self) -> str:
        """The name of the session cookie; browsers take the prefix on TLS only."""
        return "__Host-claims" if self.is_tls else "claims"

    def to_json(self) -> str:
        """Write it down for a worker process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WebSettings:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        return cls(**values | {name: tuple(values[name]) for name in ("origins", "proxies")})


def checked(
    host: str,
    port: int,
    certificate: Path | None = None,
    key: Path | None = None,
    proxies: Sequence[str] = (),
    origin: str = "",
) -> WebSettings:
    """Check how we are to be reached; raise ServeError where patient data would cross a network in the clear."""
    if (certificate is None) != (key is None):
        raise ServeError("TLS needs both: --tls-certificate and --tls-key.")
    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise ServeError(f"There is no file {path}.")
    trusted = tuple(str(_network(text)) for text in proxies)
    is_tls = certificate is not None or bool(trusted)
    if not is_loopback(host) and not is_tls:
        raise ServeError(
            f"{host} can be reached by others, and patient data would cross the network in the clear. Give "
            "--tls-certificate and --tls-key, or --behind-proxy ADDRESS of a proxy that speaks TLS."
        )
    if origin:
        origins: tuple[str, ...] = (_origin(origin, is_tls),)
    elif is_tls:
        raise ServeError("Say how browsers reach us: --origin https://desk.example.org")
    else:
        origins = tuple(f"http://{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]"))
    return WebSettings(host, port, origins, is_tls, trusted, str(certificate or ""), str(key or ""))


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise ServeError("--behind-proxy takes an address or a network, like 10.0.0.5 or 10.0.0.0/24.") from None


def _origin(text: str, is_tls: bool) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme != ("https" if is_tls else "http") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ServeError("--origin is like https://desk.example.org: https with TLS, and nothing after the name.")
    return f"{parts.scheme}://{parts.netloc.lower()}"
