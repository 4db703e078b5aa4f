"""The rules in C, compiled and called: the yardstick of the compiled engine. Nothing of the project runs on it.

The source is the engine's own (``tests.bench.c_functions``), so that both are the same rules, and stays so when one is edited.
"""

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.bench.c_functions import Function
from tests.bench.c_program import ENTRY, WHOLE, Array, Group, Kind, Program, Unknown, kind_of

FLAGS: Final = ("-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno")
"""How C is compiled: for this processor, as Numba compiles; the same bits, so nothing is contracted or assumed of numbers.

That a square root sets no error number changes no bit. Numba knows of none.
"""
ALL_INLINED: Final = "-DEACH=static inline __attribute__((always_inline))"
"""One machine function, as the compiled engine is; else the compiler decides."""

_ALWAYS: Final = ("-std=c11", "-shared", "-fPIC", "-Werror=return-type", "-Wno-parentheses-equality")


def in_c(function: Callable[..., Any], arguments: tuple[Any, ...]) -> str:
    """Source in C of a function and of all that it calls, for arguments such as these.

    Parameters
    ----------
    function : callable
        A function that Numba compiles.
    arguments : tuple
        Whole numbers, NumPy arrays, and tuples of these.

    Returns
    -------
    str
        Of a library that exports one function, which takes a pointer to the tuple of the arguments.

    Raises
    ------
    Unknown
        For what the translator does not know, with file and line.
    """
    kinds = tuple(kind_of(one) for one in arguments)
    return Program(Function).source(getattr(function, "py_func", function), kinds)


def compilers() -> dict[str, str]:
    """What each compiler that is here says of itself, by its name."""
    found = {}
    for name in ("gcc", "clang"):
        path = shutil.which(name)
        if path is not None:
            told = subprocess.run([path, "--version"], check=True, capture_output=True, text=True, timeout=60)
            found[name] = told.stdout.splitlines()[0]
    return found


def library(source: str, path: Path, compiler: str, flags: Sequence[str] = FLAGS) -> Path:
    """Compile a library from a source of :func:`in_c`; its path is returned."""
    text = path.with_suffix(".c")
    text.write_text(source, encoding="utf-8")
    subprocess.run([compiler, *_ALWAYS, *flags, str(text), "-o", str(path), "-lm"], check=True, timeout=600)
    return path


class InC:
    """A function that was translated and compiled; called with the arguments that the function itself takes.

    Parameters
    ----------
    path : pathlib.Path
        Of the library.
    arguments : tuple
        The arguments that it was translated for; others may differ in their sizes only.
    """

    def __init__(self, path: Path, arguments: tuple[Any, ...]) -> None:
        self._kind = kind_of(arguments)
        self._run = getattr(ctypes.CDLL(str(path)), ENTRY)
        self._run.restype = None

    def ready(self, *arguments: Any) -> Callable[[], None]:
        """The call of these arguments, laid out once so that it takes no time of Python's; their arrays must be kept."""
        if kind_of(arguments) != self._kind:
            raise Unknown("arguments of other kinds than the library was made for")
        handed = _handed(arguments)

        def call() -> None:
            self._run(ctypes.byref(handed))

        return call

    def __call__(self, *arguments: Any) -> None:
        """Call it, the interpreter lock released."""
        self.ready(*arguments)()


def _handed(value: Any) -> Any:
    """A value as C has it; the memory of arrays is shared."""
    if isinstance(value, np.ndarray):
        return _laid_out(kind_of(value))(value.ctypes.data, (ctypes.c_int64 * value.ndim)(*value.shape))
    if isinstance(value, tuple):
        return _laid_out(kind_of(value))(*(_handed(one) for one in value))
    return int(value)


@lru_cache
def _laid_out(kind: Kind) -> Any:
    """Type of ctypes with the layout that the program declares."""
    if kind == WHOLE:
        return ctypes.c_int64
    if isinstance(kind, Array):
        fields: list[tuple[str, Any]] = [("at", ctypes.c_void_p), ("size", ctypes.c_int64 * kind.dimensions)]
    elif isinstance(kind, Group):
        fields = [(f"part{at}", _laid_out(part)) for at, part in enumerate(kind.parts)]
    else:
        raise Unknown(f"{kind} handed to C")
    return type("LaidOut", (ctypes.Structure,), {"_fields_": fields})
