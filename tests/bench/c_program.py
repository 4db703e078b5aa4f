"""What a translation into C is made of: kinds of values, records laid out as NumPy lays them out, constants, functions."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import numpy as np


class Unknown(Exception):
    """Something that the translator does not know.

    Attributes
    ----------
    place : str
        File and line, said by the first statement that the error passes.
    """

    place = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.args[0]}" if self.place else str(self.args[0])


# --- kinds of values


@dataclass(frozen=True)
class Number:
    """A number, by its type in C."""

    c: str


@dataclass(frozen=True)
class Record:
    """A pointer to a record."""

    dtype: np.dtype


@dataclass(frozen=True)
class Array:
    """Contiguous numbers or records, with their extents."""

    item: "Number | Record"
    dimensions: int


@dataclass(frozen=True)
class Group:
    """A tuple."""

    parts: "tuple[Kind, ...]"


Kind = Number | Record | Array | Group
TRUTH: Final = Number("bool")
WHOLE: Final = Number("int64_t")
WORD: Final = Number("uint64_t")
REAL: Final = Number("double")
WIDER: Final = (TRUTH, WHOLE, REAL)
"""Numbers that become the next where both meet."""


def kind_of_type(dtype: np.dtype) -> Number | Record:
    """Kind of what an array holds."""
    if dtype.fields is not None:
        return Record(dtype)
    known = {np.dtype(np.int64): WHOLE, np.dtype(np.float64): REAL}
    if dtype not in known:
        raise Unknown(f"numbers of the type {dtype}")
    return known[dtype]


def kind_of(value: Any) -> Kind:
    """Kind of an argument of the function that is called from Python."""
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise Unknown("an array that is not contiguous")
        return Array(kind_of_type(value.dtype), value.ndim)
    if isinstance(value, tuple):
        return Group(tuple(kind_of(one) for one in value))
    if isinstance(value, int):
        return WHOLE
    raise Unknown(f"arguments of the type {type(value).__name__}")


def wider(first: Kind, second: Kind) -> Kind | None:
    """Kind that holds values of both, if there is one."""
    if first == second:
        return first
    if first in WIDER and second in WIDER:
        return max(first, second, key=WIDER.index)
    return None


class Code(NamedTuple):
    """An expression in C.

    Attributes
    ----------
    text : str
    kind : Kind or None
        None: nothing is returned.
    quiet : bool
        Whether it changes nothing, so that the order in which C evaluates it does not matter.
    """

    text: str
    kind: Kind | None
    quiet: bool = True


class Made(NamedTuple):
    """A translated function."""

    name: str
    returns: Kind | None
    quiet: bool


class Body(Protocol):
    """What translates one function (see ``tests.bench.c_functions``)."""

    arguments: list[str]
    returns: Kind | None
    quiet: bool

    def translated(self) -> str:
        """Body in C, in braces."""


HEAD: Final = """\
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifndef EACH
#define EACH static
#endif

/* as Python has them: the first of equals, and the first where nothing can be compared */
static inline double max_double(double a, double b) { return b > a ? b : a; }
static inline double min_double(double a, double b) { return b < a ? b : a; }
static inline int64_t max_int64_t(int64_t a, int64_t b) { return b > a ? b : a; }
static inline int64_t min_int64_t(int64_t a, int64_t b) { return b < a ? b : a; }
static inline int64_t abs_int64_t(int64_t a) { return a < 0 ? -a : a; }
static inline double abs_double(double a) { return fabs(a); }
/* rounded down */
static inline int64_t quotient(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }
static inline int64_t remainder_of(int64_t a, int64_t b) { return a % b + ((a % b != 0 && (a < 0) != (b < 0)) ? b : 0); }
"""

ENTRY: Final = "run"
"""Name of the function that the library exports; it takes a pointer to the tuple of all arguments."""


class Program:
    """Functions in C, each translated where it is first called, for the kinds that it is called with.

    Parameters
    ----------
    translate : callable
        Given this program, a function and the kinds of its arguments, what translates it.
    """

    def __init__(self, translate: "Callable[[Program, Any, tuple[Kind, ...]], Body]") -> None:
        self._translate = translate
        self._named: dict[Kind, str] = {}
        self._types: list[str] = []
        self._constants: dict[int, str] = {}
        self._tables: list[str] = []
        self._made: dict[tuple[Any, tuple[Kind, ...]], Made] = {}
        self._functions: list[str] = []

    def type_of(self, kind: Kind | None) -> str:
        """Name of a kind in C; its definition is added at the first use."""
        if kind is None:
            return "void"
        if isinstance(kind, Number):
            return kind.c
        if kind not in self._named:
            if isinstance(kind, Record):
                lines = self._record(kind.dtype)
            elif isinstance(kind, Array):
                lines = [f"{self.item_of(kind)} *at;", f"int64_t size[{kind.dimensions}];"]
            else:
                lines = [f"{self.type_of(part)} part{at};" for at, part in enumerate(kind.parts)]
            self._named[kind] = name = f"struct type{len(self._named)}"
            self._types.append("\n    ".join([f"{name} {{", *lines]) + "\n};")
            if isinstance(kind, Record):
                self._types += self._proofs(name, kind.dtype)
        return self._named[kind] + (" *" if isinstance(kind, Record) else "")

    def item_of(self, kind: Array) -> str:
        """Name of the type of an array's items."""
        return self.type_of(kind.item).removesuffix(" *")

    def _record(self, dtype: np.dtype) -> list[str]:
        lines = []
        for field in dtype.names or ():
            held = dtype[field]
            length = "".join(f"[{one}]" for one in held.shape)
            lines.append(f"{self.type_of(kind_of_type(held.base))} {field}_{length};")
        return lines

    @staticmethod
    def _proofs(name: str, dtype: np.dtype) -> list[str]:
        """That C lays a record out as NumPy does."""
        assert dtype.fields is not None
        places = [f'_Static_assert(offsetof({name}, {one}_) == {dtype.fields[one][1]}, "{one}");' for one in dtype.names or ()]
        return [*places, f'_Static_assert(sizeof({name}) == {dtype.itemsize}, "size");']

    def table(self, values: Any) -> Code:
        """An array or tuple of constants."""
        array = np.asarray(values)
        kind = Array(kind_of_type(array.dtype), array.ndim)
        if id(values) not in self._constants:
            self._constants[id(values)] = name = f"table{len(self._constants)}"
            numbers = ", ".join(number(one).text for one in array.tolist())
            self._tables.append(f"static const {self.item_of(kind)} {name}[] = {{{numbers}}};")
        return Code(f"(({self.type_of(kind)}){{({self.item_of(kind)} *){self._constants[id(values)]}, {{{len(values)}}}}})", kind)

    def made(self, function: Any, kinds: tuple[Kind, ...]) -> Made:
        """Function for arguments of these kinds."""
        if (function, kinds) not in self._made:
            body = self._translate(self, function, kinds)
            text = body.translated()
            name = f"{function.__name__}_{len(self._made)}"
            arguments = ", ".join(f"{self.type_of(kind)} {one}_" for one, kind in zip(body.arguments, kinds, strict=True))
            self._made[function, kinds] = Made(name, body.returns, body.quiet)
            self._functions.append(f"EACH {self.type_of(body.returns)} {name}({arguments or 'void'})\n{text}")
        return self._made[function, kinds]

    def source(self, function: Any, kinds: tuple[Kind, ...]) -> str:
        """Text of the library that exports a function."""
        name, returns, _ = self.made(function, kinds)
        handed = ", ".join(f"all->part{at}" for at in range(len(kinds)))
        entry = f"{self.type_of(returns)} {ENTRY}({self.type_of(Group(kinds))} *all)\n{{\n    return {name}({handed});\n}}"
        if returns is None:
            entry = entry.replace("return ", "")
        return "\n\n".join([HEAD, *self._types, *self._tables, *self._functions, entry]) + "\n"


def number(value: Any) -> Code:
    """A constant."""
    if isinstance(value, bool):
        return Code("true" if value else "false", TRUTH)
    if isinstance(value, np.uint64):
        return Code(f"UINT64_C({value})", WORD)
    if isinstance(value, int) and abs(value) < 2**63:
        return Code(f"INT64_C({value})", WHOLE)
    if isinstance(value, float) and math.isfinite(value):
        return Code(f"({value.hex()})", REAL)
    raise Unknown(f"the constant {value!r}")
