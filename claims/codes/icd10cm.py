"""ICD-10-CM as the package simple-icd-10-cm ships it: its codes that can be sent, and the days they hold for, out.

The package's own module takes two seconds to import; its list of codes is all that is needed and read as a file.
"""

from __future__ import annotations

import re
from importlib import metadata

_PACKAGE = "simple-icd-10-cm"
_LIST = re.compile(r".*code-list-(April|October)-(\d{4})\.txt")


def codes() -> tuple[list[str], int, int] | None:
    """Return the codes, and the first and last day (YYYYMMDD) of their release; None without the package.

    A release of October is followed by one of April, and that by the next of October. Chapters, blocks and headings,
    which have codes below them, cannot be sent.
    """
    try:
        files = metadata.files(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        release = _LIST.fullmatch(file.as_posix())
        if release:
            month, year = release[1], int(release[2])
            names = sorted(name for name in file.read_text("ascii").split() if name[0].isalpha() and "-" not in name)
            sent = [one for one, after in zip(names, [*names[1:], ""], strict=True) if not after.startswith(one)]
            if month == "April":
                return sent, year * 10000 + 401, year * 10000 + 930
            return sent, year * 10000 + 1001, (year + 1) * 10000 + 331
    return None
