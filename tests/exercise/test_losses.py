"""MSE and L1: their values, their gradients, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from exercise_code.networks import L1, MSE

LOSSES = (MSE(), L1())
shapes = array_shapes(max_dims=3, max_side=5)


@st.composite
def predictions(draw):
    """(y_hat, y) of one shape; no two entries closer than the step of the numeric gradient."""
    shape = draw(shapes)
    y = draw(arrays(float, shape, elements=st.floats(-10, 10)))
    error = draw(arrays(float, shape, elements=st.floats(0.01, 10)))
    sign = draw(arrays(float, shape, elements=st.sampled_from([-1.0, 1.0])))
    return y + sign * error, y


def numeric_gradient(f, x, h=1e-5):
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[index] += h
        behind[index] -= h
        gradient[index] = (f(ahead) - f(behind)) / (2 * h)
    return gradient


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@given(pair=predictions())
def test_gradient_is_the_slope_of_the_loss(loss, reduction, pair):
    y_hat, y = pair
    wanted = numeric_gradient(lambda x: loss.forward(x, y, reduction), y_hat)
    # The loss is at most 75 · 400; a difference of two such floats over 2e-5 is good to about 4e-7.
    np.testing.assert_allclose(loss.backward(y_hat, y, reduction), wanted, rtol=1e-6, atol=2e-6)


@pytest.mark.parametrize("loss", LOSSES)
@given(pair=predictions())
def test_the_three_reductions_agree_with_each_other(loss, pair):
    y_hat, y = pair
    each = loss.forward(y_hat, y, "none")
    assert each.shape == y.shape
    assert loss.forward(y_hat, y, "sum") == pytest.approx(each.sum())
    assert loss.forward(y_hat, y) == pytest.approx(each.mean())
    slopes = loss.backward(y_hat, y, "none")
    np.testing.assert_array_equal(loss.backward(y_hat, y, "sum"), slopes)
    np.testing.assert_allclose(loss.backward(y_hat, y), slopes / y.size)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_calling_a_loss_gives_the_numbers_of_its_two_methods(loss, reduction):
    y_hat, y = np.array([[1.0], [-3.0]]), np.array([[0.5], [2.0]])
    value, gradient = loss(y_hat, y, reduction)
    np.testing.assert_array_equal(value, loss.forward(y_hat, y, reduction))
    np.testing.assert_array_equal(gradient, loss.backward(y_hat, y, reduction))


def test_the_numbers_are_those_one_gets_by_hand():
    y_hat, y = np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    assert MSE().forward(y_hat, y) == 2.5
    assert MSE().backward(y_hat, y).tolist() == [[1.0], [2.0]]
    assert L1().forward(y_hat, y) == 1.5
    assert L1().backward(y_hat, y).tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_mean_and_a_sum_are_plain_floats(loss):
    y = np.ones((3, 1))
    assert type(loss.forward(0 * y, y)) is float
    assert type(loss.forward(0 * y, y, "sum")) is float


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("method", ["forward", "backward", "__call__"])
@pytest.mark.parametrize(("one", "other"), [((4, 1), (4,)), ((4, 1), (1, 4)), ((4, 1), (1, 1))])
def test_two_shapes_are_never_stretched_over_each_other(loss, method, one, other):
    with pytest.raises(ValueError, match="predictions have shape") as refusal:
        getattr(loss, method)(np.zeros(one), np.zeros(other))
    assert str(one) in str(refusal.value) and str(other) in str(refusal.value)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("method", ["forward", "backward", "__call__"])
def test_a_misspelt_reduction_is_told_which_words_there_are(loss, method):
    with pytest.raises(ValueError, match="mean, sum, none, not 'avg'"):
        getattr(loss, method)(np.zeros((2, 1)), np.zeros((2, 1)), "avg")


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_leaves_the_arrays_it_is_given_unchanged(loss):
    y_hat, y = np.array([[1.0], [3.0]]), np.array([[0.0], [1.0]])
    loss(y_hat, y)
    assert y_hat.tolist() == [[1.0], [3.0]] and y.tolist() == [[0.0], [1.0]]
