"""Expansion: posts are added from the untrained staff, or what was promised decays into uncertainty (ODD, section 8.7).

The posts established at the start, ``service.established``, are what outcomes are measured by; ``service.posts`` counts the
added ones too. Added posts follow the established ones in the arrays and stand empty, as reserve posts, until they are opened:
whether and when they are opened leaves the luck of every other post as it was.
"""

from sim.codes import COMMITTED, EXPANSION_WITHOUT_DETAIL, LEFT_TO_PRACTITIONERS
from sim.inlining import inlined as month
from sim.rules import chance_expands, level_of_promise


@month
def service_expands(service, p, policy, start, draws):
    """Open reserve posts: by a dated event, by policy, or because a promised expansion was decided on and there is a plan."""
    service.posts_opened = 0
    if p.switch_expansion == 0:
        return
    promise_moves(service, p)
    room = start.posts + start.reserve - service.posts
    opened = min(room, policy.event_expansion)
    chance = policy.expansion
    if service.promised == 1 and service.signal == COMMITTED and service.chancy == 1:
        chance = max(chance, chance_expands(p.chance_expands, service.plan_now, service.upper_money))
    if opened < room and draws.expands < chance:
        opened = opened + 1
    service.posts_opened = opened
    service.posts = service.posts + opened
    service.upper_money = max(0.0, service.upper_money - p.money_post * opened)


@month
def promise_moves(service, p):
    """A promise of expansion is believed less and less while nobody says how; left to practitioners, it is off the table."""
    if service.signal == EXPANSION_WITHOUT_DETAIL:
        if service.promised == 0:
            service.promised = 1
            service.promise = 1.0
        elif service.chancy == 1:
            service.promise = service.promise * (1.0 - p.rate_promise_decay)
    elif service.signal == LEFT_TO_PRACTITIONERS:
        service.promised = 0
        service.promise = 0.0


@month
def level_promised(service, p, level):
    """Uncertainty that the signal carries (share): of an announced expansion the more, the less the promise is believed."""
    if p.switch_expansion == 0 or service.signal != EXPANSION_WITHOUT_DETAIL:
        return level
    return level_of_promise(service.promise, level, p.uncertainty_unkept)


@month
def referred_more(service, start):
    """Factor on newly eligible patients: an expansion to more patients comes with its posts (1 without one)."""
    if start.reserve == 0:
        return 1.0
    return 1.0 + start.expansion_inflow * (service.posts - service.established) / start.reserve
