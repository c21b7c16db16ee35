"""The door behind a real JupyterHub: signed in there, handed in here, nothing without a token."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.class_courses import prepared
from support.jupyterlab import browser_page
from support.serving import ask, open_course, packed

pytest.importorskip("jupyterhub", reason="not installed here: make site")
BIN = Path(sys.executable).parent
PROXY = BIN.parent / "node" / "node_modules" / ".bin" / "configurable-http-proxy"
CONFIG = """
import os
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{}"
c.JupyterHub.hub_port = {}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{}"
c.ConfigurableHTTPProxy.command = [{!r}]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.DummyAuthenticator.password = "a password"
c.JupyterHub.spawner_class = "simple"
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The address of a hub with the configuration that stands in deploy/."""
    if not PROXY.exists():
        pytest.skip("there is no configurable-http-proxy here: make site, where npm is")
    folder = tmp_path_factory.mktemp("hub")
    course = open_course(prepared(tmp_path_factory), folder / "course")
    deployed = (Path(__file__).parents[2] / "deploy" / "jupyterhub_service.py").read_text()
    front, back, api, door = free_ports(4)
    for line, ours in {
        'COURSE = "/srv/i2dl/course"': f"COURSE = {str(course.root)!r}",
        'f"{COURSE}/.venv/bin/course"': repr(str(BIN / "course")),
        '        "user": "i2dl",\n': "",
        "8505": str(door),
    }.items():
        assert line in deployed
        deployed = deployed.replace(line, ours)
    config = folder / "jupyterhub_config.py"
    config.write_text(CONFIG.format(front, back, api, str(PROXY)) + deployed)
    command = [sys.executable, "-P", "-m", "jupyterhub", "-f", str(config)]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(
        command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True
    ) as running:
        said = []
        try:
            for line in running.stderr:
                said.append(line)
                if "JupyterHub is now running" in line:
                    break
            else:
                pytest.fail("".join(said))
            drain = subprocess.Popen(["cat"], stdin=running.stderr, stdout=subprocess.DEVNULL)
            address = f"http://127.0.0.1:{front}"
            while ask(f"{address}/services/hand-in/door.css").status != 200:
                os.sched_yield()  # the hub does not wait for its services
            yield address
        finally:
            running.terminate()
            running.wait()
            drain.wait()


def free_ports(count):
    """Ports that nobody listens on; a hub cannot be asked which it has chosen."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def test_who_has_signed_in_at_the_hub_hands_in_there(hub, tmp_path):
    (tmp_path / "exercise_05.zip").write_bytes(packed("transposed"))
    address = f"{hub}/services/hand-in/"
    with browser_page() as page:
        page.goto(address)
        page.fill("#username_input", "anna")
        page.fill("#password_input", "a password")
        page.click("#login_submit")
        page.get_by_text("You hand in as anna.").wait_for()
        page.locator("input[type=file]").set_input_files(tmp_path / "exercise_05.zip")
        page.get_by_role("button", name="Hand in").click()
        page.get_by_text("dw is transposed").first.wait_for()
        ours = [one for one in page.context.cookies() if "/services/" in one["path"]]
        assert ours and all(one["sameSite"] == "Lax" for one in ours)
        assert all(one["httpOnly"] for one in ours if one["name"] != "_xsrf")
        zip_file = {"name": "a.zip", "mimeType": "application/zip", "buffer": packed("perfect")}
        forged = page.context.request.post(address, multipart={"handin": zip_file})
        assert forged.status == 403, "a form without the token comes from elsewhere"
        assert page.context.request.get(f"{address}1/receipt").status == 200
        assert page.context.request.get(f"{address}health").status == 404
        page.context.clear_cookies()
        asked = page.context.request.get(f"{address}1", headers={"Accept": "application/json"})
        assert asked.status == 403
