"""Our own tables beside nbgrader's; students and exercise are in them by name only."""

from __future__ import annotations

import sqlalchemy as sa

OURS = sa.MetaData()
VERDICTS = sa.Table(
    "course_verdict",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("key", sa.String(64), nullable=False),  # fingerprint.key_of
    sa.Column("execute", sa.String(16), nullable=False),  # which notebooks were run
    sa.Column("seed", sa.String(32), nullable=False),  # as text: 48 bits are no INTEGER everywhere
    sa.Column("sandbox", sa.String(32), nullable=False),
    sa.Column("graded", sa.DateTime, nullable=False),  # UTC
    sa.Column("verdicts", sa.Text, nullable=False),  # JSON, as `course judge --json` prints it
    sa.Column("outputs", sa.Text, nullable=False),  # JSON: folder, file, size in bytes
)
# What was read in a folder that looked so: a cache, which may be emptied at any time.
READINGS = sa.Table(
    "course_reading",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("look", sa.String(64), nullable=False),  # look.Look.digest
    sa.Column("content", sa.String(64), nullable=False),  # fingerprint.content_of
    sa.Column("handed_in", sa.DateTime),  # UTC, as it stands in the folder; NULL where it does not
)
# Every hand-in of the archive that was judged, whether it counts or not.
HANDINS = sa.Table(
    "course_handin",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),  # of its receipt
    sa.Column("student", sa.String(128), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),  # class_run/best.py; "" holds for nothing
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("judged", sa.DateTime, nullable=False),  # UTC
    sa.Column("verdicts", sa.Text, nullable=False),  # JSON: Judgement.to_keep()
)
# Why an extension was granted; the extension itself is nbgrader's.
EXTENSIONS = sa.Table(
    "course_extension",
    OURS,
    sa.Column("exercise", sa.String(128), primary_key=True),
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("because", sa.Text, nullable=False),
    sa.Column("granted", sa.DateTime, nullable=False),  # UTC
)
