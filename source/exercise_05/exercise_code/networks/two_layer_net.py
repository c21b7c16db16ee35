"""The two-layer network: affine, sigmoid, affine.

You write the bodies of ``forward`` and ``backward``, out of the four functions in ``layer.py``.
"""

import numpy as np

from exercise_code.networks.base import Network
from exercise_code.networks.layer import (
    affine_backward,
    affine_forward,
    sigmoid_backward,
    sigmoid_forward,
)


class TwoLayerNet(Network):
    """Predicts one number per sample: y_hat = sigmoid(X·W1 + b1)·W2 + b2.

    Parameters
    ----------
    input_size : int
        D, the number of features of a sample.
    hidden_size : int
        H, the number of hidden units.
    rng : numpy.random.Generator
        Draws the first weights. The same generator state gives the same network.
    std : float
        Standard deviation of the first weights. The biases start at 0.

    Attributes
    ----------
    params : dict
        "W1" (D, H), "b1" (H,), "W2" (H, 1), "b2" (1,), all float64.
    grads : dict
        The same names and shapes, filled by :meth:`backward`.
    cache : dict
        What :meth:`forward` keeps for :meth:`backward`: "affine1", "sigmoid", "affine2".
    """

    def __init__(self, input_size, hidden_size, *, rng, std=0.1):
        super().__init__()
        self.params = {
            "W1": std * rng.standard_normal((input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": std * rng.standard_normal((hidden_size, 1)),
            "b2": np.zeros(1),
        }

    def forward(self, X):
        """Forward pass: from features to predictions.

        Parameters
        ----------
        X : array of shape (N, D)

        Returns
        -------
        y_hat : array of shape (N, 1)
            Follow the compute graph: affine with W1 and b1, sigmoid, affine with W2 and b2. There
            is no sigmoid at the end, because a price may be any number.

        Keep the cache of each layer in ``self.cache`` under "affine1", "sigmoid" and "affine2".

        Example
        -------
        With W1 = [[0]], b1 = [0], W2 = [[4]], b2 = [1] every sample gives sigmoid(0)·4 + 1 = 3.
        """
        raise NotImplementedError(
            "TwoLayerNet.forward: chain affine, sigmoid, affine and keep their caches, "
            "in exercise_code/networks/two_layer_net.py."
        )
        return y_hat

    def backward(self, dy):
        """Backward pass: from the gradient of the loss to the gradients of all parameters.

        Parameters
        ----------
        dy : array of shape (N, 1)
            Gradient of the loss with respect to y_hat, as ``MSE.backward`` returns it. It already
            holds the 1/N of the objective J.

        Returns
        -------
        grads : dict
            ∂L/∂ of every weight *and* every bias: "W1" (D, H), "b1" (H,), "W2" (H, 1), "b2" (1,).

        Walk the compute graph backwards, from the last layer to the first. What a layer returns as
        its dx is the dout of the layer before it.

        Example
        -------
        With W1 = [[0]], b1 = [0], W2 = [[4]], b2 = [1], X = [[5]] and dy = [[1]]: the gradients
        are W2 = sigmoid(0) = 0.5, b2 = 1, b1 = 4 · 0.25 = 1 and W1 = 5 · b1 = 5.
        """
        raise NotImplementedError(
            "TwoLayerNet.backward: walk back through the three layers and collect the gradients, "
            "in exercise_code/networks/two_layer_net.py."
        )
        self.grads = grads
        return grads
