"""Service lines in, their loops 2400 out: SV1 of a professional line, SV2 of an institutional one, SV3 of a dental one.

Columns of `service_lines` beside docs/frames.md, all optional: `noncovered_cents` (SV207), `emergency_code` (SV109),
`prior_authorization` (REF*G1), `note`, `line_kind` (P, I, D: SV1, SV2, SV3 though the set is of another kind).
Frame `drugs` beside docs/frames.md, optional: `units_milli`, `unit_code` (CTP, which the guide wants).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from claims.errors import FrameError
from claims.x12.numbers import Integers
from claims.x12.write_columns import Columns
from claims.x12.write_content import Content
from claims.x12.write_other_payers import adjudication_texts
from claims.x12.write_pieces import (
    Part,
    Texts,
    chosen,
    filled,
    flags,
    gathered,
    joined,
    optional,
    same,
    spread,
    when,
    whole_numbers,
)
from claims.x12.write_providers import loops
from claims.x12.write_rest import Owners, Rest

_SEGMENT = {"P": "SV1", "I": "SV2", "D": "SV3"}


def line_texts(
    content: Content, lines: Columns, of_claim: Integers, claims: int, dates: Part, rest: Rest, kind: str
) -> Texts:
    """Write the lines of each claim; `dates` are the segments of their dates of service."""
    owners = Owners("service", lines.integers("seg"))
    number = np.arange(len(lines)) - np.searchsorted(of_claim, of_claim) + 1
    texts = joined(
        "LX*", whole_numbers(number), "~", _services(lines, owners.keys, rest, kind),
        _teeth(content, owners.keys, rest), rest.at("2400", owners, "SV5", "PWK", "CR1", "CR3", "CRC"), dates,
        rest.at("2400", owners, "DTP", "QTY", "MEA", "CN1"),
        rest.reference(lines, "line_control_number", "6R", "2400", owners),
        rest.reference(lines, "prior_authorization", "G1", "2400", owners) if "prior_authorization" in lines else "",
        rest.at("2400", owners, "REF", "AMT", "K3"), rest.note(lines, "2400", owners), rest.at("2400", owners),
        _drugs(content, owners.keys, rest), *(rest.at(loop, owners) for loop in loops(kind, "2420")),
        adjudication_texts(content, lines, rest), rest.at("2440", owners),
    )  # fmt: skip
    return gathered(texts, of_claim, claims)


def _services(lines: Columns, keys: Integers, rest: Rest, kind: str) -> Part:
    """Write each line as the segment that it was read as, else as that of the kind of set."""
    builders = {"P": _professional, "I": _institutional, "D": _dental}
    own = spread(lines.text("line_kind", kind), len(lines))
    kinds = sorted(set(own.unique().to_pylist()))
    if kinds == [kind] or not kinds:
        return rest.with_read(_SEGMENT[kind], builders[kind](lines), keys)
    if unknown := set(kinds) - set(builders):
        raise FrameError("service_lines", "line_kind", f"can be P, I or D, not {', '.join(sorted(unknown))}")
    parts, rows = [], []
    for one in kinds:
        mine = np.flatnonzero(flags(same(own, one), len(lines)))
        parts.append(spread(rest.with_read(_SEGMENT[one], builders[one](lines.at(mine)), keys[mine]), len(mine)))
        rows.append(mine)
    return chosen(pa.concat_arrays(parts), np.argsort(np.concatenate(rows)))


def _procedure(s: Columns, qualifier: str) -> Part:
    return joined(s.text("procedure_qualifier", qualifier), ":", s.text("procedure_code"), ":", s.listed("modifiers"))


def _professional(s: Columns) -> Part:
    return joined(
        "SV1*", _procedure(s, "HC"), "*", s.money("charge_cents"), "*", s.text("unit_code", "UN"), "*",
        s.quantity("units_milli"), "*", s.text("place_of_service"), "**", s.listed("diagnosis_pointers"),
        optional("**", s.text("emergency_code"), ""), "~",
    )  # fmt: skip


def _institutional(s: Columns) -> Part:
    return joined(
        "SV2*", s.text("revenue_code"), "*", when(filled(s.text("procedure_code")), _procedure(s, "HC")), "*",
        s.money("charge_cents"), "*", s.text("unit_code", "UN"), "*", s.quantity("units_milli"),
        optional("**", s.money("noncovered_cents", zero=""), ""), "~",
    )  # fmt: skip


def _dental(s: Columns) -> Part:
    return joined(
        "SV3*", _procedure(s, "AD"), "*", s.money("charge_cents"), "*", s.text("place_of_service"), "*",
        s.listed("oral_cavity_codes"), "*", s.text("prosthesis_code"), "*", s.quantity("units_milli", zero=""),
        optional("*****", s.listed("diagnosis_pointers"), ""), "~",
    )  # fmt: skip


def _teeth(content: Content, keys: Integers, rest: Rest) -> Part:
    rows, owner = content.children("teeth", "service_seg", keys)
    if not len(rows):
        return ""
    texts = joined("TOO*JP*", rows.text("tooth_code"), "*", rows.listed("surface_codes"), "~")
    return gathered(rest.with_read("TOO", texts, rows.integers("seg")), owner, len(keys))


def _drugs(content: Content, keys: Integers, rest: Rest) -> Part:
    rows, owner = content.children("drugs", "service_seg", keys)
    if not len(rows):
        return ""
    owners, amount = Owners("drug", rows.integers("seg")), rows.quantity("units_milli")
    drug = joined("LIN**", rows.text("qualifier_code", "N4"), "*", rows.text("code"), "~")
    quantity = when(filled(amount), "CTP****", amount, "*", rows.text("unit_code", "UN"), "~")
    texts = joined(
        rest.with_read("LIN", drug, owners.keys),
        rest.over("CTP", quantity, "2410", owners) if "units_milli" in rows else "", rest.at("2410", owners),
    )  # fmt: skip
    return gathered(texts, owner, len(keys))
