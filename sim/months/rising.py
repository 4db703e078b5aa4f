"""From below: practitioners raise the practice themselves, and what comes of it (ODD, section 8.5)."""

from sim.codes import UNAVAILABLE, WAITING
from sim.inlining import inlined as month
from sim.rules import approach, share, upkeep_next, voice


@month
def voices_are_raised(service, practitioners, p):
    """Committed practitioners raise an open matter with their leader: unclear expectations, a dilemma, having to justify.

    Who has become pessimistic raises it less. The service's voice is the chance that somebody does, if they do so apart.
    """
    silent = 1.0
    for i in range(service.posts):
        practitioner = practitioners[i]
        practitioner.voice = 0.0
        if p.switch_bottom_up == 1 and practitioner.status <= WAITING:
            matter = max(practitioner.uncertainty, practitioner.dilemma, service.justification)
            practitioner.voice = voice(p.share_voiced, practitioner.commitment, matter, practitioner.pessimism)
        silent = silent * (1.0 - practitioner.voice)
    service.voice = share(1.0 - silent)


@month
def leader_is_moved(leader, service, p, present):
    """What practitioners raised last month moves a leader who is positive and can be reached, for a while."""
    receptive = 0.0 if leader.type == UNAVAILABLE else leader.supportive / 4.0 * present
    leader.moved = upkeep_next(leader.moved, service.voice * receptive, p.rate_moved, p.rate_moved_fades, 0.0)
    leader.raising = max(leader.raising, p.raising_moved * leader.moved)


@month
def unheard(practitioner, service, p):
    """Raising it in vain makes pessimistic, being heard hopeful; returns what it adds to frustration (share)."""
    if p.switch_bottom_up == 0:
        return 0.0
    in_vain = 1.0 - service.raised
    practitioner.pessimism = approach(practitioner.pessimism, in_vain, p.rate_pessimism * practitioner.voice)
    return p.weight_unheard * practitioner.voice * in_vain
