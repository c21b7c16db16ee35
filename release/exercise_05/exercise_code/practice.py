"""Checks without points, for what notebooks 2a and 2b ask you to write.

Each compares what was written with what the right rule does, and with what well-known mistakes
would do, so a failure is told by its name.
"""

import textwrap

import numpy as np

from exercise_code.data import DataLoader
from exercise_code.networks import SGD, Adam, SGDMomentum
from exercise_code.tests.verdict import WIDTH, say

_STEPS = 5
_RATE = 0.3


def check_update(rule):
    """Compare the updates of your own momentum or Adam with those of the given one.

    Parameters
    ----------
    rule : class
        An Optimizer; its parameters decide what it has to be: with ``momentum`` SGD with momentum,
        with ``beta1`` Adam.

    Returns
    -------
    bool
        Whether they agree. It prints a sentence in any case, and raises nothing.
    """
    given, mistakes = _RULES["beta1" in _arguments(rule)]
    name = f"{rule.__name__}.update"
    try:
        got = _changes(rule)
    except NotImplementedError:
        return _told(f"Not written yet: {name}. Write it, or skip it and use {given.__name__}.")
    except Exception as error:
        return _told(f"✗ {name} raised {type(error).__name__}: {error}.")
    if any(type(change) is not np.ndarray for change in got):
        return _told(f"✗ {name} must return the change of the parameter, an array.")
    shapes = [gradient.shape for _, gradient in _gradients()]
    if [change.shape for change in got] != shapes:
        return _told(f"✗ {name} must return an array of the shape of the gradient.")
    if _alike(got, _changes(given)):
        return _told(f"✓ {name} does what {given.__name__} does, in every one of {_STEPS} steps.")
    for says, mistake in mistakes.items():
        if _alike(got, _changes(mistake)):
            return _told(f"✗ {name} is not right yet: {says}.")
    right = _changes(given)
    first = next(i for i in range(len(right)) if not _alike(got[i : i + 1], right[i : i + 1]))
    return _told(
        f"✗ {name} is not right yet: it departs from the rule at step {first // 2 + 1}. "
        "Do one step on paper, with the gradient 1 and λ = 0.1."
    )


def check_estimate(estimate, gradient, net, n):
    """Check ``estimate(net, B, rng)``, an estimate of the gradient from B of n houses.

    ``gradient(net, S)`` is the gradient of the houses S. Returns whether it is right, and prints a
    sentence; raises nothing.
    """
    try:
        everyone = gradient(net, np.arange(n))
        whole = estimate(net, n, np.random.default_rng(0))
        draws = [estimate(net, 4, np.random.default_rng(seed)) for seed in range(40)]
    except NotImplementedError as error:
        return _told(f"Not written yet. {error}")
    except Exception as error:
        return _told(f"✗ estimate raised {type(error).__name__}: {error}.")
    if np.shape(whole) != everyone.shape:
        return _told("✗ estimate must return what gradient(net, S) returns, one long vector.")
    if all(np.array_equal(draws[0], draw) for draw in draws):
        return _told("✗ estimate gives the same for every rng: are the houses drawn by rng?")
    if not np.allclose(whole, everyone, rtol=1e-9, atol=1e-12):
        return _told(
            "✗ The estimate from all houses is not the gradient of all houses. Are there B of "
            "them, and none twice? rng.choice needs replace=False."
        )
    return _told("✓ estimate draws B houses, none of them twice, and averages their gradients.")


def check_epoch(one_epoch, data, loss):
    """Check ``one_epoch(net, optimizer, loader)``, the loop over all minibatches.

    Returns whether it is right, and prints a sentence; raises nothing.
    """
    try:
        got = _after(one_epoch, data)
    except NotImplementedError as error:
        return _told(f"Not written yet. {error}")
    except Exception as error:
        return _told(f"✗ one_epoch raised {type(error).__name__}: {error}.")
    if _alike(got, _after(_epoch_like(loss), data)):
        return _told("✓ one_epoch takes the steps that the given Solver takes.")
    mistakes = {
        "the parameters are as they were: is there an optimizer.step?": lambda *_: None,
        "it goes uphill: loss.backward takes y_hat first, then y": _epoch_like(loss, swapped=True),
        "it takes a single step: is the step inside the loop?": _epoch_like(loss, steps=1),
    }
    for says, mistake in mistakes.items():
        if _alike(got, _after(mistake, data)):
            return _told(f"✗ one_epoch is not right yet: {says}.")
    return _told("✗ one_epoch ends with other parameters than the Solver. Forward, loss, step?")


def _told(sentence):
    say("\n".join(textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")))
    return sentence.startswith("✓")


def _arguments(rule):
    code = getattr(rule.__init__, "__code__", None)
    return code.co_varnames if code else ()


def _gradients():
    """Gradients of two parameters, at steps that follow each other."""
    rng = np.random.default_rng(0)
    for _ in range(_STEPS):
        yield "W", rng.uniform(0.5, 2.0, (2, 3)) * rng.choice([-1.0, 1.0], (2, 3))
        yield "b", rng.uniform(0.5, 2.0, 3) * rng.choice([-1.0, 1.0], 3)


def _changes(rule):
    """What a rule adds to the parameters, at each step to each of them."""
    optimizer = rule({"W": np.zeros((2, 3)), "b": np.zeros(3)}, _RATE)
    changes = []
    for name, gradient in _gradients():
        optimizer.steps += name == "W"
        change = optimizer.update(name, gradient.copy())
        changes.append(change.copy() if isinstance(change, np.ndarray) else change)
    return changes


def _alike(got, want):
    return all(np.allclose(one, other, rtol=1e-9) for one, other in zip(got, want, strict=True))


def _momentum(update):
    """SGDMomentum with another update: a mistake."""
    return type("Mistake", (SGDMomentum,), {"update": update})


def _rolling(times_gradient, times_velocity):
    def update(self, name, gradient):
        self.velocity[name] = (
            times_velocity(self) * self.velocity[name] - times_gradient(self) * gradient
        )
        return self.velocity[name]

    return _momentum(update)


def _looking_ahead(self, name, gradient):
    velocity = SGDMomentum.update(self, name, gradient)
    return self.momentum * velocity - self.learning_rate * gradient


def _adam(*, correct_m=True, correct_v=True, root=True, squared=True, late=0, sign=1.0,
          kept=True, swapped=False):  # fmt: skip
    def update(self, name, gradient):
        beta1, beta2 = (self.beta2, self.beta1) if swapped else (self.beta1, self.beta2)
        m = beta1 * self.m[name] + (1 - beta1) * gradient
        v = beta2 * self.v[name] + (1 - beta2) * (gradient**2 if squared else np.abs(gradient))
        if kept:
            self.m[name], self.v[name] = m, v
        t = self.steps + late
        m_hat = m / (1 - beta1**t) if correct_m else m
        v_hat = v / (1 - beta2**t) if correct_v else v
        below = np.sqrt(v_hat) if root else v_hat
        return -sign * self.learning_rate * m_hat / (below + self.eps)

    return type("Mistake", (Adam,), {"update": update})


_MOMENTUM = {
    "the velocity is not kept, so this is plain SGD. Keep it in self.velocity[name]": SGD,
    "the sign is wrong: the push of the gradient has a minus": _rolling(
        lambda o: -o.learning_rate, lambda o: o.momentum
    ),
    "the friction is missing: v ← μ v comes first": _rolling(
        lambda o: o.learning_rate, lambda o: 1.0
    ),
    "the gradient is weighted by 1 - μ, which is another convention": _rolling(
        lambda o: (1 - o.momentum) * o.learning_rate, lambda o: o.momentum
    ),
    "λ is missing": _rolling(lambda o: 1.0, lambda o: o.momentum),
    "λ is in it twice": _rolling(lambda o: o.learning_rate**2, lambda o: o.momentum),
    "it looks ahead: that is Nesterov's momentum. Return v itself": _momentum(_looking_ahead),
}
_ADAM = {
    "neither average is corrected: divide m by 1 - β1^t and v by 1 - β2^t": _adam(
        correct_m=False, correct_v=False
    ),
    "m is not corrected: divide it by 1 - β1^t": _adam(correct_m=False),
    "v is not corrected: divide it by 1 - β2^t": _adam(correct_v=False),
    "the root of v̂ is missing": _adam(root=False),
    "v is the average of the square of the gradient": _adam(squared=False),
    "the sign is wrong: the step goes against the gradient": _adam(sign=-1.0),
    "t is one too large: self.steps counts this step already": _adam(late=1),
    "the averages are not kept. Put them into self.m[name] and self.v[name]": _adam(kept=False),
    "β1 and β2 are exchanged": _adam(swapped=True),
}
_RULES = {False: (SGDMomentum, _MOMENTUM), True: (Adam, _ADAM)}


def _epoch_like(loss, swapped=False, steps=None):
    def one_epoch(net, optimizer, loader):
        for number, (X, y) in enumerate(loader):
            y_hat = net.forward(X)
            dy = loss.backward(*((y, y_hat) if swapped else (y_hat, y)))
            if steps is None or number < steps:
                optimizer.step(net.backward(dy))

    return one_epoch


def _after(one_epoch, data):
    """All parameters of a small network after one epoch."""
    # Here, because who writes an optimizer may not have written the network yet.
    from exercise_code.networks.two_layer_net import TwoLayerNet

    net = TwoLayerNet(data.train.X.shape[1], 4, rng=np.random.default_rng(0))
    loader = DataLoader(data.val, batch_size=100)
    one_epoch(net, SGD(net.params, _RATE), loader)
    return list(net.params.values())
