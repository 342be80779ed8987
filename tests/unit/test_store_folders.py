"""A result folder is whole or absent, and found by what users call it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from engine.errors import StoreError, UsageError
from engine.store import folders
from engine.store.folders import (
    MANIFEST,
    SCHEMA_VERSION,
    find,
    put_beside,
    save,
    stored_results,
    write_whole,
)

FILES = {"metrics.json": b"{}\n", "summary.csv": b"a,b\n"}
ABOUT = {
    "kind": "run",
    "data": {},
    "execution": {},
    "warnings": [],
    "notes": [],
    "simulated": False,
}
HASH = "0123456789abcdef" * 4


def save_one(root, study="alpha", content_hash=HASH, files=FILES, **about):
    return save(root, study, content_hash, files, {**ABOUT, **about})


def everything_under(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_a_saved_folder_holds_the_files_and_a_manifest(tmp_path):
    stored = save_one(tmp_path)
    assert re.fullmatch(r"\d{8}T\d{6}Z-0123456789", stored.path.name)
    assert stored.path.parent == tmp_path / "alpha"
    assert stored.name == f"alpha/{stored.path.name}"
    assert sorted(p.name for p in stored.path.iterdir()) == sorted([*FILES, MANIFEST])
    assert {name: stored.read(name) for name in FILES} == FILES
    manifest = json.loads((stored.path / MANIFEST).read_bytes())
    assert manifest == stored.manifest
    assert (manifest["schema_version"], manifest["status"]) == (SCHEMA_VERSION, "complete")
    assert manifest["content_hash"] == HASH
    assert manifest["files"]["metrics.json"] == (
        "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"  # sha256 of "{}\n"
    )


def test_two_results_of_one_second_get_two_folders(tmp_path):
    saved = [save_one(tmp_path) for _ in range(12)]
    assert len({s.path for s in saved}) == 12
    assert [s.path for s in stored_results(tmp_path)] == [s.path for s in saved]
    in_one_second = [s.path.name for s in saved if s.path.name.startswith(saved[-1].path.name[:16])]
    assert in_one_second[0] == f"{saved[-1].path.name[:16]}-{HASH[:10]}"
    assert in_one_second[1:] == [
        f"{in_one_second[0]}-{n + 2}" for n in range(len(in_one_second) - 1)
    ]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, failing):
    write, calls = folders._write, []

    def full(path, content):
        calls.append(path)
        if len(calls) > failing:
            path.write_bytes(content[:1])  # half of the file is there when the disk is full
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(folders, "_write", full)
    with pytest.raises(StoreError, match=r"alpha: cannot write results: No space left on device$"):
        save_one(tmp_path)
    assert len(calls) == failing + 1
    assert everything_under(tmp_path) == []
    assert stored_results(tmp_path) == []
    monkeypatch.undo()
    stored = save_one(tmp_path)
    assert find(tmp_path, "latest").path == stored.path


def test_a_failing_rename_leaves_nothing_behind(tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.Path, "rename", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        save_one(tmp_path)
    assert everything_under(tmp_path) == []


def test_an_interrupt_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(path, content):
        path.write_bytes(content[:1])
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_one(tmp_path)
    assert everything_under(tmp_path) == []


def test_a_name_taken_while_writing_is_not_overwritten(tmp_path, monkeypatch):
    """Another process may finish the same result between the look and the rename."""
    rename, rivals = folders.Path.rename, []

    def beaten(self, target):
        if not rivals:
            rivals.append(target)
            target.mkdir()
            (target / "theirs").write_text("kept", "utf-8")
        return rename(self, target)

    monkeypatch.setattr(folders.Path, "rename", beaten)
    stored = save_one(tmp_path)
    assert stored.path.name == f"{rivals[0].name}-2"
    assert (rivals[0] / "theirs").read_text("utf-8") == "kept"


def test_where_the_results_folder_is_a_file_the_message_says_so(tmp_path):
    (tmp_path / "alpha").write_text("in the way", "utf-8")
    with pytest.raises(StoreError, match="alpha: cannot write results: "):
        save_one(tmp_path)
    assert (tmp_path / "alpha").read_text("utf-8") == "in the way"


KILLED = """
import json, pathlib, sys, time
from engine.store import folders
write = folders._write
def slowly(path, content):
    write(path, content)
    if path.name == sys.argv[2]:
        print("written", flush=True)
        time.sleep(60)
folders._write = slowly
about = json.loads(sys.argv[3])
folders.save(pathlib.Path(sys.argv[1]), "alpha", "0" * 64, {"metrics.json": b"{}"}, about)
"""


@pytest.mark.parametrize("last_written", ["metrics.json", MANIFEST])
def test_a_killed_process_leaves_no_result(tmp_path, last_written):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), last_written, json.dumps(ABOUT)],
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"written\n"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    assert everything_under(tmp_path)  # what a killed process was writing is there, but hidden
    assert stored_results(tmp_path) == []
    stored = save_one(tmp_path)
    assert [s.path for s in stored_results(tmp_path)] == [stored.path]
    assert find(tmp_path, "alpha").path == stored.path


def test_json_is_never_written_with_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        folders.json_bytes({"sharpe": float("nan")})
    assert folders.json_bytes({"b": "é", "a": None}) == '{\n  "b": "é",\n  "a": null\n}\n'.encode()


# finding


@pytest.fixture
def three(tmp_path):
    """Two results of alpha and, between them, one of beta; names as users see them."""
    saved = []
    for study, content_hash in (("alpha", "a" * 64), ("beta", "b" * 64), ("alpha", "c" * 64)):
        saved.append(save_one(tmp_path, study, content_hash))
        time.sleep(0.001)
    return tmp_path, *saved


def test_results_are_found_by_what_users_call_them(three):
    root, first, beta, last = three
    assert find(root, "latest").path == last.path
    assert find(root, "alpha").path == last.path
    assert find(root, "alpha/latest").path == last.path
    assert find(root, "beta").path == find(root, "beta/latest").path == beta.path
    for stored in (first, beta, last):
        assert find(root, stored.name).path == stored.path
        assert find(root, stored.path.name).path == stored.path
        assert find(root, str(stored.path)).path == stored.path
        assert find(root, stored.name[:-1]).path == stored.path
    assert find(root, "b").path == beta.path


def test_a_path_needs_no_results_folder(three):
    root, first, *_ = three
    assert find(root / "elsewhere", str(first.path)).path == first.path


def test_an_exact_name_wins_over_longer_ones(tmp_path, monkeypatch):
    import datetime as dt

    class Clock(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 1, 22, 12, tzinfo=tz)

    monkeypatch.setattr(folders.dt, "datetime", Clock)
    one, two = save_one(tmp_path), save_one(tmp_path)
    assert two.path.name == f"{one.path.name}-2"
    assert find(tmp_path, one.name).path == one.path
    assert find(tmp_path, one.path.name).path == one.path
    assert find(tmp_path, two.name).path == two.path


@pytest.mark.parametrize("wanted", ["alpha/2", "al", "2"])
def test_what_names_several_results_is_refused(three, wanted):
    count = 3 if wanted == "2" else 2
    with pytest.raises(UsageError, match=f'^"{wanted}" names {count} results; give more'):
        find(three[0], wanted)


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [("alhpa", "alpha"), ("lates", "latest"), ("bet/latest", "beta/latest"), ("ALPHA", "alpha")],
)
def test_the_nearest_name_is_offered(three, wanted, nearest):
    with pytest.raises(UsageError) as caught:
        find(three[0], wanted)
    assert str(caught.value) == (
        f'there is no result "{wanted}" in {three[0]}; did you mean "{nearest}"?'
    )


def test_without_results_it_is_said_how_to_make_one(tmp_path):
    for root in (tmp_path, tmp_path / "absent"):
        assert stored_results(root) == []
        with pytest.raises(
            UsageError, match=r"^there are no results in .*; start with: streak run"
        ):
            find(root, "latest")


def test_the_newest_of_a_kind_is_found(tmp_path):
    run, comparison = save_one(tmp_path), save_one(tmp_path, kind="comparison")
    assert find(tmp_path, "alpha").path == comparison.path
    for wanted in ("alpha", "alpha/latest", "latest"):
        assert find(tmp_path, wanted, "run").path == run.path
    assert find(tmp_path, comparison.name, "run").path == comparison.path  # asked for by its name


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: b"",
        lambda text: b"\xff\xfe",
        lambda text: b"[]",
        lambda text: text.replace(b'"schema_version": 1', b'"schema_version": 2'),
        lambda text: text.replace(b'"schema_version": 1', b'"schema_version": 0'),
        lambda text: text.replace(b'"warnings"', b'"warming"'),
        lambda text: text.replace(b'"files"', b'"flies"'),
    ],
)
def test_a_damaged_or_foreign_manifest_is_no_result(tmp_path, damage):
    whole, hurt = save_one(tmp_path), save_one(tmp_path)
    manifest = hurt.path / MANIFEST
    manifest.write_bytes(damage(manifest.read_bytes()))
    assert [s.path for s in stored_results(tmp_path)] == [whole.path]
    with pytest.raises(UsageError, match="not a result of this version of Streaklab"):
        find(tmp_path, str(hurt.path))


def test_anything_else_in_the_results_folder_is_ignored(tmp_path):
    stored = save_one(tmp_path)
    (tmp_path / "README.md").write_text("mine", "utf-8")
    (tmp_path / "alpha" / "notes").mkdir()
    (tmp_path / "alpha" / "notes" / "a.txt").write_text("mine", "utf-8")
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    assert [s.path for s in stored_results(tmp_path)] == [stored.path]


# reading back


def test_what_was_tampered_with_is_refused(tmp_path):
    stored = save_one(tmp_path)
    (stored.path / "summary.csv").write_bytes(b"a,c\n")
    with pytest.raises(StoreError, match=r"summary\.csv: is not what was written"):
        stored.read("summary.csv")
    assert stored.read("metrics.json") == b"{}\n"


def test_what_is_missing_or_was_never_written_is_refused(tmp_path):
    stored = save_one(tmp_path)
    (stored.path / "metrics.json").unlink()
    with pytest.raises(StoreError, match=r"metrics\.json: cannot be read: No such file"):
        stored.read("metrics.json")
    (stored.path / "planted.json").write_bytes(b"{}")
    with pytest.raises(StoreError, match=r"planted\.json: is not what was written"):
        stored.read("planted.json")


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    """After a power failure a visible folder must not hold empty files."""
    events, rename, fsync = [], folders.Path.rename, os.fsync
    monkeypatch.setattr(folders.os, "fsync", lambda fd: (events.append("sync"), fsync(fd)))
    monkeypatch.setattr(
        folders.Path, "rename", lambda self, to: (events.append("rename"), rename(self, to))[1]
    )
    save_one(tmp_path)
    assert events == ["sync"] * 3 + ["rename"]


# files made from a result


def test_what_is_put_beside_a_result_is_not_part_of_it(tmp_path):
    stored = save_one(tmp_path)
    put_beside(stored, {"report.md": b"one"})
    put_beside(stored, {"report.md": b"two"})
    assert (stored.path / "report.md").read_bytes() == b"two"
    assert sorted(p.name for p in stored.path.iterdir()) == sorted([*FILES, MANIFEST, "report.md"])
    assert json.loads((stored.path / MANIFEST).read_bytes()) == stored.manifest
    assert [s.path for s in stored_results(tmp_path)] == [stored.path]


@pytest.mark.parametrize("name", [MANIFEST, "metrics.json"])
def test_a_result_is_never_overwritten(tmp_path, name):
    stored = save_one(tmp_path)
    before = (stored.path / name).read_bytes()
    with pytest.raises(StoreError, match="is part of the result and stays as it is"):
        put_beside(stored, {"report.md": b"", name: b""})
    assert (stored.path / name).read_bytes() == before
    assert not (stored.path / "report.md").exists()


def test_a_full_disk_leaves_the_earlier_file(tmp_path, monkeypatch):
    write_whole(tmp_path / "new" / "folder", {"a": b"earlier"})

    def full(path, content):
        path.write_bytes(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "_write", full)
    with pytest.raises(StoreError, match=r"a: cannot be written: No space left on device$"):
        write_whole(tmp_path / "new" / "folder", {"a": b"later"})
    assert everything_under(tmp_path) == ["new/folder/a"]
    assert (tmp_path / "new" / "folder" / "a").read_bytes() == b"earlier"
