from numpy.random import default_rng

score = min(score, check("affine_forward", rng=default_rng(702_709_192_162), rounds=3), key=float)
