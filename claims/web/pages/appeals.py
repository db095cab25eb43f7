"""The appeal of a case: what could be made and by when, letter and packet to take away, and that it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import File, Form, Path, UploadFile
from starlette.responses import Response

from claims.errors import NotFoundError, UsageError
from claims.service import appeals, desk_case
from claims.service.appeal_added import MOST_BYTES, AppealChangedError, Attached, Removed, as_typed
from claims.service.appeal_gaps import Gap
from claims.service.audited import record_shown
from claims.web import shown
from claims.web.routes import Routes
from claims.web.seat import At, Seat

ROUTES = Routes()
MOST_GAPS = 40
TYPES = {
    "packet": ("application/pdf", "pdf"),
    "letter": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
}


@ROUTES.get("/cases/{key}/appeal", "desk.read")
def show(at: At, key: str) -> Response:
    """Tell which appeal could be made now, or why none, and what was prepared."""
    return shown_page(at, key)


def shown_page(
    at: Seat, key: str, problem: str = "", *,
    words: Mapping[str, str] | None = None, seen: int | None = None, form: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    """Show the appeal of a case; with what does not fit (`problem`) and what was typed.

    `words` by gap were typed by who saw the packet as it was when it had been added to `seen` times; `form`: what was
    typed about its sending.
    """
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    plan, made = appeals.looked_at(ctx, found.case_id)
    record_shown(ctx, f"denial case {found.key}", {"part": "appeal"})
    rows = shown.rows(appeals.of_case(ctx, found.case_id))
    newest = [row for row in rows if row["level"] == plan.level][-1:]
    is_draft = any(row["gaps"] for row in newest)
    is_waiting = appeals.is_with_payer(ctx, found.case_id)
    fields = made.fields if made else ()
    if words is not None and made:
        then = appeals.words_then(ctx, found.case_id, plan.level, made.seen if seen is None else seen)
        fields = tuple(_as_typed(one, words, then) for one in fields)
    return at.page(
        "appeal.html",
        422 if problem else 200,
        key=found.key,
        found=found,
        plan=plan,
        rows=rows,
        gaps=made.gaps if made else (),
        fields=fields,
        now={one.key: one.words for one in made.fields} if made else {},
        seen=made.seen if made else 0,
        newest=newest[0] if newest else None,
        typed={"words": "", "despite": ""} | dict(form or {}),
        attached=_attached(made) if made else (),
        problem=problem,
        is_draft=is_draft,
        is_waiting=is_waiting,
    )


@ROUTES.post("/cases/{key}/appeal", "desk.act")
def prepare(
    at: At,
    key: str,
    gap: Annotated[list[str], Form(max_length=MOST_GAPS)] = [],  # noqa: B006 FastAPI copies it
    words: Annotated[list[str], Form(max_length=MOST_GAPS)] = [],  # noqa: B006
    exhibit: Annotated[list[str], Form(max_length=MOST_GAPS)] = [],  # noqa: B006
    file: Annotated[list[UploadFile], File(max_length=MOST_GAPS)] = [],  # noqa: B006
    seen: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:
    """Write letter and packet, with what fills their gaps; several at a time, no more.

    `seen`: how often something had been added to them when the page was shown; what another added since stays.
    """
    found = desk_case.of_key(at.reading, key[:64])
    if len(gap) != len(words) or len(file) > len(exhibit):
        raise UsageError("Each gap has its words, and each file its exhibit.")
    said = dict(zip(gap, words, strict=True))  # an emptied field empties the gap again
    attached = [
        Attached(name, one.file.read(MOST_BYTES + 1)) for name, one in zip(exhibit, file, strict=False) if one.filename
    ]
    try:
        with at.practice.exports.place():
            appeals.prepare(at.writing, found.case_id, words=said, attached=attached, seen=seen)
    except UsageError as error:
        problem = str(error)
        if isinstance(error, AppealChangedError) and said:
            problem += " Where you wrote something else than what stands now, your words are kept in the form below."
        if attached:
            problem += " Nothing was attached: choose the file once more."
        return shown_page(at, found.key, problem, words=said, seen=seen)
    return at.go(f"/cases/{found.key}/appeal")


def _as_typed(gap: Gap, words: Mapping[str, str], then: Mapping[str, str]) -> Gap:
    """Give a gap with what somebody typed; as it stands now where they left it as they saw it."""
    typed = words.get(gap.key)
    is_left = typed is None or as_typed(typed) == then.get(gap.key, "")
    return gap if is_left else replace(gap, words=str(typed))


@ROUTES.post("/cases/{key}/appeal/remove", "desk.act")
def remove(
    at: At,
    key: str,
    exhibit: Annotated[str, Form(max_length=80)],
    sha256: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
) -> Response:
    """Take an attached file out again, and prepare the packet without it."""
    found = desk_case.of_key(at.reading, key[:64])
    try:
        with at.practice.exports.place():
            appeals.prepare(at.writing, found.case_id, removed=[Removed(exhibit, sha256)])
    except UsageError as error:
        return shown_page(at, key, str(error))
    return at.go(f"/cases/{found.key}/appeal")


def _attached(made: appeals.Assembled) -> list[dict[str, object]]:
    """Name the files that people attached: exhibit and its title, hash, kind and pages."""
    titles = {added.sha256: one.title for one in made.packet.exhibits for added in one.added}
    return [
        {"exhibit": exhibit, "title": titles.get(one.sha256, exhibit)} | asdict(replace(one, content=b""))
        for exhibit, files in made.files.items()
        for one in files
    ]


@ROUTES.get("/cases/{key}/appeal/{sha256}", "desk.read")
def take(at: At, key: str, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Give a file of an appeal of this case, and of no other."""
    ctx = at.reading
    found = desk_case.of_key(ctx, key[:64])
    own = {
        row[f"{name}_sha256"]: (name, row["level"])
        for row in shown.rows(appeals.of_case(ctx, found.case_id))
        for name in TYPES
    }
    if sha256 not in own:
        raise NotFoundError("file of this case", sha256[:12])
    name, level = own[sha256]
    record_shown(ctx, f"denial case {found.key}", {"part": "appeal", "file": sha256[:12]})
    kind, suffix = TYPES[name]
    headers = {"Content-Disposition": f'attachment; filename="appeal-{found.case_id}-level-{level}-{name}.{suffix}"'}
    return Response(ctx.vault.read(sha256), media_type=kind, headers=headers)
