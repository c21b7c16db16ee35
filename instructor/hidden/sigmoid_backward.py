from numpy.random import default_rng

score = min(score, check("sigmoid_backward", rng=default_rng(207_613_528_839), rounds=3), key=float)
