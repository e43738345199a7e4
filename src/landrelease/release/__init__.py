"""Hazards and outcomes in; the area ledger out. Decisions stay with a named authority."""
