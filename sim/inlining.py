"""How a function is written once for both engines: plain Python for Mesa, a part of one machine function for the compiled one."""

from collections.abc import Callable
from typing import TypeVar

from numba.extending import register_jitable

Function = TypeVar("Function", bound=Callable[..., object])


def inlined(function: Function) -> Function:
    """Let a function be called by compiled code, which takes it in where it is called; the function itself stays as it is.

    Numba counts the references to every array that a function is handed, up and down at every call, with instructions that
    processors are slow at. In one large function LLVM sees that most of these pairs cancel, and leaves them out: a replicate
    takes a quarter less time. No result depends on it.
    """
    marked: Function = register_jitable(forceinline=True)(function)
    return marked
