"""The application: a practice and how it is reached come in, an ASGI application goes out, all guards around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import ASGIApp

from claims.service.context import Context
from claims.web import errors, pages, routes
from claims.web.guards.body import BodyLimit
from claims.web.guards.client import ClientAddress
from claims.web.guards.headers import Headers
from claims.web.guards.log import RequestLog
from claims.web.guards.origin import SameOrigin
from claims.web.practice import open_practice
from claims.web.seat import require
from claims.web.settings import WebSettings

THREADS = 12  # at work at the same time: fewer than the connections that a handle has


def create_app(ctx: Context, web: WebSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> FastAPI:
    """Make the pages; raise UndeclaredRouteError when one of them says not who may use it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield
        app.state.practice.reader.dispose()
        app.state.practice.ctx.engine.dispose()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life, redirect_slashes=False)
    app.state.practice = open_practice(ctx, web, now)
    routes.add(app, pages.ALL, require)
    errors.register(app)
    routes.declared(app)
    return app


def guarded(app: FastAPI) -> ASGIApp:
    """Put the guards around the pages; the log is outermost and sees everything."""
    web: WebSettings = app.state.practice.web
    inner = BodyLimit(SameOrigin(app, web.origins))
    known = ClientAddress(inner, web.proxies, proxies_only=not web.certificate)
    return Headers(RequestLog(known), is_tls=web.is_tls)
