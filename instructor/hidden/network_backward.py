from numpy.random import default_rng

score = min(score, check("network_backward", rng=default_rng(303_383_071_826), rounds=3), key=float)
