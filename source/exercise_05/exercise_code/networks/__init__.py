"""Networks, losses and optimizers.

``TwoLayerNet`` is not imported here on purpose: it is your code, and while it cannot be imported
everything that is given must still work.
"""

from exercise_code.networks.base import Network
from exercise_code.networks.loss import L1, MSE
from exercise_code.networks.optimizer import SGD, Adam, Optimizer, SGDMomentum

__all__ = ["L1", "MSE", "SGD", "Adam", "Network", "Optimizer", "SGDMomentum"]
