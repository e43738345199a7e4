"""landrelease: a mine-clearance programme from suspicion to hand-over, each step with its proof."""

__version__ = "0.1.0"
