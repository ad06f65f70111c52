"""The application with its cast, for pages whose examples are run against it."""

from tests.backend.conftest import app, app_url, call, cast, cast_template, elsewhere, hand, settings

__all__ = ["app", "app_url", "call", "cast", "cast_template", "elsewhere", "hand", "settings"]
