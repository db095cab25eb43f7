"""Frames of answers in, the insides of 999 and 277CA transaction sets and TA1 segments out.

Frames as in docs/frames.md: `interchange_acknowledgements` (TA1; optional interchange_time),
`group_acknowledgements`, `set_acknowledgements`, `segment_errors`, `contexts`, `element_errors` (999), and for the
277CA `claim_statuses`, here one row per HL in document order: beside its columns, `parent_seg` (the `seg` of the row
above, 0 for none), `level` source, batch, provider or claim, `name`, `first_name`, `identifier`, `accepted`, `rejected`
(counts), `accepted_cents`, `rejected_cents`, `service_from_date`, `service_to_date`; transactions `batch_reference`,
`batch_date`, `batch_time`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from claims.x12.write_text import Columns, Document, Frames, Integers, preorder, rows_of


def interchange_acknowledgements(frames: Frames, transactions: pd.DataFrame, *, upper: bool = True) -> list[str]:
    """Write the TA1 segment of each row of `transactions`, ordered alike."""
    answers, number = rows_of(
        "interchange_acknowledgements", frames, "transaction_seg", pd.Index(transactions["seg"]), optional=False
    )
    a = Columns("interchange_acknowledgements", answers, upper=upper)
    texts = [""] * len(transactions)
    for row, control, day, time, status, note in zip(
        number.tolist(),
        a.text("control_number"),
        a.date("interchange_date"),
        a.text("interchange_time", "0000"),
        a.text("status_code"),
        a.text("note_code", "000"),
        strict=True,
    ):
        texts[row] = f"TA1*{control.zfill(9)}*{day[-6:]}*{time}*{status}*{note}~"
    return texts


def implementation_acknowledgements(
    frames: Frames, transactions: pd.DataFrame, *, upper: bool = True, blanked: str = "*:^~"
) -> list[str]:
    """Write the inside of the 999 sets named by `transactions`."""

    def columns(name: str, frame: pd.DataFrame) -> Columns:
        return Columns(name, frame, upper=upper, blanked=blanked)

    def keys(frame: pd.DataFrame) -> pd.Index:
        index: pd.Index = pd.Index(frame["seg"].to_numpy(np.int64))
        return index

    groups, of_group = rows_of("group_acknowledgements", frames, "transaction_seg", keys(transactions), optional=False)
    sets, of_set = rows_of("set_acknowledgements", frames, "group_seg", keys(groups))
    segments, of_segment = rows_of("segment_errors", frames, "set_seg", keys(sets))
    elements, of_element = rows_of("element_errors", frames, "segment_seg", keys(segments))
    at_transaction, at_group, at_set, at_segment, at_element = preorder(
        [of_group, of_set, of_segment, of_element], len(transactions)
    )
    total = sum(len(level) for level in (transactions, groups, sets, segments, elements))
    ends_of_group = np.append(at_transaction[1:], total)[of_group] - 1
    document = Document()
    g = columns("group_acknowledgements", groups)
    document.put(
        at_group,
        0,
        [
            f"AK1*{code}*{number}*{version}~"
            for code, number, version in zip(
                g.text("functional_code"), g.text("control_number"), g.text("version"), strict=True
            )
        ],
    )
    s = columns("set_acknowledgements", sets)
    heads = zip(s.text("set_code"), s.text("control_number"), s.text("guide"), strict=True)
    document.put(at_set, 0, [f"AK2*{code}*{number}*{guide}~" for code, number, guide in heads])
    e = columns("segment_errors", segments)
    errors = zip(
        e.text("segment_id"), e.integers("position").tolist(), e.text("loop"), e.text("error_code"), strict=True
    )
    document.put(at_segment, 0, [f"IK3*{name}*{place}*{loop}*{code}~" for name, place, loop, code in errors])
    _contexts(frames, segments, at_segment, document, columns)
    x = columns("element_errors", elements)
    places = zip(
        *(x.integers(name).tolist() for name in ("element", "component", "repeat")),
        x.text("data_element"),
        x.text("error_code"),
        x.text("bad_value"),
        strict=True,
    )
    document.put(
        at_element,
        0,
        [
            f"IK4*{element}:{component or ''}:{repeat or ''}*{data}*{code}*{value}~"
            for element, component, repeat, data, code, value in places
        ],
    )
    ends_of_set = np.append(at_set[1:], total) - 1
    ends_of_set = np.minimum(ends_of_set, ends_of_group[of_set])
    verdicts = zip(s.text("status_code"), s.text("error_codes"), strict=True)
    document.put(
        ends_of_set,
        Document.SLOTS - 2,
        [f"IK5*{status}*{codes.replace(' ', '*')}~" for status, codes in verdicts],
    )
    counts = zip(
        g.text("status_code"),
        *(g.integers(name).tolist() for name in ("included", "received", "accepted")),
        g.text("error_codes"),
        strict=True,
    )
    document.put(
        ends_of_group,
        Document.SLOTS - 1,
        [
            f"AK9*{status}*{included}*{received}*{accepted}*{codes.replace(' ', '*')}~"
            for status, included, received, accepted, codes in counts
        ],
    )
    return document.texts(at_transaction)


def _contexts(
    frames: Frames, segments: pd.DataFrame, at_segment: Integers, document: Document, columns: Callable[..., Columns]
) -> None:
    """Put the business unit of each segment error (CTX*CLM01:number) after its IK3."""
    rows, of_segment = rows_of("contexts", frames, "segment_seg", pd.Index(segments["seg"].to_numpy(np.int64)))
    c = columns("contexts", rows)
    units = zip(c.text("name"), c.text("reference"), strict=True)
    document.put(at_segment[of_segment], 1, [f"CTX*{name}:{reference}~" for name, reference in units])


_HL = {"source": "20", "batch": "21", "provider": "19", "claim": "PT"}
_PARTY = {"source": "NM1*AY*2", "batch": "NM1*41*2", "provider": "NM1*85*2", "claim": "NM1*QC*1"}
_QUALIFIER = {"source": "46", "batch": "46", "provider": "XX", "claim": "MI"}


def claim_acknowledgements(
    frames: Frames, transactions: pd.DataFrame, *, upper: bool = True, blanked: str = "*:^~"
) -> list[str]:
    """Write the inside of the 277CA sets named by `transactions`."""
    rows, of_set = rows_of("claim_statuses", frames, "transaction_seg", pd.Index(transactions["seg"]), optional=False)
    at_set, at_row = preorder([of_set], len(transactions))
    c = Columns("claim_statuses", rows, upper=upper, blanked=blanked)
    first = np.searchsorted(of_set, of_set, "left")
    numbers = np.arange(len(rows)) - first + 1
    parent = pd.Index(rows["seg"]).get_indexer(pd.Index(rows["parent_seg"]))
    parents = np.where(parent >= 0, numbers[parent], 0)
    has_child = np.isin(np.arange(len(rows)), parent[parent >= 0])
    t = Columns("transactions", transactions, upper=upper, blanked=blanked)
    document = Document()
    document.put(
        at_set,
        0,
        [
            f"BHT*0085*08*{batch or control}*{day}*{time}*TH~"
            for batch, control, day, time in zip(
                t.text("batch_reference"),
                t.text("control_number"),
                t.date("batch_date"),
                t.text("batch_time", "0000"),
                strict=True,
            )
        ],
    )
    document.put(
        at_row,
        0,
        [
            f"HL*{number}*{above or ''}*{_HL[level]}*{int(child) if level != 'claim' else ''}~"
            f"{_PARTY[level]}*{name}*{given}****{_QUALIFIER[level]}*{identifier}~"
            for number, above, level, child, name, given, identifier in zip(
                numbers.tolist(),
                parents.tolist(),
                rows["level"].tolist(),
                has_child.tolist(),
                c.names("name"),
                c.names("first_name"),
                c.text("identifier"),
                strict=True,
            )
        ],
    )
    document.put(at_row, 1, _statuses(c, rows["level"].tolist()))
    return document.texts(at_set)


def _statuses(c: Columns, levels: list[str]) -> list[str]:
    return [
        _status(*row)
        for row in zip(
            levels,
            c.text("trace"),
            c.text("category_code"),
            c.text("status_code"),
            c.text("entity_code"),
            c.date("status_date"),
            c.text("action_code"),
            c.money("charge_cents"),
            c.integers("accepted").tolist(),
            c.integers("rejected").tolist(),
            c.money("accepted_cents", zero=""),
            c.money("rejected_cents", zero=""),
            c.text("payer_claim_number"),
            c.date("service_from_date"),
            c.date("service_to_date"),
            strict=True,
        )
    ]


def _status(
    level: str, trace: str, category: str, status: str, entity: str, day: str, action: str, charge: str,
    accepted: int, rejected: int, accepted_amount: str, rejected_amount: str, icn: str, start: str, end: str,
) -> str:  # fmt: skip
    """Write what follows the name of one HL: trace, status, and the totals or the claim's own facts."""
    if level == "source":
        return f"TRN*1*{trace}~DTP*050*D8*{day}~DTP*009*D8*{day}~"
    day = "" if level == "provider" else day  # the guide has no date there
    stc = f"STC*{category}:{status}:{entity}*{day}*{action}*{charge}~" if category else ""
    if level == "claim":
        dates = f"DTP*472*RD8*{start}-{end or start}~" if start else ""
        return f"TRN*2*{trace}~{stc}{f'REF*1K*{icn}~' if icn else ''}{dates}"
    counts, sums = ("90", "AA") if level == "batch" else ("QA", "QC"), ("YU", "YY")
    totals = f"QTY*{counts[0]}*{accepted}~" if accepted else ""
    totals += f"QTY*{counts[1]}*{rejected}~" if rejected else ""
    totals += f"AMT*{sums[0]}*{accepted_amount}~" if accepted_amount else ""
    totals += f"AMT*{sums[1]}*{rejected_amount}~" if rejected_amount else ""
    return f"TRN*{'2' if level == 'batch' else '1'}*{trace}~{stc}{totals}"
