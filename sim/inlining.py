"""How a function is written once for both engines: plain Python for Mesa, a part of one machine function for the compiled one."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from numba.core import cgutils, types
from numba.extending import intrinsic, register_jitable

Function = TypeVar("Function", bound=Callable[..., object])


def inlined(function: Function) -> Function:
    """Let a function be called by compiled code, which takes it in where it is called; the function itself stays as it is.

    Numba counts the references to every array that a function is handed, up and down at every call, with instructions that
    processors are slow at. In one large function LLVM sees that most of these pairs cancel, and leaves them out: a replicate
    takes a quarter less time. No result depends on it.

    Nor does C call any of these functions: the way in that Numba makes for it by default is one more copy of each to compile, a
    fifth of all.
    """
    marked: Function = register_jitable(forceinline=True, no_cfunc_wrapper=True)(function)
    return marked


def _taken(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Array, or tuple of arrays, without what it has of its owner."""
    if isinstance(kind, types.Tuple | types.UniTuple):
        inner: Any = kind.types
        parts = [_taken(context, builder, one, builder.extract_value(value, at)) for at, one in enumerate(inner)]
        return context.make_tuple(builder, kind, parts)
    array = context.make_helper(builder, kind, value=value)
    array.meminfo = array.meminfo.type(None)
    array.parent = array.parent.type(None)
    return array._getvalue()


def _borrowed(_context: Any, arrays: Any) -> Any:
    """Arrays, or a tuple of them, as compiled code may use them while its caller keeps them alive: references are not counted.

    Numba counts one up and down for every part of an array that is looked at, though the arrays of a run outlive it. Of an array
    without an owner there is nothing to count, which the compiler sees: a replicate takes a fifth less time. No result depends
    on it; nothing may be kept of such an array after the function that it was handed to has ended.
    """

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _taken(context, builder, signature.args[0], arguments[0])

    return arrays(arrays), build


borrowed: Final[Any] = intrinsic(_borrowed)


def _overwrite(_context: Any, record: Any, source: Any) -> Any:
    """Make a record equal to another of the same type, in one piece; for compiled code.

    Numba writes ``records[i] = others[j]`` byte by byte, and a loop over that is what LLVM looks at longest: of a thousand loads
    and a thousand stores each pair might be the same place. In one piece, a run compiles in a quarter less time.
    """
    if not isinstance(record, types.Record) or record != source:
        return None

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        cgutils.raw_memcpy(  # type: ignore[no-untyped-call, call-arg]
            builder, *arguments, context.get_constant(types.intp, 1), signature.args[0].size
        )
        return context.get_dummy_value()

    return types.none(record, source), build


overwrite: Final[Any] = intrinsic(_overwrite)
