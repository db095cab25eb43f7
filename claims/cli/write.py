"""``claims write``: a folder of frames comes in, an X12 file goes out; no database."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated

import typer

from claims.cli import console
from claims.errors import FrameError, UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("write")(write)


def write(
    folder: Annotated[
        Path, typer.Argument(help="A folder of frames, as claims read --frames writes it.", metavar="FRAMES_DIR")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file to write; it holds patient data.", metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file when it is there.")] = False,
    keep_case: Annotated[bool, typer.Option("--keep-case", help="Do not turn text into upper case.")] = False,
    control: Annotated[
        int | None,
        typer.Option(
            "--control",
            metavar="N",
            help="Number interchanges (ISA13) and groups (GS06) from N on and sets from 0001, so that the file is no "
            "duplicate of the one that was read.",
        ),
    ] = None,
) -> None:
    """Write an X12 file from frames; counts are made anew, control numbers are those of the frames. No database.

    Frames are CSV or Parquet; docs/frames.md lists their columns. A file that was read and is written again has the
    control numbers of the first, unless --control gives others. Of an 837 nothing is lost that was read with claims
    read --complete; what else the frames do not hold is named on stderr. The file appears whole or not at all.

    Example: claims write out --out claims.837 --control 118
    """
    from claims import x12
    from claims.x12.frame_files import read_frames
    from claims.x12.write_lacking import lacking

    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"{out} is a folder; name a file." if out.is_dir() else f"There is no folder {out.parent}.")
    if out.exists() and not force:
        raise _there_already(out)
    frames = read_frames(folder)
    try:
        data = x12.write(frames, upper=not keep_case, control=control)
    except FrameError as error:  # the frames are the user's, not a step's of ours
        raise UsageError(str(error)) from None
    _save(out, data, force=force)
    sets = len(frames["transactions"]) if "transactions" in frames else 0
    output, lost = console.current(), lacking(frames)
    output.say(f"{out}: {console.counted(len(data), 'byte')}, {console.counted(sets, 'transaction set')}")
    for set_code, what in lost.items():
        output.warn(f"Not in the file, because the frames do not hold it ({set_code}): {'; '.join(what)}.")
    if any(set_code.startswith("837") for set_code in lost) and "other_segments" not in frames:
        output.warn("To have all of a claim in the frames: claims read FILE --frames DIR --complete")
    document = {"file": str(out), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "transactions": sets}
    output.document(document | {"not_held": lost})


def _there_already(out: Path) -> UsageError:
    return UsageError(f"{out} is there already; choose another name, or --force to replace it.")


def _save(out: Path, data: bytes, *, force: bool) -> None:
    """Write under another name, then give the file its own: nobody sees half of it, and only its owner may read it."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if force:
            temporary.replace(out)
        else:
            out.hardlink_to(temporary)
    except FileExistsError:
        raise _there_already(out) from None
    finally:
        temporary.unlink(missing_ok=True)
