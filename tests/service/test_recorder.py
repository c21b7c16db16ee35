"""Verdicts go before pages, page by page."""

from __future__ import annotations

from types import SimpleNamespace

from i2dl_course.service.recorder import GradebookRecorder


def test_no_page_is_begun_while_a_verdict_is_waited_for():
    answers = []
    queue = SimpleNamespace(unrecorded=lambda: [])
    reception = SimpleNamespace(archive=None)
    recorder = GradebookRecorder(
        *[None] * 3, queue, reception, *[None] * 4, rest=lambda: answers.pop(0)
    )
    jobs = recorder._at_rest(["first", "second", "third"])
    answers += [False, False, True]
    assert (next(jobs), answers) == ("first", [])
    answers += [True]
    assert (next(jobs), answers) == ("second", [])
    recorder.close()
    assert next(jobs) == "third", "what has begun is finished"
