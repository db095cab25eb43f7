"""``claims redact``: an X12 file comes in, the same file with people masked goes out; no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console
from claims.errors import UsageError

_KINDS = {
    "alias": "names and numbers, by an alias",
    "date": "dates of people, moved back",
    "zip": "postal codes, cut to three digits",
    "text": "text and whatever no rule knows, filled over",
}
_KEYS = {
    "once": "The key was used once and is gone: with --key FILE an 837 and its 835 get the same aliases.",
    "given": "Other files redacted with this key have the same aliases.",
    "made": "A new key was made in {}: whoever has it can find people again. Keep it apart from the copies.",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("redact")(redact)


def redact(
    file: Annotated[Path, typer.Argument(help="An X12 file.", metavar="FILE")],
    out: Annotated[Path, typer.Option("--out", help="Where the masked copy goes.", metavar="FILE")],
    key: Annotated[
        Path | None,
        typer.Option("--key", help="A secret of 32 characters or more; made if there is none.", metavar="FILE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the copy that is there.")] = False,
) -> None:
    """Copy an X12 file with people masked: every segment, code, amount and delimiter stays. No database.

    The copy still says what was done to somebody, when within four weeks, and for how much: it is for tests and
    support, not for the public. Exit code 1 when no X12 is in the file; then nothing is written.

    Example: claims redact remit.835 --out masked.835 --key redact.key
    """
    from claims import x12

    output = console.current()
    _check(file, out, force)
    secret, kind = _key(key)
    try:
        done = x12.redact(file, out, secret, replace=force)
    except FileExistsError:
        raise _exists(out) from None
    output.document(
        {
            "file": str(file),
            "sha256": done.sha256,
            "bytes": done.bytes,
            "refused": not done.is_x12,
            "out": str(out) if done.is_x12 else None,
            "out_sha256": done.out_sha256 if done.is_x12 else None,
            "out_bytes": done.out_bytes,
            "key": kind,
            "segments": done.segments,
            "segments_not_known": done.segments_not_known,
            "removed_bytes": done.removed_bytes,
            "masked": done.masked,
        }
    )
    if not done.is_x12:
        output.warn(f"No X12 was found in {file}; nothing was written.")
        raise typer.Exit(1)
    output.say(f"{out}: {done.out_bytes:,} bytes, {done.segments:,} segments, with people masked")
    output.table("Masked", ("What, and how", ">Values"), [(_KINDS[how], f"{n:,}") for how, n in done.masked.items()])
    if done.removed_bytes:
        output.say(f"{done.removed_bytes:,} bytes of text outside the interchanges were left out.")
    if done.segments_not_known:
        output.say(f"{done.segments_not_known:,} segments with an id that is not known were filled over whole.")
    output.say(_KEYS[kind].format(key))


def _check(file: Path, out: Path, force: bool) -> None:
    if not file.is_file():
        raise UsageError(f"{file} is a folder; name a file." if file.is_dir() else f"There is no file {file}.")
    if not out.parent.is_dir():
        raise UsageError(f"There is no folder {out.parent}.")
    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file.")
    if out.exists():
        if out.samefile(file):
            raise UsageError("The copy cannot take the place of its original.")
        if not force:
            raise _exists(out)


def _exists(out: Path) -> UsageError:
    return UsageError(f"{out} is there already; --force replaces it.")


def _key(path: Path | None) -> tuple[bytes, str]:
    import secrets

    from claims.x12.redact import key_of

    if path is None:
        return secrets.token_bytes(32), "once"
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.")
    secret, is_new = key_of(path)
    return secret, "made" if is_new else "given"
