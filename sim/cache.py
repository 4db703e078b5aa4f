"""Where compiled code is kept between runs, so that only the first one waits for the compiler.

Numba looks whether the file of a function changed, not whether a rule in another file did. So every state of the sources has
a folder of its own, named by a hash of what the machine code depends on: an edited rule is always compiled anew.
"""

import atexit
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER_VARIABLES: Final = ("SUSTAIN_CACHE_DIR", "NUMBA_CACHE_DIR")
"""Environment variables that name another place, the first of them that is set."""

APPLICATION: Final = "practice-sustainment"

PREFIX: Final = "compiled-"
"""Before the hash in a folder's name; nothing without it is ever removed."""

KEPT: Final = 4
"""Folders kept: sources go back and forth between a few states while somebody works on them."""

NOT_COMPILED: Final = (
    "_scenarios", "agents", "cache", "engine", "figures", "history", "measures", "model", "order", "parameters", "problems",
    "produce", "proof", "remake", "report", "result", "rulebook", "runs", "scenario", "store", "templates", "why",
)  # fmt: skip
"""What the compiler never sees: editing a figure must not cost a compilation. A new module counts until it is listed here;
a test shows that the compiled engine imports none of these."""

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


def sources_hash(package: Path | None = None) -> str:
    """SHA-256 of the sources that the compiled engine can stand on.

    Parameters
    ----------
    package : pathlib.Path, optional
        Folder of the package; that of ``sim`` unless given.
    """
    folder = Path(__file__).resolve().parent if package is None else Path(package)
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        if name.parts[0].removesuffix(".py") in NOT_COMPILED or "__pycache__" in name.parts:
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

    try:
        folder = user_folder() / folder_name()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        os.utime(folder)  # the newest are kept: "newest" means last used
        _remove_old(folder)
    except (OSError, RuntimeError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        message = f"note: compiled code cannot be kept between runs ({reason}); set {FOLDER_VARIABLES[0]} to a folder for it"
        print(message, file=sys.stderr)
        folder = Path(tempfile.mkdtemp(prefix=f"{APPLICATION}-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # Not through the environment: a process started by this one finds its own folder, whatever its sources.
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    return folder


def is_warm() -> bool:
    """Say whether something was compiled before for these sources on this machine."""
    return any(prepare().rglob("*.nbc"))


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
