"""class_run."""
