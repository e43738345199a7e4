"""Operate: tracks to proof of coverage, tasks to lanes. Planar metres."""
