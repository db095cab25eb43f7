"""Bodies of transaction sets in, whole X12 files out: one invented envelope around whatever a test wants to read."""

from __future__ import annotations

from textwrap import dedent

ISA = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *250310*1200*^*00501*{control:>09}*0*P*:~"


def segments(text: str) -> list[str]:
    """Cut an indented block of segments, one or more a line, at their terminators."""
    return [piece.strip() for piece in dedent(text).replace("\n", "").split("~") if piece.strip()]


def transaction(text: str, st: str, number: int = 1) -> str:
    """Put ST and SE around segments."""
    body = segments(text)
    parts = [st.format(number=f"{number:04d}"), *body, f"SE*{len(body) + 2}*{number:04d}"]
    return "~".join(parts) + "~"


def interchange(sets: list[str], kind: str, guide: str, control: int = 1) -> str:
    """Put ISA, GS, GE and IEA around transaction sets."""
    head = ISA.format(control=control) + f"GS*{kind}*S*R*20250310*1200*{control}*X*{guide}~"
    return head + "".join(sets) + f"GE*{len(sets)}*{control}~IEA*1*{control:09d}~"


def remittance(*bodies: str, control: int = 1) -> str:
    """Wrap bodies of 835s."""
    sets = [transaction(body, "ST*835*{number}", number) for number, body in enumerate(bodies, 1)]
    return interchange(sets, "HP", "005010X221A1", control)


def submission(*bodies: str, guide: str = "005010X222A1", control: int = 1) -> str:
    """Wrap bodies of 837s."""
    sets = [transaction(body, f"ST*837*{{number}}*{guide}", number) for number, body in enumerate(bodies, 1)]
    return interchange(sets, "HC", guide, control)


def answer(*bodies: str, st01: str, kind: str, guide: str, control: int = 1) -> str:
    """Wrap bodies of 999s, 997s or 277CAs."""
    sets = [transaction(body, f"ST*{st01}*{{number}}*{guide}", number) for number, body in enumerate(bodies, 1)]
    return interchange(sets, kind, guide, control)


REMITTANCE = """
    BPR*I*231.5*C*ACH*CCP*01*111000025*DA*123*1512345678**01*222000111*DA*987*20250310~
    TRN*1*EFT0001*1512345678~
    DTM*405*20250309~
    N1*PR*BIG PAYER~
    REF*2U*12345~
    N1*PE*CLINIC*XX*1999999984~
    REF*TJ*123456789~
    LX*1~
    CLP*A100*1*200*128*32*12*ICN1*11*1~
    NM1*QC*1*DOE*JANE****MI*W1~
    NM1*TT*2*NEXT PAYER*****PI*999~
    MOA***MA01*MA07~
    DTM*232*20250201~
    DTM*233*20250228~
    DTM*050*20250303~
    SVC*HC:99213:25:59*120*80**1~
    DTM*472*20250201~
    CAS*CO*45*20~
    CAS*PR*2*20~
    REF*6R*L1~
    AMT*B6*100~
    LQ*HE*N130~
    SVC*HC:85025*80*48*0300**HC:85027~
    DTM*150*20250202~
    DTM*151*20250203~
    CAS*CO*45*15*1*253*5~
    CAS*PR*2*12~
    REF*6R*L2~
    CLP*A101*1*150*100**12*ICN2~
    CAS*CO*45*50~
    NM1*QC*1*ROE*RAY****MI*W2~
    AMT*I*3.5~
    PLB*1999999984*20251231*L6:REF1*-3.5~
"""

SUBMISSION = """
    BHT*0019*00*B1*20250310*1200*CH~
    NM1*41*2*CLINIC*****46*123~
    NM1*40*2*BIG PAYER*****46*999~
    HL*1**20*1~
    NM1*85*2*CLINIC*****XX*1999999984~
    REF*EI*123456789~
    HL*2*1*22*0~
    SBR*P*18*******CI~
    NM1*IL*1*DOE*JANE****MI*W1~
    DMG*D8*19800115*F~
    NM1*PR*2*BIG PAYER*****PI*12345~
    CLM*A1*200***11:B:1*Y*A*Y*Y~
    REF*G1*AUTH1~
    HI*ABK:J069*ABF:R05~
    NM1*82*1*WHO*ALICE****XX*1234567893~
    LX*1~
    SV1*HC:99213:25*120*UN*1***1:2~
    DTP*472*D8*20250201~
    REF*6R*L1~
    LX*2~
    SV1*HC:85025*80*UN*1.5***1~
    DTP*472*RD8*20250203-20250204~
    REF*6R*L2~
    HL*3*1*22*1~
    SBR*S********CI~
    NM1*IL*1*ROE*RAY****MI*W2~
    NM1*PR*2*OTHER PAYER*****PI*777~
    HL*4*3*23*0~
    PAT*19~
    NM1*QC*1*ROE*ROB~
    DMG*D8*20100101*M~
    CLM*A2*50***11:B:7*Y*A*Y*Y~
    REF*F8*ICN9~
    HI*ABK:Z000~
    SBR*P*18*******MB~
    CAS*PR*1*10**2*5~
    AMT*D*35~
    NM1*IL*1*ROE*RAY****MI*W3~
    NM1*PR*2*FIRST PAYER*****PI*P1~
    LX*1~
    SV1*HC:99212*50*UN*1***1~
    DTP*472*D8*20250205~
    SVD*P1*35*HC:99212**1~
    CAS*CO*45*15~
"""

ACKNOWLEDGEMENT = """
    AK1*HC*1*005010X222A1~
    AK2*837*0001*005010X222A1~
    IK5*A~
    AK2*837*0002*005010X222A1~
    IK3*CLM*22*2300*8~
    CTX*CLM01:A2~
    IK4*5:3*1331*7*9~
    IK5*R*5*I5~
    AK9*P*2*2*1~
"""

STATUSES = """
    BHT*0085*08*X1*20250311*1200*TH~
    HL*1**20*1~
    NM1*PR*2*BIG PAYER*****PI*12345~
    TRN*1*RECEIPT1~
    HL*2*1*21*1~
    NM1*41*2*CLINIC*****46*123~
    TRN*2*B1~
    STC*A1:19:40*20250311*WQ*250~
    HL*3*2*19*1~
    NM1*85*2*CLINIC*****XX*1999999984~
    HL*4*3*PT~
    NM1*QC*1*DOE*JANE****MI*W1~
    TRN*2*A1~
    STC*A2:20:PR*20250311*WQ*200~
    REF*1K*ICN1~
    DTP*472*D8*20250201~
    HL*5*3*PT~
    NM1*QC*1*ROE*ROB****MI*W2~
    TRN*2*A2~
    STC*A7:562:85*20250311*U*50~
    SVC*HC:99212*50~
    STC*A7:507*20250311*U~
"""
