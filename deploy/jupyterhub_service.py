"""For jupyterhub_config.py: the door as a service of the hub, which signs people in.

The folder of the course, its user and the port are yours to change; see docs/service.md.
"""

COURSE = "/srv/i2dl/course"

c = get_config()  # noqa: F821  (JupyterHub provides it)

c.JupyterHub.services.append(
    {
        "name": "hand-in",
        "display": True,
        "url": "http://127.0.0.1:8505",
        "command": [f"{COURSE}/.venv/bin/course", "serve", "--hub", "--port", "8505"],
        "cwd": COURSE,
        "user": "i2dl",
        "oauth_no_confirm": True,  # it asks for nothing but the name
    }
)
# Whoever may use the hub may hand in.
c.JupyterHub.load_roles.append(
    {"name": "user", "scopes": ["self", "access:services!service=hand-in"]}
)
