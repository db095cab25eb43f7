"""Run the application: checked options come in, uvicorn listens until it is told to end."""

from __future__ import annotations

import logging
import os

import uvicorn
from starlette.types import ASGIApp

from claims import config
from claims.config import Settings
from claims.service.context import open_context
from claims.web.app import create_app, guarded
from claims.web.guards import log
from claims.web.settings import WebSettings, checked

__all__ = ["application", "checked", "serve"]

_HANDED_OVER = "_CLAIMS_SERVE"  # to worker processes


def application() -> ASGIApp:
    """Make the application of a process, from what `serve` handed over."""
    logging.getLogger().handlers = [logging.NullHandler()]
    log.begin()
    web = WebSettings.from_json(os.environ[_HANDED_OVER])
    return guarded(create_app(open_context(config.load(), actor="web"), web))


def serve(settings: Settings, web: WebSettings, workers: int) -> None:
    """Listen; uvicorn's own logs are silent, ours says one line per request."""
    os.environ |= {_HANDED_OVER: web.to_json(), "CLAIMS_HOME": str(settings.home)}
    log.begin()
    how = "TLS" if web.certificate else "a proxy with TLS in front" if web.is_tls else "plain HTTP on this machine only"
    cookie = "cookie with Secure and __Host-" if web.is_tls else "cookie without Secure and __Host-"
    log.say("serving", host=web.host, port=web.port, by=how, cookie=cookie, workers=workers)
    uvicorn.run(
        "claims.web.serving:application",
        factory=True,
        host=web.host,
        port=web.port,
        workers=workers,
        ssl_certfile=web.certificate or None,
        ssl_keyfile=web.key or None,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
