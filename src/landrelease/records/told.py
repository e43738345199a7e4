"""What is told about the rows of one file while it comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from landrelease.core.finding import Finding
from landrelease.core.record import Record
from landrelease.errors import Message
from landrelease.records.values import shown

Fate = Literal["quarantined", "merged", "accepted"]


@dataclass(frozen=True, slots=True)
class Caution:
    """What a file that may be older than what is recorded has to be held against.

    Attributes
    ----------
    whole : why all of its rows wait, as a message and its facts; None: they do not.
    of : of the record that a row would change, and of what the row makes of it: why it may not,
        with its fate ("merged": the row brings nothing, "quarantined": it waits); None: it may.
    before : states of a record by its id; a row that says the same as one of them brings nothing.
    in_lines : whether the file is taken in by lines of edits, so that of one that came before some
        rows may still be new.
    """

    whole: tuple[Message, Mapping[str, Any]] | None
    of: Callable[[Record, Record], tuple[Message, Mapping[str, Any], Fate] | None]
    before: Callable[[str], Iterable[Record]] = lambda record_id: ()
    in_lines: bool = True


class Told:
    """Findings of the rows of one table, and which rows are refused.

    Attributes
    ----------
    numbers : int array (N,), the numbers of the rows in the file.
    refused : bool array (N,).
    misplaced : bool array (N,), rows whose place was refused, not only their values.
    findings : index of the row -> its findings in order.
    whole : findings of the file as a whole.
    """

    def __init__(self, file: str, numbers: np.ndarray):
        self.file, self.numbers = file, numbers
        self.findings: dict[int, list[Finding]] = defaultdict(list)
        self.refused = np.zeros(len(numbers), dtype=bool)
        self.misplaced = np.zeros(len(numbers), dtype=bool)
        self.whole: list[Finding] = []

    def __len__(self) -> int:
        return len(self.numbers)

    def tell(self, i: int, message: Message, *, field: str = "", fate: Fate = "accepted",
             **facts: Any) -> None:
        """Add a finding to row i. `found` also stands in the finding itself."""
        row = int(self.numbers[i])
        facts = {"file": self.file, "row": row, "field": field, **facts}
        self.findings[i].append(Finding(
            message.code, self.file, row, field, shown(facts.get("found", "")),
            message.problem.format(**facts), message.remedy.format(**facts), fate))

    def refuse(self, i: int, message: Message, **facts: Any) -> None:
        self.refused[i] = True
        self.misplaced[i] |= message.code.startswith("GEO-")
        self.tell(i, message, fate="quarantined", **facts)

    def refuse_all(self, rows: Iterable[int], message: Message, **facts: Any) -> None:
        for i in rows:
            self.refuse(i, message, **facts)

    def tell_whole(self, message: Message, **facts: Any) -> None:
        facts = {"file": self.file, **facts}
        self.whole.append(Finding(
            message.code, self.file, 0, "", shown(facts.get("found", "")),
            message.problem.format(**facts), message.remedy.format(**facts), "accepted"))
