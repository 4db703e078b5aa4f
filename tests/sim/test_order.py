"""Both engines follow the one printed order of the month."""

import ast
from pathlib import Path

import pytest

import sim.compiled
from sim.compiled import BLOCKS
from sim.model import PracticeModel
from sim.order import ORDER
from sim.streams import STREAM_SETS

pytestmark = pytest.mark.portable

KERNELS = ("service_month", "service_month_ends", "run_replicates")
BESIDE = ("person_enters", "worth_it", "service_recorded")
"""Called beside the stages: part of the stage before, or of what is written down."""
MONTHS = Path(sim.compiled.__file__).parent / "months"


def defined_in_months() -> set[str]:
    found = set()
    for path in MONTHS.glob("*.py"):
        found |= {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}
    return found


def calls_of(function: ast.FunctionDef, known: dict[str, ast.FunctionDef]) -> list[str]:
    """Names called in a function, in the order of the text; kernels of the same module are followed."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    names: list[str] = []
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        names += calls_of(known[name], known) if name in known else [name]
    return names


def order_in_kernel(source: str) -> list[str]:
    """Month functions that one month of the compiled engine calls, in order; what happens before month 0 is left out."""
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    months = defined_in_months()
    assert set(KERNELS) <= set(functions)
    begins = set(calls_of(functions["begin"], functions))
    return [name for name in calls_of(functions["run_replicates"], functions) if name in months and name not in begins]


SOURCE = Path(sim.compiled.__file__).read_text(encoding="utf-8")


def stages(names: list[str]) -> list[str]:
    return [name for name in names if name not in BESIDE]


def test_the_kernel_follows_the_order() -> None:
    names = order_in_kernel(SOURCE)
    assert stages(names) == [stage.function for stage in ORDER]
    assert [name for name in names if name in BESIDE] == list(BESIDE)


def test_what_is_called_beside_the_stages_is_in_its_place() -> None:
    names = order_in_kernel(SOURCE)
    assert names[names.index("person_enters") - 1] == "post_filled"
    assert names.index("worth_it") < names.index("practitioner_decides")
    assert names.index("service_recorded") == names.index("service_observed") + 1


@pytest.mark.parametrize(
    ("first", "second"), [("service_pools", "practitioner_sees"), ("practitioner_leaves", "successor_trained")]
)
def test_a_swapped_stage_is_caught(first: str, second: str) -> None:
    swapped = SOURCE.replace(f"{first}(", "\0(").replace(f"{second}(", f"{first}(").replace("\0(", f"{second}(")
    assert swapped != SOURCE
    assert stages(order_in_kernel(swapped)) != [stage.function for stage in ORDER]


def test_a_stage_left_out_is_caught() -> None:
    line = "        leader_leaves(leader, service, p, draws[2][0])\n"
    without = "".join(part for part in SOURCE.splitlines(keepends=True) if not part.strip().startswith("leader_leaves("))
    assert len(without) < len(SOURCE), line
    assert stages(order_in_kernel(without)) != [stage.function for stage in ORDER]


def test_the_kernel_draws_whole_sets() -> None:
    assert {name: one.blocks for name, one in STREAM_SETS.items()} == BLOCKS


def test_mesa_agents_have_every_stage_as_a_method() -> None:
    from sim import agents

    classes = {
        "service": agents.Service,
        "leader": agents.Leader,
        "practitioner": agents.Practitioner,
        "patient": agents.Patient,
        "region": agents.Region,
    }
    for stage in ORDER:
        method = getattr(classes[stage.entity], stage.function)
        assert method.__doc__
        assert stage.function in method.__code__.co_names
    assert PracticeModel.step.__doc__


def test_the_order_is_a_list_of_distinct_month_functions() -> None:
    names = [stage.function for stage in ORDER]
    assert len(set(names)) == len(names)
    assert set(names) <= defined_in_months()
    assert set(BESIDE) <= defined_in_months()
    assert all(stage.meaning and stage.submodel for stage in ORDER)
