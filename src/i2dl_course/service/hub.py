"""The door as a service of a JupyterHub: who has signed in there is the student.

The hub starts the service, or is told of it, and both find each other by the variables
JUPYTERHUB_*. Here a cookie says who it is, set by the hub's own code for one address below the
hub; so a form proves that it comes from our page by a token in its address.
"""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import quote

from jupyterhub.services.auth import HubOAuth, HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import HTTPError

from i2dl_course.errors import CourseError
from i2dl_course.handins.student_names import why_refused
from i2dl_course.service.door import Page, Personal, ReceiptFile, Verdict

PREFIX = "JUPYTERHUB_SERVICE_PREFIX"  # the hub sets it for its services


class Hub:
    """The routes below the prefix that the hub has given. Raises CourseError without one."""

    def __init__(self) -> None:
        self.prefix = os.environ.get(PREFIX, "")
        if not self.prefix or not os.environ.get("JUPYTERHUB_API_TOKEN"):
            raise CourseError(
                f"There is no hub: {PREFIX} and JUPYTERHUB_API_TOKEN are not set. Let the hub "
                "start `course serve --hub` as its service; see docs/service.md."
            )
        auth = HubOAuth.instance()
        auth.cookie_options = {"samesite": "Lax"}
        self.settings = {"xsrf_cookies": True, "cookie_secret": secrets.token_bytes(32)}

    def routes(self, own: dict[str, Any]) -> list[tuple]:
        """The pages of whoever has signed in."""
        return [
            (self.prefix, HubPage, own),
            (self.prefix.rstrip("/"), ToThePage, own),
            (rf"{self.prefix}(\d{{1,9}})", HubVerdict, own),
            (rf"{self.prefix}(\d{{1,9}})/receipt", HubReceipt, own),
            (rf"{self.prefix}oauth_callback", HubOAuthCallbackHandler),
        ]


class _SignedIn(HubOAuthenticated, Personal):
    """Whoever the hub says it is."""

    async def identify(self) -> str | None:
        """The user's name; None when the hub is asked first, or nobody may be called so."""
        model = await self.hub_auth.get_user(self, sync=False)
        if model is None:
            if self.request.method == "GET" and not self.wants_json:
                self.redirect(self.get_login_url())
            else:
                self.refuse(403, "Sign in first; open the page of the exercise.")
            return None
        name = str(self.check_hub_user(model)["name"])
        if reason := why_refused(name):
            self.refuse(403, reason)
            return None
        return name

    @property
    def here(self) -> str:
        """The address of the page, without the slash at its end."""
        return self.door.base.rstrip("/")

    @property
    def proof(self) -> str:  # type: ignore[override]
        """In the address, because it is looked at before the form is read."""
        return f"?_xsrf={quote(self.xsrf_token)}"


class HubPage(_SignedIn, Page):
    """The page of whoever has signed in."""

    def check_xsrf_cookie(self) -> None:
        """Refuse a form that comes from elsewhere, once it has arrived."""
        try:
            super().check_xsrf_cookie()
        except HTTPError:
            if self.refused:
                raise  # the hub, which asks here whether to believe the cookie
            self.refuse(403, "This form does not come from your page; open that, and send again.")


class HubVerdict(_SignedIn, Verdict):
    """One of their verdicts."""


class HubReceipt(_SignedIn, ReceiptFile):
    """One of their receipts."""


class ToThePage(Personal):
    """The address without its slash."""

    def prepare(self) -> None:  # type: ignore[override]
        """Lead on."""
        self.redirect(self.door.base, permanent=True)
