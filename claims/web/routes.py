"""Routes: each says which permission it needs, or the application does not start.

`OPEN` is for who has not signed in, `HALF_WAY` for who has given a password only, `SIGNED_IN` for everybody who has
given both factors; all others are permissions of `people`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from claims.errors import ClaimsError
from claims.people import roles
from claims.web.guards.words import require_plain

OPEN, HALF_WAY, SIGNED_IN = "open", "half-way", "signed-in"
_MARK = "__permission__"

Endpoint = Callable[..., Any]
Check = Callable[[Request], None]
Number = Annotated[int, Path(ge=0, lt=2**62)]  # one of our own numbers in an address
Since = Annotated[int, Query(ge=0, lt=2**62)]


class UndeclaredRouteError(ClaimsError):
    """A route says not, or not rightly, who may use it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Route {path} declares no permission.")


class Routes:
    """The routes of one module of pages."""

    def __init__(self) -> None:
        self.routes: list[tuple[str, str, str, bool, Endpoint]] = []

    def get(self, path: str, permission: str, *, by_itself: bool = False) -> Callable[[Endpoint], Endpoint]:
        """Declare a page; `by_itself`: an open page asks for it again and again, which is no use of a session."""
        return self._declared("GET", path, permission, by_itself)

    def post(self, path: str, permission: str) -> Callable[[Endpoint], Endpoint]:
        """Declare an action."""
        return self._declared("POST", path, permission, False)

    def _declared(self, method: str, path: str, permission: str, by_itself: bool) -> Callable[[Endpoint], Endpoint]:
        def keep(endpoint: Endpoint) -> Endpoint:
            self.routes.append((method, path, permission, by_itself, endpoint))
            return endpoint

        return keep


def add(app: FastAPI, routes: Iterable[Routes], require: Callable[[str, bool], Check]) -> None:
    """Put routes into the application, each behind the check of its permission."""
    for part in routes:
        for method, path, permission, by_itself, endpoint in part.routes:
            app.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                response_class=HTMLResponse,
                response_model=None,
                route_class_override=_behind(require(permission, by_itself)),
                openapi_extra={_MARK: permission},
            )


def _behind(check: Check) -> type[APIRoute]:
    """Make a kind of route that checks who asks before it reads what they send; a dependency would come after that."""

    class Behind(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def checked(request: Request) -> Response:
                await run_in_threadpool(check, request)
                await require_plain(request)
                return await answer(request)

            return checked

    return Behind


def declared(app: FastAPI) -> list[tuple[str, str, str]]:
    """Give (method, path, permission) of every route; raise UndeclaredRouteError at the first without one."""
    known = {OPEN, HALF_WAY, SIGNED_IN, *roles.table()["permission"]}
    found = []
    for route in app.routes:
        path, extra = getattr(route, "path", str(route)), getattr(route, "openapi_extra", None) or {}
        if extra.get(_MARK) not in known:
            raise UndeclaredRouteError(path)
        found += [(method, path, extra[_MARK]) for method in sorted(getattr(route, "methods", ()))]
    return found
