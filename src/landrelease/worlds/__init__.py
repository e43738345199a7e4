"""Synthetic programmes with known truth (S19): made without any model of the stages they judge."""
