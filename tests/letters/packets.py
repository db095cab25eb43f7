"""A packet with a little of everything, for tests of letters."""

from __future__ import annotations

from datetime import date

from claims.letters import Exhibit, File, Letter, Packet, Party, Run, Table

# Texts that mean something to Typst, to templates, to XML; a line turned around; letters from right to left.
HOSTILE = (
    "#let x = 1 #[b] {{ y }} {% z %} {member_id} <w:p>&amp;</w:t> \\ $a^2$ `b` *c* _d_ @e <f> // = ~ [g] שלום مرحبا"
)


def packet(text: str = "PLAN ONE", *, is_draft: bool = False) -> Packet:
    """A packet whose every text is this one."""
    table = Table(text, (text, ">" + text), ((text, text),), (text, text), text)
    gap = Run(f"[to be filled in: {text}]", True)
    return Packet(
        day=date(2025, 6, 30),
        date_words="June 30, 2025",
        case_number="3f2a91c04b",
        is_draft=is_draft,
        sender=Party(text, (text,), (text,)),
        to=((Run(text),),),
        about=((text, Run(text)), (text, gap)),
        greeting=text,
        letter=Letter((Run(text),), ((Run(text), gap), (Run(text),)), ()),
        closing=text,
        signature=(text,),
        enclosures=((Run(text),),),
        gaps=(text,),
        facts=(table,),
        exhibits=(Exhibit(text, text, (text,), (table,), (File(text, "ab" * 32, ((1, 0, 106, text),)),)),),
        origin=(text,),
    )
