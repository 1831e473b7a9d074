"""Where session ids come from: chance, or for tests a seed that gives the same ones in each run."""

import random


class SessionIds:
    """A source of session ids. With a seed they can be guessed: for tests only."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self.restart()

    @property
    def may_repeat(self) -> bool:
        """Whether an id may come that was given before: in an earlier run, or before a restart."""
        return self._seed is not None

    def new(self, hex_digits: int) -> str:
        """An id of this length."""
        return self._random.randbytes(hex_digits // 2).hex()

    def restart(self) -> None:
        """Give the same ids again, if they come from a seed."""
        # SystemRandom is what `secrets` draws from.
        self._random = random.SystemRandom() if self._seed is None else random.Random(self._seed)
