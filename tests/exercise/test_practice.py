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

MISTAKES = {
    **{says: rule for says, rule in practice._MOMENTUM.items() if rule is not SGD},
    **practice._ADAM,
}


def as_mine(rule):
    return type("Mine", (rule,), {"__init__": rule.__init__, "update": rule.update})


@pytest.mark.parametrize("rule", [SGDMomentum, Adam])
def test_the_given_rules_are_told_right(rule, capsys):
    assert check_update(as_mine(rule))
    assert capsys.readouterr().out.startswith("✓ Mine.update does what")


@pytest.mark.parametrize("says", MISTAKES)
def test_a_mistaken_update_is_told_by_its_name(says, capsys):
    assert not check_update(as_mine(MISTAKES[says]))
    assert says in " ".join(capsys.readouterr().out.split())


def test_plain_sgd_in_place_of_momentum_is_told_by_its_name(capsys):
    class Mine(SGDMomentum):
        def __init__(self, params, learning_rate, momentum=0.9):
            super().__init__(params, learning_rate, momentum)

        def update(self, name, gradient):
            return -self.learning_rate * gradient

    assert not check_update(Mine)
    assert "the velocity is not kept" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("update", "says"),
    [
        (lambda self, name, gradient: None, "must return the change of the parameter"),
        (lambda self, name, gradient: gradient.ravel(), "of the shape of the gradient"),
        (lambda self, name, gradient: 1 / 0, "raised ZeroDivisionError"),
        (lambda self, name, gradient: gradient * 7, "departs from the rule at step 1"),
    ],
)
def test_an_update_of_another_kind_is_told_in_a_sentence(update, says, capsys):
    assert not check_update(type("Mine", (SGDMomentum,), {"update": update}))
    out = capsys.readouterr()
    assert says in " ".join(out.out.split()) and out.err == ""


def gradient(net, S):
    return np.stack([net, 2 * net], axis=1)[S].mean(axis=0)


@pytest.mark.parametrize(
    ("estimate", "says"),
    [
        (lambda net, B, rng: gradient(net, rng.choice(50, B, replace=False)), "✓ estimate draws B"),
        (lambda net, B, rng: gradient(net, rng.choice(50, B)), "none twice?"),
        (lambda net, B, rng: gradient(net, range(B)), "the same for every rng"),
        (lambda net, B, rng: rng.choice(50, B), "must return what gradient(net, S) returns"),
        (lambda net, B, rng: B / 0, "raised ZeroDivisionError"),
    ],
)
def test_an_estimate_is_told_for_what_it_is(estimate, says, capsys):
    net = np.random.default_rng(0).standard_normal(50)
    assert check_estimate(estimate, gradient, net, 50) == says.startswith("✓")
    assert says in " ".join(capsys.readouterr().out.split())


def loop(order="y_hat, y", step="        optimizer.step(net.backward(dy))"):
    namespace = {"loss": MSE()}
    exec(
        "def one_epoch(net, optimizer, loader):\n    for X, y in loader:\n"
        f"        y_hat = net.forward(X)\n        dy = loss.backward({order})\n{step}",
        namespace,
    )
    return namespace["one_epoch"]


def test_a_loop_is_told_for_what_it_is(monkeypatch, capsys):
    monkeypatch.setattr("exercise_code.networks.two_layer_net.TwoLayerNet", TwoLayerNet)
    data = HousePrices()
    said = []
    for one in (loop(), loop("y, y_hat"), loop(step="    optimizer.step(net.backward(dy))"),
                loop(step="        net.backward(dy)")):  # fmt: skip
        check_epoch(one, data, MSE())
        said.append(" ".join(capsys.readouterr().out.split()))
    assert said[0].startswith("✓ one_epoch takes the steps")
    assert "uphill" in said[1]
    assert "single step" in said[2] or "other parameters" in said[2]
    assert "is there an optimizer.step?" in said[3]


def folded_answers(root, name):
    prose = "\n".join(
        cell.source
        for cell in jupytext.read(root / "notebooks" / f"{name}.py").cells
        if cell.cell_type == "markdown"
    )
    return re.findall(r"```python\n(.*?)```", prose, flags=re.S)


def test_the_folded_answers_of_2a_are_right(root, capsys):
    drawn, looped = folded_answers(root, "2a_StochasticGradientDescent")
    names = {"n": 50, "gradient": gradient, "loss": MSE()}
    lines = "\n".join(f"    {line}" for line in drawn.splitlines())
    exec(f"def estimate(net, B, rng):\n{lines}", names)
    net = np.random.default_rng(0).standard_normal(50)
    assert check_estimate(names["estimate"], gradient, net, 50)
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
    assert "Write it, or skip it and use SGDMomentum." in capsys.readouterr().out
