"""Tracks for the tests: lanes up and down, and what may go wrong with them."""

import numpy as np

from landrelease.core.track import Track


def lanes(count=6, length=30.0, spacing=1.5, step=0.5, speed=0.5, start_x=None):
    """time, x, y, pass (lane number from 0), going up and down in turn, 2 m over both ends."""
    first = spacing / 2 if start_x is None else start_x
    t, x, y, p = [], [], [], []
    now = 0.0
    for k in range(count):
        way = np.arange(-2, length + 2 + 1e-9, step)
        for value in way if k % 2 == 0 else way[::-1]:
            t.append(now)
            x.append(first + k * spacing)
            y.append(float(value))
            p.append(k)
            now += step / speed
        now += 20
    return np.array(t), np.array(x), np.array(y), np.array(p)


def track(t, x, y, p=None, *, file="k.csv", engaged=None, depth=None, heading=None):
    n = len(t)
    p = np.zeros(n, dtype=np.int32) if p is None else np.asarray(p, dtype=np.int32)
    names = tuple(str(k + 1) for k in range(int(p.max()) + 1 if n else 1))
    return Track(
        file, True, np.asarray(t, float), np.asarray(x, float), np.asarray(y, float), names, p,
        np.full(n, -1, np.int8) if engaged is None else np.asarray(engaged, np.int8),
        np.full(n, np.nan) if depth is None else np.asarray(depth, float),
        np.full(n, np.nan) if heading is None else np.asarray(heading, float),
        np.arange(1, n + 1))
