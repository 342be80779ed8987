"""How history is cut into folds: a training window, and the test window after it."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Sessions [first, stop), counted from the first traded one."""

    first: int
    stop: int

    @property
    def sessions(self) -> int:
        """How many there are."""
        return self.stop - self.first


class FoldWindows(NamedTuple):
    """Windows of one fold.

    ``train`` is what parameters are chosen on. ``test`` holds the closes at which they decide. A
    decision earns the return of the session after it, so that what the test earned runs one
    session further, to the first close of the next fold: ``earned``.
    """

    train: Window
    test: Window
    earned: Window


def fold_windows(
    sessions: int, *, train: int, test: int, anchored: bool, purge: int = 0, embargo: int = 0
) -> tuple[FoldWindows, ...]:
    """Return the windows of all folds; empty where no session is left to earn anything.

    Fold k tests the closes from ``train + embargo + k · test`` on, and is trained on sessions up
    to ``embargo`` before them. The last test window ends with the data.

    Parameters
    ----------
    sessions : int
        Traded sessions there are.
    train : int
        Length of a training window, of the first one if they are anchored, purge included.
    test : int
        Length of a test window, and the step from one to the next.
    anchored : bool
        Whether all training windows begin with the first session; else they move on.
    purge : int
        Last sessions of a training window that are left out.
    embargo : int
        Sessions between the end of a training window, purged ones included, and the test.
    """
    first = train + embargo
    if sessions - first < 2:
        return ()
    folds = []
    for begin in range(first, sessions, test):
        trained = Window(
            0 if anchored else begin - embargo - train,
            begin - embargo - purge,
        )
        tested = Window(begin, min(begin + test, sessions))
        folds.append(FoldWindows(trained, tested, Window(begin, min(tested.stop + 1, sessions))))
    return tuple(folds)
