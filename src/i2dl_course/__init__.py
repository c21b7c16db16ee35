"""The tool behind the I2DL Exercise 5 bundle: authoring, grading and reporting."""
