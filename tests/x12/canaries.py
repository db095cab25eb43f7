"""Files in which every personal field holds a word that stands nowhere else, and a look for those words in a copy.

In the texts `§` stands for a word, `#` for a number of nine digits, `@` for a day of a person.
"""

from __future__ import annotations

import re
from itertools import count

from tests.x12.envelopes import answer, remittance, submission

WORD = "CANARY"

REMITTANCE = """
    BPR*I*228*C*ACH*CCP*01*#*DA*§*#1*#*01*#*DA*§*20250310~
    TRN*1*§*#1*§~
    CUR*PR*USD~
    REF*EV*§~
    REF*F2*§~
    DTM*405*20250309~
    N1*PR*BIG PAYER*XV*12345~
    N3*§*§~
    N4*§*NY*100013456~
    REF*EO*§~
    PER*CX*§*TE*#*EM*§@§.COM*EX*#~
    N1*PE*§*XX*§~
    N2*§~
    N3*§~
    N4*§*NY*#~
    REF*TJ*#~
    RDM*FT*§*§~
    LX*1~
    TS3*§*11*20251231*1*200~
    CLP*§*1*200*128*32*12*§*11*1~
    CAS*CO*45*72~
    NM1*QC*1*§*§*§*§*§*MI*§**X*§~
    NM1*IL*1*§*§****MI*§~
    NM1*74*1*§*§****C*§~
    NM1*82*1*§*§****XX*§~
    NM1*TT*2*NEXT PAYER*****PI*999~
    NM1*GB*1*§*§****MI*§~
    REF*EA*§*§*D9>§>EA>§>1W>§~
    REF*ZZZ*§~
    DTM*232*@~
    DTM*050*@~
    DTM*036****RD8*@-@~
    PER*CX*§*TE*#~
    SVC*HC>99213>25>>>>§*200*128**1*HC>99212>>>>>§~
    DTM*472*@~
    REF*6R*§~
    REF*HPI*§~
    PLB*§*20251231*L6>§*-1*WO>§*1*72>§*2*CS>§*-2*FB>§*3*IR>§*-3~
"""

SUBSCRIBER = """
    BHT*0019*00*§*20250310*1200*CH~
    REF*87*§~
    NM1*41*2*CLINIC*****46*§~
    PER*IC*§*TE*#*FX*#*EM*§~
    NM1*40*2*BIG PAYER*****46*§~
    HL*1**20*1~
    PRV*BI*PXC*207Q00000X~
    NM1*85*1*§*§*§*§*§*XX*§~
    N3*§*§~
    N4*§*NY*#~
    REF*SY*#~
    REF*0B*§~
    NM1*87*1~
    N3*§~
    N4*§*NY*036#~
    HL*2*1*22*0~
    SBR*P*18*§*§*****CI~
    PAT*****D8*@*01*150~
    NM1*IL*1*§*§*§*§*§*MI*§~
    N3*§~
    N4*§*NY*#*US*B*§~
    DMG*D8*@*F**§~
    REF*SY*#~
    REF*Y4*§~
    NM1*PR*2*BIG PAYER*****PI*12345~
    N3*§~
    REF*G2*§~
    HL*3*2*23*0~
    PAT*19~
    NM1*QC*1*§*§~
    N3*§~
    DMG*D8*@*M~
"""

CLAIM_PARTS = """
    DTP*431*D8*@~
    PWK*OZ*BM***AC*§*§~
    CN1*09*1**§**§~
    REF*G1*§~
    REF*F8*§~
    REF*EA*§~
    REF*D9*§~
    K3*§~
    NTE*ADD*§~
    NM1*DN*1*§*§****XX*§~
    PRV*PE*G2*§~
    NM1*82*1*§*§****XX*§~
    NM1*77*2*§*****XX*§~
    N3*§~
    N4*§**#*FR~
    PER*IC*§*TE*#*EX*#~
    SBR*S*18*§*§*****MB~
    CAS*PR*1*10~
    OI***Y***Y~
    NM1*IL*1*§*§****MI*§~
    N3*§~
    NM1*QC*1*§*§****PI*§~
    NM1*PR*2*FIRST PAYER*****PI*P1~
    DTP*573*D8*20250301~
    REF*F8*§~
"""

LINE_PARTS = """
    DTP*472*RD8*@-@~
    REF*6R*§~
    REF*XZ*§~
    NTE*ADD*§~
    PS1*§*10~
    HCP*02*10**§~
    LIN**N4*12345678901~
    CTP****2*UN~
    NM1*DK*1*§*§****XX*§~
    PER*IC*§*TE*#~
    SVD*P1*10*HC>99213>>>>>§**1~
    FRM*1A**§~
    FRM*2***@~
"""

PROFESSIONAL = f"""{SUBSCRIBER}
    CLM*§*200***11>B>1*Y*A*Y*Y*P*AA>>>NY~
    CR1*LB*140*I*A*DH*12*§*§*§*§~
    CR2********A**§*§~
    HI*ABK>J069*ABF>R05~
    {CLAIM_PARTS}
    LX*1~
    SV1*HC>99213>25>>>>§*200*UN*1***1>2~
    {LINE_PARTS}
"""

INSTITUTIONAL = f"""{SUBSCRIBER}
    CLM*§*200***11>A>1**A*Y*Y~
    DTP*434*RD8*@-@~
    DTP*435*DT*@1200~
    CL1*1*7*30~
    HI*ABK>J069>>>>>>>Y~
    HI*BBR>0DB64ZX>D8>@*BBQ>0DB64ZZ>D8>@~
    HI*BI>70>RD8>@-@~
    HI*BE>A1>>>50~
    {CLAIM_PARTS}
    NM1*71*1*§*§****XX*§~
    LX*1~
    SV2*0300*HC>85025>>>>>§*200*UN*1~
    {LINE_PARTS}
"""

DENTAL = f"""{SUBSCRIBER}
    CLM*§*200***11>B>1*Y*A*Y*Y~
    DN1*36*24**§~
    DN2*8*E****JP~
    {CLAIM_PARTS}
    LX*1~
    SV3*AD>D2150>>>>>§*200****1*§~
    TOO*JP*12*L>O~
    {LINE_PARTS}
"""

STATUSES = """
    BHT*0085*08*§*20250311*1200*TH~
    HL*1**20*1~
    NM1*PR*2*BIG PAYER*****PI*12345~
    TRN*1*§~
    DTP*050*D8*@~
    HL*2*1*21*1~
    NM1*41*2*CLINIC*****46*§~
    TRN*2*§~
    STC*A1>19>40*20250311*WQ*250********§~
    HL*3*2*19*1~
    NM1*85*1*§*§****XX*§~
    REF*TJ*#~
    HL*4*3*PT~
    NM1*QC*1*§*§*§****MI*§~
    TRN*2*§~
    STC*A2>20>PR*20250311*WQ*200*****§***§~
    REF*1K*§~
    REF*D9*§~
    DTP*472*D8*@~
    SVC*HC>99212*50~
    REF*FJ*§~
"""

ACKNOWLEDGEMENT = """
    AK1*HC*1*005010X222A1~
    AK2*837*0002*005010X222A1~
    IK3*NM1*22*2010BA*8~
    CTX*SITUATIONAL TRIGGER*CLM*22**5>3*1325>2~
    CTX*CLM01>§~
    CTX*PATIENT NAME NM109>§~
    CTX*§>§~
    IK4*9>1>2*67*7*§~
    IK5*R*5~
    AK9*R*1*1*0~
"""

ENROLMENT = """
    BGN*00*§*20250310*1200**§**2~
    INS*Y*18*021*28*A***FT***D8*@~
    REF*0F*§~
    NM1*IL*1*§*§****34*#~
    DMG*D8*@*F**§~
    HD*021**HLT*§*EMP~
    COB*P*§*5~
    LUI***§~
"""


class Canaries:
    """Fills texts with words, numbers and days, none of them twice, and finds them again."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers = count(1)

    def fill(self, text: str) -> str:
        """Put something of its own in every marked place."""
        return re.sub("[§#@]", self._next, text.replace("§@§", "§(at)§")).replace("(at)", "@").replace(">", ":")

    def _next(self, mark: re.Match[str]) -> str:
        number = next(self._numbers)
        if mark.group() == "§":
            return f"{WORD}{number:03d}"
        # No 28th moves back to the 28th of another month but that of March.
        day = f"{1930 + number}{(1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12)[number % 11]:02d}28"
        word = f"7{number:03d}53142" if mark.group() == "#" else day
        self.words.append(word)
        return word

    def in_text(self, text: str) -> list[str]:
        """Name what is found in a text, whatever its letter case and its line ends."""
        joined = text.upper().replace("\r", "").replace("\n", "")
        return [word for word in (WORD, *self.words) if word in joined]


def files() -> dict[str, tuple[str, Canaries]]:
    """Give a file of each kind."""
    found = {}
    for name, wrap in {
        "835": lambda fill: remittance(fill(REMITTANCE)),
        "837P": lambda fill: submission(fill(PROFESSIONAL)),
        "837I": lambda fill: submission(fill(INSTITUTIONAL), guide="005010X223A2"),
        "837D": lambda fill: submission(fill(DENTAL), guide="005010X224A2"),
        "277CA": lambda fill: answer(fill(STATUSES), st01="277", kind="HN", guide="005010X214"),
        "999": lambda fill: answer(fill(ACKNOWLEDGEMENT), st01="999", kind="FA", guide="005010X231A1"),
        "834": lambda fill: answer(fill(ENROLMENT), st01="834", kind="BE", guide="005010X220A1"),
    }.items():
        canaries = Canaries()
        text = wrap(canaries.fill)
        text = text.replace("SENDER         ", f"{WORD}900      ").replace("RECEIVER       ", f"{WORD}905      ")
        text = text.replace("*S*R*", f"*{WORD}901*{WORD}902*")
        found[name] = text.replace("*00*          *00*          ", f"*03*{WORD}903 *01*{WORD}904 "), canaries
    return found
