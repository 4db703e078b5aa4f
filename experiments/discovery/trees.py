"""A small tree (CART, by scikit-learn) that says where worlds fail, with how its leaves do on the half it was not grown on."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from experiments.discovery.conditions import Input

if TYPE_CHECKING:
    import pandas as pd

DEPTH: Final = 3
LEAST_LEAF: Final = 0.05
"""Share of the training half that a leaf holds at least."""


@dataclass(frozen=True)
class Node:
    """A split, or a leaf.

    Attributes
    ----------
    train, test : tuple of int
        Worlds and failures of each half.
    name : str
        Input that is asked for; empty for a leaf.
    value : float
        The limit, as it is told.
    below, above : Node or None
        What lies at the limit or below it, and above it.
    """

    train: tuple[int, int]
    test: tuple[int, int]
    name: str = ""
    value: float = math.nan
    below: "Node | None" = None
    above: "Node | None" = None

    def leaves(
        self, path: tuple[tuple[str, str, float], ...] = ()
    ) -> "Iterator[tuple[tuple[tuple[str, str, float], ...], Node]]":
        """Leaves from left to right, each with the limits (name, side, value) that lead to it."""
        if self.below is None or self.above is None:
            yield path, self
            return
        for side, node in (("below", self.below), ("above", self.above)):
            yield from node.leaves((*path, (self.name, side, self.value)))

    @property
    def depth(self) -> int:
        """Splits to the farthest leaf."""
        return max(len(path) for path, _ in self.leaves())


def grown(inputs: "pd.DataFrame", fails: np.ndarray, training: np.ndarray, known: Mapping[str, Input]) -> Node:
    """Grow a tree on the training half.

    Parameters
    ----------
    inputs : pandas.DataFrame
        A row a world, a column an input.
    fails, training : numpy.ndarray
        bool, shape (worlds,).
    known : mapping of str to Input
        By column.
    """
    from sklearn.tree import DecisionTreeClassifier

    least = math.ceil(LEAST_LEAF * int(training.sum()))
    model = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    model.fit(inputs[training].to_numpy(), fails[training])
    return _node(model.tree_, 0, inputs, np.ones(len(inputs), bool), (fails, training), known)


def _node(
    tree: Any,
    at: int,
    inputs: "pd.DataFrame",
    here: np.ndarray,
    labels: tuple[np.ndarray, np.ndarray],
    known: Mapping[str, Input],
) -> Node:
    """Node of the library's tree with rounded limits, and the worlds that come to it by those."""
    fails, training = labels
    counts = [(int((here & half).sum()), int((here & half & fails).sum())) for half in (training, ~training)]
    below, above = tree.children_left[at], tree.children_right[at]
    if below < 0:
        return Node(counts[0], counts[1])
    name = str(inputs.columns[tree.feature[at]])
    value = known[name].rounded(float(tree.threshold[at]))
    under = inputs[name].to_numpy() <= value
    sides = [_node(tree, child, inputs, here & side, labels, known) for child, side in ((below, under), (above, ~under))]
    return Node(counts[0], counts[1], name, value, *sides)
