"""The two layers of the network: affine and sigmoid, each with a forward and a backward pass.

You write the four function bodies in this file. Each forward function returns its result and a
``cache``: whatever its own backward function will need again. Each backward function receives
``dout``, the gradient of the loss with respect to the layer's *output*, and returns the gradients
of the loss with respect to the layer's *inputs*.

Two rules hold for all of them:

* The loss owns the average. ``MSE.backward`` has already divided by the number of samples N, so a
  layer never does.
* Leave the arrays you are given as they are; make new ones.
"""

import numpy as np


def affine_forward(x, w, b):
    """Affine layer: one weighted sum plus a bias for each output.

    On the slide this is z = W·x + b for *one* sample x, a column. We keep N samples as the rows of
    one array, so the same computation reads ``out = x·w + b`` with ``w`` the transpose of W.

    Parameters
    ----------
    x : array of shape (N, d_1, ..., d_k)
        A batch of N samples. Each sample is flattened to D = d_1 · ... · d_k numbers.
    w : array of shape (D, M)
        Weights: one column for each of the M outputs.
    b : array of shape (M,)
        Biases: one for each output.

    Returns
    -------
    out : array of shape (N, M)
        out[n, m] = sum over d of x[n, d] · w[d, m], plus b[m].
    cache : tuple
        ``(x, w, b)`` as they came in, for :func:`affine_backward`.

    Example
    -------
    One sample with two features, two outputs:

    >>> x = np.array([[1.0, 2.0]])
    >>> w = np.array([[3.0, 0.0], [1.0, -1.0]])
    >>> b = np.array([0.5, 10.0])
    >>> affine_forward(x, w, b)[0]      # 1·3 + 2·1 + 0.5  and  1·0 + 2·(-1) + 10
    array([[5.5, 8. ]])
    """
    raise NotImplementedError(
        "affine_forward: compute out from x, w and b, "
        "in exercise_code/networks/layer.py."
    )
    return out, cache


def affine_backward(dout, cache):
    """Backward pass of the affine layer.

    Parameters
    ----------
    dout : array of shape (N, M)
        Gradient of the loss with respect to the layer's output, ∂L/∂out.
    cache : tuple
        What :func:`affine_forward` returned as its cache: ``(x, w, b)``.

    Returns
    -------
    dx : array of the shape of x, (N, d_1, ..., d_k)
        ∂L/∂x: dx[n, d] = sum over m of dout[n, m] · w[d, m].
    dw : array of shape (D, M)
        ∂L/∂w: dw[d, m] = sum over n of x[n, d] · dout[n, m].
    db : array of shape (M,)
        ∂L/∂b: db[m] = sum over n of dout[n, m].

    Each line is the chain rule of the slide, ∂L/∂w = ∂L/∂out · ∂out/∂w, added up over every path
    that leads from the entry to the loss. Nothing is divided by N.

    Example
    -------
    One sample, one output, so that out = 1·3 + 2·1 + 0.5:

    >>> cache = (np.array([[1.0, 2.0]]), np.array([[3.0], [1.0]]), np.array([0.5]))
    >>> dx, dw, db = affine_backward(np.array([[10.0]]), cache)
    >>> dx                              # dout · w
    array([[30., 10.]])
    >>> dw                              # dout · x
    array([[10.],
           [20.]])
    >>> db
    array([10.])
    """
    raise NotImplementedError(
        "affine_backward: compute dx, dw and db from dout and the cache, "
        "in exercise_code/networks/layer.py."
    )
    return dx, dw, db


def sigmoid_forward(x):
    """Sigmoid, the activation function: squeezes every number into (0, 1).

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    out : array of the shape of x
        σ(x) = 1 / (1 + exp(-x)), entry by entry (on the slide, x is called z).
    cache : array
        ``out`` itself: that is all :func:`sigmoid_backward` needs.

    For a very negative x, exp(-x) is too large for a float and NumPy warns of an overflow. The
    result, 0, is still right, so the warning costs nothing. Avoiding it is a nice extra.

    Example
    -------
    >>> sigmoid_forward(np.array([0.0, np.log(3.0)]))[0]     # 1/(1 + 1)  and  1/(1 + 1/3)
    array([0.5 , 0.75])
    """
    raise NotImplementedError(
        "sigmoid_forward: compute 1 / (1 + exp(-x)) for every entry of x, "
        "in exercise_code/networks/layer.py."
    )
    return out, cache


def sigmoid_backward(dout, cache):
    """Backward pass of the sigmoid.

    Parameters
    ----------
    dout : array of any shape
        Gradient of the loss with respect to the sigmoid's output.
    cache : array of the shape of dout
        What :func:`sigmoid_forward` returned as its cache: its output σ(x).

    Returns
    -------
    dx : array of the shape of dout
        ∂L/∂x = dout · σ'(x). The derivative can be written with the output alone, which is why
        the output is what the cache holds: try it on paper before you look it up.

    Example
    -------
    The curve is steepest at x = 0, where σ(x) = 0.5 and σ'(x) = 0.25:

    >>> sigmoid_backward(np.array([2.0]), np.array([0.5]))
    array([0.5])
    """
    raise NotImplementedError(
        "sigmoid_backward: compute dx from dout and the cache, "
        "in exercise_code/networks/layer.py."
    )
    return dx
