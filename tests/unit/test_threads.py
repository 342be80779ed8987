"""Work in threads: every piece once, whoever does it, and no error lost."""

import threading

import pytest

from engine.execution.threads import in_threads


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_every_piece_is_worked_on_once(workers):
    done = []
    in_threads(done.append, range(100), workers)
    assert sorted(done) == list(range(100))


def test_so_many_workers_work_at_once():
    """Each waits for the others: with fewer, this would never end."""
    together = threading.Barrier(3, timeout=20)
    in_threads(lambda piece: together.wait() and None, range(3), 3)


def test_without_pieces_nothing_is_done():
    in_threads(lambda piece: pytest.fail("there is no piece"), [], 4)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_reaches_whoever_asked(workers):
    def fails(piece):
        if piece == 7:
            raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        in_threads(fails, range(20), workers)


def test_an_error_of_another_thread_is_not_lost():
    here, both = threading.get_ident(), threading.Barrier(2, timeout=20)

    def fails_elsewhere(piece):
        both.wait()  # both threads have a piece
        if threading.get_ident() != here:
            raise ValueError("elsewhere")

    with pytest.raises(ValueError, match="elsewhere"):
        in_threads(fails_elsewhere, range(2), 2)
