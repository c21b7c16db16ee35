"""How long do 20 epochs with batches of 4 take, and how long with a loader that reads row by row?

    .venv/bin/python benchmarks/training.py [--rounds 5] [--epochs 20] [--batch-size 4]

Both train the reference network on the same houses in the same batches, and end with the same
parameters. They take turns, so that a busy moment of the machine hits both. The time is CPU time of
this process, in seconds, without reading the file. The course promises less than 0.5 s.
"""

import argparse
import math
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


class RowByRowLoader:
    """What one writes first: look each house up in the data frame, scale it, collect a batch."""

    def __init__(self, frame, houses, part, batch_size):
        self.frame = frame
        self.houses = houses
        self.part = part
        self.batch_size = batch_size

    def __len__(self):
        return math.ceil(len(self.frame) / self.batch_size)

    def __iter__(self):
        features, target = list(self.houses.features), self.frame.columns[-1]
        houses = self.houses
        for start in range(0, len(self.frame), self.batch_size):
            X, y = [], []
            for i in range(start, min(start + self.batch_size, len(self.frame))):
                row = self.frame.iloc[i]
                X.append((row[features].to_numpy(float) - houses.X_mean) / houses.X_std)
                y.append([(row[target] - houses.y_mean) / houses.y_std])
            yield type(self.part)(np.stack(X), np.array(y))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each loader (5)")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "exercise_code", Path(folder) / "exercise_code")
        shutil.copytree(ROOT / "instructor" / "solution", folder, dirs_exist_ok=True)
        sys.path.insert(0, folder)
        compare(arguments.rounds, arguments.epochs, arguments.batch_size)


def compare(rounds, epochs, batch_size):
    """Trains with either loader in turn, and prints the CPU seconds and their ratio."""
    from exercise_code.data import DataLoader, HousePrices
    from exercise_code.networks.loss import MSE
    from exercise_code.networks.optimizer import SGD
    from exercise_code.networks.two_layer_net import TwoLayerNet
    from exercise_code.solver import Solver

    houses = HousePrices()
    part = houses.train
    frame = raw_rows(houses)
    loaders = {
        "slices of arrays (ours)": DataLoader(part, batch_size),
        "rows of a data frame": RowByRowLoader(frame, houses, part, batch_size),
    }
    taken = {name: [] for name in loaders}
    trained = {}
    for _ in range(rounds):
        for name, loader in loaders.items():
            net = TwoLayerNet(part.X.shape[1], 32, rng=np.random.default_rng(0))
            solver = Solver(net, MSE(), SGD(net.params, learning_rate=1e-2), loader, verbose=False)
            start = time.process_time()
            solver.train(epochs)
            taken[name].append(time.process_time() - start)
            trained[name] = net.params

    ours, naive = trained.values()
    for name, theta in ours.items():
        np.testing.assert_allclose(theta, naive[name], rtol=1e-6)
    print(f"{epochs} epochs, batches of {batch_size}, {len(frame)} houses, {rounds} rounds each")
    for name, times in taken.items():
        print(
            f"{name:24s} median {statistics.median(times):7.3f} s CPU   "
            f"({min(times):.3f} to {max(times):.3f})"
        )
    ours, naive = taken.values()
    ratio = statistics.median(b / a for a, b in zip(ours, naive, strict=True))
    print(f"row by row takes {ratio:.1f} times as long (median of the pairs)")


def raw_rows(houses):
    """The training houses in dollars and square feet, in the order of the training part."""
    import pandas as pd

    frame = pd.DataFrame(houses.to_units(houses.train.X), columns=list(houses.features))
    frame["SalePrice"] = houses.to_dollars(houses.train.y)
    return frame


if __name__ == "__main__":
    main()
