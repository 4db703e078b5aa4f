"""Data of one such trial, ready to be analysed: rows as a data set has them, a codebook, labels for Stata, an R script."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.kit.tables import csv_text
from experiments.trials.finding import Findings
from experiments.trials.fitting import has_members
from sim.store.folder import write_text_whole

DATA: Final = "data.csv"
CODEBOOK: Final = "codebook.csv"
STATA: Final = "labels.do"
SCRIPT: Final = "analysis.R"


def write_example(folder: Path, findings: Findings) -> None:
    """Write the data of the first trial that was drawn, with what goes with them.

    Parameters
    ----------
    folder : pathlib.Path
        Made if missing.
    findings : Findings

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    folder.mkdir(exist_ok=True)
    columns = columns_of(findings)
    rows = rows_of(findings)
    write_text_whole(folder / DATA, csv_text([name for name, *_ in columns], rows, digits=6))
    write_text_whole(folder / CODEBOOK, csv_text(("column", "unit", "meaning"), columns))
    write_text_whole(folder / STATA, labels(findings))
    write_text_whole(folder / SCRIPT, script(findings))


def columns_of(findings: Findings) -> list[tuple[str, str, str]]:
    """Names, units and meanings of the columns."""
    study = findings.study
    wedge = study.file.design.kind == "stepped_wedge"
    found = [("service", "number", "service of the trial, from 1")]
    if wedge:
        found += [
            ("sequence", "number", "sequence in which the service crosses over, from 1"),
            ("period", "number", "period, from 1"),
            ("exposure", "periods", "periods since the crossing, 0 before it"),
            ("treated", "0 or 1", "whether the service has crossed over"),
        ]
    else:
        found += [
            ("stratum", "number", "stratum or pair within which services were allocated"),
            ("arm", "number", _arms(findings)),
        ]
    found.append(("month", "month", "months after the randomisation"))
    if has_members(study.file):
        found.append(
            ("practitioner", "number", "practitioner who answered, from 1 in each service; not the same person in other months")
        )
    found.append(
        ("value", study.measure.unit, f"{study.measure.title}, as seen by {study.file.measurement.instrument.replace('_', ' ')}")
    )
    return found


def _arms(findings: Findings) -> str:
    study = findings.study
    named = "; ".join(f"{group} {study.conditions[column].title}" for group, column in enumerate(study.column))
    return f"what the service was allocated to: {named}"


def rows_of(findings: Findings) -> list[list[Any]]:
    """Rows of the first trial: a service and month, and practitioner where each gives a value."""
    trials, study = findings.trials, findings.study.file
    drawn = trials.drawn(study.design.services)
    wedge, step = study.design.kind == "stepped_wedge", study.design.step_months or 1
    stratum = np.unique(drawn.stratum[0], return_inverse=True)[1] + 1
    found = []
    for month in study.measurement.months:
        seen = trials.seen(drawn, month)
        for service, group in enumerate(drawn.group[0].tolist()):
            head: list[Any] = [service + 1]
            if wedge:
                period = month // step
                exposure = max(0, period - group - 1)
                head += [group + 1, period, exposure, int(exposure > 0)]
            else:
                head += [int(stratum[service]), group]
            head.append(month)
            if seen.members is None:
                found.append([*head, float(seen.value[0, service])])
                continue
            values = seen.members[0, service]
            answers = values[~np.isnan(values)]
            found += [[*head, number, float(value)] for number, value in enumerate(answers, 1)]
    return found


def labels(findings: Findings) -> str:
    """Stata do-file that reads and labels the data."""
    lines = [f'import delimited "{DATA}", clear case(preserve)', f'label data "{_quoted(findings.study.file.title)}"']
    lines += [
        f'label variable {name} "{_quoted(shortened(f"{meaning} ({unit})", 80))}"' for name, unit, meaning in columns_of(findings)
    ]
    study = findings.study
    if study.file.design.kind != "stepped_wedge":
        values = " ".join(f'{group} "{_quoted(study.conditions[column].title)}"' for group, column in enumerate(study.column))
        lines += [f"label define arm {values}", "label values arm arm"]
    return "\n".join([*lines, f'save "{study.file.name}.dta", replace']) + "\n"


def shortened(text: str, room: int) -> str:
    """Text that fits, cut between words."""
    return text if len(text) <= room else text[: room - 1].rsplit(" ", 1)[0] + "…"


def _quoted(text: str) -> str:
    """Text within Stata's quotation marks."""
    return text.replace('"', "'").replace("`", "'")


def script(findings: Findings) -> str:
    """R script that analyses the data as the field does."""
    study = findings.study.file
    if study.design.kind == "stepped_wedge":
        return _wedge_script(findings)
    members = has_members(study)
    family = "binary" if study.estimand.summary == "odds_ratio" else "continuous"  # the scale on which arms are compared
    month = study.estimand.month
    lines = [
        f"# {study.title}: one trial as it might come out. Run in this folder: Rscript {SCRIPT}",
        f'data <- read.csv("{DATA}")',
        f"final <- subset(data, month == {month}{_compared(findings)} & !is.na(value))",
        "",
        "# services: one mean each",
        "means <- aggregate(value ~ service + stratum + arm, data = final, FUN = mean)",
        *_of_services(findings),
    ]
    if not members:
        return "\n".join(lines) + "\n"
    lines += [
        "",
        "# mixed model with a random intercept a service (Satterthwaite's degrees of freedom with lmerTest)",
        'if (requireNamespace("lmerTest", quietly = TRUE)) {',
        "  print(summary(lmerTest::lmer(value ~ arm + (1 | service), data = final, REML = TRUE)))",
        '} else if (requireNamespace("lme4", quietly = TRUE)) {',
        "  print(summary(lme4::lmer(value ~ arm + (1 | service), data = final, REML = TRUE)))",
        "}",
        "",
        "# GEE, exchangeable, with bias-corrected standard errors: BC1 Kauermann-Carroll, BC2 Mancl-DeRouen, BC3 Fay-Graubard",
        'if (requireNamespace("geeCRT", quietly = TRUE)) {',
        "  final <- final[order(final$service), ]",
        "  id <- as.integer(factor(final$service))",
        "  size <- as.vector(table(id))",
        "  pairs <- sum(size * (size - 1) / 2)",
        "  fit <- geeCRT::geemaee(",
        "    y = final$value, X = cbind(1, final$arm), id = id, Z = matrix(1, pairs, 1),",
        f'    family = "{family}", alpadj = FALSE, makevone = TRUE',
        "  )",
        "  print(fit)",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _compared(findings: Findings) -> str:
    """Which arms are compared: the first two, or all of a factorial design."""
    kind, arms = findings.study.file.design.kind, len(findings.study.file.arms)
    return "" if kind == "factorial" or arms == 2 else " & arm %in% c(0, 1)"


def _of_services(findings: Findings) -> list[str]:
    """Primary analysis of services, as the design has it."""
    file = findings.study.file
    if file.design.kind == "factorial":
        return [
            "means$first <- as.integer(means$arm %in% c(1, 3))  # the factor whose main effect is asked for",
            "means$second <- as.integer(means$arm %in% c(2, 3))",
            "print(summary(lm(value ~ first + second, data = means)))",
        ]
    held = " + factor(stratum)" if file.design.kind in ("stratified", "matched") else ""
    lines = []
    if file.analysis.primary == "cluster_baseline":
        lines = [
            "before <- aggregate(value ~ service, data = subset(data, month == 0), FUN = mean)",
            'means <- merge(means, setNames(before, c("service", "before")))',
        ]
        held += " + before"
    return [*lines, f"print(summary(lm(value ~ arm{held}, data = means)))  # the line of arm: estimate, error, t, p"]


def _wedge_script(findings: Findings) -> str:
    study, alike = findings.study.file, findings.alike
    sequences, exposures = study.design.sequences or 0, study.estimand.month // (study.design.step_months or 1)
    each, more = divmod(study.design.services, sequences)
    clusters = ", ".join(str(each + (at < more)) for at in range(sequences))
    one = findings.operating[0]
    autocorrelation = 0.0 if np.isnan(alike.autocorrelation.value) else max(0.0, alike.autocorrelation.value)
    correlation = 0.0 if np.isnan(alike.seen.value) else max(0.0, alike.seen.value)
    lines = [
        f"# {study.title}: one trial as it might come out. Run in this folder: Rscript {SCRIPT}",
        f'data <- read.csv("{DATA}")',
        "means <- aggregate(value ~ service + sequence + period + exposure + treated, data = data, FUN = mean)",
        "",
        "# effect by the time since the crossing; the immediate-effect model below it is the warning",
        'if (requireNamespace("lme4", quietly = TRUE)) {',
        "  fit <- lme4::lmer(value ~ factor(period) + factor(exposure) + (1 | service), data = means)",
        "  print(summary(fit))",
        f'  averaged <- paste0("factor(exposure)", 1:{exposures})  # the exposures that the estimand averages over',
        "  weights <- ifelse(names(lme4::fixef(fit)) %in% averaged, 1 / length(averaged), 0)",
        '  cat("average effect", sum(weights * lme4::fixef(fit)),',
        '      "standard error", sqrt(as.numeric(t(weights) %*% as.matrix(vcov(fit)) %*% weights)), "\\n")',
        "  print(summary(lme4::lmer(value ~ factor(period) + treated + (1 | service), data = means)))",
        "}",
        "",
        "# what a calculator says that is given the effect, the correlation and the autocorrelation that came out here",
        'if (requireNamespace("swCRTdesign", quietly = TRUE)) {',
        f"  design <- swCRTdesign::swDsn(clusters = c({clusters}))",
        "  print(swCRTdesign::swPwr(",
        f'    design, distn = "gaussian", n = {max(1, round(alike.size))}, mu0 = 0, mu1 = {one.truth.value:.4g},',
        (
            f"    sigma = {alike.deviation * np.sqrt(1.0 - correlation):.4g}, icc = {correlation:.3g}, cac = "
            f"{autocorrelation:.3g}, alpha = "
            f"{study.analysis.alpha:g}"
        ),
        "  ))",
        "}",
    ]
    return "\n".join(lines) + "\n"
