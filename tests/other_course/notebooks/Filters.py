# %% [markdown]
# # Filters

# %%
import numpy as np

from exercise_code.filters import moving_average

moving_average(np.array([1.0, 2.0, 6.0]), 3)

# %% nbgrader={"grade": true, "grade_id": "smooth", "locked": true, "points": 40, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("smooth")
### HIDDEN TESTS smooth
float(score)

# %% nbgrader={"grade": true, "grade_id": "filter_with_weights", "locked": true, "points": 60, "schema_version": 3, "solution": false, "task": false, "cell_type": "code"}
from exercise_code.tests import check

score = check("filter_with_weights")
### HIDDEN TESTS filter_with_weights
float(score)

# %%
from exercise_code.handin import pack

pack()
