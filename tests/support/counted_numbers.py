"""Numbers that count what is done with them."""

import math

import numpy as np


class Counted:
    """A float; ``Counted.operations`` is the number of operations of all of them so far."""

    operations = 0

    def __init__(self, value):
        self.value = float(value)

    @classmethod
    def result(cls, value):
        cls.operations += 1
        return cls(value)

    def __add__(self, other):
        return self.result(self.value + float(other))

    def __sub__(self, other):
        return self.result(self.value - float(other))

    def __rsub__(self, other):
        return self.result(float(other) - self.value)

    def __mul__(self, other):
        return self.result(self.value * float(other))

    def __truediv__(self, other):
        return self.result(self.value / float(other))

    def __rtruediv__(self, other):
        return self.result(float(other) / self.value)

    def __pow__(self, other):
        return self.result(self.value**other)

    def __neg__(self):
        return self.result(-self.value)

    __radd__ = __add__
    __rmul__ = __mul__

    # NumPy looks these two up by name on an array of objects.
    def exp(self):
        return self.result(math.exp(self.value))

    def sqrt(self):
        return self.result(math.sqrt(self.value))

    def __float__(self):
        return self.value


def counted(array):
    """The same array, of numbers that count."""
    return np.vectorize(Counted, otypes=[object])(array)


def operations_of(action):
    """How many operations ``action`` does with counted numbers."""
    before = Counted.operations
    action()
    return Counted.operations - before
