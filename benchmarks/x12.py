"""How fast and how small reading is: `python benchmarks/x12.py` prints ratios of one run, in processor time, warm.

The files are invented here, the same in every run. No test is timed.
"""

from __future__ import annotations

import contextlib
import gc
import io
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ISA = (
    "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*RECEIVER       *250310*1200*^*00501*{control:09d}*0*P*:~\n"
    "GS*{kind}*SENDER*RECEIVER*20250310*1200*{control}*X*{guide}~\n"
)
NAMES = ("DOE", "ROE", "MILLER", "GARCIA", "NGUYEN", "OCONNOR", "SMITH-JONES", "LEE")


def remittances(size: int, claims_per_set: int = 2000) -> bytes:
    """Make an 835 of about `size` bytes: balanced claims of four lines, as payers send them."""
    parts = [ISA.format(sender="PAYER", control=1, kind="HP", guide="005010X221A1")]
    written, sets, claim = len(parts[0]), 0, 0
    while written < size:
        sets += 1
        body, begun, paid_total = [], 0, 0
        for _ in range(claims_per_set):
            claim += 1
            lines, charge, paid, patient = [], 0, 0, 0
            for line in range(4):
                billed = 8000 + (claim * 37 + line * 911) % 30000
                contract, share = billed * 2 // 5, 500 + claim % 1500
                remains = billed - contract - share
                charge, paid, patient = charge + billed, paid + remains, patient + share
                lines.append(
                    f"SVC*HC:{99210 + line}:25*{billed / 100:.2f}*{remains / 100:.2f}**1~\n"
                    f"DTM*472*202502{1 + claim % 28:02d}~\nCAS*CO*45*{contract / 100:.2f}~\n"
                    f"CAS*PR*2*{share / 100:.2f}~\nREF*6R*{claim}L{line}~\nAMT*B6*{(remains + share) / 100:.2f}~\n"
                    + ("LQ*HE*N130~\n" if line == 3 else "")
                )
            paid_total += paid
            body.append(
                f"CLP*A{claim:09d}*1*{charge / 100:.2f}*{paid / 100:.2f}*{patient / 100:.2f}*12*ICN{claim:011d}*11*1~\n"
                f"NM1*QC*1*{NAMES[claim % 8]}*JANE*M***MI*W{claim % 99991:09d}~\nNM1*82*2*CLINIC*****XX*1999999984~\n"
                f"REF*EA*MR{claim % 7919:07d}~\nDTM*232*20250201~\nDTM*233*20250228~\nDTM*050*20250303~\n"
                + "".join(lines)
            )
            begun += len(body[-1])
            if written + begun > size:
                break
        head = (
            f"ST*835*{sets:04d}~\nBPR*I*{paid_total / 100:.2f}*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111"
            f"*DA*987*20250310~\nTRN*1*EFT{sets:06d}*1512345678~\nDTM*405*20250309~\nN1*PR*BIG PAYER~\nN3*1 MAIN ST~\n"
            "N4*AUSTIN*TX*78701~\nREF*2U*12345~\nPER*BL*EDI*TE*8005551212~\nN1*PE*CLINIC*XX*1999999984~\n"
            "REF*TJ*123456789~\nLX*1~\n"
        )
        text = head + "".join(body)
        text += f"SE*{text.count('~') + 1}*{sets:04d}~\n"
        parts.append(text)
        written += len(text)
    parts.append(f"GE*{sets}*1~\nIEA*1*000000001~\n")
    return "".join(parts).encode("ascii")


def submissions(size: int, claims_per_set: int = 2000) -> bytes:
    """Make an 837P of about `size` bytes: subscribers with one claim of three lines each."""
    parts = [ISA.format(sender="CLINIC", control=1, kind="HC", guide="005010X222A1")]
    written, sets, claim = len(parts[0]), 0, 0
    while written < size:
        sets += 1
        body, begun = [], 0
        for number in range(claims_per_set):
            claim += 1
            lines, charge = [], 0
            for line in range(3):
                billed = 8000 + (claim * 37 + line * 911) % 30000
                charge += billed
                lines.append(
                    f"LX*{line + 1}~\nSV1*HC:{99210 + line}:25*{billed / 100:.2f}*UN*1***1:2~\n"
                    f"DTP*472*D8*202502{1 + claim % 28:02d}~\nREF*6R*{claim}L{line}~\n"
                )
            body.append(
                f"HL*{number + 2}*1*22*0~\nSBR*P*18*GROUP{claim % 97}******CI~\n"
                f"NM1*IL*1*{NAMES[claim % 8]}*JANE*M***MI*W{claim % 99991:09d}~\nN3*12 ELM ST~\n"
                f"N4*AUSTIN*TX*787010001~\nDMG*D8*19800{1 + claim % 9}15*F~\nNM1*PR*2*BIG PAYER*****PI*12345~\n"
                f"CLM*A{claim:09d}*{charge / 100:.2f}***11:B:1*Y*A*Y*Y~\nREF*D9*{claim:012d}~\n"
                "HI*ABK:J069*ABF:R05*ABF:I10~\nNM1*82*1*WHO*ALICE****XX*1234567893~\nPRV*PE*PXC*207Q00000X~\n"
                + "".join(lines)
            )
            begun += len(body[-1])
            if written + begun > size:
                break
        head = (
            f"ST*837*{sets:04d}*005010X222A1~\nBHT*0019*00*B{sets:06d}*20250310*1200*CH~\n"
            "NM1*41*2*CLINIC*****46*123~\nPER*IC*BILLING*TE*5125551212~\nNM1*40*2*BIG PAYER*****46*999~\n"
            "HL*1**20*1~\nPRV*BI*PXC*207Q00000X~\nNM1*85*2*CLINIC*****XX*1999999984~\nN3*1 MAIN ST~\n"
            "N4*AUSTIN*TX*787010001~\nREF*EI*123456789~\n"
        )
        text = head + "".join(body)
        text += f"SE*{text.count('~') + 1}*{sets:04d}~\n"
        parts.append(text)
        written += len(text)
    parts.append(f"GE*{sets}*1~\nIEA*1*000000001~\n")
    return "".join(parts).encode("ascii")


def processor_seconds(run: Callable[[], object], times: int = 3) -> float:
    """Return the least processor time of several runs, after one to warm up."""
    run()
    found = []
    for _ in range(times):
        gc.collect()
        begun = time.process_time()
        run()
        found.append(time.process_time() - begun)
    return min(found)


def _pyx12(data: bytes) -> None:
    import pyx12.error_handler
    import pyx12.params
    import pyx12.x12n_document

    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()):
        pyx12.x12n_document.x12n_document(
            pyx12.params.params(), io.StringIO(data.decode("ascii")), fd_997=None, fd_html=None
        )


FAULTS = {
    b"CAS*CO*": b"CAS*XX*",
    b"DTM*472*2025": b"DTM*472*2O25",
    b"*12*ICN": b"*ZZZ*ICN",
    b"NM1*82*2*": b"NM1*82*9*",
    b"DTM*050*2": b"DTM*050*9",
    b"NM1*QC*1*": b"NM1*QC**",
    b"SVC*HC:": b"SVC*QQ:",
}


def faulty(data: bytes) -> bytes:
    """Spoil every transaction set, ten findings in each: codes, dates, a qualifier, a missing element."""
    head, *sets = data.split(b"ST*835*")
    for good, bad in FAULTS.items():
        sets = [body.replace(good, bad, 1) for body in sets]
    return b"ST*835*".join([head, *sets])


class Table:
    """Rates of one run, and what they are of others'."""

    def __init__(self) -> None:
        self.rates: dict[str, float] = {}
        print(f"{'what':<44} {'MB':>6} {'MB/s':>8}  ratio")

    def row(self, name: str, data: bytes, run: Callable[[bytes], object], times: int = 3, *, over: str = "") -> None:
        """Measure, and print the ratio over the rows named."""
        rate = self.rates[name] = len(data) / 1e6 / processor_seconds(lambda: run(data), times)
        ratios = [f"{rate / self.rates[other]:.1f} x {other}" for other in over.split("; ") if other]
        print(f"{name:<44} {len(data) / 1e6:>6.1f} {rate:>8.2f}  {'; '.join(ratios)}", flush=True)


def speed() -> None:
    """Print megabytes per second of processor time, and ratios to the peers measured in the same run."""
    import oxedi

    from claims import x12

    remits, claims = remittances(10_000_000), submissions(10_000_000)
    small_sets = remittances(10_000_000, claims_per_set=2)
    bad = faulty(small_sets)
    table = Table()
    table.row("835 pyx12", remittances(250_000), _pyx12, 1)
    table.row("837P pyx12", submissions(250_000), _pyx12, 1)
    table.row("835 with ten findings a set, pyx12", faulty(remittances(250_000, claims_per_set=2)), _pyx12, 1)
    table.row("835 oxedi", remits, oxedi.parse)
    plain = partial(x12.read, hashes=False)
    table.row("835 read + balance", remits, plain, over="835 oxedi; 835 pyx12")
    table.row("837P read + balance", claims, plain, over="837P pyx12; 835 read + balance")
    table.row("835 read + balance + hashes", remits, x12.read, over="835 oxedi; 835 pyx12")
    table.row("837P read + balance + hashes", claims, x12.read, over="837P pyx12; 835 read + balance + hashes")
    table.row("835 check", remits, x12.check, over="835 pyx12")
    table.row("837P check", claims, x12.check, over="837P pyx12")
    table.row("835 in sets of two claims, check", small_sets, x12.check, over="835 pyx12")
    table.row("835 with ten findings a set, check", bad, x12.check, over="835 with ten findings a set, pyx12")
    found = len(x12.check(bad).findings)
    print(f"{'':<44} {'':>6} {found / bad.count(b'ST*835*'):>8.1f}  findings a set")


def _around(body: bytes) -> bytes:
    """Put an envelope around segments."""
    head = ISA.format(sender="PAYER", control=1, kind="HP", guide="005010X221A1").encode() + b"ST*835*0001~"
    return head + body + b"SE*2*0001~GE*1*1~IEA*1*000000001~"


def odd_segments() -> dict[str, bytes]:
    """Make files of 50 MB that are one segment."""
    return {
        "one segment of 50 MB": _around(b"NTE*ADD*" + b"A" * 50_000_000 + b"~"),
        "one segment of 50 million empty elements": _around(b"NTE" + b"*" * 50_000_000 + b"~"),
    }


def hostile() -> None:
    """Print what odd files cost a byte, as multiples of a normal one."""
    from claims import x12

    def run(data: bytes) -> float:
        return processor_seconds(lambda: [None for _ in x12.scan_checked(data)], 1) / len(data)

    one = remittances(300, claims_per_set=1)
    many = b"".join(one.replace(b"*000000001", b"*%09d" % number) for number in range(1, 100_001))
    files = {
        **odd_segments(),
        "a million empty segments": _around(b"~" * 1_000_000),
        "a million unknown segments": _around(b"QQ*1~" * 1_000_000),
        "a million claims without amounts": _around(b"CLP*~" * 1_000_000),
        "100,000 interchanges": many,
    }
    normal = run(remittances(10_000_000))
    print(f"{'odd files, check':<44} {'MB':>6} {'MB/s':>8}  time a byte, of a normal file's")
    for name, data in files.items():
        cost = run(data)
        print(f"{name:<44} {len(data) / 1e6:>6.1f} {1e-6 / cost:>8.2f}  {cost / normal:.1f} x", flush=True)


def memory(large: int = 1000) -> None:
    """Print the peak memory of `scan_checked` over 10 MB and over `large` MB, each in a process of its own."""
    block = remittances(10_000_000)
    files = {f"{size} MB": size // 10 for size in (10, large)} | dict.fromkeys(odd_segments(), 0)
    print(f"{'check in parts, peak memory in MB':<44} {'whole':>6} {'above the loaded libraries':>28}")
    for name, blocks in files.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "large.835"
            with path.open("wb") as file:
                file.write(b"" if blocks else odd_segments()[name])
                for number in range(1, blocks + 1):
                    file.write(block.replace(b"*000000001", b"*%09d" % number))
            command = [sys.executable, __file__, "--peak", str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            whole, above = (float(value) for value in done.stdout.split())
        print(f"{name:<44} {whole:>6.0f} {above:>28.0f}", flush=True)


def _high_water() -> float:
    """Return the most memory that this process has had, in MB; unlike getrusage it knows nothing of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e3


def _peak(path: str) -> None:
    from claims import x12

    x12.check(remittances(10_000))
    before = _high_water()
    for part in x12.scan_checked(path):
        del part
    after = _high_water()
    print(after, after - before)


def writing() -> None:
    """Print megabytes written per second of processor time, from the frames that reading gives."""
    from claims import x12

    print(f"{'writing':<44} {'MB':>6} {'MB/s':>8}")
    for name, make in (("837P write, from frames", submissions), ("835 write, from frames", remittances)):
        frames = x12.read(make(10_000_000)).frames
        size = len(x12.write(frames)) / 1e6
        seconds = processor_seconds(lambda frames=frames: x12.write(frames))
        print(f"{name:<44} {size:>6.1f} {size / seconds:>8.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _peak(sys.argv[2])
    else:
        speed()
        writing()
        hostile()
        memory(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
