"""What runs locked up, beside a student's code: it imports nothing of ours.

Each file here is a program, or stands beside one; they are copied or bound into a sandbox and find
each other there by their own names.
"""

from pathlib import Path

INSIDE = Path(__file__).resolve().parent
