"""The time that sessions and new images are dated by: real, until a test freezes or moves it."""

import time


class Clock:
    """Unix seconds: the real time, or that time moved, or one moment that stands still."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._frozen_at: float | None = None

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen_at is not None

    def now(self) -> float:
        """The time that it shows."""
        return time.time() + self._ahead if self._frozen_at is None else self._frozen_at

    def freeze(self, at: float | None = None) -> None:
        """Stand still at a time, or at the one that it shows."""
        self._frozen_at = self.now() if at is None else at

    def set(self, at: float) -> None:
        """Show a time; it goes on from there, unless it is frozen."""
        if self._frozen_at is None:
            self._ahead = at - time.time()
        else:
            self._frozen_at = at

    def move(self, seconds: float) -> None:
        """Go forward, or back if `seconds` is negative."""
        self.set(self.now() + seconds)

    def release(self) -> None:
        """Show the real time again."""
        self._frozen_at = None
        self._ahead = 0.0
