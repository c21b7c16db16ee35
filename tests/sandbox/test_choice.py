"""Which sandbox is chosen, what happens where none is to be had, and what `course doctor` says."""

from __future__ import annotations

import argparse
import base64
import inspect
import json
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.patience import PATIENCE
from support.sandboxed import WarmCode, argv, read_to_the_end, run

from i2dl_course import sandbox
from i2dl_course.commands import doctor as doctor_command
from i2dl_course.errors import CourseError
from i2dl_course.sandbox import bubblewrap, choice, doctor, paths, process
from i2dl_course.sandbox.bubblewrap import Bubblewrap
from i2dl_course.sandbox.choice import Finding
from i2dl_course.sandbox.warm import Warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are parts of Linux")


@pytest.fixture
def findings(monkeypatch):
    """``findings(bubblewrap=..., landlock=...)``: what is to be found on this host."""

    def pretend(**works):
        def pretended(level):
            return Finding(level, works[level], "" if works[level] else f"no {level} today.")

        monkeypatch.setattr(choice, "probe", pretended)
        monkeypatch.setattr(doctor, "probe", pretended)

    return pretend


@pytest.fixture
def one_launcher_each(monkeypatch):
    """Launchers with a level only, so that choosing needs no sandbox on this host."""

    class Named:
        kept = False

        def __init__(self, level):
            self.level = level

    monkeypatch.setattr(choice, "_launchers", lambda level, **_: iter([(Named(level), None)]))


@pytest.mark.usefixtures("one_launcher_each")
@pytest.mark.parametrize(
    ("works", "chosen"),
    [
        ({"bubblewrap": True, "landlock": True}, "bubblewrap"),
        ({"bubblewrap": False, "landlock": True}, "landlock"),
        ({"bubblewrap": True, "landlock": False}, "bubblewrap"),
    ],
)
def test_the_best_that_works_is_chosen(findings, works, chosen):
    findings(**works)
    assert sandbox.launcher().level == chosen


def test_without_a_sandbox_nothing_runs_unless_asked_for_in_so_many_words(findings):
    findings(bubblewrap=False, landlock=False)
    with pytest.raises(CourseError, match="no bubblewrap today.*no landlock today.*--sandbox none"):
        sandbox.launcher()
    assert sandbox.launcher("none").level == "none"


def test_a_level_that_was_asked_for_is_not_replaced_by_another(findings):
    findings(bubblewrap=False, landlock=True)
    with pytest.raises(CourseError, match="no bubblewrap today"):
        sandbox.launcher("bubblewrap")


def test_an_unknown_level_is_an_error():
    with pytest.raises(CourseError, match="'docker'"):
        sandbox.launcher("docker")


def test_a_sandbox_that_starts_but_does_not_hold_is_not_used():
    why_not = choice._trial(process.Plain())
    assert "reads a file outside" in why_not and "opens a socket" in why_not


def test_a_sandbox_without_numpy_is_not_used():
    class Bare(process.Plain):
        def __call__(self, argv, folder):
            isolated = [argv[0], "-S", *argv[1:]]
            return super().__call__(isolated, folder)

    assert "NumPy" in choice._trial(Bare())


@pytest.fixture
def script(tmp_path):
    """A program that says what it knows of itself when it is asked, in the folder it is given."""
    given = tmp_path / "given"
    given.mkdir()
    script = given / "program.py"
    script.write_text(
        "import json, sys\n"
        "if __name__ == '__main__' and input():\n"
        "    print(json.dumps([__file__, sys.argv, 'numpy' in sys.modules]))\n"
    )
    return script


def test_what_has_tried_a_sandbox_goes_on_as_the_first_program_in_it(script):
    command = [sys.executable, "-I", "-B", str(script), "word"]
    expected = sandbox.launcher().level
    choice.probe.cache_clear()
    with sandbox.Begun(None, command, script.parent) as launch:
        first, second = (launch(command, script.parent) for _ in range(2))
        assert launch.level == expected
        for process, tried in ((first, True), (second, False)):
            os.write(process.to_worker, b"go on\n")
            assert json.loads(read_to_the_end(process)) == [
                str(script),
                [str(script), "word"],
                tried,
            ]
            process.kill()
    assert not choice.probe.cache_info().currsize, "it was tried by itself all the same"


@pytest.mark.parametrize("wanted", [None, "bubblewrap"])
def test_what_does_not_hold_is_not_gone_on_with(monkeypatch, script, wanted):
    monkeypatch.setattr(choice, "_launchers", lambda level, **_: iter([(process.Plain(), None)]))
    before = children()
    with pytest.raises(CourseError) as begun:
        sandbox.Begun(wanted, [sys.executable, "-I", "-B", str(script)], script.parent)
    monkeypatch.setattr(choice, "probe", choice.probe.__wrapped__)
    with pytest.raises(CourseError) as tried:
        sandbox.launcher(wanted)
    assert str(begun.value) == str(tried.value) and "reads a file outside" in str(tried.value)
    assert children() == before


def test_a_begun_process_that_nobody_asks_for_is_ended(script):
    before = children()
    with sandbox.Begun(None, [sys.executable, "-I", "-B", str(script)], script.parent):
        assert children() != before
    assert children() == before


def test_a_bwrap_that_fails_is_passed_over(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n"
    )
    broken.chmod(0o755)
    real = bubblewrap.candidates()
    monkeypatch.setattr(bubblewrap, "candidates", lambda: [broken, *real])
    finding = choice.probe.__wrapped__("bubblewrap")
    assert finding.program != broken
    if sandbox.probe("bubblewrap").works:
        assert finding.works
    monkeypatch.setattr(bubblewrap, "candidates", lambda: [broken])
    finding = choice.probe.__wrapped__("bubblewrap")
    assert not finding.works and "No permissions to create a new namespace" in finding.why_not


def test_where_only_bwrap_may_make_namespaces_it_has_no_keeper(monkeypatch, tmp_path):
    if not sandbox.probe("bubblewrap").works:
        pytest.skip("bubblewrap does not work here")
    refused = tmp_path / "keeper.py"
    refused.write_text("raise PermissionError('no namespace for you')")
    monkeypatch.setattr(bubblewrap, "KEEPER", refused)
    monkeypatch.setattr(bubblewrap, "user_to_become", lambda: None)  # as for an ordinary user
    monkeypatch.setattr(choice, "probe", choice.probe.__wrapped__)
    finding = choice.probe("bubblewrap")
    assert (finding.works, finding.kept) == (True, False)
    assert not sandbox.launcher("bubblewrap").kept


@pytest.fixture
def killed_bwrap(tmp_path):
    """``killed_bwrap(times)``: a bwrap whose child is so often killed, and has warned before."""
    finding = sandbox.probe("bubblewrap")
    if not finding.works:
        pytest.skip(f"bubblewrap does not work here: {finding.why_not}")
    program = tmp_path / "killed-bwrap"

    def make(times):
        program.write_text(
            "#!/bin/sh\n"
            f"for number in {' '.join(map(str, range(times)))}; do\n"
            f"  if mkdir {tmp_path}/$number 2>/dev/null; then\n"
            "    echo '  warn(\"This place cannot be written\")' >&2; exit 137\n"
            "  fi\n"
            "done\n"
            f'exec {finding.program} "$@"\n'
        )
        program.chmod(0o755)
        return Bubblewrap(program)

    return make


@pytest.mark.parametrize("warm", [False, True])
def test_what_is_killed_once_while_it_starts_is_started_again(killed_bwrap, tmp_path, warm):
    given = tmp_path / "given"
    given.mkdir()
    launch = killed_bwrap(1)
    with Warm(launch) if warm else launch as launch:
        started = WarmCode(launch) if warm else launch
        assert run(started, given, "say('here')") == "here"


@pytest.mark.parametrize("warm", [False, True])
def test_what_is_killed_twice_while_it_starts_says_by_what(killed_bwrap, tmp_path, warm):
    given = tmp_path / "given"
    given.mkdir()
    launch = killed_bwrap(2)
    with Warm(launch) if warm else launch as launch:
        started = WarmCode(launch) if warm else launch
        with pytest.raises(CourseError) as error:
            started(argv("say('here')"), given)
    assert str(error.value) == (
        "The sandbox (bubblewrap) did not start: SIGKILL has ended it; is there memory enough?"
    )


def test_without_bwrap_the_reason_says_so(monkeypatch):
    from i2dl_course.sandbox import bubblewrap

    monkeypatch.setattr(bubblewrap, "candidates", list)
    assert "not installed" in choice.probe.__wrapped__("bubblewrap").why_not


@pytest.mark.parametrize("level", sandbox.LEVELS)
def test_half_a_sandbox_is_no_sandbox(monkeypatch, tmp_path, level):
    if not sandbox.probe(level).works:
        pytest.skip(f"{level} does not work here")
    from i2dl_course.sandbox import bubblewrap, landlock

    launch = sandbox.launcher(level)
    module = {"bubblewrap": bubblewrap, "landlock": landlock}[level]
    nonsense = base64.b64encode(b"\xff" * 8).decode()
    monkeypatch.setattr(module, "seccomp_filter", lambda threads: nonsense)
    before = children()
    with pytest.raises(CourseError, match=f"sandbox \\({level}\\) did not start.*prctl"):
        launch(argv("say('ran all the same')"), tmp_path)
    assert children() == before


def children():
    """The processes that this one has started and not yet waited for."""
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()


def test_a_program_that_cannot_be_told_from_its_options_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no script"):
        process.split_interpreter([sys.executable, "-I", "-B"])
    assert process.split_interpreter(["python", "-I", "-c", "code", "-x"]) == (
        ["python", "-I"],
        ["-c", "code", "-x"],
    )
    assert process.split_interpreter(["python", "-I", "a.py", "-c"]) == (
        ["python", "-I"],
        ["a.py", "-c"],
    )


@pytest.mark.parametrize("warm", [False, True])
def test_the_example_of_a_sandboxed_process_runs(tmp_path, warm):
    text = inspect.getdoc(process.SandboxedProcess)
    example = textwrap.dedent("\n".join(re.findall(r"^ {4}.*", text, flags=re.MULTILINE)))
    assert "process.kill()" in example
    names = {"sys": sys, "os": os, "folder": tmp_path}
    if warm:  # its program is a script
        program = "def prepare(): pass\ndef main(): print(input()[::-1], flush=True)\n"
        (tmp_path / "program.py").write_text(program)
        example = re.sub(r'"-c", ".*"\]', f'"{tmp_path / "program.py"}"]', example)
    with sandbox.launcher(sandbox.NONE, warm=warm) as launch:
        exec(example, {**names, "launch": launch})


def test_even_without_a_sandbox_there_are_limits_and_no_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    environment, memory, cores = run(
        sandbox.launcher("none"),
        tmp_path,
        """
        import resource
        say([dict(os.environ), tried(bytearray, 6 << 30),
             resource.getrlimit(resource.RLIMIT_CORE)[1]])
    """,
    )
    assert set(environment) == set(process.environment(tmp_path / "home"))
    assert (memory, cores) == ("MemoryError", 0)


def test_even_without_a_sandbox_what_it_started_ends_with_it(tmp_path):
    limits = {**sandbox.LIMITS, "NPROC": 10**6}
    launched = sandbox.launcher("none", limits=limits)(
        argv("""
        import signal
        if os.fork() == 0:
            say(os.getpid())
            signal.pause()
        signal.pause()
    """),
        tmp_path,
    )
    child = os.pidfd_open(int(launched.popen.stdout.readline()))
    launched.kill()
    ended, _, _ = select.select([child], [], [], PATIENCE)
    if not ended:
        signal.pidfd_send_signal(child, signal.SIGKILL)
    os.close(child)
    assert ended


def test_a_course_folder_that_is_its_own_virtual_environment_stays_closed(tmp_path, monkeypatch):
    base, course = tmp_path / "base", tmp_path / "course"
    for folder in (base / "bin", base / "lib", course / "bin", course / "lib" / "site-packages"):
        folder.mkdir(parents=True)
    (base / "bin" / "python3.11").touch()
    (base / "bin" / "python").symlink_to("python3.11")
    (course / "bin" / "python").symlink_to(base / "bin" / "python")
    (course / "lib64").symlink_to("lib")
    for name in ("gradebook.db", "pyvenv.cfg"):
        (course / name).touch()
    for name, value in (
        ("prefix", course),
        ("exec_prefix", course),
        ("base_prefix", base),
        ("base_exec_prefix", base),
        ("executable", course / "bin" / "python"),
        ("_base_executable", base / "bin" / "python"),
    ):
        monkeypatch.setattr(sys, name, str(value))
    assert [
        str(path.relative_to(tmp_path))
        for path in paths.readable()
        if path.is_relative_to(tmp_path)
    ] == [
        "base/bin/python",
        "base/bin/python3.11",
        "base/lib",
        "course/bin/python",
        "course/lib",
        "course/lib64",
        "course/pyvenv.cfg",
    ]


# --- course doctor ---------------------------------------------------------------------------


def report(*words):
    """The exit code of `course doctor`, where no service answers, whatever else runs here."""
    parser = argparse.ArgumentParser()
    doctor_command.arguments(parser)
    return doctor_command.run(parser.parse_args(["--service=http://127.0.0.1:1", *words]))


def test_doctor_fails_only_where_there_is_no_sandbox(findings, capsys):
    findings(bubblewrap=False, landlock=True)
    assert report() == 0
    assert "runs under: landlock" in capsys.readouterr().out
    findings(bubblewrap=False, landlock=False)
    assert report() == 1
    assert "--sandbox none" in " ".join(capsys.readouterr().out.split())


def test_doctor_says_in_json_what_it_says_in_words(findings, capsys):
    findings(bubblewrap=False, landlock=True)
    assert report("--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sandbox"] == "landlock"
    assert said["levels"]["bubblewrap"] == {
        "works": False,
        "why_not": "no bubblewrap today.",
        "program": None,
    }
    assert {"bubblewrap", "Landlock", "seccomp", "user namespaces", "cgroup"} <= set(said["host"])
    assert {"Python", "numpy", "nbgrader", "jupyterlab", "alembic"} == set(said["course"])


def test_doctor_names_what_differs_from_the_lock(tmp_path):
    import numpy

    (tmp_path / "requirements.lock").write_text(
        f"# made by make lock\nnumpy=={numpy.__version__}\npytest==0.0.1\nno-such-thing==1.0\n"
    )
    assert doctor._lock_differences(tmp_path) == [
        f"pytest {pytest.__version__}, the lock has 0.0.1",
        "no-such-thing not installed, the lock has 1.0",
    ]
    assert doctor._lock_differences(None) is None
    assert doctor._lock_differences(tmp_path / "nowhere") is None


def test_doctor_tells_how_to_get_bubblewrap(findings, monkeypatch):
    from i2dl_course.sandbox import bubblewrap

    findings(bubblewrap=False, landlock=True)
    monkeypatch.setattr(bubblewrap, "candidates", list)
    assert any("Install bubblewrap" in sentence for sentence in doctor.examine().advice)


def test_a_probe_leaves_nothing_behind(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, sys.argv[1])\n"
            "from i2dl_course import sandbox\n"
            "for level in sandbox.LEVELS: sandbox.probe(level)\n",
            str(Path(sandbox.__file__).parents[2]),
        ],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_what_a_program_says_before_it_is_ended_arrives(tmp_path):
    launched = sandbox.launcher("none")(argv("say('last words')"), tmp_path)
    assert read_to_the_end(launched) == b'"last words"\n'
    launched.kill()
