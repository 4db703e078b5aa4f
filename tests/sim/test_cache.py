"""Compiled code is kept where it cannot go stale, and a place that cannot be written costs a warning only."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from sim import cache

SIM = Path(cache.__file__).parent

RULE = """
from numba.extending import register_jitable


@register_jitable
def rule(value):
    return {factor} * value
"""

KERNEL = """
from numba import njit

from sim.months.rule_of_test import rule


@njit(cache=True)
def kernel(value):
    return rule(value)
"""

SCRIPT = """
from sim import cache

{stale}
cache.prepare()
from sim.kernel_of_test import kernel

found = kernel(1.5)
print(found, sum(kernel.stats.cache_hits.values()))
"""


@pytest.fixture
def copied(tmp_path):
    """A copy of the package with a rule and a kernel of its own, quick to compile."""
    shutil.copytree(SIM, tmp_path / "sim")  # with what Python compiled, which is good for every source that is not edited
    (tmp_path / "sim" / "kernel_of_test.py").write_text(KERNEL)
    (tmp_path / "sim" / "months" / "rule_of_test.py").write_text(RULE.format(factor="2.0"))
    return tmp_path


@pytest.fixture(scope="module")
def run():
    """Run a script where there is a copy; gives its words on output, and its errors."""
    with ExitStack() as stack:
        if hasattr(os, "fork"):
            words = [sys.executable, "-W", "error", Path(__file__).with_name("script_process.py")]
            server = stack.enter_context(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            stack.callback(server.stdin.close)

        def in_a_child(script, folder, environment):
            request = {"script": script, "folder": str(folder), "environment": environment}
            print(json.dumps(request), file=server.stdin, flush=True)
            status, told, said = json.loads(server.stdout.readline())
            if status:
                raise subprocess.CalledProcessError(status, script, told, said)
            return told, said

        def run(folder, script=SCRIPT, stale="", **environment):
            clean = {name: value for name, value in os.environ.items() if name not in cache.FOLDER_VARIABLES}
            mine = clean | {"SUSTAIN_CACHE_DIR": str(folder / "kept"), "PYTHONPATH": str(folder)} | environment
            # what Python and Numba look at when they begin is for a process of its own
            own = not hasattr(os, "fork") or not set(environment) <= set(cache.FOLDER_VARIABLES)
            told, said = (on_its_own if own else in_a_child)(script.format(stale=stale), folder, mine)
            return told.split(), said

        yield run


def on_its_own(script, folder, environment):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, env=environment, cwd=folder, check=True
    )
    return done.stdout, done.stderr


def test_compiled_once(copied, run):
    assert run(copied)[0] == ["3.0", "0"]
    assert run(copied)[0] == ["3.0", "1"]
    assert len(list((copied / "kept").iterdir())) == 1
    assert not list((copied / "sim").rglob("*.nbi"))


def edited(path, text, second):
    path.write_text(text)
    os.utime(path, (second, second))  # Python tells sources of one length apart by the second in which they were changed


def test_edited_rule_is_compiled_again(copied, run):
    rule = copied / "sim" / "months" / "rule_of_test.py"
    # The control: with one folder for all sources the edited rule is not seen, since its caller's file did not change.
    fixed = "cache.sources_hash = lambda: 'always the same'"
    assert run(copied)[0][0] == "3.0"
    assert run(copied, stale=fixed)[0][0] == "3.0"
    edited(rule, RULE.format(factor="4.0"), 1)
    assert run(copied, stale=fixed)[0][0] == "3.0"
    assert run(copied)[0] == ["6.0", "0"]
    edited(rule, RULE.format(factor="2.0"), 2)
    assert run(copied)[0] == ["3.0", "1"]  # the folder of the first state is still there


def test_unwritable_place_only_warns(copied, run):
    (copied / "file").write_text("in the way")
    found, told = run(copied, SUSTAIN_CACHE_DIR=str(copied / "file" / "cache"))
    assert found == ["3.0", "0"]
    assert told.count("\n") == 1
    assert "compiled code cannot be kept between runs (Not a directory); set SUSTAIN_CACHE_DIR" in told
    # The control: a place that can be written warns of nothing.
    assert run(copied)[1] == ""


def test_place_that_numba_is_told_is_used(copied, run):
    environment = {"SUSTAIN_CACHE_DIR": "", "NUMBA_CACHE_DIR": str(copied / "own")}
    run(copied, **environment)
    assert [path.name.startswith(cache.PREFIX) for path in (copied / "own").iterdir()] == [True]
    assert run(copied, **environment)[0] == ["3.0", "1"]


def test_bounds_checking_has_a_folder_of_its_own(copied, run):
    run(copied)
    assert run(copied, NUMBA_BOUNDSCHECK="1")[0] == ["3.0", "0"]
    assert len(list((copied / "kept").iterdir())) == 2


def test_optimised_code_has_a_folder_of_its_own(copied, run):
    run(copied)
    assert run(copied, PYTHONOPTIMIZE="1")[0] == ["3.0", "0"]
    assert len(list((copied / "kept").iterdir())) == 2


def emptied(content):
    return b""


def cut(content):
    return content[: len(content) // 2]


def garbage(content):
    return b"\x93no such thing" * 20


def changed(content):
    """One byte of the machine code: it can be read, and would be run."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


UNREADABLE = [(suffix, damage) for suffix in ("nbi", "nbc") for damage in (emptied, cut, garbage)]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory, run):
    """Folder with compiled code; to be copied before it is damaged."""
    folder = tmp_path_factory.mktemp("compiled")
    shutil.copytree(SIM, folder / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "sim" / "kernel_of_test.py").write_text(KERNEL)
    (folder / "sim" / "months" / "rule_of_test.py").write_text(RULE.format(factor="2.0"))
    run(folder)
    (kept,) = (folder / "kept").iterdir()
    return kept


@pytest.mark.parametrize(("suffix", "damage"), [*UNREADABLE, ("nbc", changed)])
def test_damaged_code_is_noticed_and_removed(compiled, tmp_path, suffix, damage):
    folder = Path(shutil.copytree(compiled, tmp_path / "kept"))
    assert cache.remove_damaged(folder) == []  # the control: it is whole
    (path,) = folder.rglob(f"*.{suffix}")
    path.write_bytes(damage(path.read_bytes()))
    assert cache.remove_damaged(folder) == [path]
    assert [*folder.rglob("*.nbi"), *folder.rglob("*.nbc")] == []


def test_damaged_code_is_compiled_anew(copied, run):
    run(copied)
    (path,) = (copied / "kept").rglob("*.nbc")
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(subprocess.CalledProcessError):  # the control: without looking, every run ends so
        run(copied, stale="cache.remove_damaged = lambda folder: []; cache.seal = lambda folder: None")
    found, told = run(copied)
    assert found == ["3.0", "0"]
    assert told == "note: damaged compiled code was found and removed; it is compiled anew, about half a minute\n"
    assert run(copied) == (["3.0", "1"], "")


def test_code_of_a_process_that_was_killed_is_looked_at_too(compiled, tmp_path):
    folder = Path(shutil.copytree(compiled, tmp_path / "kept"))
    seals = folder / cache.SEALS
    before = seals.read_bytes()
    seals.unlink()  # it never came to write down what is whole
    assert cache.remove_damaged(folder) == []
    cache.seal(folder)
    assert seals.read_bytes() == before
    seals.write_text("[1, 2")  # damaged itself
    assert cache.remove_damaged(folder) == []
    (code,) = folder.rglob("*.nbc")
    code.write_bytes(cut(code.read_bytes()))
    assert cache.remove_damaged(folder) == [code]


WARM = """
from pathlib import Path
from sim import cache

cache._KERNEL = ("kernel_of_test", "kernel")
before = cache.is_warm()
from sim.kernel_of_test import kernel

kernel(1.5)
print(before, sum(kernel.stats.cache_hits.values()))
"""


def test_warm_is_what_this_process_would_not_compile(copied, run):
    kept = str(copied / "kept")
    assert run(copied, script=WARM)[0] == ["False", "0"]
    assert run(copied, script=WARM)[0] == ["True", "1"]
    assert run(copied, script=WARM, PYTHONOPTIMIZE="1")[0] == ["False", "0"]
    elsewhere = copied / "elsewhere"
    shutil.copytree(copied / "sim", elsewhere / "sim", ignore=shutil.ignore_patterns("__pycache__"))
    assert run(elsewhere, script=WARM, SUSTAIN_CACHE_DIR=kept)[0] == ["False", "0"]
    os.utime(copied / "sim" / "kernel_of_test.py", (1, 1))
    warm, hits = run(copied, script=WARM)[0]
    assert (warm == "True") == (hits == "1")  # versions of Numba differ in whether a touched file counts as changed


def test_old_folders_are_removed(copied, run):
    kept = copied / "kept"
    for at in range(6):
        old = kept / f"{cache.PREFIX}{at}"
        old.mkdir(parents=True)
        os.utime(old, (at, at))
    (kept / "somebody-elses").mkdir()
    run(copied)
    names = {path.name for path in kept.iterdir()}
    assert {f"{cache.PREFIX}{at}" for at in (3, 4, 5)} | {"somebody-elses"} < names
    assert len(names) == cache.KEPT + 1


def test_what_is_left_out_is_never_compiled():
    script = "import sys, sim.compiled; print(*(name for name in sys.modules if name.startswith('sim.')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=SIM.parent)
    modules = {name.split(".")[1] for name in done.stdout.split()}
    assert {"compiled", "months", "rules", "portable", "tape"} <= modules
    # the cache itself is imported to be ready first; nothing of it is compiled
    assert modules & set(cache.NOT_COMPILED) == {"cache"}


def test_hash_sees_what_is_compiled_only(copied):
    package = copied / "sim"
    before = cache.sources_hash(package)
    (package / "engine.py").write_text("# edited")
    assert cache.sources_hash(package) == before
    (package / "rules.py").write_text("# edited")
    assert cache.sources_hash(package) != before


@pytest.mark.parametrize(
    ("environment", "system", "expected"),
    [
        ({"SUSTAIN_CACHE_DIR": "/a", "NUMBA_CACHE_DIR": "/b"}, "linux", Path("/a")),
        ({"NUMBA_CACHE_DIR": "/b"}, "linux", Path("/b")),
        ({"XDG_CACHE_HOME": "/c"}, "linux", Path("/c/practice-sustainment")),
        ({"XDG_CACHE_HOME": "relative"}, "linux", Path.home() / ".cache" / "practice-sustainment"),
        ({}, "linux", Path.home() / ".cache" / "practice-sustainment"),
        ({}, "darwin", Path.home() / "Library" / "Caches" / "practice-sustainment"),
        ({"LOCALAPPDATA": "/d"}, "win32", Path("/d/practice-sustainment/Cache")),
    ],
)
def test_place_by_system(environment, system, expected):
    assert cache.user_folder(environment, system) == expected


@pytest.mark.engine
def test_engine_keeps_its_code_there():
    script = textwrap.dedent("""
        import sim
        sim.run("nine-services", replicates=1, months=1)
        from sim import cache
        print(len(list(cache.prepare().rglob("*.nbi"))))
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True, cwd=SIM.parent
    )
    assert int(done.stdout) >= 1
