"""A hub for the course: real Unix users, one exchange, the formgrader and the door; docs/hub.md.

What is yours to change stands in hub.toml beside this file, which `setup` fills in.
"""

import grp
import os
import pwd
import tomllib
from pathlib import Path

from tornado.web import RedirectHandler

HERE = Path(__file__).resolve().parent
hub = tomllib.loads((HERE / "hub.toml").read_text(encoding="utf-8"))
account, course, environment = hub["account"], Path(hub["course"]), Path(hub["environment"])

c = get_config()  # noqa: F821  (JupyterHub provides it)

# The proxy looks for Node.js, which is in the environment.
os.environ["PATH"] = f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
c.JupyterHub.bind_url = hub["address"]
c.JupyterHub.hub_port = hub["hub_port"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{hub['proxy_port']}"
c.ConfigurableHTTPProxy.command = [
    str(environment / "node" / "node_modules" / ".bin" / "configurable-http-proxy")
]
state = Path(hub["state"])
c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")

# --- who signs in ------------------------------------------------------------------------------
# By PAM, with the passwords of the machine: members of the two groups, and nobody else.
c.JupyterHub.authenticator_class = "pam"
c.LocalAuthenticator.allowed_groups = {hub["students"], hub["instructors"]}
c.Authenticator.manage_groups = True


def with_groups(authenticator, handler, signed_in):
    """Who stands in the instructors' Unix group is one of the hub's, from the next sign-in on."""
    user = pwd.getpwnam(signed_in["name"])
    theirs = os.getgrouplist(user.pw_name, user.pw_gid)
    grades = grp.getgrnam(hub["instructors"]).gr_gid in theirs
    return {**signed_in, "groups": ["instructors"] if grades else []}


c.Authenticator.post_auth_hook = with_groups

# --- what they may -----------------------------------------------------------------------------
# Instructors share one server, the account's, in which the course lies. Whoever may use the hub may
# hand in.
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=hand-in"]},
    {
        "name": "instructors",
        "groups": ["instructors"],
        "scopes": [f"servers!user={account}", f"access:servers!user={account}"],
    },
    {"name": "course", "users": [account], "scopes": ["self"]},
]


def first_page(handler):
    """Instructors begin in the course; nothing is said of others, who begin in their own server."""
    user = handler.current_user
    grades = user is not None and any(group.name == "instructors" for group in user.groups)
    return f"{handler.hub.base_url}spawn/{account}" if grades else ""


c.JupyterHub.default_url = first_page
# The formgrader has no place within JupyterLab: a hub lets nothing of its own be shown in a frame.
start_formgrader = f"/hub/spawn/{account}?next=/user/{account}/formgrader/"
c.JupyterHub.extra_handlers = [
    ("/formgrader", RedirectHandler, {"url": start_formgrader, "permanent": False})
]

# --- their servers -----------------------------------------------------------------------------
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(environment / "bin" / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.env_keep = ["LANG", "LC_ALL"]
# Seconds. A class that signs in at once starts slowly; by default the hub gives up after 30.
c.Spawner.start_timeout = c.Spawner.http_timeout = 600


def settings(kind):
    """Where Jupyter and nbgrader look for the settings of students, or of graders."""
    return f"{HERE / kind}{os.pathsep}{HERE / 'everybody'}"


def before_start(spawner):
    """Close the user's home to all others, and give the account the course's own environment."""
    user = pwd.getpwnam(spawner.user.name)
    commands, kind = environment / "bin", "students"
    if spawner.user.name == account:
        commands, kind = course / ".venv" / "bin", "graders"
        spawner.cmd = [str(commands / "jupyterhub-singleuser")]
        spawner.notebook_dir = str(course)
    Path(user.pw_dir).chmod(0o700)  # of who was there before the hub, others might read the work
    # The path of a socket may have a hundred letters, and a home may be long.
    sockets = Path(hub["runtime"]) / user.pw_name
    sockets.mkdir(mode=0o700, exist_ok=True)
    os.chown(sockets, user.pw_uid, user.pw_gid)
    spawner.environment = {
        **spawner.environment,
        "PATH": f"{commands}{os.pathsep}{os.defpath}",
        "JUPYTER_CONFIG_PATH": settings(kind),
        "JUPYTER_RUNTIME_DIR": str(sockets),
    }


c.Spawner.pre_spawn_hook = before_start

# --- the door ----------------------------------------------------------------------------------
c.JupyterHub.services = [
    {
        "name": "hand-in",
        "display": True,
        "url": f"http://127.0.0.1:{hub['door_port']}",
        "command": [
            str(course / ".venv" / "bin" / "course"),
            *("serve", "--hub", "--port", str(hub["door_port"])),
        ],
        "cwd": str(course),
        "user": account,
        "environment": {"JUPYTER_CONFIG_PATH": settings("graders")},
        "oauth_no_confirm": True,  # it asks for nothing but the name
    }
]
