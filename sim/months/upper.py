"""The upper level, an actor above the service: the organisational manager, the municipality (ODD, section 8.4).

It has attention and money. It can grant the practice a future, put the question off, or withdraw. Leaders who raise the
practice seek its decision, and it decides by itself.
"""

from sim.codes import AWAITING_PERMISSION, COMMITTED, LEFT_TO_PRACTITIONERS
from sim.inlining import inlined as month
from sim.plan import UPPER_EVENT_DELAYS, UPPER_EVENT_GRANTS, UPPER_EVENT_WITHDRAWS
from sim.rules import approach, chance_answered, chance_withdrawn, openness, share, upkeep_next


@month
def decision_is_sought(service, p, raised, knowledgeable):
    """Chance that the upper level answers next month: of whoever raises the practice, the better the more it is known."""
    service.sought = chance_answered(p.chance_decision_sought, raised, knowledgeable) if p.switch_upper_level == 1 else 0.0


@month
def upper_level_acts(service, p, policy, draws):
    """A month of the upper level: attention, dated decisions, an answer to whoever sought one, a withdrawal.

    What leaders raised last month draws attention, which decays otherwise. In months that were observed chance decides nothing.
    """
    service.upper_delay = max(0, service.upper_delay - 1)
    attention = upkeep_next(service.upper_attention, service.raised, p.rate_upper_attention, p.rate_upper_attention_decay, 0.0)
    service.upper_attention = max(attention, policy.upper_attention)
    if service.backing < service.backing_withdrawn:
        # who attends to the practice again comes to back it again, at most as before
        service.backing = approach(service.backing, service.backing_withdrawn, p.rate_backing_returns * service.upper_attention)
    backing = share(service.backing + policy.backing)
    if policy.event_upper == UPPER_EVENT_GRANTS:
        upper_level_grants(service)
        service.upper_attention = 1.0
        service.upper_money = 1.0
        service.budget_lost = 0
    elif policy.event_upper == UPPER_EVENT_DELAYS:
        upper_level_delays(service, p)
    elif policy.event_upper == UPPER_EVENT_WITHDRAWS:
        upper_level_withdraws(service)
    elif service.chancy == 1:
        if service.signal == COMMITTED:
            if draws.withdrawal < chance_withdrawn(p.chance_upper_withdraws, service.upper_attention, backing):
                upper_level_withdraws(service)
        elif service.upper_delay == 0 and draws.answer < service.sought:
            # what decides is also what says how: its lower part is a yes
            if draws.answer < service.sought * openness(service.upper_attention, backing, service.upper_money):
                upper_level_grants(service)
            else:
                upper_level_delays(service, p)


@month
def upper_level_grants(service):
    """Commit to the practice; that is news where it was open before. A withdrawal is undone: budget, money and backing return.

    Who commits backs what is committed to; otherwise a new commitment would soon be withdrawn again for want of backing.
    """
    if service.signal != COMMITTED:
        service.news = 1.0
    service.signal = COMMITTED
    service.upper_delay = 0
    service.decisions_granted = service.decisions_granted + 1
    service.upper_money = max(service.upper_money, service.money_withdrawn)
    service.money_withdrawn = 0.0
    service.backing = max(service.backing, service.backing_withdrawn)
    service.backing_withdrawn = 0.0
    if service.budget_withdrawn == 1:
        service.budget_lost = 0
        service.budget_withdrawn = 0


@month
def upper_level_delays(service, p):
    """Put the question off: nothing is settled for a while, and what was committed awaits permission again."""
    service.upper_delay = int(p.months_upper_delay)
    if service.signal == COMMITTED:
        service.signal = AWAITING_PERMISSION


@month
def upper_level_withdraws(service):
    """Take backing, attention and money away; whether to go on is left to the practitioners.

    What was taken is remembered: it returns with the next grant, and backing may grow back before.
    """
    service.backing_withdrawn = max(service.backing_withdrawn, service.backing)
    service.money_withdrawn = max(service.money_withdrawn, service.upper_money)
    if service.budget_lost == 0:
        service.budget_withdrawn = 1
    service.signal = LEFT_TO_PRACTITIONERS
    service.upper_attention = 0.0
    service.upper_money = 0.0
    service.upper_delay = 0
    service.backing = 0.0
    service.budget_lost = 1
    service.decisions_withdrawn = service.decisions_withdrawn + 1
