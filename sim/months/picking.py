"""Which of several things happens, by one uniform: no two of them together."""

from sim.inlining import inlined as month


@month
def one_of_four(chance, first, second, third, fourth):
    """Which of four things one uniform picks, 1 to 4, each at its own chance; 0 for none."""
    edge = first
    if chance < edge:
        return 1
    edge = edge + second
    if chance < edge:
        return 2
    edge = edge + third
    if chance < edge:
        return 3
    if chance < edge + fourth:
        return 4
    return 0
