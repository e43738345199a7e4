"""The texts of the pages about complaints, in English, by key (`words`)."""

from __future__ import annotations

ENGLISH = {
    "complaints": "Complaints",
    "comp.words": "What people reported or complained about, and what was answered. Who sent a "
                  "report reads the answer by its code: no names in it.",
    "comp.waiting": "not looked at yet", "comp.open": "open", "comp.answered": "answered",
    "comp.closed": "closed", "comp.row": "row {number}", "comp.all": "all",
    "comp.state": "State", "comp.about": "What is it about?", "comp.received": "Received",
    "comp.due": "Due", "comp.days_over": "{days} days over",
    "comp.said": "What was seen or said, without names", "comp.answer": "Answer",
    "comp.answered_on": "Day of the answer", "comp.area": "Area",
    "comp.of": "Complaint {record}", "comp.steps": "What was done",
    "comp.give": "Answer it", "comp.give_button": "Record the answer",
    "comp.close": "Close it", "comp.close_button": "Close it",
    "comp.close_hint": "Needed where nobody answered.",
    "comp.reopen": "Open it again", "comp.reopen_button": "Open it again",
    "comp.done": "Recorded.",
}
