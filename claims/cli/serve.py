"""``claims serve``: the web application, on this machine at once, on others only behind TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    tls_certificate: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")] = None,
    behind_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Address or network of a proxy that speaks TLS for us; may be repeated."),
    ] = None,
    origin: Annotated[
        str, typer.Option(metavar="URL", help="What stands in the browser before the first /: https://desk.example.org")
    ] = "",
    workers: Annotated[int, typer.Option(min=1, max=32, help="Processes.")] = 1,
) -> None:
    """Serve the desk in the browser. Without options it listens on this machine only.

    Any other address needs TLS: a certificate and its key, or a proxy in front.

    Example: claims serve
    """
    from claims import config
    from claims.service.context import open_context
    from claims.web import serving

    output = console.current()
    asked = serving.checked(host, port, tls_certificate, tls_key, behind_proxy or (), origin)
    settings = config.load()
    open_context(settings, actor=output.actor).engine.dispose()  # says at once what is missing
    output.document({"address": asked.origins[0], "workers": workers})
    output.say(f"The desk is at {asked.origins[0]} - end with Ctrl-C.")
    serving.serve(settings, asked, workers)
