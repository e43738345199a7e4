"""Things that follow one another in a circle, so that none of them can ever come first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def circle(follows: Mapping[int, Sequence[int]]) -> list[int]:
    """Things of which each follows the next one and the last the first; [] where there are none.

    follows : thing -> what it follows.

    >>> circle({1: [2], 2: [3, 4], 4: [1]}), circle({5: [5]}), circle({1: [2], 2: [3]})
    ([1, 2, 4], [5], [])
    """
    done: set[int] = set()
    for first in follows:
        way: dict[int, Iterator[int]] = {first: iter(follows[first])}  # each follows the next
        while way:
            last = next(reversed(way))
            step = next((e for e in way[last] if e not in done), None)
            if step is None:
                done.add(last)
                del way[last]
            elif step in way:
                listed = list(way)
                return listed[listed.index(step):]
            else:
                way[step] = iter(follows.get(step, ()))
    return []
