from numpy.random import default_rng

score = min(score, check("sigmoid_forward", rng=default_rng(111_060_335_527), rounds=3), key=float)
