"""The name of a planning problem: a hash of all that it says, by which a proven bound is kept."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.work import Problem


def as_recorded(problem: Problem) -> Problem:
    """The problem as it was asked for, without the waiting that one plan put on its works."""
    works = problem.conditions.projects
    if works is None or works.asked_earliest is None:
        return problem
    asked = dataclasses.replace(works, earliest=works.asked_earliest, asked_earliest=None)
    return dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, projects=asked))


def fingerprint(problem: Problem) -> str:
    """SHA-256 of a problem, the same on every machine.

    Two problems have the same one only where all their values are the same: stages, options, teams,
    time, roads, conditions and weights. Integers count as 64 bit and numbers as IEEE doubles, so
    that it does not matter in which width an array was kept. It is that of the problem as it was
    asked for (`as_recorded`).
    """
    digest = hashlib.sha256(b"landrelease problem 1")
    _add(digest, as_recorded(problem))
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Each value with its kind and length, so that no two problems give the same bytes."""
    if value is None:
        digest.update(b"none;")
    elif isinstance(value, BaseGeometry):
        content = shapely.to_wkb(value, byte_order=1)
        digest.update(b"shape %d;" % len(content) + content)
    elif dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        digest.update(f"{type(value).__name__} {len(fields)};".encode())
        for field in fields:
            digest.update(field.name.encode() + b"=")
            _add(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        kind = "<f8" if np.issubdtype(value.dtype, np.floating) else (
            "?" if value.dtype == np.bool_ else "<i8")
        digest.update(f"array {kind} {value.shape};".encode())
        digest.update(np.ascontiguousarray(value, dtype=kind).tobytes())
    elif isinstance(value, tuple):
        digest.update(b"list %d;" % len(value))
        for item in value:
            _add(digest, item)
    elif isinstance(value, (int, float)):
        digest.update(f"number {float(value).hex()};".encode())
    else:
        word = value.isoformat() if isinstance(value, date) else str(value)
        digest.update(f"{type(value).__name__} {len(word)};{word}".encode())
