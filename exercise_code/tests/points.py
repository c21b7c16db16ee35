"""What each task is worth: written by `course build`, from course.toml."""

from collections import Counter

# What course.toml does not have is worth nothing here, and refused by its name.
POINTS = Counter(
    {
        "affine_forward": 10,
        "affine_backward": 15,
        "sigmoid_forward": 10,
        "sigmoid_backward": 15,
        "network_forward": 25,
        "network_backward": 25,
    }
)
