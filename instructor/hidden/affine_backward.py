from numpy.random import default_rng

score = min(score, check("affine_backward", rng=default_rng(769_318_958_375), rounds=3), key=float)
