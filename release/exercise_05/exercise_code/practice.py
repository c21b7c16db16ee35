"""Checks without points, for what notebooks 2a and 2b ask you to write.

Each compares what was written with what the right rule does, and with what well-known mistakes
would do, so a failure is told by its name.
"""

import linecache
import textwrap
import traceback

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
    except _NotAChange as told:
        return _told(f"✗ {name} {told}")
    except NotImplementedError:
        return _told(
            f"Not written yet: {name}. Write it, or go on without it: what follows uses the given "
            f"{given.__name__}."
        )
    except Exception as error:
        return _told(f"✗ {name} {_raised(error, rule.update, _of_an_update(error))}")
    if _alike(got, _changes(given)):
        return _told(f"✓ {name} does what {given.__name__} does, in every one of {_STEPS} steps.")
    return _told(f"✗ {name} is not right yet: {_why_not(rule, got, given, mistakes)}")


def check_estimate(estimate, gradient, net, n):
    """Check ``estimate(net, B, rng)``, an estimate of the gradient from B of n houses.

    ``gradient(net, S)`` is the gradient of the houses S. Returns whether it is right, and prints a
    sentence; raises nothing.
    """
    try:
        whole = gradient(net, np.arange(n))
        everyone = estimate(net, n, np.random.default_rng(0))
        ones = [estimate(net, 1, np.random.default_rng(seed)) for seed in (0, 0)]
        draws = [estimate(net, 4, np.random.default_rng(seed)) for seed in range(10)]
        singles = np.array([gradient(net, [i]) for i in range(n)])
        others = [one for one in (everyone, *ones, *draws) if np.shape(one) != whole.shape]
    except NotImplementedError as error:
        return _told(f"Not written yet. {error}")
    except Exception as error:
        return _told(f"✗ estimate {_raised(error, estimate, _hint(error, _ON_ESTIMATES))}")
    if everyone is None:
        return _told("✗ estimate returns nothing. Is there a return in front of the gradient?")
    if others:
        return _told(
            "✗ estimate must return what gradient(net, S) returns, one long vector of "
            f"{len(whole)} numbers; it returns {_kind(others[0])}."
        )
    everyone, *ones = np.array([everyone, *ones])
    if not np.array_equal(*ones):
        return _told(
            "✗ estimate gives two different answers for one and the same rng. Draw with "
            "rng.choice, so that a seed repeats a run."
        )
    if _alike(draws, np.array(draws[:1] * len(draws))):
        same = "the gradient of all houses" if _alike(draws[:1], [whole]) else "the same"
        return _told(f"✗ estimate gives {same} for every rng. Are B of the n houses drawn by rng?")
    wrong = _wrong_average(_factors(everyone, whole[None]), _factors(ones[0], singles), n)
    if not wrong:
        return _told("✓ estimate draws B houses, none of them twice, and averages their gradients.")
    if wrong == _OTHER_HOUSES and _factors(everyone, singles).size:
        wrong = "it looks at a single house, whatever B is. rng.choice needs size=B."
    return _told(f"✗ estimate is not right yet: {wrong}")


def check_epoch(one_epoch, data, loss):
    """Check ``one_epoch(net, optimizer, loader)``, the loop over all minibatches.

    Returns whether it is right, and prints a sentence; raises nothing.
    """
    try:
        got = _after(one_epoch, data)
    except NotImplementedError as error:
        return _told(f"Not written yet. {error}")
    except Exception as error:
        return _told(f"✗ one_epoch {_raised(error, one_epoch, _hint(error, _ON_LOOPS))}")
    if _alike(got, _after(_epoch(loss), data)):
        return _told("✓ one_epoch takes the steps that the given Solver takes.")
    for says, otherwise in _LOOPS.items():
        if _alike(got, _after(_epoch(loss, **otherwise), data)):
            return _told(f"✗ one_epoch is not right yet: {says}")
    return _told(
        "✗ one_epoch ends with other parameters than the Solver. For each X and y of the loader, "
        "and for nothing else: predict, take the gradient of the loss, take one step."
    )


def _told(sentence):
    say("\n".join(textwrap.wrap(sentence, WIDTH, subsequent_indent="  ", break_on_hyphens=False)))
    return sentence.startswith("✓")


def _raised(error, function, hint):
    """What an exception says first, the line of ``function`` that it came from, and a hint."""
    code = getattr(function, "__code__", None)
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
    text = lines and linecache.getline(code.co_filename, lines[-1]).strip()
    where = f' in the line "{text}"' if text else ""
    says = str(error).partition(". ")[0].rstrip(".")
    return f"raised {type(error).__name__}{where}: {says}. {hint}".rstrip()


def _hint(error, hints):
    return next((hint for part, hint in hints.items() if part in str(error)), "")


def _kind(answer):
    """In words what came in place of an array."""
    if np.ndim(answer) == 0 and isinstance(answer, (int, float, np.generic, np.ndarray)):
        return "a single number"
    if isinstance(answer, np.ndarray):
        return f"an array of shape {answer.shape}"
    return f"a {type(answer).__name__}"


def _alike(got, wants):
    """Whether all arrays are equal, but for rounding; what is not finite must be so in both.

    Rounding leaves about 1e-15 of the largest number, a misplaced ε of Adam some 1e-8.
    """
    return all(
        np.allclose(
            one,
            other,
            rtol=0,
            atol=1e-9 * np.abs(other[np.isfinite(other)]).max(initial=0.0),
            equal_nan=True,
        )
        for one, other in zip(got, wants, strict=True)
    )


# An estimate from a sample ------------------------------------------------------------------------

_ON_ESTIMATES = {
    "only integers, slices": "It is gradient(net, S): the network first, then the houses.",
    "larger sample than population": "rng.choice(n, size=B, replace=False) draws from all n.",
    "arrays used as indices": "S holds the numbers of houses, whole ones from 0 to n-1.",
    "mismatch": "S must be an array, for a single house too: rng.choice needs size=B.",
}
_OTHER_HOUSES = (
    "from B = n houses it is not the gradient of all n. Are there B of them, and none twice? "
    "rng.choice needs size=B and replace=False."
)


def _factors(vector, candidates):
    """The numbers by which one of the candidates gives the vector.

    There may be several: houses alike but for their prices have proportional gradients.
    """
    factors = candidates @ vector / np.maximum(np.sum(candidates**2, axis=1), 1e-300)
    distances = np.linalg.norm(vector - factors[:, None] * candidates, axis=1)
    return factors[distances <= 1e-9 * np.linalg.norm(vector)]


def _wrong_average(of_all, of_one, n):
    """What is wrong with estimates that are so many times the gradient of all houses, of one."""
    if not of_all.size:
        return _OTHER_HOUSES
    if not of_one.size:
        return "from B = 1 house it is not the gradient of any house. Are there B of them?"
    mistakes = {
        (1, 1): "",
        (n, 1): "it is a sum, n times as long as it should be where B = n. An estimate of an "
        "average is an average: divide the sum by B, or let gradient(net, S) do it.",
        (1 / n, 1): "it is divided by B once too often. gradient(net, S) is an average already.",
        (1, 1 / n): "it is divided by n. It is an average over the B houses that were drawn.",
        (1 / n, 1 / n): "it is divided by n once too often. gradient(net, S) is an average "
        "already.",
        (-1, -1): "its sign is wrong. The minus of a step comes later, in the update.",
    }
    for (all_times, one_times), says in mistakes.items():
        if (
            np.isclose(of_all, all_times, atol=0).any()
            and np.isclose(of_one, one_times, atol=0).any()
        ):
            return says
    return (
        f"it is {of_all[0]:.3g} times the gradient where B = n, and {of_one[0]:.3g} times that of "
        "a house where B = 1. Both must be 1: an average over B houses."
    )


# The loop -----------------------------------------------------------------------------------------

_ON_LOOPS = {
    "must return a dictionary": "optimizer.step takes what net.backward returns, all gradients.",
    "step() missing": "optimizer.step takes what net.backward returns, all gradients.",
    "not have enough dimensions": "net.backward takes the gradient of the loss, "
    "loss.backward(y_hat, y). loss.forward gives the loss itself, one number.",
    "inhomogeneous": "loss(y_hat, y) gives two things, the loss and its gradient. net.backward "
    "takes the second: dy = loss.backward(y_hat, y).",
    "mismatch": "net.forward takes X, the features of the houses.",
    "arrays used as indices": "In the loop X and y are there already, so no numbers of houses.",
    "the two must be the same": "Task 6 of notebook 1 checks what net.backward returns.",
    "predictions have shape": "net.forward and loss.backward take X and y of one minibatch.",
}


# What is told -> what a loop does otherwise: the arguments of _epoch.
_LOOPS = {
    "the parameters are as they were. Does the loop call optimizer.step, with the gradients of "
    "net.backward?": {"epochs": 0},
    "it goes uphill. loss.backward takes y_hat first, then y.": {
        "dy": lambda loss, y_hat, y: loss.backward(y, y_hat)
    },
    "it takes a single step, with the first minibatch. Is there a loop, and no return in it?": {
        "only": 0
    },
    "it takes a single step, with the last minibatch. Indent optimizer.step, so that it belongs to "
    "the loop.": {"only": -1},
    "it goes through the loader twice. An epoch is one pass.": {"epochs": 2},
    "each step looks at all houses of the loader. Use X and y of the loop.": {"everyone": True},
    "net.backward gets y_hat. It takes the gradient of the loss, loss.backward(y_hat, y).": {
        "dy": lambda loss, y_hat, y: y_hat
    },
    "net.backward gets y_hat - y. The gradient of the loss, loss.backward(y_hat, y), has the "
    "factor 2/|S| besides.": {"dy": lambda loss, y_hat, y: y_hat - y},
    "it takes the gradient of the sum of all losses. That of the average, loss.backward(y_hat, y), "
    "has the factor 1/|S|.": {"dy": lambda loss, y_hat, y: loss.backward(y_hat, y, "sum")},
    "it averages twice. loss.backward holds the factor 1/|S| already.": {
        "dy": lambda loss, y_hat, y: loss.backward(y_hat, y) / len(y)
    },
}


def _epoch(loss, *, dy=None, epochs=1, only=None, everyone=False):
    """The right loop, or one that takes only one of its steps, or all houses at each, and so on."""

    def one_epoch(net, optimizer, loader):
        batches = list(loader) * epochs
        for X, y in batches if only is None else [batches[only]]:
            if everyone:
                X, y = loader.part
            y_hat = net.forward(X)
            optimizer.step(net.backward(dy(loss, y_hat, y) if dy else loss.backward(y_hat, y)))

    return one_epoch


def _after(one_epoch, data):
    """All parameters of a small network after one epoch."""
    # Here, because who writes an optimizer may not have written the network yet.
    from exercise_code.networks.two_layer_net import TwoLayerNet

    net = TwoLayerNet(data.train.X.shape[1], 4, rng=np.random.default_rng(0))
    loader = DataLoader(data.val, batch_size=100)
    with np.errstate(over="ignore", invalid="ignore"):  # a mistake may diverge
        one_epoch(net, SGD(net.params, 1e-3), loader)
    return list(net.params.values())


# Momentum and Adam --------------------------------------------------------------------------------

# What students call what an optimizer keeps under another name.
_OTHER_NAMES = {"t": "steps", "mu": "momentum", "lr": "learning_rate", "epsilon": "eps"}
_ON_UPDATES = {
    "'dict'": "What is kept is a dictionary, with an array for each parameter: add [name].",
    "only integers, slices": "gradient belongs to this one parameter already: no [name] there.",
    " for ^": "In Python a power is written **.",
    "converted to Python scalars": "math.sqrt takes a single number, np.sqrt a whole array.",
    "name 'theta'": "θ is not needed: step adds to it what you return, the change alone.",
}


class _NotAChange(Exception):
    """What an update did in place of returning the change of its parameter, in words."""


def _arguments(rule):
    code = getattr(rule.__init__, "__code__", None)
    return code.co_varnames if code else ()


def _of_an_update(error):
    """A hint for an exception: where a name is found that stands alone, or what else is known."""
    missing = getattr(error, "name", None)
    name = _OTHER_NAMES.get(missing, missing)
    if name in vars(Adam({})) | vars(SGDMomentum({})):
        return f"It is self.{name}."
    return _hint(error, _ON_UPDATES)


def _changes(rule):
    """What a rule adds to two parameters, in steps that follow each other."""
    rng = np.random.default_rng(0)
    params = {"W": rng.uniform(1.0, 2.0, (2, 3)), "b": rng.uniform(1.0, 2.0, 3)}
    optimizer, changes = rule(params, _RATE), []
    for _ in range(_STEPS):
        optimizer.steps += 1
        for name in params:
            theta = params[name].copy()
            gradient = rng.uniform(0.5, 2.0, theta.shape) * rng.choice([-1.0, 1.0], theta.shape)
            with np.errstate(all="ignore"):  # a mistake may take the root of what is below 0
                change = optimizer.update(name, gradient.copy())
            if not np.array_equal(params[name], theta):
                raise _NotAChange("moves θ itself. Return the change alone: step adds it to θ.")
            if change is None:
                raise _NotAChange("returns nothing. Is there a return in front of the change?")
            if type(change) is not np.ndarray or change.shape != theta.shape:
                raise _NotAChange(
                    "must return the change of the parameter, an array of the shape of the "
                    f"gradient; it returns {_kind(change)}."
                )
            changes.append(change.astype(float))
    return changes


def _why_not(rule, got, given, mistakes):
    """What is known of a rule whose changes are not those of the given one."""
    wants = _changes(given)
    of_mistakes = {says: _changes(mistake) for says, mistake in mistakes.items()}
    for says, changes in of_mistakes.items():
        if _alike(got, changes):
            return says
    for says, changes in of_mistakes.items():
        if _alike(got, [-change for change in changes]):
            return f"the sign is wrong, and there is a second mistake: {says}"
    first = next(i for i in range(len(got)) if not _alike(got[i : i + 1], wants[i : i + 1])) // 2
    if first:
        return (
            f"step 1 is right, step {first + 1} is not. Look at what is kept from one step to the "
            "next and, with Adam, at t."
        )
    by_hand, yours = _by_hand(given), _by_hand(rule)
    if by_hand == yours:
        return "step 1 is not that of the rule. Compare the line that makes it with the formula."
    return (
        f"with the gradient [1, -2] and λ = 0.1 the first change is {by_hand}, and yours is "
        f"{yours}. Do it on paper."
    )


def _by_hand(rule):
    """The first change with small numbers, as it is written on paper."""
    optimizer = rule({"W": np.zeros(2)}, 0.1)
    optimizer.steps = 1
    with np.errstate(all="ignore"):
        change = optimizer.update("W", np.array([1.0, -2.0]))
    return f"[{', '.join(f'{number:z.3g}' for number in change)}]"


class _Momentum(SGDMomentum):
    """SGD with momentum, a method for each formula: a mistake replaces one."""

    def update(self, name, gradient):
        self.velocity[name] = self.new_v(self.velocity[name], gradient)
        return self.change(self.velocity[name], gradient)

    def new_v(self, v, gradient):
        return self.momentum * v - self.learning_rate * gradient

    def change(self, v, gradient):
        return v


class _Adam(Adam):
    """Adam, a method for each formula: a mistake replaces one, or several."""

    def update(self, name, gradient):
        m = self.new_m(self.m[name], gradient)
        v = self.new_v(self.v[name], gradient, m)
        m_hat, v_hat = self.corrected_m(m), self.corrected_v(v)
        self.m[name], self.v[name] = self.kept(self.m[name], self.v[name], m, v, m_hat, v_hat)
        return self.change(m_hat, v_hat, gradient)

    def new_m(self, m, gradient):
        return self.beta1 * m + (1 - self.beta1) * gradient

    def new_v(self, v, gradient, m):
        return self.beta2 * v + (1 - self.beta2) * gradient**2

    def corrected_m(self, m):
        return m / (1 - self.beta1**self.steps)

    def corrected_v(self, v):
        return v / (1 - self.beta2**self.steps)

    def kept(self, old_m, old_v, m, v, m_hat, v_hat):
        return m, v

    def change(self, m_hat, v_hat, gradient):
        return -self.learning_rate * m_hat / (np.sqrt(v_hat) + self.eps)


def _momentum(**formulas):
    return type("Mistake", (_Momentum,), formulas)


def _adam(**formulas):
    return type("Mistake", (_Adam,), formulas)


def _as_it_is(self, average):
    return average


def _counting_twice(self, name, gradient):
    self.steps += 1
    return Adam.update(self, name, gradient)


def _with_theta(rule):
    """A rule that returns the new parameter in place of its change."""

    def update(self, name, gradient):
        return self.params[name] + rule.update(self, name, gradient)

    return type("Mistake", (rule,), {"update": update})


_NEW_THETA = "it returns the new θ. Return the change alone: step adds it to θ."
_MOMENTUM = {
    "the velocity is not kept, so this is plain SGD. Keep it in self.velocity[name].": SGD,
    "the sign is wrong. The push of the gradient has a minus.": _momentum(
        change=lambda o, v, g: -v
    ),
    "the friction is missing. v ← μ v comes first.": _momentum(
        new_v=lambda o, v, g: v - o.learning_rate * g
    ),
    "the gradient is weighted by 1-μ, which is another convention. Here it has λ alone.": _momentum(
        new_v=lambda o, v, g: o.momentum * v - (1 - o.momentum) * o.learning_rate * g
    ),
    "λ is missing at the gradient.": _momentum(new_v=lambda o, v, g: o.momentum * v - g),
    "λ is in it twice.": _momentum(change=lambda o, v, g: o.learning_rate * v),
    "it looks ahead. That is Nesterov's momentum. Return v itself.": _momentum(
        change=lambda o, v, g: o.momentum * v - o.learning_rate * g
    ),
    "μ belongs to the old velocity alone. It stands at the gradient, too.": _momentum(
        new_v=lambda o, v, g: o.momentum * (v - o.learning_rate * g)
    ),
    "the old velocity has a minus. It goes on in the same direction: + μ v.": _momentum(
        new_v=lambda o, v, g: -o.momentum * v - o.learning_rate * g
    ),
    "λ and μ are exchanged.": _momentum(new_v=lambda o, v, g: o.learning_rate * v - o.momentum * g),
    "it returns the old velocity. Return the new one.": _momentum(
        change=lambda o, v, g: (v + o.learning_rate * g) / o.momentum
    ),
    _NEW_THETA: _with_theta(SGDMomentum),
}
_ADAM = {
    "neither average is corrected. Divide m by 1-β1^t and v by 1-β2^t.": _adam(
        corrected_m=_as_it_is, corrected_v=_as_it_is
    ),
    "m is not corrected. Divide it by 1-β1^t.": _adam(corrected_m=_as_it_is),
    "v is not corrected. Divide it by 1-β2^t.": _adam(corrected_v=_as_it_is),
    "the corrections multiply. Divide m by 1-β1^t and v by 1-β2^t.": _adam(
        corrected_m=lambda o, m: m * (1 - o.beta1**o.steps),
        corrected_v=lambda o, v: v * (1 - o.beta2**o.steps),
    ),
    "the corrections lack the power t: 1-β1^t and 1-β2^t.": _adam(
        corrected_m=lambda o, m: m / (1 - o.beta1), corrected_v=lambda o, v: v / (1 - o.beta2)
    ),
    "the corrections hold a power, β1**t, and not a product.": _adam(
        corrected_m=lambda o, m: m / (1 - o.beta1 * o.steps),
        corrected_v=lambda o, v: v / (1 - o.beta2 * o.steps),
    ),
    "in the corrections β1 and β2 are exchanged. m goes with β1.": _adam(
        corrected_m=lambda o, m: m / (1 - o.beta2**o.steps),
        corrected_v=lambda o, v: v / (1 - o.beta1**o.steps),
    ),
    "the corrected averages are kept. Keep m and v as they were before.": _adam(
        kept=lambda o, old_m, old_v, m, v, m_hat, v_hat: (m_hat, v_hat)
    ),
    "t is one too large. self.steps counts this step already.": _adam(
        corrected_m=lambda o, m: m / (1 - o.beta1 ** (o.steps + 1)),
        corrected_v=lambda o, v: v / (1 - o.beta2 ** (o.steps + 1)),
    ),
    "it counts self.steps itself. step has done that already.": type(
        "Mistake", (Adam,), {"update": _counting_twice}
    ),
    "the averages are not kept. Put them into self.m[name] and self.v[name].": _adam(
        kept=lambda o, old_m, old_v, m, v, m_hat, v_hat: (old_m, old_v)
    ),
    "m is not kept. Put it into self.m[name].": _adam(
        kept=lambda o, old_m, old_v, m, v, m_hat, v_hat: (old_m, v)
    ),
    "v is not kept. Put it into self.v[name].": _adam(
        kept=lambda o, old_m, old_v, m, v, m_hat, v_hat: (m, old_v)
    ),
    "v is the average of the square of the gradient, and not of its size.": _adam(
        new_v=lambda o, v, g, m: o.beta2 * v + (1 - o.beta2) * np.abs(g)
    ),
    "v is the average of the square of the gradient, and the square is missing.": _adam(
        new_v=lambda o, v, g, m: o.beta2 * v + (1 - o.beta2) * g
    ),
    "v is the average of the square of the gradient, and not of m.": _adam(
        new_v=lambda o, v, g, m: o.beta2 * v + (1 - o.beta2) * m**2
    ),
    "in m the gradient lacks its weight, 1-β1, and in v its square lacks 1-β2.": _adam(
        new_m=lambda o, m, g: o.beta1 * m + g, new_v=lambda o, v, g, m: o.beta2 * v + g**2
    ),
    "in m the gradient lacks its weight, 1-β1.": _adam(new_m=lambda o, m, g: o.beta1 * m + g),
    "in v the square of the gradient lacks its weight, 1-β2.": _adam(
        new_v=lambda o, v, g, m: o.beta2 * v + g**2
    ),
    "the weights are exchanged. β belongs to the old average, 1-β to what is new.": _adam(
        new_m=lambda o, m, g: (1 - o.beta1) * m + o.beta1 * g,
        new_v=lambda o, v, g, m: (1 - o.beta2) * v + o.beta2 * g**2,
    ),
    "β1 and β2 are exchanged.": _adam(
        new_m=lambda o, m, g: o.beta2 * m + (1 - o.beta2) * g,
        new_v=lambda o, v, g, m: o.beta1 * v + (1 - o.beta1) * g**2,
        corrected_m=lambda o, m: m / (1 - o.beta2**o.steps),
        corrected_v=lambda o, v: v / (1 - o.beta1**o.steps),
    ),
    "v goes with β2, and not with β1.": _adam(
        new_v=lambda o, v, g, m: o.beta1 * v + (1 - o.beta1) * g**2
    ),
    "the root of v̂ is missing.": _adam(
        change=lambda o, m, v, g: -o.learning_rate * m / (v + o.eps)
    ),
    "ε stands outside the root, as in √v̂ + ε.": _adam(
        change=lambda o, m, v, g: -o.learning_rate * m / np.sqrt(v + o.eps)
    ),
    "ε is missing. Where the gradient is 0, nothing keeps you from dividing by 0.": _adam(
        change=lambda o, m, v, g: -o.learning_rate * m / np.sqrt(v)
    ),
    "ε is added to the whole step. It needs brackets: / (√v̂ + ε).": _adam(
        change=lambda o, m, v, g: -o.learning_rate * m / np.sqrt(v) + o.eps
    ),
    "the step is multiplied by √v̂ + ε. It must be divided. Are there brackets around both?": _adam(
        change=lambda o, m, v, g: -o.learning_rate * m * (np.sqrt(v) + o.eps)
    ),
    "the step goes along m̂, and not along the gradient.": _adam(
        change=lambda o, m, v, g: -o.learning_rate * g / (np.sqrt(v) + o.eps)
    ),
    "λ is missing.": _adam(change=lambda o, m, v, g: -m / (np.sqrt(v) + o.eps)),
    "the sign is wrong. The step goes against the gradient.": _adam(
        change=lambda o, m, v, g: o.learning_rate * m / (np.sqrt(v) + o.eps)
    ),
    _NEW_THETA: _with_theta(Adam),
}
_RULES = {False: (SGDMomentum, _MOMENTUM), True: (Adam, _ADAM)}
