"""Where compiled code is kept between runs, so that only the first one waits for the compiler.

Numba looks whether the file of a function changed, not whether a rule in another file did. So every state of the sources has
a folder of its own, named by a hash of what the machine code depends on: an edited rule is always compiled anew.
"""

import atexit
import hashlib
import importlib
import json
import os
import pickle
import platform
import shutil
import sys
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

FOLDER_VARIABLES: Final = ("SUSTAIN_CACHE_DIR", "NUMBA_CACHE_DIR")
"""Environment variables that name another place, the first of them that is set."""

APPLICATION: Final = "practice-sustainment"

PREFIX: Final = "compiled-"
"""Before the hash in a folder's name; nothing without it is ever removed."""

KEPT: Final = 4
"""Folders kept: sources go back and forth between a few states while somebody works on them."""

NOT_COMPILED: Final = (
    "_scenarios", "agents", "blocks", "cache", "engine", "ensembles", "figures", "history", "measures", "model", "order",
    "parameters", "problems", "produce", "proof", "remake", "report", "result", "rulebook", "runs", "scenario", "stacks", "store",
    "templates", "why", "words", "world",
)  # fmt: skip
"""What the compiler never sees: editing a figure must not cost a compilation. A new module counts until it is listed here;
a test shows that the compiled engine imports none of these."""

SEALS: Final = "seals.json"
"""File with the SHA-256 of every file of machine code that was whole when a process ended."""

_KERNEL: Final = ("compiled", "run_replicates")
"""Module and function that take long to compile: half a minute, where the others take a second."""

_DAMAGED: Final = "note: damaged compiled code was found and removed; it is compiled anew, about half a minute"

_NO_CODE: Final = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS")


def user_folder(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> Path:
    """Folder of this user for things that can be made again.

    Parameters
    ----------
    environment : mapping, optional
        That of the process unless given.
    system : str
        As ``sys.platform`` names it.

    Raises
    ------
    RuntimeError
        When the user has no home.
    """
    found = os.environ if environment is None else environment
    for name in FOLDER_VARIABLES:
        if found.get(name):
            return Path(found[name])
    if system == "win32" and found.get("LOCALAPPDATA"):
        return Path(found["LOCALAPPDATA"]) / APPLICATION / "Cache"
    if system == "darwin":
        return Path.home() / "Library" / "Caches" / APPLICATION
    if Path(found.get("XDG_CACHE_HOME", "")).is_absolute():  # a relative one is to be ignored, says the standard
        return Path(found["XDG_CACHE_HOME"]) / APPLICATION
    return Path.home() / ".cache" / APPLICATION


def sources_hash(package: Path | None = None, *, left_out: Collection[str] = NOT_COMPILED) -> str:
    """SHA-256 of the sources that the compiled engine can stand on.

    Parameters
    ----------
    package : pathlib.Path, optional
        Folder of the package; that of ``sim`` unless given.
    left_out : collection of str
        Modules and folders of it that do not count.
    """
    folder = Path(__file__).resolve().parent if package is None else Path(package)
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if name.parts[0].removesuffix(".py") in left_out or "__pycache__" in name.parts:
            continue
        content = path.read_bytes()
        total.update(f"{name.as_posix()}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def folder_name() -> str:
    """Name of the folder for these sources, this Numba, this Python and this processor."""
    import llvmlite
    import numba
    from llvmlite import binding

    settings = sorted((name, value) for name, value in os.environ.items() if name.startswith("NUMBA_") and name not in _NO_CODE)
    parts = (
        sources_hash(),
        numba.__version__,
        llvmlite.__version__,
        platform.python_implementation(),
        platform.python_version(),
        platform.machine(),
        binding.get_host_cpu_name(),
        repr(settings),  # bounds checking makes other code of the same sources
        str(sys.flags.optimize),  # as does `python -O`, which leaves assertions out
    )
    return PREFIX + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


@lru_cache(maxsize=1)
def prepare() -> Path:
    """Tell Numba where to keep compiled code; to be called before ``sim.compiled`` is imported.

    A place that cannot be written costs a warning of one line and a compilation each time, nothing else.

    Returns
    -------
    pathlib.Path
        The folder; a temporary one, removed at exit, when the user's cannot be written.
    """
    from numba import config

    _spare_linear_algebra()
    try:
        folder = user_folder() / folder_name()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        os.utime(folder)  # the newest are kept: "newest" means last used
        _remove_old(folder)
        if remove_damaged(folder):
            print(_DAMAGED, file=sys.stderr)
        atexit.register(seal, folder)
    except (OSError, RuntimeError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        message = f"note: compiled code cannot be kept between runs ({reason}); set {FOLDER_VARIABLES[0]} to a folder for it"
        print(message, file=sys.stderr)
        folder = Path(tempfile.mkdtemp(prefix=f"{APPLICATION}-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Not through the environment: a process started by this one finds its own folder, whatever its sources.
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder


def _spare_linear_algebra() -> None:
    """Have Numba load itself without SciPy's linear algebra: a fifth of a second at every start, for nothing compiled here.

    Numba asks for it once, so that ``convolve`` and ``correlate`` may multiply by BLAS; without it they do so by themselves.
    """
    import numba

    asked, wanted = "numba.np.arraymath", "scipy.linalg.cython_blas"
    if asked in sys.modules or wanted in sys.modules or numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return
    sys.modules[wanted] = None  # type: ignore[assignment]
    try:
        with suppress(ImportError):  # of another version, which has none such
            importlib.import_module(asked)
    finally:
        del sys.modules[wanted]


def is_warm(package: Path | None = None) -> bool:
    """Say whether the code that takes long to compile is there, for these sources where they lie now.

    Numba looks up code by the place of the source file, and some versions by its size and time: another copy of the same
    sources, or one that was touched, is compiled anew.

    Parameters
    ----------
    package : pathlib.Path, optional
        Folder of the package; that of ``sim`` unless given.
    """
    module, function = _KERNEL
    folder = Path(__file__).parent if package is None else Path(package)
    source = Path(os.path.abspath(folder)) / f"{module}.py"  # noqa: PTH100 - links are not followed: Numba does not follow them
    stamp = source.stat().st_mtime, source.stat().st_size
    own = hashlib.sha1(str(source.parent).encode(), usedforsecurity=False).hexdigest()  # as Numba names a source's folder
    for index in prepare().glob(f"{source.parent.name}_{own}/{module}.{function}-*.nbi"):
        found = _index(index)
        fresh = found is not None and (not isinstance(found[0], tuple) or found[0] == stamp)
        if found is not None and fresh and any((index.parent / name).is_file() for name in found[1].values()):
            return True
    return False


def remove_damaged(folder: Path) -> list[Path]:
    """Remove compiled code that is not what was written: Numba would fail on it, or the process would end without a word.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    list of pathlib.Path
        Damaged files; with one, all that stands beside it is removed.
    """
    sealed = _sealed(folder)
    damaged = [path for path in folder.rglob("*.nbi") if _index(path) is None]
    damaged += [path for path in folder.rglob("*.nbc") if not _is_whole(path, sealed.get(path.relative_to(folder).as_posix()))]
    for place in {path.parent for path in damaged}:
        for path in (*place.glob("*.nbi"), *place.glob("*.nbc")):
            path.unlink(missing_ok=True)
    return damaged


def seal(folder: Path) -> None:
    """Write down what the machine code in a folder is, so that damage is seen; what cannot be written is left."""
    with suppress(OSError, ValueError):
        sealed = {path.relative_to(folder).as_posix(): _hash(path) for path in sorted(folder.rglob("*.nbc"))}
        if sealed != _sealed(folder):
            partial = folder / f".{SEALS}.{os.getpid()}"
            partial.write_text(json.dumps(sealed, indent=1), encoding="utf-8")
            partial.replace(folder / SEALS)


def _sealed(folder: Path) -> dict[str, str]:
    """SHA-256 by file; empty where nothing was written down, or not as it should be."""
    try:
        found = json.loads((folder / SEALS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _is_whole(path: Path, sealed: str | None) -> bool:
    """Whether a file of machine code is as it was sealed; one that never was must begin and end as such files do."""
    try:
        if sealed is not None:
            return _hash(path) == sealed
        content = path.read_bytes()
    except FileNotFoundError:  # another process has just removed it
        return True
    return content.startswith(b"\x80") and content.endswith(b".")


def _index(path: Path) -> tuple[Any, dict[Any, str]] | None:
    """Stamp of the source and names of the files of machine code that an index of Numba's holds; None for one that is damaged."""
    import numba

    try:
        with path.open("rb") as stream:
            version = pickle.load(stream)
            rest = stream.read()
        if version != numba.__version__:
            return None, {}
        stamp, names = pickle.loads(rest)
        return stamp, dict(names)
    except FileNotFoundError:  # another process has just removed it
        return None, {}
    except Exception:  # whatever unpickling makes of bytes that are no pickle
        return None


def _remove_old(current: Path) -> None:
    """Remove folders beside the current one, but for the last used."""
    found = []
    for path in current.parent.glob(f"{PREFIX}*"):
        try:
            found.append((path.stat().st_mtime, path))
        except OSError:  # another process was quicker
            continue
    for _, path in sorted(found, reverse=True)[KEPT:]:
        if path != current:
            shutil.rmtree(path, ignore_errors=True)
