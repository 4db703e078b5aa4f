import math

import pandas as pd
import pytest

from sim.figures import NEEDED_TABLES, draw_all, drawings, lasting
from sim.figures.drawings import is_the_study, published
from sim.figures.style import STATE_LOOKS, STATUS_LOOKS, drawing, panels_of
from sim.history import STATES, STATUSES
from sim.words import leader_words

pytestmark = pytest.mark.portable


def test_the_same_tables_give_the_same_bytes(tmp_path, plan, frames_of):
    import matplotlib as mpl

    frames = frames_of(plan)
    before = dict(mpl.rcParams)
    first, second = draw_all(tmp_path / "a", frames), draw_all(tmp_path / "b", frames)
    assert dict(mpl.rcParams) == before
    assert [picture.name for picture in first] == [
        "uses",
        "states",
        "fidelity",
        "survival",
        "strip",
        "dilemma",
        "drivers",
        "leadership",
    ]
    for one, other in zip(first, second, strict=True):
        assert one.png.read_bytes() == other.png.read_bytes()
        assert one.svg.read_bytes() == other.svg.read_bytes()
        assert one.png.read_bytes().startswith(b"\x89PNG")
        assert b"<dc:date>" not in one.svg.read_bytes()
        assert "support ends" in one.caption or "end of the outside support" in one.caption
        assert len(one.alternative) > 40


def test_other_numbers_give_another_picture(tmp_path, plan, frames_of):
    frames = frames_of(plan)
    changed = frames | {"summary_monthly": frames["summary_monthly"].assign(mean=lambda table: table["mean"] * 0.9)}
    with drawing():
        first, second = drawings.states(frames, tmp_path / "a"), drawings.states(changed, tmp_path / "b")
    assert first.png.read_bytes() != second.png.read_bytes()


@pytest.mark.parametrize("months", [1, 7])
def test_a_single_service_and_a_short_horizon(tmp_path, plan_of, frames_of, months):
    plan = plan_of(names=["Only"], posts=[1], leaders=[2], months=months)
    pictures = draw_all(tmp_path, frames_of(plan, count=1, traced=False))
    assert [picture.name for picture in pictures] == [
        "uses",
        "states",
        "fidelity",
        "survival",
        "dilemma",
        "drivers",
        "leadership",
    ]


def test_nothing_delivered_at_all(tmp_path, plan, frames_of):
    frames = frames_of(plan)
    names = [name for name in frames["summary_fidelity"].columns if name.startswith("fidelity_")]
    empty = frames["summary_fidelity"].assign(**dict.fromkeys(names, math.nan))
    none = dict.fromkeys(("survival", "low", "high"), math.nan)
    curves = {name: frames[name].assign(**none) for name in ("summary_survival", "summary_endings")}
    starts = frames["summary_starts"].assign(started=0, median_first_session=float("nan"))
    pictures = draw_all(tmp_path, frames | {"summary_fidelity": empty, "summary_starts": starts} | curves)
    assert not pictures.failed
    assert "No service started." in next(one for one in pictures if one.name == "survival").alternative


def test_survival_is_drawn_to_giving_up_and_to_the_first_gap(tmp_path, plan, frames_of):
    frames = frames_of(plan)

    def drawn(place, frames):
        with drawing():
            return lasting.survival(frames, tmp_path / place)

    first = drawn("a", frames)
    assert "giving up and to the first long gap" in first.title
    assert "have not given up" in first.alternative
    assert "have had no long gap" in first.alternative
    assert "abandoned" not in first.caption
    # what is drawn is what the table has of each of the two, and not the older reading
    for place, ending in (("b", "given up"), ("c", "first gap")):
        table = frames["summary_endings"]
        half = table["survival"].where(table["ending"] != ending, table["survival"] / 2)
        other = drawn(place, frames | {"summary_endings": table.assign(survival=half)})
        assert other.svg.read_bytes() != first.svg.read_bytes()
    older = frames["summary_survival"].assign(survival=0.5)
    assert drawn("d", frames | {"summary_survival": older}).svg.read_bytes() == first.svg.read_bytes()


def test_survival_of_the_first_version_is_to_the_first_abandonment(tmp_path, plan, frames_of):
    old = {name: frame for name, frame in frames_of(plan).items() if name != "summary_endings"}
    pictures = draw_all(tmp_path, old)
    assert not pictures.failed
    survival = next(one for one in pictures if one.name == "survival")
    assert survival.title == "Survival to first abandonment"
    assert "given up" not in survival.caption + survival.alternative


def test_many_services_are_shown_by_leader(plan_of, frames_of):
    plan = plan_of(names=[f"s{at}" for at in range(20)], posts=[1] * 20, leaders=[0, 1] * 10)
    headings = [panel.heading for panel in panels_of(frames_of(plan, count=2, traced=False))]
    assert headings == ["All 20 services", "Active leader (10)", "Passive-supportive leader (10)"]


def test_a_missing_table_is_named(tmp_path, plan, frames_of):
    frames = {name: frame for name, frame in frames_of(plan).items() if name != "summary_starts"}
    with pytest.raises(KeyError, match="summary_starts"):
        draw_all(tmp_path, frames)
    assert "summary_starts" in NEEDED_TABLES


def test_published_scores_are_shown_only_for_the_services_of_the_study(plan, plan_of, frames_of):
    values = published()["fidelity_month_12"]["values"]
    assert sum(values.values()) / len(values) == pytest.approx(4.61, abs=0.005)  # the mean that evidence A5 derives
    assert "E" not in values
    study = plan_of(names="ABCDEFGHI", posts=[1] * 9, leaders=[1] * 9)
    assert is_the_study(frames_of(study, count=1, traced=False))
    assert not is_the_study(frames_of(plan, count=1, traced=False))


def _grey(colour):
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize(("looks", "names"), [(STATE_LOOKS, STATES), (STATUS_LOOKS, STATUSES)])
def test_neighbours_differ_in_print_without_colour(looks, names):
    assert tuple(looks) == names
    assert len(set(looks.values())) == len(looks)
    for one, other in zip(list(looks.values())[:-1], list(looks.values())[1:], strict=True):
        assert one[1] != other[1] or abs(_grey(one[0]) - _grey(other[0])) > 25


def test_leaders_have_words():
    assert leader_words("passive_supportive") == "passive-supportive leader"
    assert leader_words("vacant") == "no leader"


def test_headings_of_narrow_panels_are_short():
    def headings(count):
        name = "Clinic of the north"
        start = pd.DataFrame({"service": ["nan", name, *(f"S{at}" for at in range(count - 2))]})
        start["leader"] = pd.Categorical(["passive_supportive"] * count, categories=["passive_supportive"])
        return [one.heading for one in panels_of({"services_start": start})][1:]

    assert headings(14)[:2] == ["nan · passive-supportive", "Clinic of the north"]
    assert max(map(len, headings(14))) <= 24
    assert headings(12)[0] == "nan · passive-supportive leader"  # control: three in a row have room
