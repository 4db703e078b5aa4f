"""The figures of a trial that is planned: power by services and months, truth beside what is seen, worlds."""

from pathlib import Path
from typing import Any

import numpy as np

from experiments.kit.glance import LETTERS, plain_panel
from experiments.kit.looks import ERRORS, SCENARIO_LOOKS, sheet, wrapped
from experiments.kit.words import minus
from experiments.trials import words
from experiments.trials.finding import Findings
from experiments.trials.operating import Operating
from sim.figures.style import BLUE, INK, ORANGE, PALE, VERMILLION, Picture, Pictures, drawing, save


def draw_all(folder: Path, findings: Findings) -> Pictures:
    """Draw every figure that there are numbers for.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; made if missing.
    findings : Findings
    """
    pictures = Pictures()
    with drawing():
        if findings.curve:
            pictures.add("power", lambda: power(findings, folder))
        if findings.map:
            pictures.add("map", lambda: power_map(findings, folder))
        pictures.add("seen", lambda: seen(findings, folder))
        pictures.add("worlds", lambda: worlds(findings, folder))
    return pictures


def at_a_glance(findings: Findings) -> Any:
    """Power of the trial as planned on the curve over services: few words, for the head of the page; gives the figure."""
    figure, axis = plain_panel(left=0.6, right=0.2, top=0.15)
    sizes, values, low, high = _band(list(findings.curve))
    axis.fill_between(sizes, low, high, color=BLUE, alpha=0.18, linewidth=0)
    axis.plot(sizes, values, color=BLUE, linewidth=1.8)
    _power_axis(axis, findings)
    planned = words.planned(findings)
    axis.plot([planned.services], [planned.power.value], "o", color=VERMILLION, markersize=7, zorder=6)
    axis.annotate(
        f"{planned.services} services: {100 * planned.power.value:.0f} %",
        (planned.services, planned.power.value),
        xytext=(-14, 26),
        textcoords="offset points",
        fontsize=LETTERS,
        fontweight="bold",
        ha="left" if planned.power.value < 0.7 else "right",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.4},
        zorder=7,
    )
    wanted = findings.study.file.analysis.power
    axis.annotate(
        f"wanted: {100 * wanted:.0f} %", (sizes[0], wanted), xytext=(2, 3), textcoords="offset points", fontsize=LETTERS
    )
    axis.tick_params(labelsize=LETTERS)
    axis.set_ylabel("")
    return figure


def _band(points: list[Operating]) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray]:
    """Services, power, and its band."""
    values = np.array([point.power.value for point in points])
    errors = ERRORS * np.nan_to_num(np.array([point.power.error for point in points]))
    return [point.services for point in points], values, np.clip(values - errors, 0, 1), np.clip(values + errors, 0, 1)


def power(findings: Findings, folder: Path) -> Picture:
    """Draw power by services, in every month that is looked at, with the field's own trials as marks."""
    figure, axes = sheet(1, 1, height=3.0, left=0.65, right=1.3, top=0.45, bottom=0.55)
    axis = axes[0][0]
    month = findings.study.file.estimand.month
    lines = {month: list(findings.curve)} | {
        other: [one for one in findings.map if one.month == other] for other in sorted({one.month for one in findings.map})
    }
    ordered = [month, *sorted((one for one in lines if one != month), reverse=True)][: len(SCENARIO_LOOKS)]
    for at, one in enumerate(ordered):
        colour, mark, dashes = SCENARIO_LOOKS[at]
        points = lines[one]
        sizes, values, low, high = _band(points)
        if one == month:
            axis.fill_between(sizes, low, high, color=colour, alpha=0.18, linewidth=0)
        axis.plot(
            sizes, values, color=colour, marker=mark, linestyle=dashes, markersize=4, linewidth=1.6 if one == month else 1.1
        )
        axis.annotate(
            f"month {one}",
            (sizes[-1], values[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=colour,
            fontweight="bold" if one == month else "normal",
            annotation_clip=False,
        )
    _power_axis(axis, findings)
    _field_marks(axis, max(point.services for point in findings.curve))
    own = findings.study.file.design.services
    axis.axvline(own, color=INK, linewidth=0.9, zorder=1)
    axis.annotate(f"planned: {own}", (own, 0.97), xytext=(4, 0), textcoords="offset points", fontsize=8.5, va="top", ha="left")
    planned = words.planned(findings)
    caption = (
        "Share of trials that are significant, by the number of services, for every month that is looked at "
        f"({words.ANALYSES[planned.analysis]}). "
        f"The band holds {ERRORS:.0f} errors to each side in the month of the estimand. Marks above are sizes of the field’s own "
        "trials (evidence D9). The effect comes from the model; it was not put in."
    )
    told = ", ".join(f"{point.services} services {100 * point.power.value:.0f} %" for point in findings.curve)
    return save(
        figure, folder, "power", title="Power by services", caption=caption, alternative=f"Power in month {month}: {told}."
    )


def _power_axis(axis: Any, findings: Findings) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_xscale("log")
    sizes = [one.services for one in findings.curve]
    ticks = [size for size in (2, 4, 8, 12, 24, 48, 96, 192, 384, 768, 1536, 3072) if sizes[0] <= size <= sizes[-1]]
    axis.xaxis.set_major_locator(FixedLocator(ticks))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axis.set_ylim(0.0, 1.0)
    axis.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0], ["0", "20", "40", "60", "80", "100 %"])
    axis.grid(axis="y")
    axis.set_xlabel("services in the trial")
    axis.set_ylabel("power")
    wanted = findings.study.file.analysis.power
    axis.axhline(wanted, color=VERMILLION, linewidth=0.9, linestyle=(0, (5, 2)))


def _field_marks(axis: Any, most: int) -> None:
    """Sizes of the field's trials, above the panel; numbers alone, as neighbours are near."""
    low, _ = axis.get_xlim()
    above = axis.get_xaxis_transform()
    if any(low <= size <= most for size, _ in words.FIELD):
        axis.annotate(
            "trials of the field:", (0.0, 1.045), xycoords="axes fraction", fontsize=8, va="bottom", annotation_clip=False
        )
    for size, name in words.FIELD:
        if not low <= size <= most:
            continue
        axis.plot([size], [1.03], marker="v", color=INK, markersize=5, clip_on=False, zorder=6, transform=above)
        axis.annotate(
            name.split()[0],
            (size, 1.03),
            xycoords=above,
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            annotation_clip=False,
        )


def power_map(findings: Findings, folder: Path) -> Picture:
    """Draw power as a map of services and months."""
    months = sorted({one.month for one in findings.map})
    sizes = sorted({one.services for one in findings.map})
    values = np.full((len(months), len(sizes)), np.nan)
    for one in findings.map:
        values[months.index(one.month), sizes.index(one.services)] = one.power.value
    height = 0.42 * len(months) + 0.1
    figure, axes = sheet(1, 1, height=height, left=1.0, right=0.2, top=0.15, bottom=0.55)
    axis = axes[0][0]
    axis.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto", origin="lower")
    for row in range(len(months)):
        for column in range(len(sizes)):
            value = values[row, column]
            axis.text(
                column,
                row,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                fontsize=8.5,
                color="white" if value < 0.55 else INK,
                fontweight="bold" if value >= findings.study.file.analysis.power else "normal",
            )
    axis.set_xticks(range(len(sizes)), [str(one) for one in sizes])
    axis.set_yticks(range(len(months)), [f"month {one}" for one in months])
    axis.set_xlabel("services in the trial")
    axis.tick_params(length=0)
    caption = (
        "Power in per cent by services and by the month that is looked at; bold where it reaches what is wanted "
        f"({100 * findings.study.file.analysis.power:.0f} %). A short follow-up may see nothing where the effect grows slowly."
    )
    best = max(findings.map, key=lambda one: one.power.value)
    alternative = f"Largest power {100 * best.power.value:.0f} % with {best.services} services in month {best.month}."
    return save(figure, folder, "map", title="Services and months", caption=caption, alternative=alternative)


def seen(findings: Findings, folder: Path) -> Picture:
    """Draw what is so and what is seen of it, by month and group."""
    study = findings.study
    figure, axes = sheet(1, 1, height=2.7, left=0.75, right=1.9, top=0.2, bottom=0.55)
    axis = axes[0][0]
    months = [one.month for one in findings.months]
    share = study.measure.unit == "share 0-1"
    for group, column in enumerate(study.column[: len(SCENARIO_LOOKS)]):
        colour, mark, _ = SCENARIO_LOOKS[group]
        true = [one.true[column].value for one in findings.months]
        shown = [one.seen[group] for one in findings.months]
        axis.plot(months, true, color=colour, linewidth=1.8, zorder=3)
        axis.plot(months, shown, color=colour, linewidth=1.2, linestyle=(0, (4, 2)), marker=mark, markersize=4, zorder=4)
        axis.annotate(
            _short(study.conditions[column].title),
            (months[-1], true[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=colour,
            annotation_clip=False,
        )
    axis.set_xlabel("months after the randomisation")
    axis.set_ylabel(study.measure.title if share else f"{study.measure.title}\n({study.measure.unit.replace('-', '–')})")
    if share:
        axis.set_ylim(0, 1)
        axis.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100 %"])
    axis.grid(axis="y")
    axis.set_xticks(months if len(months) < 9 else months[::2])
    caption = (
        f"{study.measure.meaning} Solid lines are what is so, over all services of the bank; broken lines with marks are "
        "what the "
        f"instrument ({study.file.measurement.instrument.replace('_', ' ')}) shows of the services of a trial that are seen."
    )
    last = findings.months[-1]
    pairs = "; ".join(
        f"{study.conditions[column].title}: {words.level_told(findings, last.true[column].value)} so, "
        f"{words.level_told(findings, last.seen[group])} seen"
        for group, column in enumerate(study.column)
    )
    return save(
        figure,
        folder,
        "seen",
        title="What is so, and what is seen",
        caption=caption,
        alternative=f"In month {last.month}: {pairs}.",
    )


def _short(title: str) -> str:

    return wrapped(title, 22)


def worlds(findings: Findings, folder: Path) -> Picture:
    """Draw the true effect in every world, by month."""
    months = [one for one in findings.months if not np.isnan(one.effects).all() and one.month > 0]
    figure, axes = sheet(1, 1, height=0.36 * len(months) + 0.5, left=0.95, right=0.25, top=0.15, bottom=0.55)
    axis = axes[0][0]
    share = findings.study.measure.unit == "share 0-1" and findings.study.file.estimand.summary == "difference"
    scale = 100.0 if share else 1.0
    for row, one in enumerate(months):
        effects = np.sort(one.effects) * scale
        spots = row + 0.22 * np.sin(np.arange(len(effects)) * 2.399963)  # spread so that equal effects do not hide each other
        axis.plot(effects, spots, "o", color=BLUE, markersize=3.2, alpha=0.55, markeredgewidth=0)
        axis.plot([effects.mean()] * 2, [row - 0.36, row + 0.36], color=ORANGE, linewidth=2.4, zorder=5)
    axis.axvline(0.0, color=INK, linewidth=0.9)
    axis.set_yticks(range(len(months)), [f"month {one.month}" for one in months])
    axis.set_ylim(-0.6, len(months) - 0.4)
    axis.xaxis.set_major_formatter(lambda value, _: minus(f"{value:+.3g}") if value else "0")
    unit = "percentage points" if share else findings.study.measure.unit.replace("-", "–")
    odds = findings.study.file.estimand.summary == "odds_ratio"
    axis.set_xlabel("log odds ratio" if odds else f"true effect on {findings.study.measure.title} ({unit})")
    axis.grid(axis="x", color=PALE)
    caption = (
        "A dot is the true effect in one plausible world, over all its services, both of whose fates are known. The bar is "
        "the mean. "
        "A trial happens in one of these worlds, and nobody knows in which."
    )
    last = months[-1]
    alternative = (
        f"In month {last.month} the true effect is from {scale * last.effects.min():.3g} to {scale * last.effects.max():.3g}."
    )
    return save(figure, folder, "worlds", title="The true effect in every world", caption=caption, alternative=alternative)
