"""No address and no form holds control characters: no database keeps all of them, and no person sees them.

C0 but for tab and line ends, which a text area sends, and the marks that turn the direction of a text (U+202A-202E,
U+2066-2069: Unicode's Bidi_Control without the single marks), which make one text look like another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fastapi import Request
from starlette.exceptions import HTTPException

from claims.errors import UsageError

FREE = ("words", "reason", "although", "despite", "late", "authorization", "note")  # what people write in sentences
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]")


class ControlCharacterError(UsageError):
    """A character that nobody types is in a query or a form."""

    def __init__(self, where: str) -> None:
        super().__init__(f"The {where} wants no control characters: type the words anew, instead of pasting them.")


async def require_plain(request: Request) -> None:
    """Look at path, query and form of a request; raise HTTPException (404) or ControlCharacterError.

    What was written in sentences is kept for the page that tells of an error, without such characters.
    """
    if _REFUSED.search(request.url.path) or any(_REFUSED.search(str(one)) for one in request.path_params.values()):
        raise HTTPException(404)
    if _any(request.query_params.multi_items()):
        raise ControlCharacterError("address")
    if request.method == "POST":
        form = (await request.form()).multi_items()
        request.state.typed = [_REFUSED.sub(" ", text) for name, text in form if name in FREE and isinstance(text, str)]
        if _any(form):
            raise ControlCharacterError("form")


def _any(pairs: Iterable[tuple[str, object]]) -> bool:
    return any(isinstance(text, str) and _REFUSED.search(text) for pair in pairs for text in pair)
