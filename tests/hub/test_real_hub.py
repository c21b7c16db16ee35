"""A class on a real hub: two students and an instructor, from the release to a corrected grade."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from support import real_hub
from support.class_courses import prepared
from support.handins import COURSE
from support.jupyterlab import browser, page_of_its_own
from support.patience import until
from support.serving import open_course, packed
from support.student_in_jupyterlab import StudentAtAServer

from i2dl_course.samples import variants

ASK = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""
EXERCISE = COURSE.exercise.name
PICTURES = os.environ.get("I2DL_PICTURES")
NOTEBOOK = COURSE.handin.graded_notebook


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub, on which nothing is released yet."""
    real_hub.require()
    course = open_course(prepared(tmp_path_factory), tmp_path_factory.mktemp("hub") / "course")
    with real_hub.real_hub(course.root, ["anna", "ben", "carl"], "eva") as hub:
        yield hub


class Person(StudentAtAServer):
    """Somebody with an account on the hub."""

    def __init__(self, chromium, hub, name, pictures):
        super().__init__(page_of_its_own(chromium), pictures, {})
        self.hub = hub
        self.name = name

    def signs_in(self):
        """With name and password."""
        self.page.goto(self.hub.address)
        self.gives_name_and_password()

    def gives_name_and_password(self):
        """At the hub's own page."""
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", real_hub.PASSWORD)
        self.page.click("#login_submit")

    def chooses_in_a_new_tab(self, menu, item):
        """What opens when an item of a menu is chosen."""
        with self.page.context.expect_page() as opened:
            self.chooses(menu, item)
        return opened.value

    def assignments(self):
        """The assignment list, with what is there now."""
        self.chooses("Nbgrader", "Assignment List")
        return self.page.locator("#nbgrader-assignment-list")

    def presses(self, button, until):
        """Presses a button of the assignment list, and waits for what it shows then."""
        listed = self.page.locator("#nbgrader-assignment-list")
        listed.get_by_role("button", name=button, exact=True).click()
        listed.get_by_role("button", name=until, exact=True).wait_for()

    def looks_again(self):
        """Has the assignment list shown anew."""
        listed = self.page.locator("#nbgrader-assignment-list")
        listed.locator("#refresh_assignments_list").click()
        listed.get_by_role("button", name="Fetch Feedback", exact=True).wait_for()


class Formgrader:
    """The formgrader, in a tab of its own."""

    def __init__(self, page, pictures):
        self.page = page
        self.base = page.url.partition("/formgrader")[0] + "/formgrader"
        self.pictures = pictures

    def does(self, step, row, done):
        """Presses the button of `step` in a row of the table; what nbgrader has logged."""
        self.page.locator("tr", has_text=row).locator(f"td.{step} a").click()
        modal = self.page.locator("#success-modal, #error-modal")
        modal.wait_for()
        said = modal.inner_text()
        assert done in said, said
        modal.get_by_role("button", name="Close").first.click()
        modal.wait_for(state="hidden")
        self.page.locator(".modal-backdrop").wait_for(state="detached")
        return said

    def gives(self, cell, points):
        """Writes points of its own into the field of a graded cell."""
        # The page fills this in once it listens to what is written there.
        self.page.locator(f"input#{cell}[placeholder]").wait_for()
        with self.page.expect_response(lambda answer: "/api/grade/" in answer.url):
            self.page.fill(f"input#{cell}", str(points))
            self.page.keyboard.press("Tab")

    def opens(self, *path):
        """Goes to one of its pages."""
        self.page.goto("/".join((self.base, *path)))

    def takes_a_picture(self, name):
        """Keeps what the page shows."""
        self.page.screenshot(path=self.pictures / f"jupyterlab_{name}.png")


def test_a_class_on_a_hub(hub, tmp_path):
    pictures = Path(PICTURES or tmp_path)
    right = variants.reference(COURSE).files
    [layer] = [name for name in right if name.endswith("layer.py")]
    wrong = next(one.files for one in variants.mutants(COURSE) if one.task == "affine_backward")
    with browser() as chromium:
        eva, anna, ben = (Person(chromium, hub, n, pictures) for n in ("eva", "anna", "ben"))

        for person in (eva, anna, ben):  # their servers start together
            person.signs_in()

        eva.page.get_by_role("button", name="Authorize").click()
        eva.page.locator(".jp-Launcher").wait_for()
        assert f"/user/{hub.settings['account']}/" in eva.page.url
        page = eva.chooses_in_a_new_tab("Grading", "Formgrader (new tab)")
        page.locator("td.name", has_text=EXERCISE).wait_for()
        form = Formgrader(page, pictures)
        form.does("release", EXERCISE, "Successfully released")

        for student in (anna, ben):
            student.page.locator(".jp-Launcher").wait_for()
            assert student.looks_into("Nbgrader") == ["Assignment List"]
            student.assignments()
            student.presses("Fetch", until="Submit")
        notebook = f"{hub.address}/user/anna/lab/tree/{EXERCISE}/{NOTEBOOK}"
        anna.opens(notebook)
        untouched = anna.validates(picture="hub_untouched")
        for task in COURSE.tasks:
            assert re.search(rf"✗ fail\s+{task.name}\s+Not implemented yet", untouched)
        for student, files in ((anna, right), (ben, {layer: wrong[layer]})):
            student.opens_folder(EXERCISE)
            folders = ["exercise_code", "networks"]
            for name, text in files.items():
                student.opens_file(*folders, re.escape(Path(name).name))
                student.writes(Path(name).name, text)
                folders = []  # in which it is by now
        anna.opens(notebook)
        assert anna.runs('check("affine_backward")').startswith("✓")
        anna.takes_a_picture("hub_checked")
        assert "Success! Your notebook passes" in anna.validates(picture="hub_solved")
        for student in (anna, ben):
            student.assignments()
            student.presses("Submit", until="Fetch Feedback")
            student.takes_a_picture(f"hub_submitted_{student.name}")

        for student, points in ((anna, "100 of 100"), (ben, "35 of 100")):
            door = student.chooses_in_a_new_tab("Hand-ins", "My hand-ins and verdicts (new tab)")
            door.get_by_text(f"You hand in as {student.name}.").wait_for()
            until(door.get_by_text(points).count, door.reload)
            door.screenshot(path=pictures / f"hub_door_{student.name}.png", full_page=True)
            listed = student.page.locator("#nbgrader-assignment-list")
            until(listed.get_by_text("feedback available to fetch").count, student.looks_again)
            listed.get_by_role("button", name="Fetch Feedback", exact=True).click()
            listed.get_by_text("view feedback").click()
            student.takes_a_picture(f"hub_feedback_{student.name}")

        form.opens("manage_assignments")
        form.does("collect", EXERCISE, "Successfully collected")
        form.opens("manage_submissions", EXERCISE)
        form.does("autograde", "ben", "Successfully autograded")
        form.takes_a_picture("formgrader_submissions")
        form.opens("manage_students", "ben", EXERCISE)
        form.page.get_by_role("link", name=NOTEBOOK.removesuffix(".ipynb")).click()
        form.page.locator("#notebook").get_by_text("it looks averaged").first.wait_for()
        form.gives("affine_backward", 12)
        form.takes_a_picture("formgrader_corrected")
        for _ in ("what was corrected", "and what was graded once more"):
            form.opens("manage_submissions", EXERCISE)
            form.page.locator("tr", has_text="ben").get_by_text("47 / 100").wait_for()
            form.does("autograde", "ben", "Successfully autograded")


def test_the_door_takes_a_form_from_its_own_page_and_no_other(hub, tmp_path):
    address = f"{hub.address}/services/hand-in/"
    (tmp_path / "exercise_05.zip").write_bytes(packed("transposed"))
    with browser() as chromium:
        carl = Person(chromium, hub, "carl", tmp_path)
        page = carl.page
        page.goto(address)
        carl.gives_name_and_password()
        page.get_by_text("You hand in as carl.").wait_for()
        page.locator("input[type=file]").set_input_files(tmp_path / "exercise_05.zip")
        page.get_by_role("button", name="Hand in").click()
        page.get_by_text("dw is transposed").first.wait_for()
        ours = [one for one in page.context.cookies() if "/services/" in one["path"]]
        assert ours and all(one["sameSite"] == "Lax" for one in ours)
        assert all(one["httpOnly"] for one in ours if one["name"] != "_xsrf")
        zip_file = {"name": "a.zip", "mimeType": "application/zip", "buffer": packed("perfect")}
        forged = page.context.request.post(address, multipart={"handin": zip_file})
        assert forged.status == 403, "a form without the token comes from elsewhere"
        number = page.inner_text("h2").split()[1].strip(",")
        assert page.context.request.get(f"{address}{number}/receipt").status == 200
        page.context.clear_cookies()
        as_json = {"Accept": "application/json"}
        assert page.context.request.get(f"{address}{number}", headers=as_json).status == 403


def test_who_is_sent_to_the_hub_to_sign_in_leaves_the_connection_open_for_the_next(hub):
    """The proxy keeps it, and asks for another's page over it."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.settings["door_port"])
    connection.connect()
    opened = connection.sock
    for _ in range(3):
        connection.request("GET", "/services/hand-in/", headers={"Accept": "text/html"})
        with connection.getresponse() as answer:
            assert answer.status == 302
            assert "/hub/api/oauth2/authorize" in answer.headers["Location"]
            answer.read()
    assert connection.sock is opened
    connection.close()


# What a student on the hub tries, as a line of the shell. THEIRS is the hand-in of another, whose
# name nobody could list, and PID a process of the course.
FORBIDDEN = {
    "read the gradebook, the queue and the verdicts": "cat $COURSE/gradebook.db",
    "read the source, with its hidden tests": "ls $COURSE/source",
    "read the hand-ins that were received": "ls $COURSE/received",
    "read the keys of receipts": "cat $COURSE/receipts.key",
    "read the keys of links": "cat $COURSE/.course-links.key",
    "read the key of the door's health": "cat $COURSE/.course-operator.key",
    "enter the course by the account's home": "ls $COURSE/..",
    "write to the course": "touch $COURSE/nbgrader_config.py",
    "read what another writes": "cat $HOMES/anna/exercise_05/exercise_code/networks/layer.py",
    "read another's secret": "ls $HOMES/anna/.local/share/jupyter/nbgrader_cache",
    "read another's keys of kernels": "ls $RUNTIME/anna",
    "list the hand-ins": "ls $SHARED/inbound",
    "list the pages of feedback": "ls $SHARED/feedback",
    "take a hand-in away": "rm -r $THEIRS",
    "read a hand-in": "ls $THEIRS",
    "rename a hand-in": "mv $THEIRS $SHARED/inbound/carl+exercise_05+x+y",
    "change a file of a hand-in": "echo >> $THEIRS/exercise_code/networks/layer.py",
    "put something into the place of the exchange": "mv $SHARED $SHARED.old",
    "put something into the place of the inbound folder": "mv $SHARED/inbound $SHARED/old",
    "hand out an exercise": "mkdir $SHARED/outbound/exercise_06",
    "change what is handed out": "echo >> $SHARED/outbound/exercise_05/1_TwoLayerNetwork.ipynb",
    "write a page of feedback": "touch $SHARED/feedback/page.html",
    "hand in a hard link to another's file": "ln $THEIRS/timestamp.txt $HOMES/carl/linked",
    "hand in a hard link to the gradebook": "ln $COURSE/gradebook.db $HOMES/carl/linked",
    "read the hub's database": "ls $HUB",
    "change the hub's settings": "touch $SETTINGS/hub.toml",
    "change what others run": "touch $ENVIRONMENT/bin/python",
    "read what a process of the course was started with": "cat /proc/$PID/environ",
    "look into its folder": "ls /proc/$PID/cwd/",
    "end it": "kill $PID",
    "become the account": "su i2dl -c id < /dev/null",
}


@pytest.fixture(scope="module")
def places(hub, tmp_path_factory):
    """The variables of FORBIDDEN; there is a hand-in of anna's, and it was received."""
    settings = hub.settings
    shared = f"{settings['exchange']}/{settings['course_id']}"
    if not hub.path(f"{shared}/outbound/{EXERCISE}").exists():
        hub.run(settings["account"], "env", "-C", settings["course"],
                f"JUPYTER_CONFIG_PATH={real_hub.SETTINGS}/everybody",
                "nbgrader", "release_assignment", EXERCISE)  # fmt: skip
    if not hub.path(f"{settings['runtime']}/anna").exists():
        with browser() as chromium:
            anna = Person(chromium, hub, "anna", tmp_path_factory.mktemp("pictures"))
            anna.signs_in()
            anna.page.locator(".jp-Launcher").wait_for()
    done = hub.run("anna", "env", f"JUPYTER_CONFIG_PATH={real_hub.SETTINGS}/everybody", "sh", "-c",
                   f"[ -e {EXERCISE} ] || nbgrader fetch_assignment {EXERCISE}\n"
                   f"nbgrader submit {EXERCISE}")  # fmt: skip
    assert "Submitted as" in done.stderr, done.stderr
    theirs = next(hub.path(f"{shared}/inbound").glob("anna+*")).name
    course = hub.path(settings["course"])
    until((course / "received" / EXERCISE).is_dir)
    for name in ("gradebook.db", "receipts.key", ".course-links.key", ".course-operator.key"):
        assert (course / name).exists(), "or it would be no wonder that nobody reads it"
    door = hub.run("root", "pgrep", "-u", settings["account"], "-of", "course serve")
    return {
        "COURSE": settings["course"],
        "SHARED": shared,
        "THEIRS": shlex.quote(f"{shared}/inbound/{theirs}"),
        "HUB": settings["state"],
        "RUNTIME": settings["runtime"],
        "SETTINGS": real_hub.SETTINGS,
        "ENVIRONMENT": settings["environment"],
        "HOMES": "/home",
        "PID": door.stdout.strip(),
    }


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_no_student_can(attempt, hub, places):
    line = FORBIDDEN[attempt]
    for name, value in places.items():
        line = line.replace(f"${name}", value)
    assert "$" not in line
    done = hub.run("carl", "sh", "-c", line)
    assert done.returncode != 0, done.stdout
    assert re.search("denied|not permitted|failure", done.stderr), done.stderr


def test_no_student_hands_in_for_another_nor_by_a_link(hub, places):
    """By folders that no `nbgrader submit` has made, as real accounts of the machine."""
    inbound, stamp = f"{places['SHARED']}/inbound", "2020-05-26 18:30:00 UTC"
    layer = "exercise_code/networks/layer.py"
    forged, linked = (f"{name}+{EXERCISE}+{stamp}+abcdefghijkl" for name in ("ben", "carl"))
    for name, put in (
        (forged, f"echo '# forged' > {layer}"),
        (linked, f"ln -s {places['COURSE']}/receipts.key {layer}"),
    ):
        done = hub.run("carl", "sh", "-c", f"""set -e; cd {inbound}; mkdir '{name}'; cd '{name}'
            mkdir -p exercise_code/networks; {put}; echo > exercise_code/networks/two_layer_net.py
            echo '{stamp}' > timestamp.txt; echo 5ec12e7 > submission_secret.txt""")  # fmt: skip
        assert done.returncode == 0, done.stderr
    archive = hub.path(places["COURSE"]) / "received" / EXERCISE

    def received():
        return [file.read_text(errors="replace") for file in archive.rglob("*") if file.is_file()]

    until(lambda: any("it is a link" in text for text in received()))
    assert not any("# forged" in text or "PRIVATE KEY" in text for text in received())


def test_a_student_s_program_learns_nothing_at_the_ports_of_the_machine(hub):
    ports = hub.settings
    for port, path in (("door_port", "health"), ("door_port", "services/hand-in/metrics"),
                       ("proxy_port", "api/routes"), ("hub_port", "hub/api/users")):  # fmt: skip
        address = f"http://127.0.0.1:{ports[port]}/{path}"
        done = hub.run("carl", sys.executable, "-c", ASK, address)
        assert done.stdout.strip() in ("403", "404"), done.stdout + done.stderr
    listening = hub.run("root", "ss", "-Hltnp").stdout
    assert "ipykernel" not in listening, "what a kernel prints is sent to all who connect"
