"""The command `sustain explore`: its numbers are those of `sustain compare`, and names cannot become part of the page."""

import base64
import hashlib
import html
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app import standalone
from app.explorer import computing, page, writing
from app.explorer.asked import Asked
from app.texts import CHARTS, as_script, sections, texts_of
from experiments.kit import words
from experiments.mine.acting import POLICIES
from sim.figures.style import STATE_LOOKS, USE_LOOKS
from sim.problems import BadInput
from tests.drawing import not_drawn
from tests.experiments.commanding import refused, sustain

pytestmark = pytest.mark.portable

SMALL = ("all-passive", "all-active", "-n", "30", "--months", "26", "--seed", "4", "--threads", "1")
HOSTILE = "</script><script>alert(1)</script>"
PICTURE = "<img src=x onerror=alert(2)>"


def told(folder: Path, *words: str) -> dict[str, Any]:
    """What an explorer holds, as it is printed."""
    done = sustain("explore", *words, "--out", folder / "explorer.html", "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def held(text: str) -> dict[str, Any]:
    """What is in the page."""
    return dict(json.loads(re.search(r'<script type="application/json" id="explorer-data">(.*?)</script>', text, re.DOTALL)[1]))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """File of a small explorer, not to be changed, and what was printed."""
    folder = tmp_path_factory.mktemp("explorer")
    return folder / "explorer.html", told(folder, *SMALL)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, written: tuple[Path, dict[str, Any]]) -> tuple[Path, dict[str, Any]]:
    """Folder of the comparison that the explorer names, and what was printed."""
    folder = tmp_path_factory.mktemp("compared") / "folder"
    command = shlex.split(written[1]["arms"][0]["command"])
    assert command[:2] == ["sustain", "compare"]
    with not_drawn():
        done = sustain(*command[1:], "--out", folder, "--json")
    assert done.exit_code == 0, done.output
    return folder, json.loads(done.stdout)


# ------------------------------------------------------------------------------------------------------------------ numbers


@pytest.mark.engine
def test_effects_are_those_of_compare_to_the_last_digit(
    written: tuple[Path, dict[str, Any]], compared: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    found = written[1]["arms"][0]
    assert found["effects"] == compared[1]["effects"]
    assert len(found["effects"]) > 10
    assert " ".join(["How sure is that?", *found["sure"]]) == compared[1]["how_sure_in_short"][0]
    # The control: other luck is noticed.
    other = told(tmp_path, *SMALL[:-3], "5", *SMALL[-2:])["arms"][0]
    assert other["effects"] != found["effects"]


@pytest.mark.engine
def test_months_are_those_of_compare(written: tuple[Path, dict[str, Any]], compared: tuple[Path, dict[str, Any]]) -> None:
    data, months = written[1], pd.read_csv(compared[0] / "tables" / "months.csv")
    whole, arm = data["runs"] * data["services"], data["arms"][0]
    counts = {"all-passive": data["base"]["counts"], "all-active": arm["counts"]}
    for name, rows in months.groupby("scenario"):
        assert [one / whole for one in counts[str(name)]["kept_going"][0]] == pytest.approx(rows["share_kept_going"], abs=1e-13)
    other = months[months["scenario"] == "all-active"]
    gaps = zip(arm["counts"]["kept_going"][0], data["base"]["counts"]["kept_going"][0], strict=True)
    assert [(mine - base) / whole for mine, base in gaps] == pytest.approx(other["difference"], abs=1e-13)
    assert arm["reach"]["kept_going"][0] == pytest.approx(other["difference_reach"], rel=1e-5)
    assert other["difference_reach"].nunique() > 5


@pytest.mark.engine
def test_services_are_those_of_compare(written: tuple[Path, dict[str, Any]], compared: tuple[Path, dict[str, Any]]) -> None:
    data, effects = written[1], pd.read_csv(compared[0] / "tables" / "effects.csv")
    rows = effects[(effects["group"] == "service") & (effects["outcome"] == "share_kept_going")]
    assert data["units"] == ["all services", *rows["unit"]]
    arm = data["arms"][0]
    for unit, row in enumerate(rows.itertuples(), start=1):
        base, mine = (one["counts"]["kept_going"][unit][-1] / data["runs"] for one in (data["base"], arm))
        assert (base, mine) == pytest.approx((row.mean_base, row.mean_other), abs=1e-13)
        reach = arm["reach"]["kept_going"][unit][-1]
        assert (mine - base - reach, mine - base + reach) == pytest.approx((row.low, row.high), abs=1e-5)


@pytest.mark.engine
def test_shares_add_up(written: tuple[Path, dict[str, Any]]) -> None:
    data = written[1]
    for scenario in (data["base"], data["arms"][0]):
        for looks in (STATE_LOOKS, USE_LOOKS):
            for unit, size in enumerate([data["services"], *[1] * data["services"]]):
                columns = zip(*(scenario["counts"][name][unit] for name in looks), strict=True)
                assert {sum(column) for column in columns} == {data["runs"] * size}


@pytest.mark.engine
def test_threads_change_nothing(written: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    two = told(tmp_path, *SMALL[:-1], "2")
    assert {**two, "file": ""} == {**written[1], "file": ""}


@pytest.mark.engine
def test_worlds_are_told_apart_from_luck(tmp_path: Path) -> None:
    data = told(tmp_path, "all-passive", "all-active", "--worlds", "20", "-n", "3", "--months", "30")
    spread = data["arms"][0]["spread"]
    assert data["runs"] == 60
    assert spread["apart"] is True
    assert len(spread["low"]) == len(spread["high"]) == 30
    known = [(low, high) for low, high in zip(spread["low"], spread["high"], strict=True) if low is not None]
    assert known
    assert all(low < high for low, high in known)
    told_of = re.search(r"lie between (\S+) and (\S+), with luck", " ".join(data["arms"][0]["sure"]))
    last = [words.decimal(100 * spread[side][-1], 1, signed=True) for side in ("low", "high")]
    assert last == list(told_of.groups())
    assert "--worlds 20" in data["arms"][0]["command"]
    assert "-n 3" in data["arms"][0]["command"]


# ------------------------------------------------------------------------------------------------------- what can be chosen


def test_usually_the_nine_services_under_each_policy() -> None:
    assert computing.names_of(Asked()) == ["nine-services", *(f"nine-services+{policy}" for policy in POLICIES)]


def test_what_changes_nothing_is_left_out() -> None:
    names = computing.names_of(Asked(names=["all-passive"], months=20))
    assert names[0] == "all-passive"
    assert 0 < len(names) - 1 < len(POLICIES) + 1
    with pytest.raises(BadInput) as caught:  # every policy begins later than that
        computing.names_of(Asked(names=["nine-services"], months=6))
    assert "no leadership policy can be joined to it" in str(caught.value)


# ---------------------------------------------------------------------------------------------------------------- the page


@pytest.mark.engine
def test_the_page_holds_what_was_printed_and_loads_nothing(written: tuple[Path, dict[str, Any]]) -> None:
    path, data = written
    text = path.read_text(encoding="utf-8")
    assert held(text) == {name: one for name, one in data.items() if name != "file"}
    assert not re.search(r'(?:src|href)="(?!#|data:)', text)
    assert not re.search(r"@import|url\((?!#)", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|fetch\(|XMLHttp", text)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text
    assert standalone.allowed(f"{script} ") not in text
    assert [one.name for one in path.parent.iterdir()] == ["explorer.html"]
    for wanted in ("Where it comes from", "Code identity", "Libraries", "are assumptions", "sustain explore all-passive"):
        assert wanted in text


def test_modules_export_what_others_import() -> None:
    sources = {name: (standalone.STATIC / f"{name}.js").read_text(encoding="utf-8") for name in page.MODULES}
    exported = {
        name: set(re.findall(r"^export (?:function|class|const) (\w+)", text, re.MULTILINE))
        | set(re.findall(r'(\w+) = "', " ".join(re.findall(r"^export const (.*)$", text, re.MULTILINE))))
        for name, text in sources.items()
    }
    seen: list[str] = []
    for name, text in sources.items():
        for names, source in re.findall(r'^import \{ ([^}]*) \} from "\./(\w+)\.js";$', text, re.MULTILINE):
            assert source in seen  # it stands above
            assert set(names.split(", ")) <= exported[source]
        seen.append(name)
    assert not re.search(r"^(import|export)\b", standalone.script_of(page.MODULES), re.MULTILINE)
    declared = re.findall(r"^(?:async )?(?:function|class|const) (\w+)", standalone.script_of(page.MODULES), re.MULTILINE)
    assert len(declared) == len(set(declared))


def test_words_stand_in_the_file_of_words_and_nowhere_else() -> None:
    """Every word of the explorer and of charts is used, every one that is used is there, and no sentence is in the code."""
    sources = {name: (standalone.STATIC / f"{name}.js").read_text(encoding="utf-8") for name in page.MODULES}
    template = page.TEMPLATE.read_text(encoding="utf-8")
    words, charts = sections()["explorer"], sections()[CHARTS]
    code = "\n".join(sources.values())
    used = set(re.findall(r"\bt\.(\w+)", sources["explorer"] + template)) - {CHARTS}
    python = Path(page.__file__).read_text(encoding="utf-8")
    assert used | set(re.findall(r'texts\["(\w+)"\]', python)) >= set(words)
    assert used <= set(texts_of("explorer"))
    every = "\n".join(one.read_text(encoding="utf-8") for one in standalone.STATIC.glob("*.js"))
    said = set(re.findall(r"\bWORDS\.(\w+)", every))
    assert set(re.findall(r"\bWORDS\.(\w+)", code)) <= said == set(charts) - {"menu", "does", "leader", "use"}  # by other names
    assert set(re.findall(r"\b(?:w|pair)\.(?!js\b)(\w+)", sources["pair"] + sources["explorer"])) == set(charts["pair"])
    prose = re.compile(r'(["`])(?:(?!\1).)*[a-z] [a-z]{2,}(?:(?!\1).)*\1')
    for name in ("charts", "dots", "explorer", "frame", "pair"):
        plain = re.sub(r"/\*.*?\*/|//[^\n]*|throw new Error\([^\n]*", "", sources[name], flags=re.DOTALL)
        assert [found[0] for found in prose.finditer(plain)] == []
    assert prose.search('said("too early to tell")')  # control
    told = re.sub(r"{{.*?}}|{%.*?%}|<code>sustain compare</code>", "", template)
    assert not re.search(r">[^<>]*[a-z] [a-z][^<>]*<", told)
    assert re.search(r">[^<>]*[a-z] [a-z][^<>]*<", told.replace("<h3>", "<h3>Hours it costs"))  # control


def test_colours_and_hatches_are_those_of_the_figures() -> None:
    text = (standalone.STATIC / "charts.js").read_text(encoding="utf-8")
    looks = {
        name: (colour, hatch) for name, colour, hatch in re.findall(r'^  (\w+): \["(#\w+)", "([^"]*)"\],$', text, re.MULTILINE)
    }
    assert looks == {**STATE_LOOKS, **USE_LOOKS}


@pytest.mark.engine
def test_a_name_cannot_become_a_script(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        f'schema_version = 1\nname = "mine"\ntitle = "{HOSTILE}"\nquestion = "{PICTURE}"\n'
        '[[policies]]\nlever = "clarity"\ndose = 1.0\nstart = 12\n',
        encoding="utf-8",
    )
    data = told(tmp_path, "nine-services", str(mine), "-n", "2", "--months", "20", "--threads", "1")
    text = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    arm = held(text)["arms"][0]
    assert (arm["title"], arm["question"]) == (HOSTILE, PICTURE)
    assert arm == data["arms"][0]
    assert "alert(1)" in text  # it is there, as text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert text.count("<script") == text.count("</script>") == 3


def test_the_first_screen_has_a_picture_and_says_how_sure_that_is(tmp_path: Path) -> None:
    told(tmp_path, "all-passive", "all-active", "-n", "2", "--months", "20", "--threads", "1")
    first = (tmp_path / "explorer.html").read_text(encoding="utf-8").partition("<nav")[0]
    assert first.count("<figure") == 1
    assert "How sure is that?" in first
    assert "“All leaders active at the start” minus “All leaders passive-supportive at the start”" in html.unescape(first)
    assert "Nine of ten" not in first  # of two pairs


def test_json_in_a_page_has_no_letter_of_html() -> None:
    value = {"name": "<b>&\u2028\u2029</script>", "more": [1, None]}
    text = as_script(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
    with pytest.raises(ValueError, match="JSON"):
        as_script(float("nan"))


# --------------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.engine
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("nine-servces",), "did you mean 'nine-services'?"),
        (("nine-services", "all-actve"), "did you mean 'all-active'?"),
        (("nine-services", "nine-services"), "is given twice"),
        (("-n", "1"), "allowed: a whole number from 2 to"),
        (("-n", "many"), "--replicates: 'many' cannot be"),
        (("--months", "0"), "--months: '0' cannot be"),
        (("--months", "6"), "no leadership policy can be joined to it"),
        (("--worlds", "1"), "--worlds: '1' cannot be"),
        (("--out", "nowhere/explorer.html"), "there is no folder 'nowhere'"),
        (("--out", "there.html"), "is there already"),
        (("--out", "."), "is there already"),
        (("--no-such-option",), "No such option"),
    ],
)
def test_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], expected: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.html").write_text("mine", encoding="utf-8")
    assert expected in refused("explore", *words)
    assert [(one.name, one.read_text(encoding="utf-8")) for one in tmp_path.iterdir()] == [("there.html", "mine")]


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    found = refused("explore", "nine-servces", "-n", 1, "--seed", -1, "--out", tmp_path / "none" / "explorer.html")
    assert "4 problems" in found


@pytest.mark.engine
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_text_whole", full)
    small = ("all-passive", "all-active", "-n", "2", "--months", "13")
    assert "cannot be written: No space left on device" in refused("explore", *small, "--out", tmp_path / "explorer.html")
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_write_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = tmp_path / "explorer.html"
    with writing.taken(wanted) as one, writing.taken(wanted) as other:
        writing.write_text_whole(one, "mine")
        writing.write_text_whole(other, "yours")
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {
        "explorer.html": "mine", "explorer-2.html": "yours",
    }  # fmt: skip
    assert f"{wanted} was made by another process meanwhile; this is {other}" in capsys.readouterr().err
    with pytest.raises(OSError, match="no room"), writing.taken(wanted) as third:
        raise OSError("no room")
    assert not third.exists()  # a name is given back when nothing came of it
    capsys.readouterr()
    with writing.taken(tmp_path / "another.html"):
        assert capsys.readouterr().err == ""  # the control
