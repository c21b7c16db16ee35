"""House prices of Ames, Iowa, split into three parts and standardised."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

CSV = Path(__file__).with_name("house_prices.csv")

TARGET = "SalePrice"

# Every column of the file that can be a feature, with its unit.
UNITS = {
    "LivingArea": "square feet",
    "YearBuilt": "year",
    "OutdoorArea": "square feet",
    "LotArea": "square feet",
    "OverallQuality": "1 to 10",
    "GarageArea": "square feet",
    "BasementArea": "square feet",
}

FEATURES = (
    "LivingArea",
    "YearBuilt",
    "OutdoorArea",
    "OverallQuality",
    "GarageArea",
    "BasementArea",
)


class Part(NamedTuple):
    """One part of the data: standardised features X (N, D) and standardised prices y (N, 1)."""

    X: np.ndarray
    y: np.ndarray

    @property
    def size(self):
        """N, the number of houses."""
        return self.X.shape[0]


class HousePrices:
    """2,928 houses and the prices they were sold for, from 2006 to 2010.

    Parameters
    ----------
    features : sequence of str
        Columns to predict from, any of ``UNITS``.
    seed : int
        Shuffles the houses before they are split. The same seed gives the same split.

    Attributes
    ----------
    train, val, test : Part
        60, 20 and 20 % of the houses. All three are standardised with the mean and the standard
        deviation of the *training* part: the other two must not leak into what is learned.
    features : tuple of str
    X_mean, X_std : array of shape (D,)
        In the units of the features.
    y_mean, y_std : float
        In dollars.

    Raises
    ------
    ValueError
        For a feature that is not in the file, no feature, or one named twice.
    """

    def __init__(self, features=FEATURES, seed=0):
        self.features = tuple(features)
        _check(self.features)
        columns = _read()
        order = np.random.default_rng(seed).permutation(len(columns[TARGET]))
        X = np.column_stack([columns[name] for name in self.features])[order]
        price = columns[TARGET].reshape(-1, 1)[order]

        first, second = int(0.6 * len(X)), int(0.8 * len(X))
        self.X_mean, self.X_std = X[:first].mean(axis=0), X[:first].std(axis=0)
        self.y_mean, self.y_std = float(price[:first].mean()), float(price[:first].std())

        X = (X - self.X_mean) / self.X_std
        y = (price - self.y_mean) / self.y_std
        self.train = Part(X[:first], y[:first])
        self.val = Part(X[first:second], y[first:second])
        self.test = Part(X[second:], y[second:])

    def to_dollars(self, y):
        """Prices in dollars, from standardised ones of any shape."""
        return y * self.y_std + self.y_mean

    def to_units(self, X):
        """Features (N, D) in their own units, from standardised ones."""
        return X * self.X_std + self.X_mean

    def frame(self):
        """All houses as they stand in the file: a pandas DataFrame of features and price."""
        import pandas as pd  # here, because nothing else needs the third of a second it takes

        # A table without a name in its corner has an empty heading, which is read aloud as nothing.
        return pd.read_csv(CSV)[[*self.features, TARGET]].rename_axis(columns="feature")


def _check(features):
    unknown = [name for name in features if name not in UNITS]
    if unknown:
        raise ValueError(f"no feature {unknown[0]!r} in the data; there are {', '.join(UNITS)}")
    if not features or len(set(features)) < len(features):
        raise ValueError(f"name at least one feature, and each only once, not {features!r}")


def _read():
    with CSV.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        rows = np.loadtxt(file, delimiter=",")
    return dict(zip(names, rows.T, strict=True))
