"""Hazards, teams and benefits in; a dated schedule with a proven bound out."""
