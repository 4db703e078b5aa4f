"""Translates functions of the compiled engine into C, from their own text, so that both are the same rules.

The translator knows what the rules use of Python and no more. Whatever it does not know it refuses, with file and line, so that
a new construct is looked at before it is measured. Two things are left out that Numba does: an index below zero is not counted
from the end, and a division by zero raises nothing. The rules have neither.
"""

import ast
import builtins
import inspect
import math
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

import numpy as np

from sim.inlining import borrowed, overwrite
from tests.bench.c_program import (
    REAL,
    TRUTH,
    WHOLE,
    WIDER,
    WORD,
    Array,
    Code,
    Group,
    Kind,
    Number,
    Program,
    Record,
    Unknown,
    kind_of_type,
    number,
    wider,
)


@lru_cache
def _functions_of(module: ModuleType) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(inspect.getsource(module))
    return {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}


SAME_IN_C: Final[dict[type[ast.AST], str]] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.LShift: "<<", ast.RShift: ">>", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.And: "&&", ast.Or: "||",
}  # fmt: skip
ROUNDED_DOWN: Final[dict[type[ast.AST], str]] = {ast.FloorDiv: "quotient", ast.Mod: "remainder_of"}
CONVERSIONS: Final[dict[Any, Number]] = {int: WHOLE, float: REAL, np.int64: WHOLE, np.uint64: WORD}
NO_OBJECT: Final = object()


class Function:
    """Translates one function for arguments of given kinds.

    The body is translated again until the kinds of all names stand: one that is first a whole number may become a real one.
    """

    def __init__(self, program: Program, function: Any, kinds: tuple[Kind, ...]) -> None:
        self._program = program
        self._file = inspect.getsourcefile(function)
        self._names = function.__globals__
        module = inspect.getmodule(function)
        assert module is not None
        self._node = _functions_of(module)[function.__name__]
        taken = self._node.args
        self.arguments = [one.arg for one in taken.args]
        special = [taken.posonlyargs, taken.kwonlyargs, taken.defaults, taken.vararg, taken.kwarg]
        if any(special) or len(self.arguments) != len(kinds):
            raise Unknown(f"{function.__name__} called with {len(kinds)} arguments, or declared with other than plain ones")
        self._kinds: dict[str, Kind] = dict(zip(self.arguments, kinds, strict=True))
        self.returns: Kind | None = None
        self.quiet = True
        self._fresh = 0

    def translated(self) -> str:
        """Body in C, in braces."""
        given = dict(self._kinds)
        while True:
            before = dict(self._kinds)
            self._fresh, self.returns = 0, None
            lines = self._block(self._node.body)
            if before == self._kinds:
                break
        for name, kind in given.items():
            if self._kinds[name] != kind:
                raise Unknown(f"the argument {name} becomes of another kind")
        own = [f"    {self._program.type_of(kind)} {name}_;" for name, kind in self._kinds.items() if name not in given]
        return "\n".join(["{", *own, *lines, "}"])

    # --- statements

    def _block(self, body: list[ast.stmt]) -> list[str]:
        lines = []
        for one in body:
            try:
                lines += [f"    {line}" for line in self._statement(one)]
            except Unknown as error:
                error.place = error.place or f"{self._file}:{one.lineno}"
                raise
        return lines

    def _statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                return []
            case ast.Expr(value=ast.Call(func=called, args=[target, value])) if self._live(called) is overwrite:
                return [self._store(target, self._any(value))]
            case ast.Expr(value=ast.Call()):
                return [f"{self._any(node.value).text};"]
            case ast.Assign(targets=[target]):
                return self._assignment(target, node.value)
            case ast.Return():
                return self._return(node)
            case ast.If():
                other = ["} else {", *self._block(node.orelse)] if node.orelse else []
                return [f"if ({self._truth(self._any(node.test))}) {{", *self._block(node.body), *other, "}"]
            case ast.For(target=ast.Name(), orelse=[]):
                return self._loop(node)
            case ast.While(orelse=[]):
                return [f"while ({self._truth(self._any(node.test))}) {{", *self._block(node.body), "}"]
            case ast.Break():
                return ["break;"]
            case ast.Continue():
                return ["continue;"]
        raise Unknown(f"the statement {ast.unparse(node)}")

    def _return(self, node: ast.Return) -> list[str]:
        if node.value is None:
            return ["return;"]
        value = self._any(node.value)
        self.returns = value.kind if self.returns is None else self._met(self.returns, value.kind)
        return [f"return {value.text};"]

    def _loop(self, node: ast.For) -> list[str]:
        called = node.iter
        if not (isinstance(called, ast.Call) and self._live(called.func) is range and 1 <= len(called.args) <= 2):
            raise Unknown("a loop over something else than a range of one or two numbers")
        assert isinstance(node.target, ast.Name)
        ends = [self._quiet(one) for one in called.args]
        first, end = [number(0), *ends][-2:]
        if (first.kind, end.kind) != (WHOLE, WHOLE):
            raise Unknown("a range of other than whole numbers")
        self._name(node.target.id, WHOLE)
        at, stop = self._temporary(), self._temporary()
        return [
            f"for (int64_t {at} = {first.text}, {stop} = {end.text}; {at} < {stop}; {at}++) {{",
            f"    {node.target.id}_ = {at};",
            *self._block(node.body),
            "}",
        ]

    def _assignment(self, target: ast.expr, value: ast.expr) -> list[str]:
        if not isinstance(target, ast.Tuple):
            return [self._store(target, self._any(value))]
        if isinstance(value, ast.Call) and self._live(value.func) is math.frexp:
            power = self._temporary()
            mantissa = Code(f"frexp({self._quiet(value.args[0]).text}, &{power})", REAL)
            stored = [self._store(one, part) for one, part in zip(target.elts, (mantissa, Code(power, WHOLE)), strict=True)]
            return [f"int {power};", *stored]
        if isinstance(value, ast.Call) and self._live(value.func) is borrowed:
            (value,) = value.args  # about the counting of references, of which C has none
        if isinstance(value, ast.Tuple):
            parts = [self._quiet(one) for one in value.elts]
        else:
            whole = self._quiet(value)
            if not isinstance(whole.kind, Group):
                raise Unknown("several names for what is no tuple")
            parts = [Code(f"{whole.text}.part{at}", kind) for at, kind in enumerate(whole.kind.parts)]
        # all are taken before one is given
        names = [self._temporary() for _ in parts]
        taken = [f"{self._program.type_of(part.kind)} {name} = {part.text};" for name, part in zip(names, parts, strict=True)]
        given = zip(target.elts, names, parts, strict=True)
        return [*taken, *(self._store(one, Code(name, part.kind)) for one, name, part in given)]

    def _store(self, target: ast.expr, value: Code) -> str:
        if isinstance(target, ast.Name):
            self._name(target.id, value.kind)
            return f"{target.id}_ = {value.text};"
        if isinstance(target, ast.Subscript) and not value.quiet:
            raise Unknown("a place that is looked up while a function changes something")
        self.quiet = False
        place = self._quiet(target)
        if isinstance(place.kind, Record) and place.kind == value.kind:
            return f"*{place.text} = *{value.text};"
        if place.kind not in WIDER or self._met(place.kind, value.kind) != place.kind:
            raise Unknown(f"{value.kind} kept as {place.kind}")
        return f"{place.text} = {value.text};"

    def _name(self, name: str, kind: Kind | None) -> None:
        self._kinds[name] = self._met(self._kinds.get(name, kind), kind)

    def _temporary(self) -> str:
        self._fresh += 1
        return f"t{self._fresh}"

    def _met(self, first: Kind | None, second: Kind | None) -> Kind:
        if first is None or second is None:
            raise Unknown("what a function gives that returns nothing is used")
        both = wider(first, second)
        if both is None:
            raise Unknown(f"{first} meets {second}")
        return both

    # --- expressions

    def _quiet(self, node: ast.expr) -> Code:
        """A part of an expression: C may evaluate it at any time, so it must change nothing."""
        code = self._any(node)
        if not code.quiet:
            raise Unknown("a function that changes something, called within an expression")
        return code

    def _any(self, node: ast.expr) -> Code:
        live = self._live(node)
        if live is not NO_OBJECT:
            return self._program.table(live) if isinstance(live, np.ndarray | tuple) else number(live)
        match node:
            case ast.Constant():
                return number(node.value)
            case ast.Name(id=name) if name in self._kinds:
                return Code(f"{name}_", self._kinds[name])
            case ast.Attribute():
                return self._field(node)
            case ast.Subscript():
                return self._item(node)
            case ast.BinOp():
                return self._operation(node.op, self._quiet(node.left), self._quiet(node.right))
            case ast.UnaryOp(op=ast.USub()):
                inner = self._quiet(node.operand)
                if inner.kind in (WHOLE, REAL):
                    return Code(f"(-{inner.text})", inner.kind)
            case ast.UnaryOp(op=ast.Not()):
                return Code(f"(!{self._truth(self._quiet(node.operand))})", TRUTH)
            case ast.BoolOp():
                parts = [self._quiet(one) for one in node.values]
                if all(one.kind == TRUTH for one in parts):  # else it is one of the numbers, in Python
                    return Code(f"({f' {SAME_IN_C[type(node.op)]} '.join(one.text for one in parts)})", TRUTH)
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                yes, no = self._quiet(node.body), self._quiet(node.orelse)
                text = f"({self._truth(self._quiet(node.test))} ? {yes.text} : {no.text})"
                return Code(text, self._met(yes.kind, no.kind))
            case ast.Tuple():
                parts = [self._quiet(one) for one in node.elts]
                kind = Group(tuple(self._met(one.kind, one.kind) for one in parts))
                return Code(f"(({self._program.type_of(kind)}){{{', '.join(one.text for one in parts)}}})", kind)
            case ast.Call(keywords=[]):
                return self._call(node)
        raise Unknown(f"the expression {ast.unparse(node)}")

    def _live(self, node: ast.expr) -> Any:
        """The object that a name of a module stands for, as it is in the running program."""
        if isinstance(node, ast.Name) and node.id not in self._kinds:
            return self._names.get(node.id, getattr(builtins, node.id, NO_OBJECT))
        if isinstance(node, ast.Attribute) and isinstance(self._live(node.value), ModuleType):
            return getattr(self._live(node.value), node.attr)
        return NO_OBJECT

    def _truth(self, code: Code) -> str:
        if code.kind not in WIDER:
            raise Unknown(f"{code.kind} taken as true or false")
        return code.text if code.kind == TRUTH else f"({code.text} != 0)"

    def _field(self, node: ast.Attribute) -> Code:
        record = self._quiet(node.value)
        if not isinstance(record.kind, Record) or node.attr not in (record.kind.dtype.names or ()):
            raise Unknown(f"{record.kind} has no field {node.attr}")
        held = record.kind.dtype[node.attr]
        text, item = f"{record.text}->{node.attr}_", kind_of_type(held.base)
        if not held.shape:
            return Code(text, item)
        return self._array(Array(item, len(held.shape)), text, [str(one) for one in held.shape])

    def _array(self, kind: Array, at: str, sizes: list[str]) -> Code:
        return Code(f"(({self._program.type_of(kind)}){{{at}, {{{', '.join(sizes)}}}}})", kind)

    def _item(self, node: ast.Subscript) -> Code:
        held, place = self._live(node.value), node.slice
        said = place.value if isinstance(place, ast.Constant) and isinstance(place.value, int) else None
        if isinstance(held, tuple) and said is not None:
            return number(held[said])
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape" and said is not None:
            return Code(f"{self._quiet(node.value.value).text}.size[{said}]", WHOLE)
        whole = self._quiet(node.value)
        if isinstance(whole.kind, Group) and said is not None:
            return Code(f"{whole.text}.part{said}", whole.kind.parts[said])
        if not isinstance(whole.kind, Array):
            raise Unknown(f"a part of {whole.kind}")
        if isinstance(place, ast.Slice) and place.lower and place.upper and not place.step and whole.kind.dimensions == 1:
            first, end = self._whole(place.lower), self._whole(place.upper)
            return self._array(whole.kind, f"{whole.text}.at + {first}", [f"{end} - {first}"])
        indices = [self._whole(one) for one in (place.elts if isinstance(place, ast.Tuple) else [place])]
        if len(indices) > whole.kind.dimensions:
            raise Unknown("more indices than dimensions")
        at = indices[0]
        for dimension in range(1, whole.kind.dimensions):
            at = f"({at}) * {whole.text}.size[{dimension}]"
            at += f" + {indices[dimension]}" if dimension < len(indices) else ""
        if len(indices) < whole.kind.dimensions:
            sizes = [f"{whole.text}.size[{one}]" for one in range(len(indices), whole.kind.dimensions)]
            return self._array(Array(whole.kind.item, len(sizes)), f"{whole.text}.at + {at}", sizes)
        text = f"{whole.text}.at[{at}]"
        return Code(f"(&{text})" if isinstance(whole.kind.item, Record) else text, whole.kind.item)

    def _whole(self, node: ast.expr) -> str:
        code = self._quiet(node)
        if code.kind != WHOLE or isinstance(node, ast.UnaryOp):
            raise Unknown(f"the index {ast.unparse(node)}")
        return code.text

    def _operation(self, operator: ast.operator, left: Code, right: Code) -> Code:
        kinds = {left.kind, right.kind}
        if type(operator) in ROUNDED_DOWN and kinds == {WHOLE}:
            return Code(f"{ROUNDED_DOWN[type(operator)]}({left.text}, {right.text})", WHOLE)
        if isinstance(operator, ast.Div) and kinds <= {WHOLE, REAL}:
            return Code(f"((double){left.text} / (double){right.text})", REAL)
        bitwise = isinstance(operator, ast.BitAnd | ast.BitOr | ast.BitXor | ast.LShift | ast.RShift)
        same = kinds in ({WHOLE}, {WORD})
        mixed = kinds <= {WHOLE, REAL} and not bitwise
        if not isinstance(operator, ast.Div) and type(operator) in SAME_IN_C and (same or mixed):
            return Code(f"({left.text} {SAME_IN_C[type(operator)]} {right.text})", left.kind if same else REAL)
        raise Unknown(f"the operation {type(operator).__name__} on {left.kind} and {right.kind}")

    def _comparison(self, node: ast.Compare) -> Code:
        pairs: list[tuple[ast.expr, ast.cmpop, ast.expr]]
        if isinstance(node.ops[0], ast.In) and len(node.ops) == 1 and isinstance(node.comparators[0], ast.Tuple):
            pairs = [(node.left, ast.Eq(), one) for one in node.comparators[0].elts]
            joint = " || "
        else:
            pairs = list(zip([node.left, *node.comparators], node.ops, node.comparators, strict=False))
            joint = " && "
        tests = []
        for left, operator, right in pairs:
            first, second = self._quiet(left), self._quiet(right)
            if type(operator) not in SAME_IN_C or self._met(first.kind, second.kind) not in (*WIDER, WORD):
                raise Unknown(f"the comparison {ast.unparse(node)}")
            tests.append(f"({first.text} {SAME_IN_C[type(operator)]} {second.text})")
        return Code(f"({joint.join(tests)})", TRUTH)

    def _call(self, node: ast.Call) -> Code:
        called = self._live(node.func)
        if called is len:
            return self._length(node)
        arguments = [self._quiet(one) for one in node.args]
        kinds = tuple(one.kind for one in arguments)
        if called in CONVERSIONS and len(kinds) == 1 and kinds[0] in (*WIDER, WORD):
            return Code(f"(({CONVERSIONS[called].c}){arguments[0].text})", CONVERSIONS[called])
        if called in (min, max) and len(kinds) > 1 and set(kinds) <= {WHOLE, REAL}:
            kind, text = arguments[0].kind, arguments[0].text
            for one in arguments[1:]:
                kind = self._met(kind, one.kind)
                text = f"{called.__name__}_{self._program.type_of(kind)}({text}, {one.text})"
            return Code(text, kind)
        if called is abs and kinds in ((WHOLE,), (REAL,)):
            return Code(f"abs_{self._program.type_of(kinds[0])}({arguments[0].text})", kinds[0])
        if called is math.sqrt and kinds in ((WHOLE,), (REAL,)):
            return Code(f"sqrt({arguments[0].text})", REAL)
        if inspect.isfunction(called):
            made = self._program.made(called, tuple(self._met(one, one) for one in kinds))
            self.quiet = self.quiet and made.quiet
            return Code(f"{made.name}({', '.join(one.text for one in arguments)})", made.returns, made.quiet)
        raise Unknown(f"the call {ast.unparse(node)}")

    def _length(self, node: ast.Call) -> Code:
        (held,) = node.args
        if isinstance(self._live(held), tuple | np.ndarray):
            return number(len(self._live(held)))
        array = self._quiet(held)
        if not isinstance(array.kind, Array):
            raise Unknown(f"the length of {array.kind}")
        return Code(f"{array.text}.size[0]", WHOLE)
