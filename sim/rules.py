"""The equations of the model, numbered R1, R2 and so on: pure, scalar, each with its formula, units and source.

Every function takes and returns plain numbers. The month functions (``sim.months``) compose them; both engines run
this very text, CPython for the Mesa model, Numba for the compiled one, so only ``+ - * /``, comparisons and the
project's own ``exp`` appear. Status of the constants is in ``parameters.toml``; forms marked *assumption* are ours,
forms marked *design* are those recommended in the conceptual model, and the sources are named by their key there.
"""

from typing import Final

from sim.codes import AWAITING_PERMISSION, COMMITTED, EXPANSION_WITHOUT_DETAIL, PARTIAL_USE, PLANNED_ADAPTATION
from sim.inlining import inlined
from sim.portable import exp, log

LN2: Final = 0.6931471805599453
HIGH_FIDELITY: Final = 4.0
"""Fidelity that people in the field call high (F4); what outcomes call so is the parameter ``fidelity_high``."""

LOOKS_EVERY: Final = 12
"""Months between two looks at fidelity."""
FIRST_LOOK: Final = 24
"""Month of the first look that counts for good; until then the look before it counts (ODD, observation)."""
CUTS: Final = (3.7, 4.0, 4.3)
"""Fidelity that counts as high, low, middle and high reading: 4.0 is the field's (F4), the others are the bounds of the
parameter ``fidelity_high``."""


@inlined
def clip(value: float, low: float, high: float) -> float:
    """Value kept within [low, high]; units of the value."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@inlined
def share(value: float) -> float:
    """Value kept within [0, 1]."""
    return clip(value, 0.0, 1.0)


@inlined
def approach(value: float, target: float, rate: float) -> float:
    """R1, relaxation: value + rate (target - value); rate per month. Assumption: first-order adjustment throughout."""
    return value + rate * (target - value)


@inlined
def level_of_signal(code: int, committed: float, expansion: float, awaiting: float, left: float) -> float:
    """R2, uncertainty that the signal about the future carries (share), by Signal code. Source: study, themes 3a and 3b."""
    if code == COMMITTED:
        return committed
    if code == EXPANSION_WITHOUT_DETAIL:
        return expansion
    if code == AWAITING_PERMISSION:
        return awaiting
    return left


@inlined
def whole_number(mean: float, chance: float) -> int:
    """R3, integer with the given mean from one uniform: floor(mean + chance). Units of the mean; assumption: least variance."""
    whole = int(mean)
    rest = mean - whole
    if chance >= 1.0 - rest:
        return whole + 1
    return whole


@inlined
def engagement_next(engagement: float, perseverant: float, rate: float) -> float:
    """R4, leader engagement: E (1 - rate (1 - perseverant / 4)), share; slower the more perseverant. Design; L1."""
    return engagement * (1.0 - rate * (1.0 - perseverant / 4.0))


@inlined
def raising(engagement: float, informed: float, proactive: float, threshold: float) -> float:
    """R5, raising the practice unasked: E informed max(0, (proactive - threshold) / (4 - threshold)), share.

    A leader at or below the threshold is positive when asked and raises nothing. Study, 'Leader Engagement'; assumption: linear.
    """
    if proactive <= threshold:
        return 0.0
    return engagement * informed * (proactive - threshold) / (4.0 - threshold)


@inlined
def consideration_next(consideration: float, raised: float, supportive: float, rate_raised: float, rate_fading: float) -> float:
    """R6, consideration for the extra workload: fades unless raised again, share.

    C + rate_raised raised supportive/4 (1 - C) - rate_fading (1 - raised) C. Study (Brit: 'gradually'); design.
    """
    gain = rate_raised * raised * supportive / 4.0 * (1.0 - consideration)
    return share(consideration + gain - rate_fading * (1.0 - raised) * consideration)


@inlined
def upkeep_next(level: float, worked_on: float, rate: float, decay: float, kept: float) -> float:
    """R7, clarity, plan, meetings, reallocation: level + rate worked_on (1 - level) - decay (1 - kept)(1 - worked_on) level.

    All are shares. ``kept`` is institutionalisation I: after a leader's loss the level decays at decay (1 - I). Design.
    """
    return share(level + rate * worked_on * (1.0 - level) - decay * (1.0 - kept) * (1.0 - worked_on) * level)


@inlined
def institutionalisation_next(kept: float, raised: float, plan: float, rate: float, decay: float) -> float:
    """R8, institutionalisation: I + rate raised plan (1 - I) - decay (1 - raised) I, share. Design (r .01-.06, d .01)."""
    return share(kept + rate * raised * plan * (1.0 - kept) - decay * (1.0 - raised) * kept)


@inlined
def autonomy_support_given(supportive: float, raised: float, share_trust: float) -> float:
    """R9, autonomy support that a leader gives: supportive/4 (share_trust + (1 - share_trust) raised), share.

    Goodwill and a free rein alone are the share ``share_trust`` of it. Study, Discussion (autonomy against autonomy support).
    """
    return supportive / 4.0 * (share_trust + (1.0 - share_trust) * raised)


@inlined
def uncertainty_target(
    signal: float, clarity: float, expectation: float, w_signal: float, w_clarity: float, w_expectation: float
) -> float:
    """R10, uncertainty about what is expected: clip(w_s signal + w_c (1 - clarity) - w_x x), share. Design."""
    return share(w_signal * signal + w_clarity * (1.0 - clarity) - w_expectation * expectation)


@inlined
def dilemma(need: float, free: float) -> float:
    """R11, prioritisation dilemma: D = max(0, need - free) / need, share; 0 without need. Design; study, theme 1."""
    if need <= 0.0 or free >= need:
        return 0.0
    return (need - free) / need


@inlined
def hesitation(weight: float, uncertainty: float, dilemma_now: float, support: float) -> float:
    """R12, hesitation: h = weight min(1, u + D)(1 - S), share; weight [-.2, .6] may have either sign. Design."""
    together = uncertainty + dilemma_now
    if together > 1.0:
        together = 1.0
    return weight * together * (1.0 - support)


@inlined
def readiness(
    autonomy: float, commitment: float, hesitation_now: float, pull: float, support: float, expectation: float
) -> float:
    """R13, readiness: A [c (1 - h) + pull S x (1 - c)] + (1 - A) x, share; pull [-.2, .8] may have either sign. Design."""
    own = commitment * (1.0 - hesitation_now) + pull * support * expectation * (1.0 - commitment)
    return share(autonomy * own + (1.0 - autonomy) * expectation)


@inlined
def hours_given(need: float, free: float, ready: float) -> float:
    """R14, hours given: min(need, free) + readiness x shortfall, hours/month. Design."""
    if free >= need:
        return need
    return free + ready * (need - free)


@inlined
def squeezed(hours: float, deficit: float) -> float:
    """R15, share of an item of work still done when ``deficit`` hours are missing: 1 - min(1, deficit / hours)."""
    if hours <= 0.0 or deficit <= 0.0:
        return 1.0
    if deficit >= hours:
        return 0.0
    return 1.0 - deficit / hours


@inlined
def response_mean(functioning: float, mean: float, slope: float) -> float:
    """R16, expected gain of a full course: mean (1 + slope (functioning - .5)), IMR-scale points. Design."""
    return mean * (1.0 + slope * (functioning - 0.5))


@inlined
def gain_factor(
    status: int, too_demanding: int, functioning: float, gain_planned: float, share_rescued: float, share_partial: float
) -> float:
    """R17, gain relative to standard form: 1; planned adaptation 1 + gain_planned (1 - functioning); ad hoc cuts share_partial.

    For a patient for whom the programme is too demanding 0, or share_rescued under planned adaptation. Design; D5.
    """
    if too_demanding == 1:
        return share_rescued if status == PLANNED_ADAPTATION else 0.0
    if status == PLANNED_ADAPTATION:
        return 1.0 + gain_planned * (1.0 - functioning)
    if status == PARTIAL_USE:
        return share_partial
    return 1.0


@inlined
def gain(response: float, attended: int, sessions_full: float, factor: float, fidelity: float, slope: float) -> float:
    """R18, gain of a month: response attended / sessions_full x factor x (1 + slope (F - 4)), IMR-scale points. P12, P13, D5."""
    return response * attended / sessions_full * factor * (1.0 + slope * (fidelity - 4.0))


@inlined
def progress_seen(pace: float, rosy: float, use: float, noise: float) -> float:
    """R19, progress as seen: (1 + (rosy - 1)(1 - use)) pace + noise, IMR-scale points/course. P17; design."""
    return (1.0 + (rosy - 1.0) * (1.0 - use)) * pace + noise


@inlined
def weight_of_evidence(kappa: float, use: float) -> float:
    """R20, over-weighting of few patients left under monitoring: 1 + (kappa - 1)(1 - use), ratio >= 1. Design."""
    return 1.0 + (kappa - 1.0) * (1.0 - use)


@inlined
def kalman_gain(variance: float, variance_seen: float, count: float, kappa: float) -> float:
    """R21, weight of the mean of ``count`` patients: K = v / (v + R / (n kappa)), share. Design. Looks count as independent."""
    return variance / (variance + variance_seen / (count * kappa))


@inlined
def competence_supervised(competence: float, ceiling: float, rate: float) -> float:
    """R22, monthly change of competence under full supervision: rate (ceiling - k), share/month. Design (.25)."""
    return rate * (ceiling - competence)


@inlined
def competence_unsupervised(competence: float, floor: float, half_life: float, protection: float, practice: float) -> float:
    """R23, change without supervision: -(ln 2 / half_life)(1 - protection practice)(k - floor), share/month. W17, X8."""
    return -(LN2 / half_life) * (1.0 - protection * practice) * (competence - floor)


@inlined
def supervision_dose(sessions: float, enough: float) -> float:
    """R24, dose of supervision: min(1, sessions a month / enough), share. W17: three to four in six months are enough."""
    if sessions >= enough:
        return 1.0
    return sessions / enough


@inlined
def component_next(kept: float, dose: float, rate_restore: float, rate_erode: float, fragility: float, cut: float) -> float:
    """R25, a component: kept + rate_restore dose (1 - kept) - (rate_erode fragility (1 - dose) + cut) kept, share. F15."""
    return share(kept + rate_restore * dose * (1.0 - kept) - (rate_erode * fragility * (1.0 - dose) + cut) * kept)


@inlined
def fidelity(structure: float, competence: float, preparation: float, weight: float, loss: float) -> float:
    """R26, fidelity: F = 1 + 4 [w structure + (1 - w) k (1 - loss (1 - preparation))], IMR Fidelity Scale 1-5. Design."""
    return 1.0 + 4.0 * (weight * structure + (1.0 - weight) * competence * (1.0 - loss * (1.0 - preparation)))


@inlined
def frustration_target(carried: float, dilemma_now: float, perceived: float, commitment: float) -> float:
    """R27, frustration: work carried x D x (1 - perceived engagement) x c, share. Design; study ('bottom-up')."""
    return share(carried * dilemma_now * (1.0 - perceived) * commitment)


@inlined
def exhaustion_target(base: float, worked: float, capacity: float, weight: float) -> float:
    """R28, exhaustion: base + weight max(0, worked / capacity - 1), share. W14."""
    over = worked / capacity - 1.0
    if over < 0.0:
        over = 0.0
    return share(base + weight * over)


@inlined
def autonomy_push(autonomy: float, support: float, expectation: float, weight: float, reactance: float) -> float:
    """R29, own autonomy in commitment: weight A (S - .5) - reactance max(0, x - S), share. Design (both weights 0-1.5)."""
    against = expectation - support
    if against < 0.0:
        against = 0.0
    return weight * autonomy * (support - 0.5) - reactance * against


@inlined
def reception_pull(belief: float, threshold: float, scale: float) -> float:
    """R30, how far belief lies above what makes a course worthwhile: clip((m - threshold) / scale, -2, 2), dimensionless."""
    return clip((belief - threshold) / scale, -2.0, 2.0)


@inlined
def tilt(slope: float, pull: float) -> float:
    """R31, factor on a hazard: exp(-slope x pull); 1 when the pull is neutral (0). Assumption: proportional hazards."""
    return exp(-slope * pull)


@inlined
def monthly(hazard: float) -> float:
    """R32, monthly hazard as a chance: clip to [0, .95]. Design ('monthly hazards'); the cap keeps luck in every decision."""
    return clip(hazard, 0.0, 0.95)


@inlined
def hazard_waiting(
    base: float, uncertainty: float, expectation: float, hesitation_now: float, course_end: float, supported: float
) -> float:
    """R33, chance a month to begin waiting: base u (1 - x)(1 + h) x course_end x supported. Design (base .02-.12)."""
    return monthly(base * uncertainty * (1.0 - expectation) * (1.0 + hesitation_now) * course_end * supported)


@inlined
def hazard_resume(base: float, expectation: float, commitment: float, weight: float, resolved: float) -> float:
    """R34, chance a month to leave waiting for use: base (x + weight c) + resolved. Design (base .02-.10, weight .3)."""
    return monthly(base * (expectation + weight * commitment) + resolved)


@inlined
def hazard_drop(
    base: float, reception: float, commitment: float, dilemma_factor: float, course_end: float, supported: float
) -> float:
    """R35, chance a month to stop, to cut or to give up: base x the product of its factors. Design ('from m, c, D')."""
    return monthly(base * reception * commitment * dilemma_factor * course_end * supported)


@inlined
def chance_leaving(base: float, exhaustion: float, neutral: float, log_odds: float, protected: float) -> float:
    """R36, chance a month to leave: base x odds^((exhaustion - neutral) / .25) x protected.

    ``log_odds`` is the logarithm of the odds ratio per .25 of exhaustion (W9: 1.57; the .25 is assumed); ``protected``
    applies to trained volunteers in their first year.
    """
    # odds^x through the logarithm, which the caller takes
    return monthly(base * exp(log_odds * (exhaustion - neutral) / 0.25) * protected)


@inlined
def expected_benefit(
    mean: float,
    attendance: float,
    share_demanding: float,
    functioning: float,
    gain_planned: float,
    share_rescued: float,
    backing: float,
) -> float:
    """R37, expected net benefit of a course in the best deliverable mode, IMR-scale points.

    The better of standard form, mean x attendance x (1 - share_demanding), and planned adaptation weighted by its backing.
    """
    standard = mean * attendance * (1.0 - share_demanding)
    planned = (
        mean
        * attendance
        * ((1.0 - share_demanding) * (1.0 + gain_planned * (1.0 - functioning)) + share_demanding * share_rescued)
    )
    mixed = standard + backing * (planned - standard)
    if mixed > standard:
        return mixed
    return standard


@inlined
def retention(chance_dropout: float, chance_relapse: float, share_lost: float, months: float) -> float:
    """R38, share of a course's gain that remains after dropout and relapse: (1 - q^L) / ((1 - q) L), L months.

    q = (1 - dropout)(1 - relapse x share lost) is what a month leaves of the gain still to come. Closed form for a steady
    pace; assumption: dropout at the mean tendency to attend.
    """
    q = (1.0 - chance_dropout) * (1.0 - chance_relapse * share_lost)
    if q >= 1.0:
        return 1.0
    return (1.0 - exp(months * log(q))) / ((1.0 - q) * months)


@inlined
def climate(expected: float, supported: float, recognised: float) -> float:
    """R39, implementation climate: 4 x mean of what is perceived as expected, supported and recognised, scale 0-4. L5, L7."""
    return 4.0 * (expected + supported + recognised) / 3.0


@inlined
def level_of_tipping(months: float, way_back: float, factor: float) -> float:
    """R40, level that a hazard has to pass in the form *threshold*: max(ln 2 / months, factor x hazard of the way back).

    Per month. At a hazard of ln 2 / months half of those in a lasting situation would change within these months; nobody goes
    where the pull back is as strong. ``factor`` is what the end of a course multiplies hazards by: nobody goes there and back
    for that month alone. Assumption.
    """
    level = LN2 / months
    if factor * way_back > level:
        return factor * way_back
    return level


@inlined
def smoothing_weight(rate: float, count: float, kappa: float) -> float:
    """R41, weight of the mean of ``count`` looks in the form *smoothing*: 1 - (1 - rate)^(n kappa), share.

    One look moves belief by ``rate`` of the way if it counts once; over-weighted it counts kappa times. Assumption.
    """
    return 1.0 - exp(count * kappa * log(1.0 - rate))


@inlined
def progress_shifted(pace: float, rosy: float, use: float, usual: float, noise: float) -> float:
    """R42, progress as seen in the form *shift*: pace + (rosy - 1)(1 - use) usual + noise, IMR-scale points/course.

    ``usual`` is what a patient who comes gains on average: the same mean as by R19, but also where nothing is gained. P17.
    """
    return pace + (rosy - 1.0) * (1.0 - use) * usual + noise


@inlined
def held_beyond(dose: float, own: float) -> float:
    """R43, what a policy holds of a lever beyond what the service does by itself: max(0, dose - own), full doses. Assumption.

    It is this part that costs hours of its own: what a leader does anyway is in the hours for raising the practice.
    """
    return max(0.0, dose - own)


@inlined
def fidelity_of_clinic(fidelity: float, structure: float, delivering: float, weight: float) -> float:
    """R44, fidelity of a clinic as a rater scores it: F - 4 w s (1 - d), IMR Fidelity Scale 1-5. Assumption.

    F and s are fidelity and its structure among the posts that deliver, d the share that do of the established posts and of the
    added ones that somebody trained has held: one of these that does not deliver counts as without structure, and skill is that
    of those who deliver.
    """
    return fidelity - 4.0 * weight * structure * (1.0 - delivering)


@inlined
def taught(teacher: float, transmitted: float, ceiling: float) -> float:
    """R45, skill or component that a colleague passes on: min(ceiling, transmitted x teacher's), share. W16.

    ``transmitted`` is the share that arrives: drift in transmission. Assumption: the same share of whatever the teacher has.
    """
    return min(ceiling, transmitted * teacher)


@inlined
def shared_load(hours: float, lacking: int, present: int) -> float:
    """R46, duties that each of ``present`` colleagues takes over: hours x lacking / present, hours/month. W16; assumption."""
    if present <= 0:
        return 0.0
    return hours * lacking / present


@inlined
def lack_of_leader(filled: float, acting: float, kept: float) -> float:
    """R47, what a leader's post leaves undone: (1 - max(filled, acting)) (1 - kept), share. Assumption.

    ``filled``: how far its holder does what goes with it; ``acting``: somebody acts for the leader; ``kept``: I.
    """
    return (1.0 - max(filled, acting)) * (1.0 - kept)


@inlined
def carried_mass(count: int, half: float) -> float:
    """R48, strength of ``count`` posts that carry the practice: n / (n + half), share. Study (Dagny); assumption: saturating."""
    return count / (count + half)


@inlined
def hazard_by_reason(base: float, driver: float, supported: float) -> float:
    """R49, chance a month that a service decides for one reason: base x driver x supported. S2 (reasons); assumption (sizes)."""
    return monthly(base * driver * supported)


@inlined
def appeal_of_parts(fits: float, pull: float) -> float:
    """R50, appeal of parts: fits x clip(.5 + pull / 4, 0, 1), share; pull as R30. Study (Bob); T10; assumption (form)."""
    return fits * clip(0.5 + 0.25 * pull, 0.0, 1.0)


@inlined
def raising_passive(engagement: float, informed: float, proactive: float, part: float) -> float:
    """R51, raising by leaders below the threshold of R5 too: part E informed proactive / 4, share.

    The greater of this and R5 holds, so that more proactivity never raises less. Assumption; bounds of ``part`` include nothing.
    """
    return part * engagement * informed * proactive / 4.0


@inlined
def routine_next(level: float, given: float, decay: float, kept: float) -> float:
    """R52, what the organisation goes on doing: max(given, level - decay (1 - kept) level), share.

    ``given`` is what the leader does this month, ``kept`` is institutionalisation I. Design, second version.
    """
    return max(given, level - decay * (1.0 - kept) * level)


@inlined
def dimension_now(own: float, lift: float, gained: float, declined: float) -> float:
    """R53, a leadership dimension now: clip(own + lift gained - declined, 0, 4), scale 0-4.

    ``gained`` (share) follows R7 while a programme lasts and is forgotten after it. L8 (size), L17 (decline); assumption: linear,
    alike on all four, which are one factor (L1).
    """
    return clip(own + lift * gained - declined, 0.0, 4.0)


@inlined
def chance_answered(base: float, raised: float, knowledgeable: float) -> float:
    """R54, chance a month that the upper level answers a leader: base raised knowledgeable / 4.

    Design, second version: the study's one active leader had a decision. Assumption: linear.
    """
    return monthly(base * raised * knowledgeable / 4.0)


@inlined
def openness(attention: float, backing: float, money: float) -> float:
    """R55, share of its answers in which the upper level commits: attention (backing + money) / 2. Assumption."""
    return attention * (backing + money) / 2.0


@inlined
def chance_withdrawn(base: float, attention: float, backing: float) -> float:
    """R56, chance a month that the upper level withdraws: base (1 - attention)(1 - backing). Assumption; S2 names money."""
    return monthly(base * (1.0 - attention) * (1.0 - backing))


@inlined
def voice(base: float, commitment: float, matter: float, pessimism: float) -> float:
    """R57, how far a practitioner raises the practice with the leader: base c matter (1 - pessimism), share.

    ``matter`` is the greatest of uncertainty, dilemma and having to justify. Study, themes 2 and 3 (Gina, Dagny); assumption.
    """
    return share(base * commitment * matter * (1.0 - pessimism))


@inlined
def readiness_weighed(
    autonomy: float, commitment: float, hesitation_now: float, pull: float, support: float, expectation: float
) -> float:
    """R58, readiness in the form *weighing*: own + (1 - A) x (x - own), share; own = c (1 - h) + pull S x (1 - c). Assumption.

    Autonomy decides only how much others' expectation weighs against own judgement: with nothing expected, or as much as one
    would do anyway, it moves nothing. An expectation weighs as far as it is stated.
    """
    own = commitment * (1.0 - hesitation_now) + pull * support * expectation * (1.0 - commitment)
    return share(own + (1.0 - autonomy) * expectation * (expectation - own))


@inlined
def fewer_duties(first: float, second: float, chance: float, weight: float) -> float:
    """R59, other duties of who is sent to training where capacity was checked, hours/month: the fewer of two candidates' duties.

    The check decides with chance ``weight``; else the first who comes to mind is sent. Mean over normal draws of spread s:
    weight x s / sqrt(pi) below that of all. Study, 'Uncertainty About Long-Term Priorities' (Service B); assumption: two.
    """
    if chance < weight and second < first:
        return second
    return first


@inlined
def load_unforeseen(briefing: float, known: float) -> float:
    """R60, how far the load of the practice comes as a surprise: (1 - briefing)(1 - known), share. Study, theme 3; assumption."""
    return (1.0 - briefing) * (1.0 - known)


@inlined
def held_to_agreement(before: float, after: float, agreed: float, backing: float) -> float:
    """R61, a component that was agreed to be core: a loss below the agreed level is averted as far as the adaptation is backed.

    after + backing max(0, min(before, agreed) - after), share. It never restores: it is at most the greater of before and after.
    Assumption; D5, F15.
    """
    floor = before if before < agreed else agreed
    if after >= floor:
        return after
    return after + backing * (floor - after)


@inlined
def hours_of_figures(minutes: float, patients: float, times: float, dose: float) -> float:
    """R62, time for outcome figures: minutes / 60 x patients in courses x times a month x dose, hours/month."""
    return minutes / 60.0 * patients * times * dose


@inlined
def gain_of_feedback(use: float, effect: float, spread: float, attended: float, sessions_full: float) -> float:
    """R63, gain of a month that figures really used add: use x d x SD x attended / sessions_full, IMR-scale points. M2, P17.

    Over a fully attended course at full use it is the standardised effect d times the spread of scores between patients.
    """
    return use * effect * spread * attended / sessions_full


@inlined
def off_track(gained: float, response: float, attended: float, sessions_full: float) -> bool:
    """R64, whether figures show a patient not on track: gained < response attended / sessions_full, the usual gain so far. M2."""
    return gained < response * attended / sessions_full


@inlined
def decline_next(declined: float, rate: float, dose: float, most: float) -> float:
    """R65, decline of leadership a month later: declined + rate (1 - dose)(1 - declined / most), scale 0-4.

    L17 (direction); assumption: it slows down and ends at ``most``, and a programme at full ``dose`` stops it.
    """
    return declined + rate * (1.0 - dose) * (1.0 - declined / most)


@inlined
def level_of_promise(promise: float, announced: float, unkept: float) -> float:
    """R66, uncertainty of an announced expansion: announced + (1 - promise)(unkept - announced), share.

    ``promise`` is how far it is still believed. Study, theme 3 (Services A and F); assumption: linear.
    """
    return announced + (1.0 - promise) * (unkept - announced)


@inlined
def chance_expands(base: float, plan: float, money: float) -> float:
    """R67, chance a month that the next promised post is opened once the expansion is decided: base plan money. Assumption.

    Without a plan nothing comes of it (study, Service F: for all patients, but no implementation plan).
    """
    return monthly(base * plan * money)


@inlined
def nobodys_practice(carriers: int, enough: float, w_carried: float, wanted: float, w_wanted: float) -> float:
    """R68, how far a practice is nobody's: (1 - w_c min(1, n / enough))(1 - w_x x), share. S2 (reasons); assumption (form).

    n posts carry it, x is how far a leader states that it is expected. Study (Dagny): it takes more than two. The weights may be
    nothing: then neither holds a decision back.
    """
    return (1.0 - w_carried * min(1.0, carriers / enough)) * (1.0 - w_wanted * wanted)
