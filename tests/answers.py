"""Answers to 837 files for tests: verdicts in, TA1s, 999s and 277CAs out."""

from __future__ import annotations

from tests.books import NPI, envelope, one_set

_PARTIES = {"ours": "SENDER", "partner": "RECEIVER"}  # of the 837s of tests.books


def ta1(control: str, status: str = "A", note: str = "000", *, own: str = "000000101") -> bytes:
    """A TA1 about the interchange `control`."""
    text = replied(envelope("", "", [], control=own).encode(), **_PARTIES).decode()
    isa, iea = text[:106], f"IEA*0*{own}~"
    return f"{isa}TA1*{control}*250310*1200*{status}*{note}~{iea}".encode()


def ack_999(group: str, verdict: str, *sets: tuple[str, str, str], own: str = "000000201") -> bytes:
    """A 999 about a group: (set, verdict, its IK3, CTX and IK4 segments) of each set that has an AK2."""
    rows = [f"AK1*HC*{group}*005010X222A1~"]
    for number, status, errors in sets:
        why = "*5" if status == "R" else ""
        rows += [f"AK2*837*{number}*005010X222A1~{errors}IK5*{status}{why}~"]
    taken = sum(status != "R" for _, status, _ in sets)
    rows += [f"AK9*{verdict}*{len(sets) or 1}*{len(sets) or 1}*{taken}~"]
    text = envelope("FA", "005010X231A1", [one_set("999", "\n".join(rows), guide="005010X231A1")], control=own)
    return replied(text.encode(), **_PARTIES)


def replied(content: bytes, *, ours: str = "MADEUP01", partner: str = "PRETEND01") -> bytes:
    """The same answer from `partner` to `ours`."""
    return content[:35] + partner.ljust(15).encode() + content[50:54] + ours.ljust(15).encode() + content[69:]


def ca_277(
    batch: str,
    *claims: tuple[str, str, str],
    source: str = "PR",
    day: str = "20250312",
    of_batch: str = "A1:19:PR",
    of_provider: str = "",
    own: str = "000000301",
    payer_number: str = "ICN",
    of_file: str = "",
) -> bytes:
    """A 277CA about a batch (BHT03): (claim number, status as STC01, charge) of each claim that it lists.

    `of_file` is the day of the interchange, where that is not the one that the statuses say.
    """

    def stc(status: str, charge: str = "") -> str:
        action = "U" if status[:2] in ("A3", "A6", "A7", "A8") else "WQ"
        return f"STC*{status}*{day}*{action}*{charge}~"

    rows = [
        f"BHT*0085*08*X{own}*20250312*1200*TH~",
        f"HL*1**20*1~NM1*{source}*2*PLAN ONE*****46*{source}01~TRN*1*R1~DTP*050*D8*{day}~DTP*009*D8*{day}~",
        f"HL*2*1*21*1~NM1*41*2*OUR PRACTICE*****46*S1~TRN*2*{batch}~{stc(of_batch)}",
        f"HL*3*2*19*1~NM1*85*2*OUR PRACTICE*****XX*{NPI}~TRN*1*0~{stc(of_provider) if of_provider else ''}",
    ]
    for place, (number, status, charge) in enumerate(claims):
        rows += [f"HL*{place + 4}*3*PT~NM1*QC*1*TEST*PERSON****MI*W1~TRN*2*{number}~"]
        rows += [stc(one, charge) for one in status.split()]
        if payer_number and status[:2] == "A2":
            rows += [f"REF*1K*{payer_number}{number}~"]
        rows += ["DTP*472*D8*20250201~"]
    text = envelope("HN", "005010X214", [one_set("277", "\n".join(rows), guide="005010X214")], control=own)
    text = text.replace("*250310*1200*^", f"*{(of_file or day)[2:]}*1200*^")
    return replied(text.encode(), **_PARTIES)
