"""What notebooks 2a and 2b ask students to write: right is told right, and each mistake by name."""

import re

import jupytext
import numpy as np
import pytest
from support.reference_network import TwoLayerNet

from exercise_code import practice
from exercise_code.data import HousePrices
from exercise_code.networks import MSE, SGD, Adam, Optimizer, SGDMomentum
from exercise_code.practice import check_epoch, check_estimate, check_update

# An own rule of plain SGD has no momentum among its parameters, so that one stands below by itself.
MISTAKES = [
    pytest.param(says, rule, id=f"{given.__name__}: {says}")
    for given, mistakes in practice._RULES.values()
    for says, rule in mistakes.items()
    if rule is not SGD
]


def told(capsys):
    """What a check has said, in one line; nothing on stderr, and not more than can be read."""
    said = capsys.readouterr()
    assert said.err == "" and len(said.out.split()) <= 60
    return " ".join(said.out.split())


def as_mine(rule):
    return type("Mine", (rule,), {"__init__": rule.__init__, "update": rule.update})


@pytest.mark.parametrize("rule", [SGDMomentum, Adam])
def test_the_given_rules_are_told_right(rule, capsys):
    assert check_update(as_mine(rule))
    assert capsys.readouterr().out.startswith("✓ Mine.update does what")


@pytest.mark.parametrize(("says", "rule"), MISTAKES)
def test_a_mistaken_update_is_told_by_its_name(says, rule, capsys):
    assert not check_update(as_mine(rule))
    assert says in told(capsys)


def test_plain_sgd_in_place_of_momentum_is_told_by_its_name(capsys):
    class Mine(SGDMomentum):
        def __init__(self, params, learning_rate, momentum=0.9):
            super().__init__(params, learning_rate, momentum)

        def update(self, name, gradient):
            return -self.learning_rate * gradient

    assert not check_update(Mine)
    assert "the velocity is not kept" in told(capsys)


def looks_up(name):
    return lambda self, _, gradient: getattr(self, name) * gradient


def keeps_and_adds(self, name, gradient):
    self.velocity[name] = self.momentum * self.velocity[name] - self.learning_rate * gradient
    self.params[name] += self.velocity[name]
    return self.velocity[name]


@pytest.mark.parametrize(
    ("update", "says"),
    [
        (lambda self, name, gradient: None, "returns nothing. Is there a return"),
        (lambda self, name, gradient: gradient.ravel(), "of the shape of the gradient"),
        (lambda self, name, gradient: self.velocity, "it returns a dict."),
        (lambda self, name, gradient: 1.5, "it returns a single number."),
        (lambda self, name, gradient: 1 / 0, "raised ZeroDivisionError"),
        (keeps_and_adds, "moves θ itself. Return the change alone"),
        (looks_up("mu"), "has no attribute 'mu'. It is self.momentum."),
        (looks_up("velocity"), "an array for each parameter: add [name]."),
        (lambda self, name, gradient: gradient * 7, "is [-0.1, 0.2], and yours is [7, -14]."),
        (
            lambda self, name, gradient: self.learning_rate * gradient,
            "the sign is wrong, and there is a second mistake: the velocity is not kept",
        ),
        (
            lambda self, name, gradient: -self.learning_rate * gradient * self.steps,
            "step 1 is right, step 2 is not.",
        ),
    ],
)
def test_an_update_of_another_kind_is_told_in_a_sentence(update, says, capsys):
    assert not check_update(type("Mine", (SGDMomentum,), {"update": update}))
    assert says in told(capsys)


HOUSES = 50


def gradient(net, S):
    """Of some houses with three parameters; that of each is a row of ``net``."""
    return net[S].mean(axis=0)


ESTIMATES = {
    "gradient(net, rng.choice(n, B, replace=False))": "✓ estimate draws B houses",
    "np.mean([gradient(net, [i]) for i in rng.permutation(n)[:B]], axis=0)": "✓ estimate draws B",
    "sum(gradient(net, [i]) for i in rng.choice(n, B, replace=False))": "it is a sum, n times",
    "gradient(net, rng.choice(n, B, replace=False)) / B": "divided by B once too often",
    "gradient(net, rng.choice(n, B, replace=False)) / n": "divided by n once too often",
    "sum(gradient(net, [i]) for i in rng.choice(n, B, replace=False)) / n": "is divided by n. It",
    "-gradient(net, rng.choice(n, B, replace=False))": "its sign is wrong",
    "2 * gradient(net, rng.choice(n, B, replace=False))": "2 times the gradient where B = n",
    "gradient(net, rng.choice(n, B))": "none twice? rng.choice needs size=B and replace=False.",
    "gradient(net, [rng.choice(n)])": "it looks at a single house, whatever B is.",
    "gradient(net, range(B))": "gives the same for every rng",
    "gradient(net, rng.permutation(n))": "gives the gradient of all houses for every rng",
    "gradient(net, np.random.permutation(n)[:B])": "two different answers for one and the same rng",
    "rng.choice(n, B)": "it returns an array of shape (50,).",
    "np.mean(gradient(net, rng.choice(n, B, replace=False)))": "it returns a single number.",
    "None": "estimate returns nothing",
    "B / 0": "raised ZeroDivisionError",
    "gradient(net, rng.choice(B, n, replace=False))": "replace=False) draws from all n.",
}


@pytest.mark.parametrize("returned", ESTIMATES)
def test_an_estimate_is_told_for_what_it_is(returned, capsys):
    net = np.random.default_rng(0).standard_normal((HOUSES, 3))
    net[1::2] = 2 * net[::2]  # pairs of houses that are alike but for their prices
    names = {"n": HOUSES, "gradient": gradient, "np": np}
    exec(f"def estimate(net, B, rng):\n    return {returned}", names)
    says = ESTIMATES[returned]
    assert check_estimate(names["estimate"], gradient, net, HOUSES) == says.startswith("✓")
    assert says in told(capsys)


def test_the_line_that_raised_is_told(tmp_path, capsys):
    file = tmp_path / "cell.py"
    file.write_text("def estimate(net, B, rng):\n    S = chosen(B)\n    return gradient(net, S)\n")
    names = {"gradient": gradient}
    exec(compile(file.read_text(), file, "exec"), names)
    net = np.random.default_rng(0).standard_normal((HOUSES, 3))
    assert not check_estimate(names["estimate"], gradient, net, HOUSES)
    assert 'raised NameError in the line "S = chosen(B)": name' in told(capsys)


STEP = "        optimizer.step(net.backward(dy))"
LOOPS = {
    ("loss.backward(y_hat, y)", STEP): "✓ one_epoch takes the steps",
    ("loss(y_hat, y)[1]", STEP): "✓ one_epoch takes the steps",
    ("loss.backward(y, y_hat)", STEP): "uphill. loss.backward takes y_hat first",
    ("loss.backward(y_hat, y)", STEP.replace("    ", "", 1)): "with the last minibatch. Indent",
    ("loss.backward(y_hat, y)", f"{STEP}; return"): "with the first minibatch. Is there a loop",
    ("loss.backward(y_hat, y)", "        net.backward(dy)"): "Does the loop call optimizer.step",
    ("loss.backward(y_hat, y)", "        optimizer.step(dy)"): "takes what net.backward returns",
    ("y_hat", STEP): "net.backward gets y_hat. It takes the gradient",
    ("y_hat - y", STEP): "net.backward gets y_hat - y.",
    ("2 * (y_hat - y)", STEP): "the gradient of the sum of all losses",
    ("loss.backward(y_hat, y) / len(X)", STEP): "it averages twice",
    ("loss.backward(net.forward(loader.part.X), loader.part.y)", STEP): "looks at all houses",
    ("loss.forward(y_hat, y)", STEP): "loss.forward gives the loss itself, one number.",
    ("loss(y_hat, y)", STEP): "net.backward takes the second",
    ("loss.backward(y_hat, y)", f"{STEP}; net.params['b1'] += 1"): "For each X and y of the loader",
}


@pytest.mark.parametrize(("dy", "step"), LOOPS)
def test_a_loop_is_told_for_what_it_is(dy, step, monkeypatch, capsys):
    monkeypatch.setattr("exercise_code.networks.two_layer_net.TwoLayerNet", TwoLayerNet)
    names = {"loss": MSE()}
    exec(
        "def one_epoch(net, optimizer, loader):\n    for X, y in loader:\n"
        f"        y_hat = net.forward(X)\n        dy = {dy}\n{step}",
        names,
    )
    says = LOOPS[dy, step]
    assert check_epoch(names["one_epoch"], HousePrices(), MSE()) == says.startswith("✓")
    assert says in told(capsys)


def folded_answers(root, name):
    prose = "\n".join(
        cell.source
        for cell in jupytext.read(root / "notebooks" / f"{name}.py").cells
        if cell.cell_type == "markdown"
    )
    return re.findall(r"```python\n(.*?)```", prose, flags=re.S)


def test_the_folded_answers_of_2a_are_right(root, capsys):
    drawn, looped = folded_answers(root, "2a_StochasticGradientDescent")
    names = {"n": HOUSES, "gradient": gradient, "loss": MSE()}
    lines = "\n".join(f"    {line}" for line in drawn.splitlines())
    exec(f"def estimate(net, B, rng):\n{lines}", names)
    net = np.random.default_rng(0).standard_normal((HOUSES, 3))
    assert check_estimate(names["estimate"], gradient, net, HOUSES)
    assert (
        looped.split()
        == (
            "y_hat = net.forward(X) dy = loss.backward(y_hat, y) optimizer.step(net.backward(dy))"
        ).split()
    )


def test_what_is_not_written_is_told_and_raises_nothing(capsys):
    class Mine(Optimizer):
        def __init__(self, params, learning_rate, momentum=0.9):
            super().__init__(params, learning_rate)

        def update(self, name, gradient):
            raise NotImplementedError

    assert not check_update(Mine)
    assert "what follows uses the given SGDMomentum." in told(capsys)
