"""A template and facts come in; a letter, paragraph by paragraph, with its gaps marked, goes out.

A template is plain text: ``title: ...``, then paragraphs between blank lines, one sentence to a line, facts in
braces. A sentence behind ``? `` is left out when a fact of it is missing; any other has a marked gap in its place. A
fact is put in once, as text: nothing in it is ever read as part of a template.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from claims.errors import UsageError

BUILT_IN, PRACTICE = "built in", "the practice's"
_FACT = re.compile(r"\{([a-z_]+)\}")
_TITLE, _OPTIONAL = "title: ", "? "
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*(?:-[1-9])?")
# Characters that no document should get from a file: controls, line ends, marks that turn the direction of a line.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


class TemplateError(UsageError):
    """A template of a letter cannot be used: which one, its line (0 for the whole file) and why."""

    def __init__(self, template: str, line: int, problem: str) -> None:
        where = f", line {line}" if line else ""
        super().__init__(f"Letter template {template}{where}: {problem}.")


@dataclass(frozen=True)
class Template:
    """One template: its name (kind, or kind and level), whose it is, its text and the sha256 of its bytes."""

    name: str
    origin: str
    payer_code: str
    text: str
    sha256: str


@dataclass(frozen=True)
class Run:
    """A part of a sentence; a gap is for a person to fill in."""

    text: str
    is_gap: bool = False


Paragraph = tuple[Run, ...]


@dataclass(frozen=True)
class Letter:
    """What a letter says; ``gaps`` are the labels of the facts that it lacks."""

    title: Paragraph
    paragraphs: tuple[Paragraph, ...]
    gaps: tuple[str, ...]


def plain(text: str) -> str:
    """Replace what no document should get from a file by blanks."""
    return _CONTROL.sub(" ", text)


def plain_lines(text: str) -> str:
    """Do the same and keep the ends of lines, as a person typed them."""
    return "\n".join(plain(line) for line in text.splitlines())


def gap(label: str) -> Run:
    """Mark what is to be filled in."""
    return Run(f"[to be filled in: {label}]", True)


def find_template(folder: Path, kind: str, level: int, payer_code: str) -> Template:
    """Give the template for a kind of letter and a level: the payer's, else the practice's, else the one built in.

    In each place one for the level goes before one for any level. ``folder`` is the practice's; it need not exist.
    """
    names = (f"{kind}-{level}", kind)
    own = (folder / payer_code, payer_code) if _is_plain(payer_code) else None
    for place, payer in (own, (folder, "")) if own else ((folder, ""),):
        for name in names:
            if (place / f"{name}.txt").is_file():
                return _read(name, (place / f"{name}.txt").read_bytes(), PRACTICE, payer)
    built_in = {one.name: one for one in _built_in()}
    return next(built_in[name] for name in names if name in built_in)


def templates(folder: Path) -> list[Template]:
    """List the templates: those built in, then the practice's, then those for one payer."""
    found = _built_in()
    for path in sorted(folder.glob("*.txt")):
        found.append(_read(path.stem, path.read_bytes(), PRACTICE, ""))
    for path in sorted(folder.glob("*/*.txt")):
        found.append(_read(path.stem, path.read_bytes(), PRACTICE, path.parent.name))
    return found


def compose(
    template: Template, values: Mapping[str, str], labels: Mapping[str, str], written: Collection[str] = ()
) -> Letter:
    """Put facts into a template; ``labels`` names every fact there is. Raise TemplateError for one that is not.

    Those that people have ``written`` keep their lines; one of several paragraphs stands in paragraphs of its own.
    """
    values = {name: (plain_lines if name in written else plain)(text) for name, text in values.items()}
    gaps: dict[str, None] = {}
    title: Paragraph = ()
    paragraphs: list[list[Run]] = [[]]
    for number, line in enumerate(template.text.splitlines(), start=1):
        unknown = [name for name in _FACT.findall(line) if name not in labels]
        if unknown:
            raise TemplateError(template.name, number, f"there is no fact {unknown[0]}")
        sentence = line.strip()
        if not sentence:
            paragraphs.append([])
        elif sentence.startswith(_TITLE):
            title = tuple(_runs(sentence.removeprefix(_TITLE), values, labels, gaps))
        elif not sentence.startswith(_OPTIONAL) or all(name in values for name in _FACT.findall(sentence)):
            paragraphs[-1] += [Run(" ")] if paragraphs[-1] else []
            for run in _runs(sentence.removeprefix(_OPTIONAL), values, labels, gaps):
                _add(paragraphs, run)
    if not title:
        raise TemplateError(template.name, 0, "it has no line title: ...")
    said = (tuple(one) for one in paragraphs if any(run.text.strip() for run in one))
    return Letter(title, tuple(said), tuple(gaps))


def _add(paragraphs: list[list[Run]], run: Run) -> None:
    """Put a part of a sentence behind what there is; what has lines of its own is glued to nothing."""
    if "\n" not in run.text:
        paragraphs[-1].append(run)
        return
    paragraphs += [[Run(part.strip("\n"), run.is_gap)] for part in re.split(r"\n{2,}", run.text.strip("\n"))]
    paragraphs.append([])


def _runs(sentence: str, values: Mapping[str, str], labels: Mapping[str, str], gaps: dict[str, None]) -> Iterator[Run]:
    for place, part in enumerate(_FACT.split(sentence)):
        if place % 2 == 0 and part:
            yield Run(part)
        elif place % 2 and part in values:
            yield Run(values[part])
        elif place % 2:
            gaps[labels[part]] = None
            yield gap(labels[part])


def _is_plain(payer_code: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]*", payer_code))


def _built_in() -> list[Template]:
    folder = resources.files(__package__) / "templates"
    texts = [one for one in folder.iterdir() if one.name.endswith(".txt")]
    return [
        _read(one.name.removesuffix(".txt"), one.read_bytes(), BUILT_IN, "")
        for one in sorted(texts, key=lambda one: one.name)
    ]


def _read(name: str, content: bytes, origin: str, payer_code: str) -> Template:
    if not _NAME.fullmatch(name):
        raise TemplateError(name, 0, "its name is not that of a kind of letter, like general or general-2")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TemplateError(name, 0, "it is not UTF-8") from None
    return Template(name, origin, payer_code, text, hashlib.sha256(content).hexdigest())
