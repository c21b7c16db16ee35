"""Where a gradient goes wrong: the edges of the network's graph, your gradient and the numeric one.

The network is so small, and always the same, that a picture before a repair can be compared with
the picture after it.
"""

from dataclasses import dataclass

import numpy as np

from exercise_code.networks import MSE
from exercise_code.tests.gradients import numeric_gradient

SAMPLES, FEATURES, HIDDEN = 3, 2, 3
_RTOL = 1e-6  # central differences are good to about 1e-9

# The edges in the order in which a backward pass reaches them.
BACKWARDS = ("ŷ", "h", "W2", "b2", "z", "W1", "b1", "X")


@dataclass(frozen=True)
class Edge:
    """An array of the graph, and its gradient.

    Attributes
    ----------
    name : str
    value : array or None
        None where the forward pass does not come.
    numeric, yours : array or None
        The gradient by central differences, and the one of your backward functions.
    problem : str
        What your backward function did instead of giving an array, if it did.
    """

    name: str
    value: np.ndarray | None = None
    numeric: np.ndarray | None = None
    yours: np.ndarray | None = None
    problem: str = ""

    @property
    def known(self):
        """Whether there is anything to compare."""
        return self.numeric is not None and (self.yours is not None or bool(self.problem))

    @property
    def wrong(self):
        if not self.known:
            return False
        if self.yours is None or self.yours.shape != self.numeric.shape:
            return True
        largest = max(1.0, float(np.abs(self.numeric).max()))
        return not bool(np.all(np.abs(self.yours - self.numeric) <= _RTOL * largest))


@dataclass(frozen=True)
class Edges:
    """All edges, in the order of ``BACKWARDS``."""

    edges: dict

    @property
    def first_wrong(self):
        """The first edge at which your gradient is another than the numeric one, or None."""
        return next((edge for edge in self.edges.values() if edge.wrong), None)

    def __str__(self):
        """Which gradients are right, and which is the first that is not."""
        right = []
        for edge in self.edges.values():
            if edge.wrong:
                break
            if edge.known:
                right.append(f"d{edge.name}")
        words = f"Right on the way back: {', '.join(right)}." if right else ""
        if self.first_wrong is None:
            return words or "There is no gradient to follow yet."
        return f"{words} {_departs(self.first_wrong)}".strip()


def _departs(edge):
    name = f"d{edge.name}"
    if edge.problem:
        return f"The first that is wrong is {name}: {edge.problem}."
    if edge.yours.shape != edge.numeric.shape:
        return (
            f"The first that is wrong is {name}: its shape is {edge.yours.shape}, that of "
            f"{edge.name} is {edge.numeric.shape}."
        )
    difference = np.abs(edge.yours - edge.numeric)
    where = tuple(int(i) for i in np.unravel_index(np.argmax(difference), difference.shape))
    return (
        f"The first that is wrong is {name}: at {list(where)} yours is {edge.yours[where]:.3g}, "
        f"the numeric gradient {edge.numeric[where]:.3g}."
    )


def follow_gradient(layer=None, net=None, seed=5):
    """Send one gradient back through your layers, and compare it edge by edge.

    Parameters
    ----------
    layer : module, optional
        With the four functions; yours if none is given.
    net : class, optional
        The network; yours if none is given. It is asked where all layers are right.
    seed : int
        Draws the numbers.

    Returns
    -------
    Edges
        Where a function is not written yet, the edges behind it are empty.
    """
    if layer is None:
        from exercise_code.networks import layer
    if net is None:
        from exercise_code.networks.two_layer_net import TwoLayerNet as net
    walk = _Walk(layer, np.random.default_rng(seed))
    edges = walk.edges()
    if not any(edge.wrong for edge in edges.values()):
        edges |= walk.of_the_net(net, edges)
    return Edges(edges)


class _Walk:
    """One forward pass and one backward pass, a layer at a time."""

    def __init__(self, layer, rng):
        self.layer = layer
        self.X = rng.standard_normal((SAMPLES, FEATURES))
        self.params = {
            "W1": rng.standard_normal((FEATURES, HIDDEN)),
            "b1": rng.standard_normal(HIDDEN),
            "W2": rng.standard_normal((HIDDEN, 1)),
            "b2": rng.standard_normal(1),
        }
        self.y = rng.standard_normal((SAMPLES, 1))
        self.h = rng.uniform(0.1, 0.9, (SAMPLES, HIDDEN))  # until there is a sigmoid

    def edges(self):
        edges = {name: Edge(name) for name in BACKWARDS}
        first = self._forward("affine_forward", self.X, self.params["W1"], self.params["b1"])
        middle = first and self._forward("sigmoid_forward", first[0])
        h = middle[0] if middle else self.h
        last = self._forward("affine_forward", h, self.params["W2"], self.params["b2"])
        if not last:
            return edges
        dy = MSE().backward(last[0], self.y)
        edges["ŷ"] = Edge("ŷ", last[0], self._numeric("ŷ", last[0]), dy)
        given = {"h": h, "W2": self.params["W2"], "b2": self.params["b2"]}
        dh = self._backward(edges, "affine_backward", dy, last[1], given)
        if middle and dh is not None:
            dz = self._backward(edges, "sigmoid_backward", dh, middle[1], {"z": first[0]})
            given = {"X": self.X, "W1": self.params["W1"], "b1": self.params["b1"]}
            if dz is not None:
                self._backward(edges, "affine_backward", dz, first[1], given)
        return edges

    def of_the_net(self, net, edges):
        """The edges of the parameters, with the gradients that the whole network returns."""
        try:
            made = net(FEATURES, HIDDEN, rng=np.random.default_rng(0))
            for name, value in self.params.items():
                made.params[name][...] = value
            y_hat = made.forward(self.X.copy())
            grads = made.backward(MSE().backward(y_hat, self.y))
        except Exception as error:
            return {} if _unwritten(error) else {"W2": self._raised(edges["W2"], error)}
        if not isinstance(grads, dict):
            return {"W2": self._raised(edges["W2"], "TwoLayerNet.backward returned no dictionary")}
        found = {}
        for name in self.params:
            edge = edges[name]
            if edge.numeric is not None:
                found[name] = _edge(edge.name, edge.value, edge.numeric, grads.get(name))
        return found

    @staticmethod
    def _raised(edge, error):
        words = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        return Edge(edge.name, edge.value, edge.numeric, None, words)

    def _forward(self, function, *arrays):
        """Output and cache, or None where the function gives no such pair yet."""
        try:
            out, cache = getattr(self.layer, function)(*(array.copy() for array in arrays))
        except Exception:
            return None
        return (out, cache) if isinstance(out, np.ndarray) else None

    def _backward(self, edges, function, dout, cache, given):
        """Fills in the edges that lead into a layer; returns the gradient that travels on."""
        numeric = {name: self._numeric(name, value) for name, value in given.items()}
        try:
            answer = getattr(self.layer, function)(np.array(dout), cache)
        except Exception as error:
            if not _unwritten(error):
                for name, value in given.items():
                    edges[name] = self._raised(Edge(name, value, numeric[name]), error)
            return None
        if len(given) == 1:
            answer = [answer]
        elif not isinstance(answer, (tuple, list)):
            answer = []
        answer = [*answer, *[None] * len(given)]
        for (name, value), got in zip(given.items(), answer, strict=False):
            edges[name] = _edge(name, value, numeric[name], got)
        first = next(iter(given))
        return edges[first].yours

    def _numeric(self, name, value):
        """Gradient of the loss by central differences, through your own forward functions."""

        def loss(array):
            try:
                return MSE().forward(self._predictions(name, array), self.y)
            except Exception:  # a forward that is wrong has no gradient to compare with
                return np.nan

        return numeric_gradient(loss, value)

    def _predictions(self, name, array):
        if name == "ŷ":
            return array
        layer, params = self.layer, {**self.params, name: array}
        h = array
        if name != "h":
            h = self.h
            before = array if name == "z" else self._first(name, array, params)
            if before is not None:
                h = layer.sigmoid_forward(before)[0]
        return layer.affine_forward(h, params["W2"], params["b2"])[0]

    def _first(self, name, array, params):
        X = array if name == "X" else self.X
        z = self._forward("affine_forward", X, params["W1"], params["b1"])
        if z is None or self._forward("sigmoid_forward", z[0]) is None:
            return None
        return z[0]


def _edge(name, value, numeric, got):
    if got is None:
        return Edge(name, value, numeric, None, "it is None")
    if type(got) is not np.ndarray or got.dtype.kind not in "biuf":
        return Edge(name, value, numeric, None, f"it is a {type(got).__name__}, not an array")
    return Edge(name, value, numeric, got.astype(float))


def _unwritten(error):
    return isinstance(error, NotImplementedError)
