"""Regular expressions that people write into master data: a text in, whether it is one that ends quickly, out.

Python's engine tries one way after the other, so an innocent looking pattern can run for years. Ours is a part of its
language in which the ways can be counted beforehand: characters, sets and groups; only a group's ``?`` repeats it; no
references, no looking around. A pattern with more than `MOST_WAYS` ways to try is refused.
"""

from __future__ import annotations

import re

MOST_WAYS = 20_000
LONGEST = 80  # of what is matched: a member id
_TOKEN = re.compile(
    r"(?P<set>\[\^?(?:[A-Za-z0-9 _./#-]|\\[dw.\-\\\]])+\])"
    r"|(?P<one>[A-Za-z0-9 _/#:.-]|\\[dDwW.\-+*?()\[\]{}|\\])"
    r"|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<repeat>[*+?]|\{(?P<least>[0-9]{1,2})(?P<comma>,)?(?P<most>[0-9]{1,2})?\})"
)


def is_safe(pattern: str) -> bool:
    """Tell whether a pattern is a regular expression of our part of the language, and its ways are few."""
    body = pattern.removeprefix("^").removesuffix("$")
    place, ways, before = 0, 1, ""
    while place < len(body):
        token = _TOKEN.match(body, place)
        if token is None:
            return False
        kind = str(token.lastgroup) if token["repeat"] is None else "repeat"
        if kind == "repeat":
            if before not in ("set", "one") and not (before == "close" and token["repeat"] == "?"):
                return False
            ways *= _ways(token)
        elif kind == "bar":
            ways *= 2
        place, before = token.end(), kind
    if ways > MOST_WAYS:
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _ways(token: re.Match[str]) -> int:
    """Count how often a repetition can end: once when it says an exact number."""
    if token["repeat"] in ("*", "+"):
        return LONGEST
    if token["repeat"] == "?":
        return 2
    least = int(token["least"])
    most = int(token["most"] or (LONGEST if token["comma"] else least))
    return max(most - least + 1, 1)
