"""A proven lower bound on the score of any plan, by prices on team time.

Lagrangian relaxation of "no more teams at work than the pool has": with a price >= 0 on each pool
and slot, every hazard is planned alone and exactly, by dynamic programming over its out-tree.

    L(price) = sum over trees of min(weighted delay + price of the slots used)
               - sum over pools and slots of price * teams

is at most the score of every real plan, for ANY prices, so the value is valid whenever the search
for better prices is stopped. Source: M. L. Fisher, Management Science 27 (1981); for scheduling,
R. Möhring, A. Schulz, F. Stork, M. Uetz, Management Science 49 (2003).
"""

from __future__ import annotations

import numpy as np
from numba import njit

CHUNKS = 16  # fixed, so that sums are made in the same order on any number of threads


@njit(cache=True, nogil=True)
def price_trees(tree_lo, tree_hi, tree_start, member, parent_at, weight, never, option_start,
                first_pool, first_slots, second_pool, second_slots, opens, closes, delay, price,
                stride, use, placed):
    """Plan the trees tree_lo .. tree_hi - 1 alone, exactly, at the given prices.

    member (S,) lists stages tree by tree, a stage after its predecessor; parent_at (S,) is the
    place in `member` of its predecessor, or -1. never (S,) is the cost of leaving the stage and
    all after it undone. price (P, H + 1) are prices summed over the slots before t. Starts are
    multiples of `stride`: 1 for the bound, more only to steer the ascent faster.

    Writes `use` (P, H + 1), differences of the teams at work, and the stages' columns of `placed`
    (5, S) as in the decoder; returns the sum of the trees' costs.
    """
    horizon = len(delay) - 1
    widest = 0
    for k in range(tree_lo, tree_hi):
        widest = max(widest, tree_start[k + 1] - tree_start[k])
    gain = np.empty((widest, horizon + 2))  # cost of the subtree when it may start from t on
    after = np.empty((widest, horizon + 1))  # cost of finishing at f: own delay + children
    tail = np.empty(horizon + 1)
    wait = np.empty(horizon + 1)
    total = 0.0
    for k in range(tree_lo, tree_hi):
        base, size = tree_start[k], tree_start[k + 1] - tree_start[k]
        for i in range(size):
            after[i] = weight[member[base + i]] * delay
        for i in range(size - 1, -1, -1):
            s = member[base + i]
            row, end = gain[i], after[i]
            row[:] = never[s]
            for o in range(option_start[s], option_start[s + 1]):
                p, d, q = first_pool[o], first_slots[o], second_pool[o]
                lo, n = opens[p], closes[p] - d - opens[p] + 1
                if n <= 0:
                    continue
                finish = end
                if q >= 0:
                    e = second_slots[o]
                    lo2, n2 = opens[q], closes[q] - e - opens[q] + 1
                    if n2 <= 0:
                        continue
                    wait[:] = np.inf
                    step_cost(tail, price[q, lo2:], price[q, lo2 + e:], end[lo2 + e:], n2)
                    best = np.inf
                    t = n2 - 1
                    while t >= 0:
                        if (lo2 + t) % stride == 0 and tail[t] < best:
                            best = tail[t]
                        wait[lo2 + t] = best
                        t -= 1
                    wait[:lo2] = best
                    finish = wait
                step_cost(tail, price[p, lo:], price[p, lo + d:], finish[lo + d:], n)
                lower(row[lo:], tail, n)
            best = row[horizon + 1]
            t = horizon
            while t >= 0:
                if t % stride == 0 and row[t] < best:
                    best = row[t]
                row[t] = best
                t -= 1
            if parent_at[base + i] >= 0:
                above = after[parent_at[base + i] - base]
                for t in range(horizon + 1):
                    above[t] += row[t]
            else:
                total += row[0]
        for i in range(size):  # follow the choices from the root
            s = member[base + i]
            t = 0
            if parent_at[base + i] >= 0:
                t = placed[4, member[parent_at[base + i]]]
            placed[:, s] = -1
            row, end = gain[i], after[i]
            if t < 0 or row[t] >= never[s]:
                continue
            while row[t + 1] == row[t]:
                t += 1
            for o in range(option_start[s], option_start[s + 1]):
                p, d, q = first_pool[o], first_slots[o], second_pool[o]
                if t < opens[p] or t + d > closes[p]:
                    continue
                here = price[p, t + d] - price[p, t]
                b, f = -1, t + d
                if q < 0:
                    if here + end[f] != row[t]:
                        continue
                else:
                    e = second_slots[o]
                    for u in range(max(f, opens[q]), closes[q] - e + 1):
                        if u % stride == 0 and here + (
                                price[q, u + e] - price[q, u] + end[u + e]) == row[t]:
                            b = u
                            break
                    if b < 0:
                        continue
                    f = b + e
                    use[q, b] += 1
                    use[q, f] -= 1
                use[p, t] += 1
                use[p, t + d] -= 1
                placed[0, s] = o
                placed[1, s] = t
                placed[2, s] = t + d
                placed[3, s] = b
                placed[4, s] = f
                break
    return total


@njit(cache=True, nogil=True)
def step_cost(out, before, later, finish, n):
    """out[t] = later[t] - before[t] + finish[t]: the price of a step and what follows it."""
    for t in range(n):
        out[t] = later[t] - before[t] + finish[t]


@njit(cache=True, nogil=True)
def lower(row, other, n):
    """row[t] = min(row[t], other[t])."""
    for t in range(n):
        row[t] = other[t] if other[t] < row[t] else row[t]
