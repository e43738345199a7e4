"""The texts of the page of documents, in English."""

from __future__ import annotations

ENGLISH = {
    "documents": "Documents",
    "docs.words": "Papers to hand on, as PDF or as a spreadsheet with the same content, as far as "
                  "you may see it. Each says how its figures can be computed again.",
    "docs.plan": "Plan of work", "docs.plan_in_force": "The plan in force",
    "docs.plan_words": "What is done when and by whom; other plans have the same links on their "
                       "pages.",
    "docs.task": "Task order", "docs.task_id": "Task, by its id or identifier",
    "docs.week": "Weekly report", "docs.week_ending": "Last of the seven days",
    "docs.donor": "Report to donors", "docs.fund": "Fund, by its id or identifier",
    "docs.fund_hint": "Empty: all funds that you may see.",
    "docs.format": "As", "docs.pdf": "PDF", "docs.xlsx": "Spreadsheet (XLSX)",
    "docs.get": "Download", "docs.none": "There is no plan in force.",
    "docs.as_pdf": "As a document (PDF)", "docs.as_xlsx": "As a spreadsheet (XLSX)",
}
