"""``sustain trial``: what it prints and writes, that it is gone on with, and what bad input gets."""

import json
import re

import pandas as pd
import pytest

from experiments.trials import finding
from sim.store import holding
from sim.store.identity import STORE
from sim.store.reader import check_folder
from tests.experiments.commanding import a_page_fails, drawn_again, hashes, refused, sustain
from tests.experiments.trials.small import ARM, WEDGE, template, text_of, written
from tests.thoroughly import some

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("unsynced", "undrawn")]  # what fixtures make is drawn thoroughly

STILL = {"instrument": "still_using", "analysis": 'also = ["gee_mancl_derouen"]'}


@pytest.fixture(scope="module")
def planned(tmp_path_factory, drawn_thoroughly):
    folder = tmp_path_factory.mktemp("planned")
    done = sustain("trial", written(folder, **STILL), "--threads", "2", "--out", folder / "out")
    assert done.exit_code == 0, done.output
    return folder, done.stdout


@pytest.fixture
def checked_little(monkeypatch):
    """Few trials are simulated by themselves: what they say beside the others is asked of `planned`."""
    monkeypatch.setattr(finding, "SIMULATED", 40)


def test_the_answer_is_told(planned):
    folder, told = planned
    found = json.loads((folder / "out" / "trial.json").read_text(encoding="utf-8"))
    assert found["answer"] in told
    assert f"A trial of 24 services is significant in {100 * found['planned']['power']['value']:.0f} %" in told
    assert "Power for an effect that does not exist is worth nothing" in told
    assert "GEE, Mancl and DeRouen" in told
    assert found["check"]["trials"] == 400
    assert {one["analysis"] for one in found["analyses"]} == {"cluster_t", "gee_mancl_derouen"}


def test_the_folder_is_sound(planned):
    folder, _ = planned
    assert check_folder(folder / "out", deep=True) == []
    assert set(hashes(folder / "out")) == {
        "effects",
        "months",
        "operating",
        "failures",
        "assurance",
        "power",
        "sizes",
        "surrogates",
    }
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "What is so, and what is seen" in page
    assert page.count("<figure") == 5
    assert re.search(r"Ensemble</dt>\s*<dd[^>]*>\s*plausible\b", page)
    assert "decide nothing by these" in page  # so few worlds are a quick run


def test_tables_say_what_is_told(planned):
    folder, _ = planned
    found = json.loads((folder / "out" / "trial.json").read_text(encoding="utf-8"))
    tables = folder / "out" / "tables"
    operating = pd.read_parquet(tables / "operating.parquet").set_index("analysis")
    assert operating.loc["cluster_t", "power"] == found["planned"]["power"]["value"]
    effects = pd.read_parquet(tables / "effects.parquet")
    assert effects[effects["month"] == 12]["effect"].mean() == pytest.approx(found["planned"]["truth"]["value"])
    failures = pd.read_parquet(tables / "failures.parquet")
    assert failures.groupby(["analysis", "nothing_done"], observed=True)["share"].sum().round(12).eq(1.0).all()


def test_the_protocol_has_what_is_known_and_says_what_is_left(planned):
    folder, _ = planned
    text = (folder / "out" / "protocol.md").read_text(encoding="utf-8")
    found = json.loads((folder / "out" / "trial.json").read_text(encoding="utf-8"))
    quoted = next(line for line in text.splitlines() if line.startswith("> "))
    assert f"{100 * found['planned']['power']['value']:.0f}" in quoted
    assert "With 24 services" in quoted
    for part in ("The estimand", "ADEMP", "CONSORT for cluster trials", "**left to you**"):
        assert part in text
    order = [
        text.index(f"| {part} |")
        for part in ("Aims", "Data-generating mechanisms", "Estimands", "Methods", "Performance measures")
    ]
    assert order == sorted(order)


def test_example_data_are_one_trial_with_codebook_labels_and_script(planned):
    folder, _ = planned
    example = folder / "out" / "example"
    data = pd.read_csv(example / "data.csv")
    names = pd.read_csv(example / "codebook.csv")["column"].tolist()
    assert list(data.columns) == names
    assert data["service"].nunique() == 24
    assert (data.groupby("service")["arm"].nunique() == 1).all()
    assert data.groupby("service")["arm"].first().value_counts().tolist() == [12, 12]
    assert set(data["month"]) == {0, 6, 12}
    assert set(data["value"]) <= {0, 1}
    labels = (example / "labels.do").read_text(encoding="utf-8")
    assert all(f"label variable {name} " in labels for name in names)
    script = (example / "analysis.R").read_text(encoding="utf-8")
    for call in ("lme4::lmer(", "geeCRT::geemaee(", "lm(value ~ arm", "month == 12"):
        assert call in script
    assert script.count("(") == script.count(")")
    assert script.count("{") == script.count("}")
    assert all(re.search(rf"\b{name}\b", " ".join(names)) for name in re.findall(r"final\$(\w+)", script))


@pytest.mark.usefixtures("checked_little")
def test_pages_are_drawn_anew_and_cost_no_table(planned):
    folder, _ = planned
    drawn_again(folder / "out", table="tables/operating.csv")
    words = ("trial", written(folder, **STILL), "--threads", "2", "--out", folder / "out")
    a_page_fails(words, folder / "out", "experiments.trials.report.write_study_page")


@pytest.mark.usefixtures("checked_little")
def test_the_same_again_changes_nothing_and_other_parts_are_told_apart(planned, tmp_path):
    folder, _ = planned
    before = hashes(folder / "out")
    again = sustain("trial", written(folder, **STILL), "--threads", "1", "--out", folder / "out", "--json")
    assert again.exit_code == 0, again.output
    assert hashes(folder / "out") == before
    assert json.loads(again.stdout)["name"] == "small"
    only = sustain("trial", written(tmp_path, **STILL), "--power", "--out", tmp_path / "out")
    assert only.exit_code == 0, only.output
    assert set(hashes(tmp_path / "out")) == {"effects", "months", "operating", "failures", "assurance", "power"}
    assert not (tmp_path / "out" / "example").exists()
    assert check_folder(tmp_path / "out", deep=True) == []


@pytest.mark.usefixtures("checked_little")
def test_a_figure_that_fails_costs_the_page_nothing_else(planned, monkeypatch):
    folder, _ = planned
    words = ("trial", written(folder, **STILL), "--threads", "2", "--out", folder / "out")

    def broken(*_):
        raise ValueError("planted")

    with monkeypatch.context() as patch:
        patch.setattr("experiments.trials.report.at_a_glance", broken)
        failed = sustain(*words)
    assert failed.exit_code == 1
    assert "answer could not be made (ValueError: planted)" in failed.stderr
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "Protocol" in page or "protocol" in page
    assert "figures and report" not in failed.stderr
    assert sustain(*words).exit_code == 0  # the control, and the page as it was
    assert len((folder / "out" / "report.html").read_text(encoding="utf-8")) > len(page)


def test_two_at_once_are_refused_before_anything_is_written(planned):
    folder, _ = planned
    out = folder / "out"
    before = hashes(out)
    with holding.alone(out / STORE):
        assert "is at work on the same" in refused("trial", written(folder, **STILL), "--out", out)
        assert "is at work on the same" in refused("trial", written(folder, **STILL), "--restart", "--out", out)
    assert hashes(out) == before
    assert check_folder(out) == []


@pytest.mark.usefixtures("checked_little")
def test_a_wedge_has_its_warning_and_its_script(tmp_path):
    done = sustain("trial", written(tmp_path, **WEDGE), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "immediate-effect model" in done.stdout
    assert "(warning only)" in done.stdout
    script = (tmp_path / "out" / "example" / "analysis.R").read_text(encoding="utf-8")
    for call in ("swCRTdesign::swDsn(clusters = c(4, 4, 4))", "swCRTdesign::swPwr(", "factor(exposure)"):
        assert call in script
    data = pd.read_csv(tmp_path / "out" / "example" / "data.csv")
    assert (data["treated"] == (data["exposure"] > 0)).all()
    assert ((data["period"] - data["sequence"]).clip(lower=0) == data["exposure"]).all()
    assert "stepped-wedge" in (tmp_path / "out" / "protocol.md").read_text(encoding="utf-8")


OTHERS = (
    {"measure": "kept_going"},
    {"measure": "fidelity", "instrument": "fidelity_visit", "design": 'kind = "matched"\nservices = 24\nmatch = ["setting"]'},
    {
        "measure": "posts_delivering",
        "estimand": 'summary = "odds_ratio"',
        "primary": "gee_morel",
        "analysis": 'also = ["independence"]',
        "weighting": "member",
    },
    {"measure": "patient_gain", "instrument": "client_scale", "kind": "narrow", "estimand": 'no_sessions = "where_defined"'},
    {"loss": "services_a_year = 0.99\ngiven_up_a_year = 1.0", "gives_up": "composite", "leaves": "while_before"},
    {"arms": ARM + ARM.replace("follow-up", "more").replace("1.0", "0.5")},
)


@pytest.mark.usefixtures("checked_little")
def test_other_studies_run_to_the_end(tmp_path):
    for at, changed in enumerate(some(OTHERS, 2)):
        done = sustain("trial", written(tmp_path, **changed), "--out", tmp_path / str(at))
        assert done.exit_code == 0, f"{changed}\n{done.output}"
        assert check_folder(tmp_path / str(at), deep=True) == []


@pytest.mark.usefixtures("checked_little")
def test_a_title_is_no_markup_in_the_protocol(planned, tmp_path):
    folder, _ = planned
    title = "T <script>alert(1)</script> *x*"
    shown = tmp_path / "out"
    study = written(tmp_path, **STILL)
    study.write_text(re.sub("^title = .*", f'title = "{title}"', study.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE))
    done = sustain("trial", study, "--power", "--out", shown)
    assert done.exit_code == 0, done.output
    text = (shown / "protocol.md").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "*x*" not in text.replace("\\*x\\*", "")
    assert "# Protocol skeleton: T &lt;script&gt;alert(1)&lt;/script&gt; \\*x\\*" in text
    assert "# Protocol skeleton: " in (folder / "out" / "protocol.md").read_text(encoding="utf-8")


def test_bad_input_is_told_and_nothing_is_written(tmp_path):
    file = written(tmp_path, instrument="fidelity_visit", months="[6, 0]")
    told = refused("trial", file, "--worlds", "3", "--out", tmp_path / "out")
    for part in ("measurement.instrument", "measurement.months", "--worlds", "allowed"):
        assert part in told
    assert not (tmp_path / "out").exists()
    assert "leadership-24" in refused("trial")
    assert "unknown study 'nowhere'" in refused("trial", "nowhere")


@pytest.mark.usefixtures("checked_little")
def test_template_and_list(tmp_path):
    done = sustain("trial", "--template")
    assert done.stdout == template()
    listed = sustain("trial", "--list")
    assert "wedge-12" in listed.stdout
    (tmp_path / "template.toml").write_text(done.stdout, encoding="utf-8")
    quick = sustain("trial", tmp_path / "template.toml", "--quick", "--out", tmp_path / "out")
    assert quick.exit_code == 0, quick.output


def test_check_and_schema_know_study_files(tmp_path):
    file = written(tmp_path)
    assert sustain("check", file).exit_code == 0
    file.write_text(text_of(months="[6, 0]"), encoding="utf-8")
    told = sustain("check", file)
    assert told.exit_code != 0
    assert "measurement.months" in told.output
    schema = json.loads(sustain("schema", "trial").stdout)
    assert "estimand" in schema["required"]


@pytest.mark.usefixtures("drawn")
def test_the_documents_picture_is_drawn(tmp_path):
    from experiments.trials import documents

    assert documents.draw_images(tmp_path, services=60, worlds=8, trials=100) == [tmp_path / documents.PICTURE]
    assert (tmp_path / documents.PICTURE).stat().st_size > 5_000
