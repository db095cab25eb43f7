"""Acknowledgements: a file checked in; the TA1 and the 999 that go back to its sender out.

One TA1 for each interchange; one 999, in a group of its own, for each functional group of an interchange that the TA1
does not refuse. Answers are not answered: no 999 for 999s and 997s, no TA1 for an interchange of nothing but TA1s.
"""

from claims.x12.acknowledge.answer import Answers, answers
from claims.x12.acknowledge.files import Acknowledgements, acknowledge, acknowledgement_files, acknowledgement_frames

__all__ = [
    "Acknowledgements",
    "Answers",
    "acknowledge",
    "acknowledgement_files",
    "acknowledgement_frames",
    "answers",
]
