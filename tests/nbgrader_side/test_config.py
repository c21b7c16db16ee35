"""nbgrader_config.py: the stock commands with the traps closed."""

import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.utils import parse_utc
from support.handins import COURSE, LAYER, ROOT, reference
from traitlets.config import Configurable
from traitlets.config.loader import PyFileConfigLoader

from i2dl_course.handins.storing import NOTES, stored_notes
from i2dl_course.nbgrader_side.zip_collect import SafeExtractor, SafeNames


@pytest.fixture(scope="module")
def config():
    path, command_path = list(sys.path), os.environ["PATH"]
    try:
        yield PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    finally:
        sys.path[:] = path
        os.environ["PATH"] = command_path


def test_exactly_the_files_of_the_manifest_are_kept_from_being_overwritten(config):
    assert config.Autograde.exclude_overwriting == {"exercise_05": list(COURSE.handin.files)}
    for name in COURSE.handin.files:
        assert (COURSE.source_dir / name).is_file(), "a name that fits no file protects nothing"


def test_the_referee_stands_where_the_student_s_kernel_stood(config):
    """Before the points are recorded, and with nothing after it that could change them."""
    from nbgrader.converters import Autograde

    ours = [name.rpartition(".")[2] for name in config.Autograde.autograde_preprocessors]
    assert ours == ["Judge", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"]
    stock = [cls.__name__ for cls in Autograde.autograde_preprocessors.default_args[0]]
    assert [name for name in stock if name in ours] == ours[1:]
    assert config.Autograde.sanitize_preprocessors[0].endswith(".Rebuild")
    converter = Autograde(config=config)
    converter.exporter = converter.exporter_class(parent=converter, config=config)
    converter._init_preprocessors()  # every name can be imported
    assert [type(one).__name__ for one in converter.exporter._preprocessors][0] == "Rebuild"


def test_feedback_is_our_page_with_the_scores_of_the_gradebook(config):
    from nbgrader.converters import GenerateFeedback

    from i2dl_course.nbgrader_side.feedback import FeedbackExporter, GetGradesAndComments

    converter = GenerateFeedback(config=config)
    assert converter.exporter_class is FeedbackExporter
    name = f"{GetGradesAndComments.__module__}.{GetGradesAndComments.__name__}"
    assert config.GenerateFeedback.preprocessors == [name]


def test_an_assignment_is_generated_as_nbgrader_has_it_but_for_the_room_for_comments(config):
    from nbgrader.converters import GenerateAssignment

    stock = [cls.__name__ for cls in GenerateAssignment.preprocessors.default_args[0]]
    ours = [name.rpartition(".")[2] for name in config.GenerateAssignment.preprocessors]
    assert ours == ["SaveCellsWithComments" if name == "SaveCells" else name for name in stock]


def test_no_page_of_a_student_can_get_into_the_feedback(config):
    from nbgrader.coursedir import CourseDirectory

    stock = set(CourseDirectory().ignore)
    assert set(config.CourseDirectory.ignore) == stock | {"*.html"}


def test_the_repository_root_is_never_put_on_the_path_of_what_grades():
    """In a process of its own, as nbgrader reads it: pytest has the root on its own path."""
    program = (
        "import os, sys\n"
        "from traitlets.config.loader import PyFileConfigLoader\n"
        f"PyFileConfigLoader('nbgrader_config.py', path={str(ROOT)!r}).load_config()\n"
        "print(sys.path)\nprint(os.environ.get('PYTHONPATH', ''))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    shown_path, inherited = done.stdout.splitlines()
    assert repr(str(ROOT)) not in shown_path and inherited == ""


def test_late_hand_ins_score_zero_and_times_are_utc(config):
    assert config.LateSubmissionPlugin.penalty_method == "zero"
    assert config.Exchange.timezone == "UTC"
    assert parse_utc(COURSE.exercise.due_for_nbgrader) == datetime(2020, 5, 27, 21, 59, 59)


@pytest.mark.parametrize(
    ("archive", "student", "stamp"),
    [
        ("anna_exercise_05", "anna", None),
        ("anna_maria_exercise_05", "anna_maria", None),
        ("ge12abc_12345_67890_exercise_05-2", "ge12abc", None),
        ("muellerjulia_late_4711_9923_exercise_05", "muellerjulia", None),
        ("Jürgen Müller_123456_assignsubmission_file_exercise_05", "Jürgen Müller", None),
        ("anna_exercise_05 (1)", "anna", None),
        ("a.b@uni.example_exercise_05", "a.b@uni.example", None),
        ("anna_2020-05-26T183000Z_exercise_05", "anna", datetime(2020, 5, 26, 18, 30)),
        ("anna_4711_2020-05-26T183000Z_exercise_05", "anna", datetime(2020, 5, 26, 18, 30)),
        ("exercise_05", None, None),
        (".._exercise_05", None, None),
        ("anna_exercise_06", None, None),
    ],
)
@pytest.mark.parametrize("file", [LAYER, COURSE.handin.graded_notebook, NOTES])
def test_the_student_is_read_from_the_name_of_the_archive(config, archive, student, stamp, file):
    path = f"/course/downloaded/exercise_05/extracted/{archive}/{file}"
    match = re.match(config.FileNameCollectorPlugin.named_regexp, path)
    if student is None:
        assert match is None
        return
    assert (match["student_id"], match["file_id"]) == (student, file)
    assert parse_utc(match["timestamp"]) == stamp


@pytest.mark.parametrize(
    "file",
    [
        "evil.py",
        "exercise_code/solver.py",
        "layer.py",
        "timestamp.txt",
        "x/exercise_code/networks/layer.py",
    ],
)
def test_only_files_of_the_manifest_are_collected(config, file):
    plugin = FileNameCollectorPlugin(config=config)
    assert plugin.collect(f"/downloaded/exercise_05/extracted/anna_exercise_05/{file}") is None


class App(Configurable):
    """As much of `nbgrader zip_collect` as an extractor sees."""

    _transfer_files = extractor_plugin_inst = None

    def __init__(self, config, root):
        super().__init__()
        for name in ("course.toml", "release", "exercise_code"):
            (root / name).symlink_to(ROOT / name)
        self.coursedir = SimpleNamespace(
            root=str(root), db_url=f"sqlite:///{root}/gradebook.db", assignment_id="exercise_05"
        )
        self.collector_plugin_inst = SafeNames(parent=self, config=config)


def test_one_broken_archive_keeps_no_other_from_being_collected(config, tmp_path):
    archive, extracted = tmp_path / "archive", tmp_path / "extracted"
    archive.mkdir()
    (archive / "broken_exercise_05.zip").write_bytes(b"PK not a zip")
    with zipfile.ZipFile(archive / "climber_exercise_05.zip", "w") as file:
        file.writestr(LAYER, "")
        file.writestr("../../../outside.py", "")
    (archive / "link_exercise_05.zip").symlink_to(archive / "anna_exercise_05.zip")
    with zipfile.ZipFile(archive / "anna_exercise_05.zip", "w") as file:
        for name, data in reference().files.items():
            file.writestr(f"exercise_05/{name}", data)
        file.writestr("exercise_05/numpy.py", "raise SystemExit")
    (tmp_path / "course").mkdir()
    app = App(config, tmp_path / "course")
    SafeExtractor(parent=app).extract(str(archive), str(extracted))
    found = {
        path.relative_to(extracted).as_posix() for path in extracted.rglob("*") if path.is_file()
    }
    assert found == {
        f"anna_exercise_05/{name}"
        for name in (
            *COURSE.handin.files,
            COURSE.handin.graded_notebook,
            NOTES,
            "submission_secret.txt",
        )
    }
    notes = stored_notes(extracted / "anna_exercise_05")
    assert "numpy.py" in notes[0] and COURSE.handin.graded_notebook in notes[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "course", "extracted"]


def test_time_stamps_without_a_zone_are_never_written():
    stamp = datetime(2020, 5, 26, 18, 30, tzinfo=UTC)
    assert parse_utc(f"{stamp:%Y-%m-%d %H:%M:%S} UTC") == stamp.replace(tzinfo=None)
