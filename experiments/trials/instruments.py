"""From what is so to what a trialist sees: raters, questionnaires, records, each with the errors that the study file says.

No number here is of the model. Those that a study file does not say are assumptions, or derived from published figures (schema).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.trials.looks import Look
from experiments.trials.schema import Measurement, StaffScale

SCALE: Final = (0.0, 4.0)
"""Lowest and highest answer of the leadership and climate scales (evidence L1, L5)."""

LEADERSHIP_ITEMS: Final = 12
"""Items of the implementation leadership scale (evidence L1): a person's score is a mean of whole numbers."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen of the services of trials in one month.

    Attributes
    ----------
    value : numpy.ndarray
        f8, shape (trials, services): value of a service; NaN where there is none.
    members : numpy.ndarray or None
        f8, shape (trials, services, practitioners): value of each who answers, NaN elsewhere; None where a service has one value.
    true : numpy.ndarray
        f8, shape (trials, services): what is so.
    """

    value: np.ndarray
    members: np.ndarray | None
    true: np.ndarray

    def first(self, trials: int, services: int) -> "Seen":
        """What is seen of the first so many trials and services."""
        part = (slice(trials), slice(services))
        return Seen(self.value[part], None if self.members is None else self.members[part], self.true[part])

    def without(self, lost: np.ndarray) -> "Seen":
        """The same without services that have left the study.

        Parameters
        ----------
        lost : numpy.ndarray
            bool, shape (trials, services).
        """
        members = None if self.members is None else np.where(lost[..., None], np.nan, self.members)
        return Seen(np.where(lost, np.nan, self.value), members, self.true)


@dataclass(frozen=True, eq=False)
class Place:
    """Which fates of the bank are looked at, and what is known of them in one month.

    Attributes
    ----------
    look : Look
    which : tuple of numpy.ndarray
        Index of (conditions, worlds, services), of shape (trials, services).
    posts : numpy.ndarray
        f8, shape (trials, services).
    """

    look: Look
    which: tuple[np.ndarray, np.ndarray, np.ndarray]
    posts: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """A number that instruments look at; f8, shape (trials, services)."""
        return np.asarray(self.look.counts[name][self.which])


def seen(
    measurement: Measurement,
    look: Look,
    which: tuple[np.ndarray, np.ndarray, np.ndarray],
    posts: np.ndarray,
    rng: np.random.Generator,
    *,
    lowest: float,
    of_posts: bool,
    scored: bool,
) -> Seen:
    """What is seen of trials in one month.

    Parameters
    ----------
    measurement : Measurement
        Of the study file.
    look : Look
    which : tuple of numpy.ndarray
        Condition, world and place in the bank of each service; int, shape (trials, services) each.
    posts : numpy.ndarray
        f8, shape (worlds, services of the bank): posts of each.
    rng : numpy.random.Generator
    lowest : float
        Worst value of the measure: what an event that counts as the worst is seen as.
    of_posts : bool
        Whether the measure is a share of a service's posts.
    scored : bool
        Whether a service in which there is nothing to be scored counts as the worst; one that does not answer never does.
    """
    place = Place(look, which, posts[which[1:]])
    true, worst = look.truth[which], look.worst[which]
    if measurement.instrument == "truth" and not of_posts:
        value, members = true.copy(), None
    else:
        value, members = INSTRUMENTS[measurement.instrument](place, measurement, rng)
    if scored:
        value = np.where(look.undefined[which] & (members is None), lowest, value)
    value = np.where(worst, lowest, value)
    if members is not None:
        members = np.where(worst[..., None] & ~np.isnan(members), lowest, members)
    return Seen(value, members, true)


# ---------------------------------------------------------------------------------------------------------- practitioners


def _asked(there: np.ndarray, most: int | None, response: float, rng: np.random.Generator) -> np.ndarray:
    """Who of the members that are there answers; bool, shape (trials, services, members).

    Parameters
    ----------
    there : numpy.ndarray
        f8, shape (trials, services): how many there are.
    most : int or None
        So many are asked at most, drawn at random.
    response : float
        Chance that one who is asked answers.
    """
    room = int(max(1, there.max(initial=1)))
    exists = np.arange(room) < there[..., None]
    if most is not None and most < room:
        keys = np.where(exists, rng.random(exists.shape, np.float32), 2.0)
        exists &= keys <= np.partition(keys, most - 1, axis=-1)[..., most - 1 : most]
    return exists if response >= 1.0 else exists & (rng.random(exists.shape, np.float32) < response)


def _mean(members: np.ndarray) -> np.ndarray:
    """Mean over those who answer; NaN where nobody does."""
    there = ~np.isnan(members)
    count, total = there.sum(axis=-1), np.where(there, members, 0.0).sum(axis=-1)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def true_posts(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Each post, as it is."""
    there = _asked(place.posts, about.members, 1.0, rng)
    uses = np.arange(there.shape[-1]) < place.look.delivering[place.which][..., None]
    members = np.where(there, uses.astype(float), np.nan)
    return _mean(members), members


def still_using(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Practitioners say whether they still use the practice; some say what is wished for."""
    present = place.look.present[place.which]
    answers = _asked(present, about.members, about.still_using.response, rng)
    using = np.minimum(place.look.delivering[place.which], present)
    uses = np.arange(answers.shape[-1]) < using[..., None]
    says = rng.random(answers.shape, np.float32) < np.where(uses, 1.0 - about.still_using.forgotten, about.still_using.desirable)
    members = np.where(answers, says.astype(float), np.nan)
    return _mean(members), members


def _staff(
    place: Place, name: str, about: StaffScale, most: int | None, rng: np.random.Generator, items: int
) -> tuple[np.ndarray, np.ndarray]:
    answers = _asked(place.look.present[place.which], most, about.response, rng)
    score = place.of(name)[..., None] + about.spread * rng.standard_normal(answers.shape)
    score = np.clip(score, *SCALE)
    if items:
        score = np.round(score * items) / items
    members = np.where(answers, score, np.nan)
    return _mean(members), members


def leadership_scale(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Practitioners rate implementation leadership, 0 to 4; who rates at an end of the scale can go no further."""
    return _staff(place, "leadership", about.leadership_scale, about.members, rng, LEADERSHIP_ITEMS)


def climate_scale(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Practitioners rate implementation climate, 0 to 4."""
    return _staff(place, "climate", about.climate_scale, about.members, rng, 0)


# ------------------------------------------------------------------------------------------------------------ of services


def fidelity_visit(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, None]:
    """A rater scores the clinic, 1 to 5, as a mean of items; nothing is scored where no sessions are given."""
    visit, true = about.fidelity_visit, place.of("fidelity")
    score = np.clip(true + visit.error * rng.standard_normal(true.shape), 1.0, 5.0)
    return np.round(score * visit.items) / visit.items, None


def claims(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, None]:
    """Sessions on record, a post and month, over three months."""
    given = np.maximum(place.of("sessions"), 0.0).astype(np.int64)
    return rng.binomial(given, about.claims.recorded) / (3.0 * place.posts), None


def _patients(place: Place, who: str, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, None]:
    """Mean change over the courses that are rated; NaN where none is."""
    scale = getattr(about, who)
    ended = place.of("ended")
    rated = rng.binomial(np.maximum(ended, 0.0).astype(np.int64), scale.response)
    gain = np.divide(place.of("gain"), ended, out=np.zeros(ended.shape), where=ended > 0)
    noise = rng.standard_normal(ended.shape) * scale.error / np.sqrt(np.maximum(rated, 1))
    return np.where(rated > 0, scale.seen * gain + noise, np.nan), None


def client_scale(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, None]:
    """Patients rate their change over a course that has ended."""
    return _patients(place, "client_scale", about, rng)


def clinician_scale(place: Place, about: Measurement, rng: np.random.Generator) -> tuple[np.ndarray, None]:
    """Clinicians rate the change of their patients: about twice what patients say (evidence P17)."""
    return _patients(place, "clinician_scale", about, rng)


Instrument = Callable[[Place, Measurement, np.random.Generator], tuple[np.ndarray, np.ndarray | None]]

INSTRUMENTS: Final[dict[str, Instrument]] = {
    "truth": true_posts,
    "fidelity_visit": fidelity_visit,
    "leadership_scale": leadership_scale,
    "climate_scale": climate_scale,
    "still_using": still_using,
    "claims": claims,
    "client_scale": client_scale,
    "clinician_scale": clinician_scale,
}
"""Instruments by the word of the study file; ``truth`` of a measure that is no share of posts needs none."""
