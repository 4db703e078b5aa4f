"""The part store: what it writes, what it takes for whole, what it refuses and how it says so."""

import errno
import hashlib
import json
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.columns import Table
from sim.problems import BadInput, Problem
from sim.store import encoding as encoding_module
from sim.store import placing
from sim.store import writer as writer_module
from sim.store.parts import Part, PartFile, PartStore, encode, part_name
from sim.store.reader import data_hash_of, read_declaration
from sim.store.writer import write_table

pytestmark = pytest.mark.portable

Rows = dict[str, np.ndarray]
IDENTITY = {"study": "5" * 64, "code": "c" * 64, "block": 4}
ABOUT = {"version": "0.1.0", "commit": "0123456789abcdef"}
FIRST, SECOND = part_name(0, 0, 0, "89abcdef01"), part_name(0, 1, 0, "01234567ff")


def plain(kind: str, content: bytes) -> PartFile:
    """A file whose content the store need not understand."""
    return PartFile(kind, content, len(content), "d" * 64, hashlib.sha256(content).hexdigest())


def part(name: str = FIRST, **files: bytes) -> Part:
    chosen = files or {"runs": b"rows of runs", "tallies": b"rows of tallies"}
    return Part(name, tuple(plain(kind, content) for kind, content in chosen.items()), {"runs": [0, 4]})


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    """A store with two jobs."""
    made = PartStore.create_or_open(tmp_path / "sweep", IDENTITY, about=ABOUT)
    with made:
        made.put(part(FIRST))
        made.put(part(SECOND))
    return made


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything in a folder and when it was made; changes when anything is written."""
    found = [folder, *sorted(folder.rglob("*"))]
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in found
    }


def problems_of(work: Callable[[], object]) -> list[Problem]:
    with pytest.raises(BadInput) as caught:
        work()
    for problem in caught.value.problems:
        assert problem.where
        assert problem.allowed
        assert problem.hint
    return caught.value.problems


# ----------------------------------------------------------------------------------------------------------------------- parts


@pytest.mark.parametrize("group", [131_072, 13])
def test_encoded_bytes_are_those_of_the_writer(tmp_path: Path, table: Table, rows: Rows, monkeypatch, group: int) -> None:
    monkeypatch.setattr(writer_module, "ROW_GROUP", group)
    monkeypatch.setattr(encoding_module, "ROW_GROUP", group)
    record = write_table(tmp_path, table, rows)
    made = encode(table, rows)
    assert made.content == (tmp_path / record.file).read_bytes()
    assert (made.kind, made.rows, made.data_hash, made.file_hash) == (
        record.name,
        record.rows,
        record.data_hash,
        record.file_hash,
    )
    changed = encode(table, rows | {"fidelity": np.nextafter(rows["fidelity"], 9)})
    assert changed.data_hash != made.data_hash
    assert changed.file_hash != made.file_hash


def test_every_zero_and_every_unknown_is_the_same(table: Table, rows: Rows) -> None:
    odd = rows["fidelity"].copy()
    odd[:2] = -0.0, np.array([0xFFF8000000000001], "u8").view("f8")[0]
    even = rows["fidelity"].copy()
    even[:2] = 0.0, np.nan
    assert encode(table, rows | {"fidelity": odd}) == encode(table, rows | {"fidelity": even})


def test_an_empty_table_can_be_encoded(tmp_path: Path, table: Table) -> None:
    made = encode(table, table.empty(0))
    assert made.rows == 0
    (tmp_path / "empty.parquet").write_bytes(made.content)
    assert data_hash_of(tmp_path / "empty.parquet") == made.data_hash


def test_other_than_declared_is_refused(table: Table, rows: Rows) -> None:
    with pytest.raises(TypeError, match="'month' is declared 'i8', found int32"):
        encode(table, rows | {"month": rows["month"].astype("i4")})
    with pytest.raises(ValueError, match="out of key order"):
        encode(table, {name: array[::-1] for name, array in rows.items()})
    with pytest.raises(ValueError, match="no key"):
        encode(replace(table, key=()), rows)


def test_names_sort_in_the_order_of_the_data() -> None:
    places = [(s, p, q) for s in (0, 2, 11) for p in (0, 9, 10, 99_999_999) for q in (0, 5, 1000)]
    names = [part_name(*place, "f" * 64) for place in places]
    assert names == sorted(names)
    assert names[-1] == "011-99999999-00001000-ffffffff"


def test_parts_travel_between_processes(table: Table, rows: Rows) -> None:
    made = Part(FIRST, (encode(table, rows),), {"a": 1})
    assert pickle.loads(pickle.dumps(made)) == made


# -------------------------------------------------------------------------------------------------------------------- writing


def test_what_is_put_is_there_with_its_record(tmp_path: Path, store: PartStore) -> None:
    expected = [
        "store.json",
        *(f"{kind}/{name}" for kind in ("runs", "tallies") for name in (f"{FIRST}.parquet", f"{SECOND}.parquet")),
    ]
    assert files(store.folder) == sorted([*expected, f"jobs/{FIRST}.json", f"jobs/{SECOND}.json"])
    assert store.path("runs", FIRST) == tmp_path / "sweep" / "runs" / f"{FIRST}.parquet"
    assert store.path("runs", FIRST).read_bytes() == b"rows of runs"
    assert store.names() == [FIRST, SECOND]
    assert store.is_done(FIRST)
    assert not store.is_done(part_name(0, 2, 0, "0" * 8))
    record = store.record(FIRST)
    assert record["about"] == {"runs": [0, 4]}
    assert record["files"]["tallies"] == {
        "rows": 15,
        "bytes": 15,
        "data_hash": "d" * 64,
        "file_hash": hashlib.sha256(b"rows of tallies").hexdigest(),
    }
    assert json.loads((store.folder / "store.json").read_text()) == {"store_version": 1, "identity": IDENTITY, "about": ABOUT}


def test_a_kind_is_a_dataset(tmp_path: Path, table: Table, rows: Rows) -> None:
    with PartStore.create_or_open(tmp_path / "sweep", IDENTITY) as store:
        for number in range(3):
            one = encode(table, rows | {"replicate": rows["replicate"] + np.int32(5 * number)})
            store.put(Part(part_name(0, 0, 5 * number, "0" * 8), (one,), {}))
        frame = pd.read_parquet(store.folder / "service_months")
        assert read_declaration(store.path("service_months", store.names()[2])) == table
        stored = [data_hash_of(store.path("service_months", name)) for name in store.names()]
        assert stored == [store.record(name)["files"]["service_months"]["data_hash"] for name in store.names()]
        assert len(set(stored)) == 3
    assert frame["replicate"].tolist() == [number for number in range(15) for _ in range(14)]
    assert frame["status"].cat.categories.tolist() == ["full use", "waiting", "stopped"]
    assert files(tmp_path / "sweep")[-1] == "store.json"  # no working folder is left


def test_the_same_part_again_changes_nothing(store: PartStore) -> None:
    before = state(store.folder)
    with PartStore.create_or_open(store.folder, IDENTITY) as again:
        again.put(part(FIRST))
        assert again.verified([FIRST, SECOND]) == {FIRST, SECOND}
        again.prune([FIRST, SECOND])
    assert state(store.folder) == before
    with store:
        store.put(part(FIRST, runs=b"other rows"))
    assert state(store.folder) != before


def test_another_part_of_the_name_replaces_the_first(store: PartStore) -> None:
    with store:
        store.put(part(FIRST, runs=b"fewer", failures=b"one"))
        assert store.record(FIRST)["files"].keys() == {"runs", "failures"}
        assert not store.path("tallies", FIRST).exists()
        assert store.path("tallies", SECOND).exists()
        assert store.verified([FIRST, SECOND]) == {FIRST, SECOND}


def test_a_part_does_not_count_while_it_is_replaced(store: PartStore, monkeypatch) -> None:
    def interrupted(step: str) -> None:
        if step == "before rename":
            raise KeyboardInterrupt

    monkeypatch.setattr(placing, "passes", interrupted)
    with store, pytest.raises(KeyboardInterrupt):
        store.put(part(FIRST, runs=b"other rows"))
    assert store.names() == [SECOND]
    assert not any(FIRST in one or placing.PARTIAL in one for one in files(store.folder))


def test_a_part_whose_file_was_lost_is_put_again(store: PartStore) -> None:
    store.path("runs", FIRST).unlink()
    with store:
        store.put(part(FIRST))
        assert store.verified([FIRST]) == {FIRST}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (part("../../etc"), "is no name"),
        (part("000-00000000-00000000-89ABCDEF"), "is no name"),
        (part(jobs=b"x"), "must not be jobs, tables"),
        (part(**{"a/b": b"x"}), "must differ"),
        (Part(FIRST, (plain("runs", b"x"), plain("runs", b"x")), {}), "must differ"),
        (Part(FIRST, (replace(plain("runs", b"x"), content=b"y"),), {}), "not what their hash says"),
        (Part(FIRST, (), {"chance": float("nan")}), "not JSON compliant"),
    ],
)
def test_what_is_no_part_is_refused_before_anything_is_written(tmp_path: Path, wrong: Part, message: str) -> None:
    with PartStore.create_or_open(tmp_path / "sweep", IDENTITY) as store:
        before = state(store.folder)
        with pytest.raises(ValueError, match=message):
            store.put(wrong)
        assert state(store.folder) == before


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be brought to disk by hand there")
def test_files_and_their_names_are_on_disk_before_the_record_is_there(tmp_path: Path, monkeypatch) -> None:
    synced: list[int] = []
    missing: list[str] = []

    def look(step: str) -> None:
        if step == "before record":
            needed = [folder, folder / "runs", folder / "tallies", *folder.glob("*/*.parquet")]
            missing.extend(path.name for path in needed if path.stat().st_ino not in synced)

    folder = tmp_path / "sweep"
    usual = os.fsync
    monkeypatch.setattr(placing.os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino) or usual(handle))
    monkeypatch.setattr(placing, "passes", look)
    with PartStore.create_or_open(folder, IDENTITY) as store:
        store.put(part(FIRST))
        assert missing == []
        record = {path.stat().st_ino for path in (folder / "jobs", folder / "jobs" / f"{FIRST}.json")}
        assert record <= set(synced)
    monkeypatch.setattr(placing, "sync_folder", str)  # the control: does nothing
    with PartStore.create_or_open(tmp_path / "other", IDENTITY) as store:
        folder = store.folder
        store.put(part(FIRST))
    assert missing == ["other", "runs", "tallies"]


def test_threads_may_share_a_store(tmp_path: Path) -> None:
    parts = [part(part_name(0, number, 0, "0" * 8), runs=bytes([number])) for number in range(24)]
    with PartStore.create_or_open(tmp_path / "sweep", IDENTITY) as store, ThreadPoolExecutor(4) as pool:
        list(pool.map(store.put, [*parts, *parts]))
        assert store.verified(one.name for one in parts) == {one.name for one in parts}


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "copy it to where you can write"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EIO, "see to the disk"),
        (errno.EMFILE, "see to it"),
    ],
)
def test_what_the_system_refuses_is_said_and_nothing_is_left_of_it(store: PartStore, monkeypatch, number: int, hint: str) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    before = files(store.folder)
    with store, monkeypatch.context() as patched:
        patched.setattr(placing.os, "fsync", refuse)
        (problem,) = problems_of(lambda: store.put(part(part_name(0, 2, 0, "0" * 8))))
        assert problem.where == str(store.folder)
        assert problem.what.endswith(os.strerror(number))
        assert hint in problem.hint
        assert "finished jobs are kept: the same command continues with what is missing" in problem.hint
        assert [one for one in files(store.folder) if not one.endswith("/lock")] == before
    assert files(store.folder) == before
    with store:
        store.put(part(part_name(0, 2, 0, "0" * 8)))
        assert len(store.names()) == 3


def test_a_folder_that_is_gone_is_said(store: PartStore, tmp_path: Path) -> None:
    store.folder.rename(tmp_path / "elsewhere")
    (problem,) = problems_of(lambda: store.put(part(part_name(0, 2, 0, "0" * 8))))
    assert "No such file or directory" in problem.what
    assert not store.folder.exists()


# ------------------------------------------------------------------------------------------------------------------- proving


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def change(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    path.write_bytes(content)


def forge(path: Path) -> None:
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"about": {"runs": [0, 5]}}))


@pytest.mark.parametrize(
    ("file", "harm", "sentence"),
    [
        (f"runs/{FIRST}.parquet", cut, f"runs/{FIRST}.parquet: 11 bytes instead of 12"),
        (f"tallies/{FIRST}.parquet", change, f"tallies/{FIRST}.parquet: changed, its hash does not match"),
        (f"runs/{FIRST}.parquet", Path.unlink, f"runs/{FIRST}.parquet: missing"),
        (f"jobs/{FIRST}.json", cut, ""),  # only the line's end: the record is as good as before
        (f"jobs/{FIRST}.json", change, f"jobs/{FIRST}.json: the record is damaged"),
        (f"jobs/{FIRST}.json", lambda path: path.write_bytes(b""), f"jobs/{FIRST}.json: the record is damaged"),
        (f"jobs/{FIRST}.json", lambda path: path.write_bytes(b"[]"), f"jobs/{FIRST}.json: the record is damaged"),
        (f"jobs/{FIRST}.json", forge, f"jobs/{FIRST}.json: the record is damaged"),
    ],
)
def test_what_is_damaged_is_removed_and_made_again(store: PartStore, file: str, harm, sentence: str) -> None:
    harm(store.folder / file)
    seen: list[int] = []
    assert store.verified([FIRST, SECOND, part_name(0, 2, 0, "0" * 8)], progress=seen.append) == {FIRST, SECOND} - (
        {FIRST} if sentence else set()
    )
    assert seen == [1, 2, 3]
    assert store.damaged == ([sentence] if sentence else [])
    assert store.is_done(FIRST) == (not sentence)
    if sentence:
        assert not any(FIRST in one for one in files(store.folder))
    with store:
        store.put(part(FIRST))
    assert store.verified([FIRST, SECOND]) == {FIRST, SECOND}


def test_a_disk_that_cannot_be_read_is_damage_but_a_refusal_is_not(store: PartStore, monkeypatch) -> None:
    from sim.store import parts as parts_module

    def refuse(number: int) -> None:
        def hash_of(path: Path) -> str:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(parts_module, "file_hash", hash_of)

    refuse(errno.EACCES)
    (problem,) = problems_of(lambda: store.verified([FIRST]))
    assert problem.what == "the sweep's folder cannot be read: Permission denied"
    assert store.is_done(FIRST)
    refuse(errno.EIO)
    assert store.verified([FIRST]) == set()
    assert store.damaged == [f"runs/{FIRST}.parquet: the disk cannot read it"]


def test_a_damaged_part_that_cannot_be_removed_is_said(store: PartStore, monkeypatch) -> None:
    def refuse(number: int) -> None:
        def unlink(self: Path, missing_ok: bool = False) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(Path, "unlink", unlink)

    cut(store.path("runs", FIRST))
    refuse(errno.EROFS)  # who only reads is told by the sentence
    assert store.verified([FIRST, SECOND]) == {SECOND}
    refuse(errno.EIO)
    (problem,) = problems_of(lambda: store.verified([FIRST]))
    assert "Input/output error" in problem.what


def test_a_record_of_another_store_does_not_count(store: PartStore, tmp_path: Path) -> None:
    with PartStore.create_or_open(tmp_path / "other", IDENTITY | {"study": "6" * 64}) as other:
        other.put(part(FIRST))
    (tmp_path / "other" / "jobs" / f"{FIRST}.json").replace(store.folder / "jobs" / f"{FIRST}.json")
    (problem,) = problems_of(lambda: store.record(FIRST))
    assert problem.what == "the record is of another study or code"
    assert store.verified([FIRST, SECOND]) == {SECOND}


def test_a_record_that_is_missing_is_said(store: PartStore) -> None:
    (problem,) = problems_of(lambda: store.record(part_name(0, 2, 0, "0" * 8)))
    assert problem.what == "this job is not done"
    (store.folder / "jobs" / f"{SECOND}.json").write_bytes((store.folder / "jobs" / f"{FIRST}.json").read_bytes())
    (problem,) = problems_of(lambda: store.record(SECOND))
    assert problem.what == "the record is damaged"


def test_who_removes_a_damaged_part_last_does_not_touch_the_new_one(store: PartStore) -> None:
    (store.folder / "jobs" / f"{FIRST}.json").unlink()  # by another process, which then makes the files again
    store._discard(FIRST)
    assert store.path("runs", FIRST).exists()


# ------------------------------------------------------------------------------------------------------------------- tidying


def test_prune_removes_other_jobs_and_nothing_of_others(store: PartStore) -> None:
    kept = [
        "tables/points.parquet",
        f"tables/{FIRST}.parquet",
        "runs/mine.parquet",
        f"runs/{FIRST}.csv",
        "log.jsonl",
        "notes/a.txt",
    ]
    for name in kept:
        (store.folder / name).parent.mkdir(exist_ok=True)
        (store.folder / name).write_bytes(b"mine")
    orphan = store.folder / "monthly" / f"{FIRST}.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a killed process")
    store.prune(iter([SECOND]))
    others = [f"jobs/{SECOND}.json", f"runs/{SECOND}.parquet", f"tallies/{SECOND}.parquet", "store.json"]
    assert files(store.folder) == sorted([*kept, *others])
    assert store.names() == [SECOND]
    assert store.verified([FIRST, SECOND]) == {SECOND}


def abandoned(folder: Path, name: str, *, locked: bool = True) -> Path:
    place = folder / placing.PARTIAL / name
    place.mkdir(parents=True)
    if locked:
        (place / "lock").touch()
        (place / "0.part").write_bytes(b"half")
    return place


def test_working_folders_of_dead_processes_are_removed(store: PartStore) -> None:
    gone = [abandoned(store.folder, "there-1-0123abcd"), abandoned(store.folder, "here-2-0123abcd", locked=False)]
    foreign = store.folder / placing.PARTIAL / "mine"
    foreign.mkdir()
    with PartStore.open(store.folder) as other:
        other.put(part(part_name(0, 2, 0, "0" * 8)))
        assert placing.remove_abandoned(store.folder) == 2
        assert not any(one.exists() for one in gone)
        assert foreign.exists()
        foreign.rmdir()
        assert len(list((store.folder / placing.PARTIAL).iterdir())) == 1  # this process's own
    assert not (store.folder / placing.PARTIAL).exists()


@pytest.mark.skipif(os.name == "nt", reason="processes are asked for by their number")
def test_without_locks_the_process_number_must_do(store: PartStore, monkeypatch) -> None:
    def no_locks(handle: int) -> None:
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr(placing, "_lock", no_locks)
    dead = 2**22 + 1  # above the largest number that the system gives
    gone = abandoned(store.folder, f"{placing._host()}-{dead}-0123abcd")
    alive = abandoned(store.folder, f"{placing._host()}-{os.getpid()}-0123abcd")
    elsewhere = abandoned(store.folder, f"elsewhere.example-{dead}-0123abcd")
    with PartStore.open(store.folder) as other:
        other.put(part(part_name(0, 2, 0, "0" * 8)))
        assert placing.remove_abandoned(store.folder) == 1
    assert (gone.exists(), alive.exists(), elsewhere.exists()) == (False, True, True)


def test_where_locks_belong_to_processes_none_takes_its_own_folder_for_a_dead_ones(store: PartStore, monkeypatch) -> None:
    monkeypatch.setattr(placing, "_lock", abs)  # granted to who asks, as some network file systems do within a process
    with store:
        store.put(part(part_name(0, 2, 0, "0" * 8)))
        assert placing.remove_abandoned(store.folder) == 0
        abandoned(store.folder, "there-1-0123abcd")
        assert placing.remove_abandoned(store.folder) == 1


def test_a_working_folder_tidied_up_while_it_is_made_is_made_again(store: PartStore, monkeypatch) -> None:
    usual = placing._lock
    calls: list[str] = []

    def disturbed(handle: int) -> None:
        (place,) = (store.folder / placing.PARTIAL).iterdir()
        calls.append(place.name)
        if len(calls) == 1:  # another process holds the lock
            (place / "lock").unlink()
            place.rmdir()
            raise BlockingIOError
        if len(calls) == 2:  # another process had it and has gone
            (place / "lock").unlink()
            place.rmdir()
        usual(handle)

    monkeypatch.setattr(placing, "_lock", disturbed)
    with store:
        store.put(part(part_name(0, 2, 0, "0" * 8)))
        assert len(set(calls)) == 3
        assert len(placing._own & set(calls)) == 1
    assert not placing._own & set(calls)


def test_a_working_folder_that_can_never_be_made_is_said(store: PartStore, monkeypatch) -> None:
    usual = Path.mkdir

    def vanish(self: Path, *words: object, **named: object) -> None:
        usual(self, *words, **named)  # type: ignore[arg-type]
        if self.parent.name == placing.PARTIAL:
            self.rmdir()

    monkeypatch.setattr(Path, "mkdir", vanish)
    (problem,) = problems_of(lambda: store.put(part(part_name(0, 2, 0, "0" * 8))))
    assert "removed as soon as they are made" in problem.what


def test_what_may_be_in_use_or_another_users_stays(store: PartStore, monkeypatch) -> None:
    half_made = abandoned(store.folder, "there-1-0123abcd", locked=False)
    (half_made / "0.part").write_bytes(b"a lock was just made and removed")
    anothers = abandoned(store.folder, f"{placing._host()}-1-0123abcd")
    usual = os.open

    def guarded(path: Path, *words: int) -> int:
        if Path(path).parent == anothers:
            raise PermissionError(errno.EACCES, "Permission denied")
        return usual(path, *words)

    with monkeypatch.context() as patched:
        patched.setattr(placing.os, "open", guarded)
        assert placing.remove_abandoned(store.folder) == 0
    assert half_made.exists()
    assert anothers.exists()


def test_a_system_that_keeps_open_files_is_asked_again(store: PartStore, monkeypatch) -> None:
    place = abandoned(store.folder, "there-1-0123abcd")
    usual = placing.shutil.rmtree
    monkeypatch.setattr(placing.shutil, "rmtree", lambda path, ignore_errors=False: ignore_errors or usual(path))
    assert placing.remove_abandoned(store.folder) == 1
    assert not place.exists()


@pytest.mark.skipif(os.name == "nt", reason="processes are asked for by their number")
def test_another_users_process_is_not_dead(monkeypatch) -> None:
    def refuse(process: int, number: int) -> None:
        raise PermissionError

    name = f"{placing._host()}-{2**22 + 1}-0123abcd"
    assert placing._process_is_dead(name)
    monkeypatch.setattr(placing.os, "kill", refuse)
    assert not placing._process_is_dead(name)


@pytest.mark.skipif(os.name == "nt", reason="folders cannot be brought to disk by hand there")
def test_a_folder_is_brought_to_disk_where_the_system_can(tmp_path: Path, monkeypatch) -> None:
    def refuse(number: int) -> None:
        def fsync(handle: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(placing.os, "fsync", fsync)

    refuse(errno.EINVAL)
    placing.sync_folder(tmp_path)
    refuse(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        placing.sync_folder(tmp_path)


def test_a_forked_process_has_a_working_folder_of_its_own(store: PartStore, monkeypatch) -> None:
    with store:
        store.put(part(part_name(0, 2, 0, "0" * 8)))
        mine = set((store.folder / placing.PARTIAL).iterdir())
        with monkeypatch.context() as patched:
            patched.setattr(placing.os, "getpid", lambda: 123456)
            store.close()  # not the child's to remove
            assert set((store.folder / placing.PARTIAL).iterdir()) == mine
            store.put(part(part_name(0, 3, 0, "0" * 8)))
            assert len(set((store.folder / placing.PARTIAL).iterdir()) - mine) == 1
            store.close()
        assert set((store.folder / placing.PARTIAL).iterdir()) == mine
    for one in mine:  # this process took itself for the child
        placing._own.discard(one.name)


# ------------------------------------------------------------------------------------------------------------------- opening


def test_opening_writes_nothing(store: PartStore) -> None:
    before = state(store.folder)
    with PartStore.create_or_open(str(store.folder), IDENTITY, about={"version": "9"}) as again:
        assert (again.identity, again.about) == (IDENTITY, ABOUT)
        assert again.names() == [FIRST, SECOND]
    with PartStore.open(store.folder) as opened:
        assert (opened.identity, opened.about) == (IDENTITY, ABOUT)
        assert opened.record(FIRST) == store.record(FIRST)
    assert state(store.folder) == before


def test_an_identity_is_compared_as_json(tmp_path: Path) -> None:
    PartStore.create_or_open(tmp_path / "sweep", {"keep": ("outcomes",), "ensemble": None}).close()
    PartStore.create_or_open(tmp_path / "sweep", {"ensemble": None, "keep": ["outcomes"]}).close()
    (problem,) = problems_of(lambda: PartStore.create_or_open(tmp_path / "sweep", {"keep": ["outcomes"]}))
    assert problem.what == "the store was made for another 'ensemble': null; this is nothing"


def test_another_identity_is_refused_with_every_key_that_differs(store: PartStore) -> None:
    before = state(store.folder)
    other = {"study": "6" * 64, "code": "e" * 64, "block": 8, "more": True}
    about = {"version": "0.2.0", "commit": None}
    block, code, more, study = problems_of(lambda: PartStore.create_or_open(store.folder, other, about=about))
    assert code.where == str(store.folder / "store.json")
    made, now = "code cccccccc… (version 0.1.0, commit 0123456789ab)", "code eeeeeeee… (version 0.2.0)"
    assert code.what == f"is of another version of the software: it was made by {made}; this is {now}"
    assert code.hint == "choose another folder, use that code, or give --restart: it computes everything again"
    assert block.what == "the store was made for another 'block': 4; this is 8"
    assert more.what == "the store was made for another 'more': nothing; this is true"
    assert study.what == "the store was made for another 'study': 55555555…; this is 66666666…"
    assert "--restart" in study.hint
    assert state(store.folder) == before


@pytest.mark.parametrize("text", [None, "{", '{"store_version": 2}', "[]"])
def test_restart_removes_the_parts_whatever_the_store_was(store: PartStore, text: str | None) -> None:
    if text is not None:
        (store.folder / "store.json").write_text(text)
    (store.folder / "log.jsonl").write_text("{}\n")
    other = IDENTITY | {"code": "e" * 64}
    with PartStore.create_or_open(store.folder, other, about={"version": "2"}, restart=True) as again:
        assert files(store.folder)[-2:] == ["log.jsonl", "store.json"]
        assert again.names() == []
        again.put(part(FIRST))
    with PartStore.open(store.folder) as opened:
        assert (opened.identity, opened.about, opened.names()) == (other, {"version": "2"}, [FIRST])


@pytest.mark.parametrize("restart", [False, True])
def test_what_is_no_place_for_a_store_is_refused_and_left_alone(tmp_path: Path, restart: bool) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / "used" / name).mkdir(parents=True)
    (tmp_path / "file").write_text("mine")
    before = state(tmp_path)
    for place, where, what in (
        ("used", "used", "the folder is in use already and holds no sweep: 'a', 'b', 'c' …"),
        ("file", "file", "there is a file of this name"),
        ("file/sweep", "file/sweep", "the sweep's folder cannot be written: "),
    ):
        (problem,) = problems_of(lambda place=place: PartStore.create_or_open(tmp_path / place, IDENTITY, restart=restart))
        assert problem.where == str(tmp_path / where)
        assert problem.what.startswith(what)
    (problem,) = problems_of(lambda: PartStore.create_or_open("a\0b", IDENTITY, restart=restart))
    assert "NUL" in problem.what
    (problem,) = problems_of(lambda: PartStore.create_or_open(None, IDENTITY, restart=restart))  # type: ignore[arg-type]
    assert problem.where == "folder"
    assert state(tmp_path) == before


def test_a_store_is_made_in_an_empty_folder_and_after_who_was_killed_while_making_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    PartStore.create_or_open(tmp_path / "empty", IDENTITY).close()
    abandoned(tmp_path / "killed", "there-1-0123abcd")
    with PartStore.create_or_open(tmp_path / "killed", IDENTITY) as store:
        store.prune(())
    assert files(tmp_path) == ["empty/store.json", "killed/store.json"]


def test_the_first_of_two_makes_the_store(store: PartStore) -> None:
    before = (store.folder / "store.json").read_bytes()
    with store:
        assert not store._working.place(store.folder / "store.json", b"late", first=True)
        assert store._working.place(store.folder / "new.json", b"first", first=True)
        assert [path.name for path in store.folder.glob(".partial/*/*")] == ["lock"]
    assert (store.folder / "store.json").read_bytes() == before


def test_without_hard_links_a_store_is_made_all_the_same(tmp_path: Path, monkeypatch) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "no links")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    PartStore.create_or_open(tmp_path / "sweep", IDENTITY).close()
    assert files(tmp_path) == ["sweep/store.json"]
    with PartStore.open(tmp_path / "sweep") as store:
        assert not store._working.place(store.folder / "store.json", b"late", first=True)
        assert store.identity == PartStore.open(store.folder).identity


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        (None, "sweep", "this is no sweep's folder: 'store.json' is missing"),
        ("{", "sweep/store.json", "it cannot be read: "),
        ('"\udcff"', "sweep/store.json", "it cannot be read: "),
        ("[" * 100_000, "sweep/store.json", "it cannot be read: "),
        ("[]", "sweep/store.json", "it does not say whose parts these are"),
        ('{"store_version": 1, "identity": {}}', "sweep/store.json", "it does not say whose parts these are"),
        ('{"store_version": 2}', "sweep/store.json", "written by a newer version (store_version 2)"),
    ],
)
def test_what_is_no_store_cannot_be_opened(tmp_path: Path, text: str | None, where: str, what: str) -> None:
    (tmp_path / "sweep").mkdir()
    if text is not None:
        (tmp_path / "sweep" / "store.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        (problem,) = problems_of(lambda: PartStore.create_or_open(tmp_path / "sweep", IDENTITY))
        assert problem.what.startswith(what)
    (problem,) = problems_of(lambda: PartStore.open(tmp_path / "sweep"))
    assert problem.where == str(tmp_path / where)
    assert problem.what.startswith(what)


def test_a_folder_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    assert problems_of(lambda: PartStore.open(tmp_path / "none"))[0].what == "there is no such folder"
    assert problems_of(lambda: PartStore.open(tmp_path / "file"))[0].what == "this is a file, not a folder"
