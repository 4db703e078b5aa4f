"""Which rules these are: a hash of the equations and month functions, and former rules that give the same numbers.

Results that are kept (``results/reference``, ``docs/knobs.md``) name the hash of the rules that they were made with. The name of
a code, a comment or a line break does not count. Code that is set out otherwise has another hash; when it is proven that no
number moved, the pair of hashes is listed in ``PROVEN_EQUAL`` with what was run, and the kept results stay current.
"""

import ast
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from sim.cache import sources_hash, user_folder

KEPT_HASH: Final = "rules.json"
"""File of the hash that was made last, in the folder of what can be made again, and of the sources that it was made of."""

_HASH: Final = re.compile(r"[0-9a-f]{64}")

RULES: Final = (
    "rules.py", "months/*.py", "order.py", "streams.py", "addresses.py", "tape.py", "portable.py", "inlining.py", "holds.py",
)  # fmt: skip
"""Files of the package ``sim`` that decide what numbers come out: the equations and the month, in which order its stages run, and
the random numbers and the arithmetic that both engines are given."""


class Switched(Protocol):
    """What has mechanisms that are on: a scenario."""

    @property
    def switches_on(self) -> frozenset[str]:
        """Mechanisms that are on."""


class Equal(NamedTuple):
    """Two states of the rules that give the same numbers.

    Attributes
    ----------
    before, after : str
        What :func:`rules_hash` gave.
    proof : str
        What was changed, and what was run and found equal.
    off : tuple of str
        Mechanisms that were off in all that was run: of results in which one of them is on, nothing is proven.
    """

    before: str
    after: str
    proof: str
    off: tuple[str, ...] = ()


SECOND_VERSION: Final = (
    "passive_raising", "routines", "leadership_programme", "leadership_declines", "successors_taught", "vacancy_load",
    "living_practice", "service_decides", "newcomers_alike", "incumbent_function", "parts_last", "critical_mass", "upper_level",
    "bottom_up", "check_selects", "check_room", "check_known", "agreed_core", "monitoring_minutes", "monitoring_untiring",
    "feedback", "expansion",
)  # fmt: skip
"""Mechanisms of the second version, off in the runs that proved the first one unmoved, whatever their default is now."""

_WAITING: Final = (
    "Mechanisms of the second version were added, each off unless a scenario turns it on, with their parameters, and outcomes "
    "that only observe; later some of these mechanisms were mended, and the hash covers the order of stages, random numbers and "
    "arithmetic too, of which only the hash is new. Every shipped scenario but the two national ones was run before (4fd5f52) "
    "and after, 12 replicates with the default values and 12 with the plausible ensemble, and one replicate of each with every "
    "agent's state: the bytes of every field that was there before are equal, in 564 tables."
)

PROVEN_EQUAL: Final = (
    Equal(
        before="409fab4c263003b93634b50322bfb052e2ee7ccbbee1265c529713e818a0d964",
        after="16e96ae945635e8d476c57ee79a294988a79fbfc1fd40b7ca001eb6ebcba8ee1",
        proof="The same source files: only the hash is made otherwise (until then of the tokens, since then of the syntax tree).",
    ),
    Equal(
        before="16e96ae945635e8d476c57ee79a294988a79fbfc1fd40b7ca001eb6ebcba8ee1",
        after="e3d0d14570c27658d8794e769d3204b99ba9e45aa600bb42e16820004904a948",
        proof=(
            "Codes and places in arrays have names, loop variables are called by what they hold, and a leader's month is split "
            "into its channels. Golden hashes stand. Every shipped scenario was run before and after, 20 replicates with the "
            "default values and 20 with the plausible ensemble on the compiled engine, and one replicate with every agent's "
            "state on Mesa: the data hashes of all 2,602 tables are equal."
        ),
    ),
    Equal(
        before="e3d0d14570c27658d8794e769d3204b99ba9e45aa600bb42e16820004904a948",
        after="37e85fa81a1d68aa178671c06643e59b35ca48f28df7a5590803643fdbb605ed",
        proof=_WAITING,
        off=SECOND_VERSION,
    ),
    Equal(
        before="37e85fa81a1d68aa178671c06643e59b35ca48f28df7a5590803643fdbb605ed",
        after="6af40a582a52395222e722ae7dee213ea5b05cf356a258cf14c2a4d0cc689918",
        proof=(
            "Only how month functions and rules are handed to the compiler is written elsewhere (sim.inlining). All 64 shipped "
            "scenarios were run before and after: 20 replicates (of the two national ones 2), with the default values and with "
            "the plausible ensemble, and one replicate of each but those two with every agent's state, on both engines: the "
            "bytes of all 1,000 arrays are equal."
        ),
    ),
    Equal(
        before="6af40a582a52395222e722ae7dee213ea5b05cf356a258cf14c2a4d0cc689918",
        after="cbeae2aa2fb1769eecbf46b243633f5206a05920a573518f9cc7afa2b1fb8c11",
        proof="The same source files: the hash covers how they are handed to the compiler too (sim.inlining).",
    ),
    Equal(
        before="cbeae2aa2fb1769eecbf46b243633f5206a05920a573518f9cc7afa2b1fb8c11",
        after="d694e3973400590ddfb62e78b5bb1777f8441f790a69e30d526d168288de3c5a",
        proof=(
            "Compiled code counts no references, and luck can branch and draws can be held (sim.holds), which no run asks for by "
            "itself. All 64 shipped scenarios were run before and after: 20 replicates (of the two national ones 2), with the "
            "default values and with the plausible ensemble, and one replicate of each but those two with every agent's state, "
            "on both engines: the bytes of all 1,000 arrays are equal."
        ),
    ),
    Equal(
        before="d694e3973400590ddfb62e78b5bb1777f8441f790a69e30d526d168288de3c5a",
        after="60ca777104ce45f9dd60ee900e490a5edfa308ed95bb884352fe285494162b91",
        proof=(
            "Only what the compiler is given is less (sim.inlining): no way in for C to each function, and records copied in one "
            "piece. All 64 shipped scenarios were run before and after: 20 replicates (of the two national ones 2), with the "
            "default values and with the plausible ensemble, and one replicate of each but those two with every agent's state, "
            "on both engines: the bytes of all 1,000 arrays are equal."
        ),
    ),
)
"""Oldest first. An entry is added in the commit that changes the code, and never taken out while a kept result needs it."""

PROVEN_EQUAL_SETTINGS: Final = (
    Equal(
        "9aec405b9ecba367de7e5d414bfe714288a50941830a9233212626da4c7bbfe0",
        "ca7ba8f402cf3f3bae0aecec6430743918167734d00a2b70b236139189fa83df",
        _WAITING,
    ),  # knobs: default values
    Equal(
        "c289325fc46eb55b71e22fadf39ac0c66adfc3acd812380a8d089566ca558c1c",
        "6d342754b1014396156a5e1d9bfa4ea41af6bd774e3dfc82e548b964ecc75a4f",
        _WAITING,
    ),  # search: its base scenario
    Equal(
        "8892071d99ca3f35ec9305b36a20d6d625fac6126b4c8f84db13741496df7abb",
        "3d2e5c80de9db50e26d02dcfaddbf0e8d251f4573dc6627d1339322ca9053212",
        _WAITING,
    ),  # sensitivity: default values
    Equal(
        "9bb9ecf92421ed0fc48862295d031a127157078364ce9ebc6275eb87bc2b8b59",
        "5a1fad589e9751dde00a28a31c62857cdbaf16e6ec1e3af50c73a22f22a9308b",
        _WAITING,
    ),  # sensitivity: scenarios
    Equal(
        "844a7e33a075dc7efa179da1b8310f067342f78c9706b72db6b08bc7c1f45c20",
        "78f3e86d1955162ab634ad80a7d122c79ced74dc5bb2d3414a8c6cfe55c1ebc0",
        _WAITING,
    ),  # discovery: scenarios
)
"""Hashes of scenarios and values, as kept results name them: the present ones say the same, with more that is off."""


def mechanisms_of(scenarios: Iterable[Switched]) -> frozenset[str]:
    """Mechanisms that are on in one of several scenarios at least."""
    return frozenset().union(*(one.switches_on for one in scenarios))


def same_rules(recorded: str, *, on: Collection[str], known: Sequence[Equal] = PROVEN_EQUAL) -> bool:
    """Whether rules give the numbers of the present ones: they are these, or are proven equal with such mechanisms on.

    Parameters
    ----------
    recorded : str
        Hash in a record.
    on : collection of str
        Mechanisms that are on in what was run with them.
    known : sequence of Equal
    """
    return leads_to(recorded, present_rules(), [pair for pair in known if not set(pair.off) & set(on)])


def same_settings(recorded: object, present: object, known: Sequence[Equal] = PROVEN_EQUAL_SETTINGS) -> bool:
    """Whether settings are those of a record, or hashes of scenarios that are proven to give the same numbers.

    A scenario's hash covers every parameter and mechanism of the table, those too that are off: a mechanism that is added and off
    changes the hash and no number. No scope is asked for: the hash of a scenario in which one of them is on stands in no pair.

    Parameters
    ----------
    recorded, present : object
        Equal, or hashes.
    known : sequence of Equal
    """
    if recorded == present:
        return True
    return isinstance(recorded, str) and isinstance(present, str) and leads_to(recorded, present, known)


def leads_to(recorded: str, present: str, known: Sequence[Equal]) -> bool:
    """Whether a chain of proven pairs leads from a recorded hash to the present one."""
    after = {pair.before: pair.after for pair in known}
    for _ in range(len(known) + 1):
        if recorded == present:
            return True
        recorded = after.get(recorded, "")
    return False


@lru_cache(maxsize=1)
def present_rules() -> str:
    """Hash of the rules of this installation, made once for its sources and kept with what else can be made again.

    It takes a tenth of a second, in every command that runs anything. What is kept counts for the same bytes of all sources only.
    """
    sources = sources_hash(left_out=())
    try:
        kept = user_folder() / KEPT_HASH
    except RuntimeError:  # a user without a home
        return rules_hash()
    with suppress(OSError, ValueError, RecursionError):  # none there, or not as it should be: it is made anew
        found = json.loads(kept.read_text(encoding="utf-8"))
        if isinstance(found, dict) and found.get("sources") == sources and _HASH.fullmatch(str(found.get("rules"))):
            return str(found["rules"])
    rules = rules_hash()
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(f".{KEPT_HASH}.{os.getpid()}")
        try:
            partial.write_text(json.dumps({"sources": sources, "rules": rules}), encoding="utf-8")
            partial.replace(kept)
        finally:
            partial.unlink(missing_ok=True)  # where it could not take its place
    return rules


def rules_hash(root: Path | None = None) -> str:
    """SHA-256 of the rules: the syntax trees of the files of RULES.

    Parameters
    ----------
    root : pathlib.Path, optional
        Folder of the package ``sim``; that of this installation unless given.

    Returns
    -------
    str
        Hexadecimal. Comments, layout and texts that only document do not count (of a stage, where and how it is described), and
        a whole number counts the same whether it stands there itself or as the name of a constant of the package (a module's
        ``NAME: Final = 2``).
    """
    folder = Path(__file__).resolve().parent if root is None else root
    digest, known = hashlib.sha256(), dict[Path, dict[str, int]]()
    for path in (path for pattern in RULES for path in sorted(folder.glob(pattern))):
        tree = _Values(folder, known).visit(ast.parse(path.read_text(encoding="utf-8")))
        digest.update(f"{path.name}\n{json.dumps(_form(tree))}\n".encode())
    return digest.hexdigest()


class _Values(ast.NodeTransformer):
    """Puts whole numbers in the place of their names, and leaves out what only documents.

    Parameters
    ----------
    folder : pathlib.Path
    known : dict of pathlib.Path to dict of str to int
        Whole numbers that modules name, as far as they were asked for: each module is read once.
    """

    def __init__(self, folder: Path, known: dict[Path, dict[str, int]]) -> None:
        self.folder = folder
        self.known = known
        self.values: dict[str, int] = {}

    def visit_Module(self, node: ast.Module) -> ast.AST:
        self.values |= _constants(node)
        node.body = [statement for statement in node.body if not _named_number(statement)]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        parts = (node.module or "").split(".")
        path = self.folder.joinpath(*parts[1:]).with_suffix(".py")
        if parts[0] == "sim" and path.exists():
            if path not in self.known:
                self.known[path] = _constants(ast.parse(path.read_text(encoding="utf-8")))
            numbers = self.known[path]
            self.values |= {alias.asname or alias.name: numbers[alias.name] for alias in node.names if alias.name in numbers}
            node.names = [alias for alias in node.names if alias.name not in numbers]
        return node if node.names else None

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and node.id in self.values:
            return ast.Constant(self.values[node.id])
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        number = _whole_number(node)
        return self.generic_visit(node) if number is None else ast.Constant(number)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "Stage":
            node.args = node.args[:2]  # entity and function; the others are for readers
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else self.generic_visit(node)


def _constants(tree: ast.Module) -> dict[str, int]:
    """Whole numbers that a module names."""
    return dict(named for named in map(_named_number, tree.body) if named)


def _named_number(node: ast.stmt) -> tuple[str, int] | None:
    """Name and value of a statement ``NAME: Final = 2``; None for another."""
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        return None
    number = _whole_number(node.value)
    final = isinstance(node.annotation, ast.Name) and node.annotation.id == "Final"
    return (node.target.id, number) if final and number is not None else None


def _whole_number(node: ast.expr | None) -> int | None:
    """Whole number that an expression is, written out; None for another."""
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    inner = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
    return sign * inner.value if isinstance(inner, ast.Constant) and type(inner.value) is int else None


def _form(node: Any) -> Any:
    """Tree as plain lists. What is empty is left out: which empty fields a node has differs between versions of Python."""
    if isinstance(node, ast.AST):
        filled = [(name, value) for name, value in ast.iter_fields(node) if value is not None and value != []]
        return [type(node).__name__, *([name, _form(value)] for name, value in filled)]
    return [_form(part) for part in node] if isinstance(node, list) else repr(node)
