"""What tests of answers share: files, our answers to them, and the segments of these."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from claims import x12
from claims.x12.acknowledge import acknowledgement_frames
from claims.x12.acknowledge.files import written
from claims.x12.acknowledge.values import Values
from claims.x12.source import Source
from tests.x12.envelopes import interchange, transaction

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "samples"
OURS = sorted(path for path in (ROOT / "edi_samples").rglob("*.*") if path.suffix not in (".csv", ".json"))
THEIRS = sorted(path for path in SHARED.rglob("*") if path.is_file() and path.parent != SHARED)
DAY = date(2026, 9, 20)
CLAIM = (ROOT / "edi_samples" / "837p" / "pass" / "two-billing-providers.edi").read_text()
STATUS = (ROOT / "edi_samples" / "277ca" / "pass" / "one-claim-rejected.edi").read_text()


def name(path: Path) -> str:
    """Name a test after its file."""
    return "-".join(path.parts[-2:])


def segments(data: bytes | str, *wanted: str) -> list[str]:
    """Cut what we or pyx12 wrote into segments; those with the ids wanted."""
    text = data if isinstance(data, str) else data.decode("ascii")
    element, terminator = (text[3], text[105]) if text.startswith("ISA") else ("*", "~")
    found = [one.strip().replace(element, "*") for one in text.split(terminator) if one.strip()]
    return [one for one in found if one.split("*")[0] in wanted]


def told(data: bytes) -> list[str]:
    """The segments of our 999 about `data` that say what is wrong."""
    return segments(x12.acknowledge(data, day=DAY).implementation, "AK2", "IK3", "CTX", "IK4", "IK5", "AK9")


def note(data: bytes) -> list[str]:
    """TA104 and TA105 of each TA1 about `data`."""
    return [one.split("*", 4)[4] for one in segments(x12.acknowledge(data, day=DAY).ta1, "TA1")]


def changed(text: str, old: str, new: str, times: int = 1) -> bytes:
    """Replace the first `times` occurrences of text."""
    assert text.count(old) >= times, old
    return text.replace(old, new, times).encode()


@cache
def checked(path: Path) -> x12.X12File:
    """A file, checked once."""
    return x12.check(path)


@cache
def answers_to(path: Path) -> x12.Acknowledgements:
    """Our answers to a file, made once, each file with control numbers of its own."""
    control = 1 + 1000 * (OURS + THEIRS).index(path)
    with Source(path) as source:
        found = acknowledgement_frames([checked(path)], day=DAY, control=control, values=Values(source))
    return x12.Acknowledgements(written(found.interchange), written(found.implementation), found.left_out)


def inside(text: str) -> list[str]:
    """Give the ids of the segments of the sets of a file."""
    return sorted({one.split("*")[0].strip() for one in text.split("~")} - {"ISA", "GS", "ST", "SE", "GE", "IEA", ""})


def claims_of(*heads: str) -> bytes:
    """An interchange with one group of whole 837s, each changed at its BHT."""
    body = "~".join(segments(CLAIM, *inside(CLAIM))) + "~"
    sets = [
        transaction(body.replace("BHT*0019*00", f"BHT*0019*{head}"), "ST*837*{number}*005010X222A1", number)
        for number, head in enumerate(heads, 1)
    ]
    return interchange(sets, "HC", "005010X222A1").replace("*S*R*", "*SND*RCV*").encode()
