"""How long work says where it stands, without knowing who listens."""

from collections.abc import Callable

# (what is being done, share done in 0..1). May raise KeyboardInterrupt to stop the work.
Progress = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """The listener of tests and of `--quiet`."""
