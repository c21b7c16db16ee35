from numpy.random import default_rng

score = min(score, check("network_forward", rng=default_rng(155_975_385_215), rounds=3), key=float)
