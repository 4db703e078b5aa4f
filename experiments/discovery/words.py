"""What a scenario discovery says, in sentences with their numbers."""

from collections.abc import Mapping, Sequence
from typing import Final

from experiments.discovery.analysing import Finding, Findings
from experiments.discovery.asked import BASE, POLICY
from experiments.discovery.conditions import Input
from experiments.discovery.finding import LEAST_FAILURES, Score
from experiments.discovery.noise import MOST_WRONG
from experiments.discovery.settings import Settings
from experiments.discovery.workbench import Box, Limit
from experiments.kit.words import decimal
from sim.report.sentences import NBSP, count, plural

ACTIVE: Final = "active leadership"
PASSIVE: Final = "passive support"
_MORE: Final = "More worlds might find one."
_SMALL: Final = 0.001


def _shipped(settings: Settings) -> bool:
    return (settings.policy.name, settings.base.name) == (POLICY, BASE)


def subject(settings: Settings) -> str:
    """The policy in a sentence."""
    return ACTIVE if _shipped(settings) else f"the policy “{settings.policy.title}”"


def other(settings: Settings) -> str:
    """What the policy is compared with, in a sentence."""
    return PASSIVE if _shipped(settings) else f"“{settings.base.title}”"


def title_of(settings: Settings) -> str:
    """Title of what is written."""
    return f"When {subject(settings)} fails"


def verb(finding: Finding, settings: Settings) -> str:
    """What failing means, in a few words."""
    line = finding.failure.line
    if finding.failure.paired:
        return f"adds less than {100 * line:.0f} percentage points to {other(settings)}"
    return f"keeps fewer than {'half' if line == 0.5 else per_cent(line)} of the services going"


def meaning(finding: Finding, settings: Settings) -> str:
    """What failing means, in full."""
    line = 100 * finding.failure.line
    if finding.failure.paired:
        return (
            f"failure in effect: to month {settings.months}, {subject(settings)} keeps less than {line:.0f} percentage points "
            f"more of the services going than {other(settings)}, with the same luck"
        )
    kept = f"less than {line:.0f} % of the services keep going to month {settings.months}"
    return f"failure in level: under {subject(settings)} {kept}"


def per_cent(share: float) -> str:
    """Share in whole per cent."""
    return f"{100 * share:.0f} %"


def chance(p: float) -> str:
    """Probability in words that stay short.

    Examples
    --------
    >>> chance(0.0000917), chance(0.0312)
    ('less than 0.001', '0.031')
    """
    return "less than 0.001" if p < _SMALL else f"{p:.2g}"


def limits(box: Box, known: Mapping[str, Input]) -> list[str]:
    """Limits of a box in words, both sides of an input together.

    Examples
    --------
    >>> load = {"load": Input("load", "extra workload", "hours a month", 0.0, 15.0)}
    >>> limits(Box((Limit("load", "above", 6.1),)), load)
    ['extra workload is above 6.1 hours a month']
    >>> limits(Box((Limit("load", "above", 6.1), Limit("load", "below", 9.0))), load)
    ['extra workload is from 6.1 to 9.0 hours a month']
    """
    found = []
    for name in box.names:
        mine, one = {limit.side: limit for limit in box.limits if limit.name == name}, known[name]
        if len(mine) == 2:
            found.append(f"{one.noun} is from {one.between(mine['above'].value, mine['below'].value)}")
        else:
            found += [_limit(limit, one) for limit in mine.values()]
    return found


def _limit(limit: Limit, one: Input) -> str:
    return f"{one.noun} is {limit.side} {one.text(limit.value)}"


def numbers(score: Score) -> str:
    """Coverage and density of a box, in words."""
    return (
        f"{per_cent(score.coverage)} of all failures lie there (coverage), and {per_cent(score.density)} of the worlds there are "
        f"failures (density); elsewhere {per_cent(score.elsewhere)} fail"
    )


def sentence(finding: Finding, findings: Findings, settings: Settings) -> str:
    """The sentence on a kind of failure: the region, or that there is none.

    Numbers are those of the half that the region was not found on.
    """
    who, does, region = subject(settings), verb(finding, settings), finding.region
    who = who[0].upper() + who[1:]
    failed, worlds = int(finding.fails.sum()), len(finding.fails)
    if region is None:
        return (
            f"{who} {does} in {count(failed)} of {plural(worlds, 'world')}: {_too_few(failed, worlds)} to look for the "
            f"conditions that set them apart (each half needs {LEAST_FAILURES} that fail and {LEAST_FAILURES} that do not)."
        )
    if region.found:
        return f"{who} {does} where {' AND '.join(limits(region.box, findings.worlds.known))}: {numbers(region.test)}."
    share = per_cent(failed / worlds)
    begun = f"{who} {does} in {share} of the worlds, but no region was found in which it fails more often than elsewhere"
    if not region.box.limits:
        return f"{begun}. {_MORE}"
    return (
        f"{begun}: the best box of one half does not hold on the other ({per_cent(region.test.density)} of the worlds there are "
        f"failures, elsewhere {per_cent(region.test.elsewhere)}; p = {region.test.p:.2g}). {_MORE}"
    )


def level_cells(level: Mapping[str, float | None]) -> tuple[str, str, str]:
    """Share of base and policy, and their difference in percentage points, each with its standard error."""

    def cell(what: str, *, signed: bool) -> str:
        value, error = level[what], level[f"{what}_error"]
        if value is None:
            return "–"
        text = decimal(100 * value, 1, signed=signed) + ("" if signed else f"{NBSP}%")
        return text if error is None else f"{text}{NBSP}±{NBSP}{decimal(100 * error, 1)}"

    return cell("base", signed=False), cell("policy", signed=False), cell("difference", signed=True)


def trusted(finding: Finding) -> bool:
    """Whether a region was found and the control gives no reason to mistrust it."""
    return finding.region is not None and finding.region.found and (finding.control is None or finding.control.sound)


def headline(findings: Findings) -> Finding:
    """Finding that the page leads with: of those with a region the clearest; else one that a region was looked for in."""
    regions = [one for one in findings.each if one.region is not None and trusted(one)]
    if regions:
        return max(regions, key=lambda one: one.region.test.agreement if one.region else 0.0)
    return next((one for one in findings.each[::-1] if one.region is not None), findings.each[0])


def short_answer(finding: Finding, settings: Settings, known: Mapping[str, Input]) -> str:
    """One sentence on a kind of failure: where it fails more often, or how often it does.

    Parameters
    ----------
    finding : Finding
    settings : Settings
    known : mapping of str to Input
    """
    who, region = subject(settings), finding.region
    does = f"{who[0].upper()}{who[1:]} {verb(finding, settings)}"
    if region is not None and trusted(finding):
        inside, outside = per_cent(region.test.density), per_cent(region.test.elsewhere)
        return f"{does} in {inside} of the worlds where {' and '.join(limits(region.box, known))}, and in {outside} elsewhere."
    failed, worlds = int(finding.fails.sum()), len(finding.fails)
    often = f"{does} in {count(failed)} of {plural(worlds, 'world')}"
    if region is None:
        few = "too few" if 2 * failed <= worlds else "too few of the others"
        return f"{often}: {few} to say what sets them apart."
    return f"{often}, and no conditions were found in which it does so more often."


def in_short(findings: Findings, settings: Settings) -> list[str]:
    """Sentences below the answer: how much of the failures the region holds, chance, and the other kind of failure."""
    first = headline(findings)
    said = []
    if first.region is not None and trusted(first):
        test = first.region.test
        said.append(
            f"{per_cent(test.coverage)} of all failures lie in this region. It was found on one half of the worlds and counted "
            f"on the other, where chance alone would do as much with probability {chance(test.p)}."
        )
    elif first.region is not None and first.region.found:
        said.append("A region was found, but the control found regions where there are none: do not rely on it.")
    if first.control is not None and first.control.regions and first.region is not None and first.region.box.limits:
        tries, good = len(first.control.regions), first.control.as_good(first.region)
        searches = plural(tries, "search", "searches")
        said.append(f"With failures dealt out at random, {good} of {searches} came to a region as good.")
    return said + [short_answer(one, settings, findings.worlds.known) for one in findings.each if one is not first]


def warnings_of(findings: Findings) -> list[str]:
    """What makes a finding doubtful: too few replicates, or a control that finds regions where there are none."""
    doubtful = [one for one in findings.each if one.misclassified > MOST_WRONG]
    said = [f"Failure in {one.failure.name}: {_noise(one, findings.replicates)}" for one in doubtful]
    unsound = [one for one in findings.each if one.region is not None and one.control is not None and not one.control.sound]
    return said + [f"Failure in {one.failure.name}: the control found regions where there are none." for one in unsound]


def _too_few(failed: int, worlds: int) -> str:
    return "too few" if failed * 2 <= worlds else "too few that do not fail"


def how_sure(finding: Finding, findings: Findings) -> list[str]:
    """Sentences on noise and control."""
    said = [_noise(finding, findings.replicates)]
    region, control = finding.region, finding.control
    if region is None:
        return said
    if region.box.limits:
        own = region.train
        said.append(
            f"On the half that the box was found on, coverage is {per_cent(own.coverage)} and density {per_cent(own.density)}; "
            f"on the other half as many failures would lie in it by chance with probability {chance(region.test.p)}."
        )
    if control is not None and control.regions:
        tries = len(control.regions)
        text = (
            "Control: with failures dealt out to the worlds at random, the same search found a box that held on the other half "
            f"in {control.held} of {plural(tries, 'try', 'tries')}"
        )
        text += ", no more than chance allows." if control.sound else ", MORE than chance allows: do not rely on the region."
        if region.box.limits:
            text += f" In {control.as_good(region)} of them the box did as well on the other half as the one found."
        said.append(text)
    return said


def _noise(finding: Finding, replicates: int) -> str:
    wrong = finding.misclassified
    text = (
        f"{plural(replicates, 'replicate')} a world: chance in the runs is expected to put {per_cent(wrong)} of the worlds on "
        "the wrong side of the line"
    )
    if wrong <= MOST_WRONG:
        return f"{text}."
    more = f"about {count(finding.needed)} replicates" if finding.needed else "more replicates than can be asked for"
    return f"{text}, MORE than {per_cent(MOST_WRONG)}: {more} a world would do."


def leaf_words(path: Sequence[tuple[str, str, float]], known: Mapping[str, Input]) -> str:
    """Way to a leaf of a tree in words; a limit that a later one makes needless is left out."""
    tightest: dict[tuple[str, str], float] = {}
    for name, side, value in path:
        other = tightest.get((name, side), value)
        tightest[name, side] = max(other, value) if side == "above" else min(other, value)
    box = Box(tuple(Limit(name, side, value) for (name, side), value in tightest.items()))
    return " and ".join(limits(box, known)) or "everywhere"
