"""Run the application: checked options come in, uvicorn listens until it is told to end."""

from __future__ import annotations

from claims.config import Settings
from claims.web.settings import WebSettings, checked

__all__ = ["checked", "serve"]


def serve(settings: Settings, web: WebSettings, workers: int) -> None:
    """Listen."""
    raise NotImplementedError
