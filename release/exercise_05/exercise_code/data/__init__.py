"""The house prices, and minibatches of them."""

from exercise_code.data.house_prices import FEATURES, HousePrices, Part
from exercise_code.data.loader import DataLoader

__all__ = ["FEATURES", "DataLoader", "HousePrices", "Part"]
