"""landrelease: a mine-clearance programme from suspicion to hand-over, with the proof of every step."""

__version__ = "0.1.0"
