"""What ``sustain why`` does: replay one life of a run, and tell what it hung on."""

import json
import math
import sys
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from experiments.kit import terminal
from experiments.kit.terminal import say_compiling
from experiments.runs.asked import AskedWhy
from sim.problems import BadInput, Problem
from sim.report.sentences import NBSP, bound, per_cent, still_possible

if TYPE_CHECKING:
    from sim.figures.style import Pictures
    from sim.why.aggregate import Aggregate
    from sim.why.explain import Explanation
    from sim.why.fate import Fate
    from sim.why.interview import Row
    from sim.why.outcomes import Outcome
    from sim.why.prevented import Prevented
    from sim.why.shares import Share
    from sim.why.twin import Difference, Twin
    from sim.world import World

NAME: Final = "why"
"""Name of the files, without their endings."""

WIDTH: Final = 96
CHAIN: Final = 12
"""Differences between twins that the terminal shows."""
MONTH: Final = 12
"""Month of the interview guide: when the study asked."""
MOST: Final = 1000
"""Replicates that are looked through for lives to explain."""
EVERY: Final = 6
"""Months between the bars of the risk."""
BARS: Final = 40
"""Letters of a bar for certainty."""

KINDS: Final = {
    "remove": "What made it happen: things undone, alone and together",
    "help": "What would have helped: things added, alone and together",
}


def explain_run(asked: AskedWhy) -> int:
    """Explain one service of a results folder.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    BadInput
        With every problem of what is asked.
    """
    problems = asked.wrong()
    if not asked.walk:
        needs = {"--patient": asked.patient is not None, "--csv": asked.csv}
        problems += [Problem(name, "is asked of no walk", "with --walk") for name, given in needs.items() if given]
    if problems:
        raise BadInput(problems)
    from sim.why.explain import as_plain, explain

    world, replicates = world_of(Path(str(asked.folder)))
    say_compiling()
    if asked.walk:
        from experiments.runs.walking import walk_through

        return walk_through(world, replicates, asked)
    if asked.service is None:
        return _over_lives(world, replicates, asked)
    if asked.interview and world.months < MONTH:
        allowed = f"a run of {MONTH} months at least"
        raise BadInput([Problem("--interview", f"the run ends after {world.months} months", allowed)])
    found = explain(
        world,
        asked.service,
        replicates=replicates,
        replicate=asked.replicate,
        post=asked.post,
        outcome=asked.value("outcome"),
        with_fate=asked.fate or asked.as_json or asked.out is not None,
        twin_of=tuple(asked.twin or ()),
    )
    guide = guide_of(world, found) if asked.interview else []
    lines = lines_of(found) + _interview(guide)

    def answer() -> None:
        if asked.as_json:
            terminal.show_json(as_plain(found) | {"interview": [one._asdict() for one in guide] if asked.interview else None})
        else:
            print("\n".join(lines), flush=True)

    if asked.out is None:
        answer()
        return 0
    return _written(found, lines, asked.out, answer, quiet=asked.as_json)


def _written(found: "Explanation", lines: list[str], out: Path, answer: Callable[[], None], *, quiet: bool) -> int:
    """Write a folder and say what is in it, the answer before any picture; exit status 1 where a picture could not be made."""
    pictures = write(found, lines, out, answer=answer)
    if pictures.note:
        print(pictures.note, file=sys.stderr)
    for one in pictures.failed:
        print(f"{one}; text and numbers are there, and the same command with another folder tries again", file=sys.stderr)
    if not quiet:
        print(f"\n{'text and numbers' if pictures.failed else 'picture, text and numbers'}: {out}")
    return 1 if pictures.failed else 0


def _over_lives(world: "World", replicates: int, asked: AskedWhy) -> int:
    """Explain many lives of all services, and print what would have prevented it over all of them."""
    from sim.why.aggregate import aggregate, plain_lives
    from sim.why.contrasts import chosen, read_contrasts
    from sim.why.outcomes import outcome_of

    needs = {"--post": asked.post, "--replicate": asked.replicate, "--twin": asked.twin or None, "--out": asked.out}
    needs |= {"--fate": asked.fate or None, "--interview": asked.interview or None}
    problems = [
        Problem(name, "is asked of no service", "with --service NAME") for name, given in needs.items() if given is not None
    ]
    if problems:
        raise BadInput(problems)
    outcome, contrasts, lives = outcome_of(asked.value("outcome")), read_contrasts(), asked.value("lives")
    with terminal.ProgressShown(2 * lives, "lives", unit="lives") as progress:
        found = {
            kind: aggregate(
                world, chosen(contrasts, kind=kind), outcome, lives=lives, replicates=min(replicates, MOST), progress=progress
            )
            for kind in KINDS
        }
    if not found["help"][-1].lives:
        what = f"no service {outcome.happened} in any of {min(replicates, MOST):,} replicates"
        raise BadInput([Problem("--outcome", what, "an outcome that was seen", "--outcome asks for another one")])
    if asked.as_json:
        terminal.show_json({kind: [plain_lives(one) for one in several] for kind, several in found.items()})
        return 0
    _show_lives(found, outcome)
    return 0


def _show_lives(found: "dict[str, tuple[Aggregate, ...]]", outcome: "Outcome") -> None:
    for kind, several in found.items():
        whole = several[-1]
        print(f"{KINDS[kind]}: {whole.lives} lives in which a service {outcome.happened}, as many of each service\n")
        columns = ("contrast", "prevents it alone", "in a smallest set", "share (Shapley)")
        rows: list[tuple[object, ...]] = [
            (name, _share(whole.alone[name]), _share(whole.needed[name]), _mean(*whole.shapley[name], whole.lives))
            for name in whole.alone
        ]
        terminal.show_table(columns, rows, right=range(1, len(columns)))
        print("; ".join(f"{ending}: {_share(one)}" for ending, one in whole.endings.items()) + "\n")
        best = max(whole.alone, key=lambda name: whole.alone[name].share)
        heads = ("service", f"{outcome.name}, % of replicates", "lives explained", f"{best} prevents it alone")
        services: list[tuple[object, ...]] = [
            (one.service, _share(one.came), one.lives, _share(one.alone[best]) if one.lives else "") for one in several
        ]
        terminal.show_table(heads, services, right=range(1, len(heads)))
        print()


def world_of(folder: Path) -> "tuple[World, int]":
    """World of a results folder, and how many replicates were run.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadInput
        When the folder is not sound, or was made by another version of the model, whose lives cannot be replayed.
    """
    from sim.remake import stored_scenario
    from sim.store.reader import read_manifest
    from sim.store.version import other_version
    from sim.world import prepare

    scenario = stored_scenario(folder)
    manifest = read_manifest(folder)
    other = other_version(manifest, scenario, folder.resolve())
    if other is not None:
        what = f"{other.said}: its lives cannot be replayed"
        raise BadInput([Problem(str(folder), what, "a run of this version", f"{other.anew} runs the scenario again")])
    return prepare(scenario, seed=int(manifest["seed"])), int(manifest["replicates"])


def write(found: "Explanation", lines: list[str], out: Path, *, answer: Callable[[], None] = lambda: None) -> "Pictures":
    """Write a folder: text and numbers first, then the picture, for the width of a phone.

    Parameters
    ----------
    found : Explanation
    lines : list of str
        What the terminal shows.
    out : pathlib.Path
        Folder to be; whole but for a picture that cannot be made.
    answer : callable
        Tells the answer, once it is known that the folder can be written and before any picture is drawn.

    Returns
    -------
    Pictures
        Those in it, with those that could not be drawn.

    Raises
    ------
    BadInput
        When it is used already, or cannot be written.
    """
    from sim.figures.explained import NARROW_WIDTH, explained
    from sim.figures.style import Pictures
    from sim.store.folder import ResultsFolder
    from sim.why.explain import as_plain

    with ResultsFolder(out) as working:
        answer()
        plain = json.dumps(as_plain(found), indent=1, ensure_ascii=False, allow_nan=False)
        (working / f"{NAME}.json").write_text(plain + "\n", encoding="utf-8")
        (working / f"{NAME}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        pictures, draw = Pictures(), partial(explained, found.story, working, fate=found.fate)
        title = f"{found.service} in replicate {found.replicate}"
        pictures.add(NAME, lambda: draw(NAME, title=title))
        pictures.add(f"{NAME}-narrow", lambda: draw(f"{NAME}-narrow", title=title, width=NARROW_WIDTH))
        if pictures:
            with (working / f"{NAME}.txt").open("a", encoding="utf-8") as text:
                text.write("\n".join(["", "The picture", *textwrap.wrap(pictures[0].caption, WIDTH)]) + "\n")
    return pictures


# ------------------------------------------------------------------------------------------------------ what the terminal shows


def lines_of(found: "Explanation") -> list[str]:
    """Everything that the terminal shows of an explanation, line by line."""
    from sim.why.story import told

    post = None if not found.post else found.story.post_names.index(found.post)
    lines = [f"Why {found.post or found.service} {found.outcome.happened}", "", *_wrapped(found.headline()), ""]
    happened = (textwrap.wrap(one, WIDTH, subsequent_indent=" " * len("month   0  ")) for one in told(found.story, post=post))
    lines += ["What happened", *chain.from_iterable(happened), ""]
    if found.fate is not None:
        lines += [*_fate(found.fate), ""]
    for one in (found.remove, found.help):
        lines += [*_prevented(one), ""]
    if found.twin is not None:
        lines += _twin(found.twin, found.twin_words)
    return lines


def guide_of(world: "World", found: "Explanation") -> "list[Row]":
    """Interview guide for the service's practitioners, among all of the region."""
    from sim.why.interview import guide, reference

    return guide(world, found.replicate, found.service, reference(world))


def _interview(rows: "list[Row]") -> list[str]:
    from sim.why.interview import in_lines

    lines = chain.from_iterable(textwrap.wrap(one, WIDTH, subsequent_indent=" " * 6) for one in in_lines(rows))
    return [f"An interview guide for the end of month {MONTH}", *lines] if rows else []


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _fate(fate: "Fate") -> list[str]:
    lines = [f"How likely it was, given all that had happened so far ({fate.lucks} other lucks at each month)"]
    for month, risk, error in zip(fate.months, fate.risk, fate.error, strict=True):
        if month % EVERY == 0 or month == fate.months[-1]:
            bar = "#" * round(BARS * risk)
            lines.append(f"after {month:>3} months  {bar:<{BARS}} {_told(risk, error, fate.lucks)}")
    for one in fate.turning:
        way = "up" if one.rise > 0 else "down"
        proof = f" ({one.proof})" if one.proof else ""
        lines += _wrapped(f"month {one.month}: {way} by {100 * abs(one.rise):.0f} points. {one.words}{proof}.", "  ")
    return lines


def _prevented(one: "Prevented") -> list[str]:
    from sim.why.contrasts import named, told
    from sim.why.prevented import in_words

    lines = [KINDS[one.kind], *_wrapped(in_words(one), "  ")]
    worlds = dict(one.other_worlds)
    if one.smallest:
        lines += ["", "  smallest sets                                         hours   months   holds in plausible worlds"]
    for each in one.smallest[:8]:
        first, *rest = textwrap.wrap(told(one.contrasts, each.mask), 52)
        share = _share(worlds[each.mask]) if each.mask in worlds else ""
        lines.append(f"  {first:<52} {each.hours:>+7.0f}  {each.months:>+6d}   {share}")
        lines += [f"    {more}" for more in rest]
    if len(one.smallest) > 8:
        lines.append(f"  and {len(one.smallest) - 8} larger ones: --json lists all")
    alone = {named(one.contrasts, each.mask)[0] for each in one.singles}
    lines += ["", "  contrast            alone   responsibility   share (Shapley)"]
    for name, share in zip((contrast.name for contrast in one.contrasts), one.shapley, strict=True):
        said = "prevents" if name in alone else "no change" if name in one.inert else "-"
        lines.append(f"  {name:<18}  {said:<9} {one.responsibility[name]:>6.2f}          {share:>+6.2f}")
    lines += _wrapped(
        f"Of lives like this one with other luck {_share(one.background)} come to it. Of {one.shams.of} changes that should "
        f"explain nothing, {round(one.shams.share * one.shams.of)} undo it.",
        "  ",
    )
    if one.undone_by_more.of and one.undone_by_more.share > 0:
        share = f"{100 * one.undone_by_more.share:.0f} %"
        lines += _wrapped(f"More is not always better: in {share} of the steps one contrast more brings it back.", "  ")
    return lines


def _share(one: "Share") -> str:
    return f"{_told(one.share, one.error, one.of)} (of {one.of})" if one.of else "not known"


def _told(share: float, error: float, of: int) -> str:
    """Share with its error; where it is nothing or all of so many, what that leaves possible, for an error of 0 would mislead.

    Examples
    --------
    >>> [_told(*one).replace(NBSP, " ") for one in ((0.0, 0.01, 60), (1.0, 0.01, 60), (0.5, 0.06, 60), (0.99, 0.004, 500))]
    ['0 % (at most 5 %)', '100 % (at least 95 %)', '50 % ± 6', '99.0 % ± 0.4']
    """
    if share in (0.0, 1.0):
        limit = 100 - float(bound(still_possible(of)).split(NBSP)[0]) if share else 0.0
        return f"{100 * share:.0f} % (at {f'least {limit:g} %' if share else f'most {bound(still_possible(of))}'})"
    return per_cent(share, error)


def _mean(value: float, error: float, lives: int) -> str:
    """Mean over lives with its error, two digits of each; where no life differs, no error is known."""
    if math.isnan(error) or error == 0.0:
        return f"{value:+.2f} (the same in {f'each of {lives} lives' if lives > 1 else 'one life'})"
    digits = max(2, -math.floor(math.log10(error)))
    return f"{value:+.{digits}f} ± {error:.{digits}f}"


def _twin(one: "Twin", words: str) -> list[str]:
    if one.apart < 0:
        return [f"Twin: if {words}, nothing at all is otherwise.", ""]
    end = "comes to the same" if one.happened[0] == one.happened[1] else "does not come to it"
    lines = _wrapped(f"Twin: if {words}, the two lives part after month {one.apart}, and the second {end}.")
    return [*lines, *differences(one.chain[:CHAIN]), ""]


def differences(chain: "Sequence[Difference]") -> list[str]:
    """What differs between two lives, in the order of months and stages.

    Parameters
    ----------
    chain : sequence of Difference
    """
    return [
        "  month  what differs for the first time (first life, second life)",
        *(f"  {one.month:>5}  {one.who}: {one.meaning} {one.first:.3g}, {one.second:.3g} {one.unit}" for one in chain),
    ]
