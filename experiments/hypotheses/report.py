"""Pages on hypotheses: one that shows all verdicts, and one for each hypothesis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from experiments.hypotheses.answers import answer_of, answer_of_all, picture_of, picture_of_all
from experiments.hypotheses.controls import CASES
from experiments.hypotheses.finding import Found
from experiments.hypotheses.grids import also_grid, cohort_grid, knockout_grid, pairing_grid, received_grid, verdict_grid
from experiments.hypotheses.prior import PRIOR_CASES, PriorCase
from experiments.hypotheses.records import RECORDS, OnRecord, on_record
from experiments.hypotheses.robustness import (
    former_grid,
    prior_grid,
    prior_words,
    stability_grid,
    stability_overview,
    stability_words,
)
from experiments.hypotheses.running import BESIDE, noted_before
from experiments.hypotheses.tables import PAGES
from experiments.hypotheses.verdicts import Judged
from experiments.hypotheses.words import (
    along_words,
    capital,
    claims_words,
    moment,
    proper,
    sure_of_all,
    sure_words,
    verdict_with_sign,
)
from experiments.kit.page import QUICK, write_study_page
from experiments.kit.words import label_of, minus
from sim.ensembles import lacking_warnings
from sim.figures.style import Pictures, drawing
from sim.remake import FIGURES, REPORT
from sim.report.answers import answer_or_none
from sim.report.pages import Figure, Page, facts, figures, libraries
from sim.report.sentences import joined
from sim.words import words


def write_report(folder: Path, ran: Any, record: Mapping[str, Any]) -> Pictures:
    """Write ``report.html``, ``pages/`` and ``figures/``.

    Parameters
    ----------
    folder : pathlib.Path
    ran : experiments.hypotheses.running.Ran
    record : mapping
        As ``hypotheses.json`` holds it.

    Returns
    -------
    Pictures
        Those of the hypotheses' pages, with those that could not be drawn.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    from experiments.hypotheses.figures import draw_all, overview

    runs = {one["name"]: one["run"] for one in record["hypotheses"]}
    concluded = {one.hypothesis.file.name: on_record(folder, one, runs[one.hypothesis.file.name]) for one in ran.found}
    noted = {one.hypothesis.file.name: noted_before(folder, one.hypothesis) for one in ran.found}
    (folder / PAGES).mkdir(parents=True, exist_ok=True)
    every = Pictures()
    with drawing():
        for one in ran.found:
            name = one.hypothesis.file.name
            pictures = draw_all(folder / FIGURES, one)
            shown = Shown(
                pictures,
                _answered(pictures, name, partial(picture_of, one)),
                quick=ran.sizes.is_quick(one.hypothesis),
                run=runs[name],
                edited=ran.edited.get(one.hypothesis.file.hypothesis, ""),
                noted=noted[name],
                concluded=concluded[name],
            )
            path = folder / PAGES / f"{name}.html"
            pictures.add(f"{PAGES}/{name}.html", partial(write_page_of, path, one, shown, record))
            every = Pictures.joined([every, pictures])
        whole = Pictures()
        whole.add("overview", lambda: overview(folder / FIGURES, ran.found))
        glance = _answered(whole, "overview", lambda: picture_of_all(ran.found))
        whole.add(REPORT, lambda: write_front(folder / REPORT, ran, whole, glance, record, concluded, noted))
    return Pictures.joined([every, whole])


@dataclass(frozen=True)
class Shown:
    """What a hypothesis' page shows beside what was found.

    Attributes
    ----------
    pictures : Pictures
    glance : Figure or None
        Picture beside the answer.
    quick : bool
        Whether the run was quick.
    run : str
        Its hash.
    edited : str
        When it had first run here, if the file was edited since; else empty.
    noted : str
        When its present text was noted, before its first run in this folder; empty where nothing shows that.
    concluded : OnRecord or None
    """

    pictures: Pictures
    glance: Figure | None
    quick: bool
    run: str
    edited: str
    noted: str
    concluded: OnRecord | None


def _answered(pictures: Pictures, name: str, make: Callable[[], Figure]) -> Figure | None:
    """Picture of an answer; one that cannot be drawn is noted by the name of its page, and costs nothing else."""
    before = len(pictures.failed)
    made = answer_or_none(pictures, make)
    pictures.failed[before:] = [replace(one, name=f"{name}-{one.name}") for one in pictures.failed[before:]]
    return made


def write_front(
    path: Path,
    ran: Any,
    pictures: Pictures,
    glance: Figure | None,
    record: Mapping[str, Any],
    concluded: Mapping[str, OnRecord | None],
    noted: Mapping[str, str],
) -> None:
    """Write the page that shows all verdicts."""
    worlds, different = record["worlds"], record["different_worlds"]
    quick = any(ran.sizes.is_quick(one.hypothesis) for one in ran.found)
    title, question = headed(ran.found)
    page = Page(
        title=title,
        question=question,
        answer=answer_of_all(ran.found),
        picture=glance,
        sure=sure_of_all(ran.found),
        quick=QUICK if quick else "",
        warnings=_warnings(ran, record),
        size=f"{record['runs']:,} runs in up to {worlds:,} plausible worlds ({different:,} different parameter sets)",
        census=record["census"],
        provenance=provenance(record),
    )
    write_study_page(
        path,
        page,
        "overview.html.j2",
        room=__file__,
        pictures=[replace(Figure.of(one), title="") for one in pictures],
        grid=verdict_grid(ran.found, quick=quick),
        prior=prior_grid(ran.found, alone=False),
        stability=stability_overview(ran.found),
        pages=[
            (one.hypothesis.file, verdict_with_sign(one), concluded.get(one.hypothesis.file.name) is not None)
            for one in ran.found
        ],
        controls=[control_words(case.says, case.may, ran.controls.judged[case.name]) for case in CASES],
        controls_prior=[prior_control_words(case, ran.prior.sign(case)) for case in PRIOR_CASES],
        written=written_words(
            [one.hypothesis.file.hypothesis for one in ran.found if noted[one.hypothesis.file.name]], ran.found
        ),
    )


def headed(found: Sequence[Found]) -> tuple[str, str]:
    """Title and question of the front page: whose hypotheses they are."""
    shipped = sum(one.hypothesis.is_shipped for one in found)
    far = "and how far is that only what was put into it?"
    if shipped == len(found):
        title = "Hypotheses of the study, tested in the model"
        return title, f"What does the model say to the study’s hypotheses, {far}"
    if shipped:
        title = "Hypotheses of the study and of one’s own, tested in the model"
        return title, f"What does the model say to these hypotheses, {far}"
    if len(found) > 1:
        return "Hypotheses of one’s own, tested in the model", f"What does the model say to these hypotheses, {far}"
    return "A hypothesis of one’s own, tested in the model", found[0].hypothesis.file.question


def written_words(noted: Sequence[str], found: Sequence[Found]) -> str:
    """Of which hypotheses the record shows that they were written before they first ran in the folder; empty where of none.

    Parameters
    ----------
    noted : sequence of str
        Numbers of the hypotheses of which it does.
    found : sequence of Found
    """
    if not noted:
        return ""
    which = "The text of every hypothesis" if len(noted) == len(found) else f"The text of {joined(list(noted))}"
    return (
        f"{which} was noted, by its hash and the time, before the first run in this folder (stated.json), and is the same since. "
        "What was run elsewhere before, the folder cannot know."
    )


def _warnings(ran: Any, record: Mapping[str, Any]) -> list[str]:
    """What to mind before any verdict."""
    warnings = lacking_warnings(record["ensemble"])
    warnings += [f"A control did not behave: {one}. Believe nothing here." for one in ran.problems]
    warnings += [
        f"{name} was edited after it had first run here ({moment(when)}); its verdict is that of a text written knowing a result."
        for name, when in ran.edited.items()
        if not when.endswith(BESIDE)
    ]
    later = {name: when.removesuffix(BESIDE) for name, when in ran.edited.items() if when.endswith(BESIDE)}
    if later:
        when = moment(next(iter(later.values())))
        warnings.append(
            f"To {', '.join(later)} contrasts were added after a first run here ({when}). They decide nothing: claims, "
            "their arms and the rule are as they were."
        )
    claims = [claim for one in ran.found for claim in one.claims]
    late = sum(not one.enough for one in claims)
    if late:
        warnings.append(
            f"{late} of {len(claims)} claims did not reach the Monte Carlo error that they ask for with the most runs allowed: "
            "more runs may change their verdicts. Their pages say how far off they are."
        )
    return warnings


def control_words(says: str, may: Sequence[str], one: Judged) -> str:
    """A control in a sentence: what was done, what it must come to, and what it came to, towards what is claimed."""
    effect = f"{100 * one.toward.mean:+.1f} ± {100 * one.toward.error:.1f} percentage points"
    right = "as it must" if one.verdict in may else f"but must be {' or '.join(may)}"
    return minus(f"{says[0].upper()}{says[1:]}: {one.verdict}, {right} ({effect} towards the claim).")


def prior_control_words(case: PriorCase, sign: str) -> str:
    """A control over the prior in a sentence."""
    right = "as it must" if sign == case.must else f"but must be {case.must}"
    return f"{case.says[0].upper()}{case.says[1:]}: {sign}, {right}."


def provenance(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where the numbers come from."""
    ensemble = record["ensemble"]
    return facts(
        ("Made", moment(record["made"])),
        ("Version", record["version"]),
        ("Code that runs", record["code"]["runs"]),
        ("Code that judges", record["code"]["verdicts"]),
        ("Ensemble", f"{ensemble['name']}, {ensemble['members']} members, {ensemble['hash']}"),
        ("Seconds", f"{record['seconds']:,.0f}"),
        ("Libraries", libraries(record["libraries"])),
    )


def write_page_of(path: Path, found: Found, shown: Shown, record: Mapping[str, Any]) -> None:
    """Write the page of a hypothesis."""
    file = found.hypothesis.file
    grids = [pairing_grid(found), knockout_grid(found)]
    received = received_grid(found)
    if received is not None:
        grids.append(received)
    if found.also:
        grids.append(also_grid(found))
    if "cohorts" in found.extra:
        grids.append(cohort_grid(found))
    effect = found.claims[0].effect
    page = Page(
        title=f"{file.hypothesis}: {file.title}",
        question=file.question,
        answer=answer_of(found),
        picture=shown.glance,
        quick=QUICK if shown.quick else "",
        warnings=_edits(shown.edited),
        bullets=claims_words(found),
        sure=sure_words(found),
        size=f"{effect.runs} runs of every arm in {effect.worlds} plausible worlds ({effect.members} different parameter sets)",
        census=record["census"],
        provenance=[*facts(("Hash of the file", found.hypothesis.hash), ("Hash of the run", shown.run)), *provenance(record)],
    )
    write_study_page(
        path,
        page,
        "hypothesis.html.j2",
        room=__file__,
        file=file,
        about=", ".join(words(one) for one in file.about) or "no single mechanism",
        concluded=shown.concluded,
        record_file=f"{RECORDS}/{file.name}.toml",
        noted=moment(shown.noted) if shown.noted else "",
        along=along_words(found),
        prior=prior_grid([found], alone=True),
        prior_said=prior_words(found),
        stability=stability_grid(found),
        stability_said=stability_words(found),
        former=former_grid(found),
        pictures=figures(shown.pictures),
        grids=grids,
        arms=[(capital(words(name)), arm_words(found, name)) for name in file.arms],
    )


def _edits(when: str) -> list[str]:
    """What a page says of a file that was edited after it had first run; nothing if it was not."""
    if when.endswith(BESIDE):
        said = (
            f"Contrasts were added to the file after it had first run here ({moment(when.removesuffix(BESIDE))}). They decide "
            "nothing: claims, their arms and the rule are as they were."
        )
        return [said]
    if when:
        said = (
            f"The file was edited after it had first run here ({moment(when)}). The verdict is that of the present text, which "
            "was written knowing the result of another."
        )
        return [said]
    return []


def arm_words(found: Found, name: str) -> str:
    """An arm in words: title of its scenario, settings, policies."""
    arm = found.hypothesis.file.arms[name]
    said = [found.hypothesis.arms[name].title]
    said += [f"{label_of(key)}: {value if isinstance(value, str) else f'{value:g}'}" for key, value in arm.set.items()]
    said += [f"{words(one.lever)} {one.dose:g} from month {one.start}" for one in arm.policies]
    return proper("; ".join(said))
