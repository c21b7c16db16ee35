"""The overview of a graded class: one HTML page that needs nothing but itself."""

from html import escape
from importlib import resources
from string import Template

from i2dl_course.reporting.outcome import number

BINS = ((0, 19), (20, 39), (40, 59), (60, 79), (80, 100))


def overview(demo, links: dict[str, list[str]]) -> str:
    """The page for a graded class.

    Parameters
    ----------
    demo : demo.Demo
    links : dict
        For each student, the addresses of the pages of feedback, relative to the overview.
    """
    course, results = demo.course, list(demo.results.values())
    page = Template(resources.files(__package__).joinpath("overview.html").read_text("utf-8"))
    return page.substitute(
        title=escape(f"{course.exercise.title}: the class at a glance"),
        summary=_summary(course, results),
        distribution=_distribution(results),
        tasks=_tasks(course, results),
        students=_students(course, results, links),
        causes=_causes(results),
        times=_times(demo.times),
    )


def _mark(passed: bool, passed_word: str = "pass", failed_word: str = "fail") -> str:
    if passed:
        return f'<span class="good">✓ {passed_word}</span>'
    return f'<span class="bad">✗ {failed_word}</span>'


def _summary(course, results) -> str:
    bonus = sum(result.bonus for result in results)
    late = sum(1 for result in results if result.grades and result.grades.late)
    exercise = course.exercise
    return escape(
        f"{len(results)} students. {bonus} receive the bonus ({exercise.pass_mark} points or more "
        f"of {course.total_points}). {late} handed in after the deadline, "
        f"{exercise.closes:%d %B %Y, %H:%M:%S} ({exercise.time_zone}), and score 0."
    )


def _bar(part: int, whole: int) -> str:
    """A bar beside its number; it says nothing that the number does not say."""
    share = 100 * part / whole if whole else 0
    return f'<span class="bar" aria-hidden="true" style="inline-size:{share * 0.12:.2f}em"></span>'


def _distribution(results) -> str:
    totals = [result.grades.total if result.grades else 0 for result in results]
    rows = []
    for low, high in BINS:
        count = sum(low <= total < high + 1 for total in totals)
        rows.append(
            f'<tr><th scope="row">{low} to {high}</th><td class="number">{count}</td>'
            f"<td>{_bar(count, len(totals))}</td></tr>"
        )
    return "\n".join(rows)


def _tasks(course, results) -> str:
    rows = []
    for task in course.tasks:
        passed = sum(
            bool(result.grades) and result.grades.points[task.name] == task.points
            for result in results
        )
        share = 100 * passed / len(results)
        rows.append(
            f'<tr><th scope="row">{escape(task.name)}</th><td class="number">{task.points}</td>'
            f'<td class="number">{passed} of {len(results)}</td><td class="number">{share:.0f} %'
            f"</td><td>{_bar(passed, len(results))}</td></tr>"
        )
    return "\n".join(rows)


def _students(course, results, links) -> str:
    head = "".join(
        f'<th scope="col">{escape(task.name).replace("_", "<wbr>_")}<br>(of {task.points})</th>'
        for task in course.tasks
    )
    rows = [
        f'<thead><tr><th scope="col">Student</th>{head}<th scope="col">Late</th>'
        '<th scope="col">Total</th><th scope="col">Bonus</th>'
        '<th scope="col">Feedback</th></tr></thead><tbody>'
    ]
    for result in results:
        person = result.persona
        cells = [
            f'<th scope="row">{escape(person.name)}<br>'
            f"<small>{escape(person.description)}</small></th>"
        ]
        for task in course.tasks:
            points = result.grades.points[task.name] if result.grades else 0
            cells.append(f"<td>{_mark(points == task.points)}<br>{number(points)}</td>")
        late = bool(result.grades) and result.grades.late
        cells.append("<td>" + _mark(not late, "in time", "late") + "</td>")
        total = result.grades.total if result.grades else 0
        cells.append(f'<td class="number">{number(total)}</td>')
        cells.append("<td>" + _mark(result.bonus, "bonus", "no bonus") + "</td>")
        pages = "<br>".join(
            f'<a href="{escape(link)}">page of {escape(person.name)}</a>'
            for link in links.get(person.name, ())
        )
        cells.append(f"<td>{pages or 'none'}</td>")
        rows.append("<tr>" + "".join(cells) + "</tr>")
    rows.append("</tbody>")
    return "\n".join(rows)


def _causes(results) -> str:
    """One row for each cause, the most frequent first, so that one answer helps many."""
    students: dict[str, dict[str, None]] = {}  # dicts of None: sets that keep their order
    tasks: dict[str, dict[str, None]] = {}
    says: dict[str, str] = {}
    for result in results:
        for verdict in result.verdicts.values():
            if not verdict.passed:
                cause = verdict.cause or "unknown"
                students.setdefault(cause, {})[result.persona.name] = None
                tasks.setdefault(cause, {})[verdict.name] = None
                says.setdefault(cause, verdict.says)
    rows = []
    for cause in sorted(students, key=lambda name: -len(students[name])):
        rows.append(
            f'<tr><th scope="row">{escape(cause)}</th>'
            f'<td class="number">{len(students[cause])}</td>'
            f"<td>{escape(', '.join(students[cause]))}</td>"
            f"<td>{escape(', '.join(tasks[cause]))}</td><td>{escape(says[cause])}</td></tr>"
        )
    return "\n".join(rows)


def _times(times: dict[str, float]) -> str:
    return "\n".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{seconds:.1f} s</td></tr>'
        for name, seconds in times.items()
    )
