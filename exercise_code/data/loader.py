"""Minibatches."""

from exercise_code.data.house_prices import Part


class DataLoader:
    """Iterates over a part of the data in minibatches (X, y).

    One pass over the loader is one epoch. Batches are slices of arrays: nothing is copied unless
    the data are shuffled, and then only once an epoch.

    Parameters
    ----------
    part : Part
        X (N, D) and y (N, 1).
    batch_size : int
        From 1 (one house at a time) to N (all of them: plain gradient descent).
    shuffle : bool
        Visit the houses in a new order in every epoch; needs ``rng``.
    rng : numpy.random.Generator, optional
    drop_last : bool
        Leave out the last batch of an epoch if it is smaller than the others.

    Raises
    ------
    ValueError
        For a batch size outside 1 ... N, or shuffle without rng.
    """

    def __init__(self, part, batch_size, *, shuffle=False, rng=None, drop_last=False):
        if not 1 <= batch_size <= part.size:
            raise ValueError(
                f"batch_size must be from 1 to {part.size}, the number of houses, not {batch_size}"
            )
        if shuffle and rng is None:
            raise ValueError("shuffle=True needs rng=np.random.default_rng(seed)")
        self.part = part
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.rng = rng
        self.drop_last = drop_last

    def __len__(self):
        """Number of batches in an epoch."""
        whole, rest = divmod(self.part.size, self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self):
        X, y = self.part
        if self.shuffle:
            order = self.rng.permutation(self.part.size)
            X, y = X[order], y[order]
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            stop = start + self.batch_size
            yield Part(X[start:stop], y[start:stop])
