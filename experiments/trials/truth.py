"""What is true: the effect in each world of the bank, over all its services, both of whose fates are known."""

import numpy as np

from experiments.trials.bank import Bank
from experiments.trials.fitting import periods_of
from experiments.trials.looks import Look, Looks
from experiments.trials.reading import Study


def effects(study: Study, bank: Bank, looks: Looks, month: int) -> np.ndarray:
    """True effect of the second arm against the first in each world; f8, shape (worlds,), on the scale that is analysed.

    Of a factorial design it is the main effect, averaged over the other factor; of a stepped wedge the effect averaged over the
    exposures up to so many months, each over the sequences that reach it. An odds ratio is given as its logarithm.

    Parameters
    ----------
    study : Study
    bank : Bank
    looks : Looks
    month : int
        Months after the randomisation, or after the crossing of a stepped wedge.
    """
    if study.file.design.kind == "stepped_wedge":
        return np.asarray(np.mean([one.mean(axis=0) for one in by_exposure(study, bank, looks, month)], axis=0))
    look, pairs = looks(month), [(0, 1)]
    if study.file.design.kind == "factorial":
        pairs.append((2, 3))
    return np.asarray(np.mean([_apart(study, bank, look, *pair) for pair in pairs], axis=0))


def _apart(study: Study, bank: Bank, look: Look, first: int, second: int) -> np.ndarray:
    means = averages(study, bank, look)
    if study.file.estimand.summary == "odds_ratio":
        with np.errstate(divide="ignore"):
            odds = np.log(means) - np.log1p(-means)
        return np.asarray(odds[second] - odds[first])
    return np.asarray(means[second] - means[first])


def averages(study: Study, bank: Bank, look: Look) -> np.ndarray:
    """Mean of the measure under each condition in each world, services or posts weighing as the estimand says.

    Returns
    -------
    numpy.ndarray
        f8, shape (conditions, worlds); over services in which it is defined.
    """
    weight = np.where(np.isnan(look.truth), 0.0, bank.posts if study.file.estimand.weighting == "member" else 1.0)
    total = weight.sum(axis=-1)
    return np.divide((np.nan_to_num(look.truth) * weight).sum(axis=-1), total, out=np.full(total.shape, np.nan), where=total > 0)


def by_exposure(study: Study, bank: Bank, looks: Looks, longest: int) -> list[np.ndarray]:
    """True effects of a stepped wedge by months of exposure, one period longer each; f8, shape (sequences that reach it, worlds).

    Parameters
    ----------
    study : Study
    bank : Bank
    looks : Looks
    longest : int
        Months of exposure.
    """
    step, ends = study.file.design.step_months or 1, periods_of(study.file)
    found: list[list[np.ndarray]] = [[] for _ in range(longest // step)]
    for sequence in range(1, len(ends)):
        for period in range(sequence + 1, len(ends) + 1):
            exposed = period - sequence
            if exposed <= len(found):
                found[exposed - 1].append(_apart(study, bank, looks(ends[period - 1]), 0, sequence))
    return [np.array(one) for one in found]
