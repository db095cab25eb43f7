"""Small X12 files for tests of the books: essential segments in, whole files out."""

from __future__ import annotations

from dataclasses import dataclass

PAYER_ID = "1512345678"
NPI = "1999999984"


def envelope(functional: str, version: str, sets: list[str], *, control: str = "000000001", usage: str = "P") -> str:
    """Wrap transaction sets (their segments, ST to SE) in GS and ISA."""
    isa = (
        "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250310*1200*^*00501*"
        f"{control}*0*{usage}*:~"
    )
    gs = f"GS*{functional}*SENDER*RECEIVER*20250310*1200*1*X*{version}~"
    return f"{isa}{gs}{''.join(sets)}GE*{len(sets)}*1~IEA*1*{control}~"


def one_set(code: str, segments: str, *, control: str = "0001", guide: str = "") -> str:
    """Put ST and SE around segments written one per line."""
    body = "".join(line.strip() for line in segments.strip().splitlines())
    count = body.count("~") + 2
    st03 = f"*{guide}" if guide else ""
    return f"ST*{code}*{control}{st03}~{body}SE*{count}*{control}~"


def remit(segments: str, *, payee: str = NPI, payer: str = "PLAN ONE", control: str = "000000001") -> bytes:
    """An 835 from its essential segments: BPR, TRN, then CLP, SVC, CAS, PLB ... one per line."""
    lines = [line.strip() for line in segments.strip().splitlines()]
    parties = [f"N1*PR*{payer}~", "N3*1 MAIN ST~", "N4*TOWN*NY*10001~", f"N1*PE*OUR PRACTICE*XX*{payee}~", "LX*1~"]
    return envelope(
        "HP", "005010X221A1", [one_set("835", "\n".join([*lines[:2], *parties, *lines[2:]]))], control=control
    ).encode()


@dataclass
class Bill:
    """A professional claim: number, lines as (procedure, charge), other payers as (sequence, name, id)."""

    number: str
    lines: list[tuple[str, str]]
    member: str = "W1"
    payer: tuple[str, str] = ("PLAN ONE", PAYER_ID)
    sequence: str = "P"
    others: tuple[tuple[str, str, str], ...] = ()
    day: str = "20250201"
    frequency: str = "1"
    line_control: str = ""


def claims(*bills: Bill, control: str = "000000009", npi: str = NPI, usage: str = "P") -> bytes:
    """An 837P with one subscriber loop per claim."""
    rows = [
        "BHT*0019*00*B1*20250301*1200*CH~",
        "NM1*41*2*OUR PRACTICE*****46*S1~",
        "PER*IC*DESK*TE*5550100~",
        "NM1*40*2*CLEARING*****46*R1~",
        "HL*1**20*1~",
        f"NM1*85*2*OUR PRACTICE*****XX*{npi}~",
        "N3*2 MAIN ST~",
        "N4*TOWN*NY*100010001~",
        "REF*EI*123456789~",
    ]
    for place, bill in enumerate(bills):
        total = sum(round(float(charge) * 100) for _, charge in bill.lines)
        rows += [
            f"HL*{place + 2}*1*22*0~",
            f"SBR*{bill.sequence}*18*******12~",
            f"NM1*IL*1*TEST*PERSON{place}****MI*{bill.member}~",
            "N3*3 MAIN ST~",
            "N4*TOWN*NY*10001~",
            "DMG*D8*19700101*F~",
            f"NM1*PR*2*{bill.payer[0]}*****PI*{bill.payer[1]}~",
            f"CLM*{bill.number}*{total / 100:g}***11:B:{bill.frequency}*Y*A*Y*Y~",
            "HI*ABK:J069~",
        ]
        for sequence, name, payer_id in bill.others:
            rows += [
                f"SBR*{sequence}*18*******12~",
                "OI***Y***Y~",
                "NM1*IL*1*TEST*PERSON****MI*X9~",
                f"NM1*PR*2*{name}*****PI*{payer_id}~",
            ]
        for number, (procedure, charge) in enumerate(bill.lines, 1):
            rows += [f"LX*{number}~", f"SV1*HC:{procedure}*{charge}*UN*1***1~", f"DTP*472*D8*{bill.day}~"]
            rows += [f"REF*6R*{bill.line_control}~"] if bill.line_control else []
    return envelope(
        "HC",
        "005010X222A1",
        [one_set("837", "\n".join(rows), guide="005010X222A1")],
        control=control,
        usage=usage,
    ).encode()


def bank(*rows: tuple[str, str, str]) -> bytes:
    """A bank CSV from (date, amount, trace number)."""
    head = "date,amount,trace_number,payer_name,reference,type\n"
    return (head + "".join(f"{day},{amount},{trace},PLAN ONE,,EFT\n" for day, amount, trace in rows)).encode()
