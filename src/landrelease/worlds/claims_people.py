"""Communities with known residents, and numbers of people about them that are right (S19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

_METRICS = ("beneficiaries", "direct beneficiaries", "people reached", "people returned",
            "returnees", "displaced people", "women", "children", "residents", "population")


@dataclass(frozen=True)
class People:
    """communities : (id, name, area, population; None: not reported). rows : claims about them."""

    communities: tuple[tuple[str, str, str, int | None], ...]
    rows: tuple[dict[str, Any], ...]


def clean_people(seed: int) -> People:
    """One synthetic programme: some areas of some communities, a part of which report no
    population, and claims of people there that are no more than live there, rounded and hedged as
    officials do."""
    rng = np.random.default_rng(seed)
    places: list[tuple[str, str, str, int | None]] = []
    true: dict[str, int] = {}
    for a in range(int(rng.integers(2, 5))):
        silent = rng.random() < 0.3
        for n in range(int(rng.integers(2, 9))):
            name, lives = f"Synthetic place {a}-{n}", int(np.exp(rng.uniform(3, 9)))
            reports = None if silent and (n == 0 or rng.random() < 0.3) else lives
            places.append((f"s{a}-{n}", name, f"Synthetic area {a}", reports))
            for scope in (name, f"Synthetic area {a}", "all"):
                true[scope] = true.get(scope, 0) + lives
    rows = []
    start = date(2024, 1, 1)
    scopes = sorted(true)
    for _ in range(int(rng.integers(8, 25))):
        scope = scopes[int(rng.integers(len(scopes)))]
        metric = _METRICS[int(rng.integers(len(_METRICS)))]
        counts_all = metric in ("residents", "population")
        count = true[scope] * (1.0 if counts_all else float(rng.uniform(0.02, 1.0)))
        digits = int(rng.choice([2, 3, 9]))
        step = 10 ** max(0, len(str(int(count))) - digits)
        rounded = int(round(count / step) * step) if step > 1 else int(count)
        if rng.random() < 0.2 and step > 1:
            value = f"more than {int(count // step * step):,}"
        else:
            value = f"about {rounded:,}" if rng.random() < 0.4 or step > 1 else f"{rounded:,}"
        day = start + timedelta(days=int(rng.integers(0, 700)))
        rows.append({"source": "Synthetic centre", "published": day.isoformat(),
                     "as_of": day.isoformat(), "scope": scope, "metric": metric, "value": value,
                     "unit": "people", "words": ""})
    return People(tuple(places), tuple(rows))
