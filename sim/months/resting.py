"""Parts of the practice as a place to rest: what draws to them, what keeps there (ODD, second version; switch *parts last*)."""

from sim.codes import GROUP
from sim.inlining import inlined as month
from sim.months.continuing import patients_who_ask
from sim.rules import appeal_of_parts, hazard_drop, monthly, reception_pull, share


@month
def hours_of_parts(service, p):
    """Hours a month that a course in parts takes, net of the usual care replaced; of a group, led by one alone."""
    if service.format == GROUP:
        each = p.hours_session_group * (1.0 - p.share_replaced_group) + p.hours_preparation_group
    else:
        each = p.hours_session_individual * (1.0 - p.share_replaced_individual) + p.hours_preparation_individual
    return p.sessions_month * each * p.share_hours_adapted


@month
def appeal(practitioner, service, p):
    """Appeal of parts (R50): how far they fit into the hours that are free, and how far patients like what they get (share)."""
    fits = share(practitioner.hours_free / hours_of_parts(service, p))
    return appeal_of_parts(fits, reception_pull(practitioner.belief, p.gain_threshold, p.gain_scale))


@month
def lasting(practitioner, service, p):
    """Factor on what leads away from parts: 1 with *parts last* off, the smaller the more they appeal."""
    if p.switch_parts_last == 0:
        return 1.0
    return 1.0 - p.share_parts_stay * appeal(practitioner, service, p)


@month
def hazard_parts_waiting(practitioner, service, p, supported):
    """Chance a month to go on with parts instead of waiting."""
    return monthly(p.chance_parts_waiting * appeal(practitioner, service, p) * supported)


@month
def hazard_parts_again(service, p, liked, willing):
    """Chance a month that somebody who stopped takes up parts again: belief, commitment, patients who ask (T10, S14)."""
    return hazard_drop(p.chance_parts_again * patients_who_ask(service), liked, willing, 1.0, 1.0, 1.0)


@month
def share_that_stops(p):
    """Of those who give up waiting, the share that stops altogether; with *parts last* most go on with parts."""
    return p.share_waiting_stops if p.switch_parts_last == 1 else p.share_gives_up_stops
