"""Where the bytes of evidence are kept: one store per application."""

from typing import cast

from flask import Flask, current_app

from media.store import Store


def install(app: Flask, store: Store) -> None:
    app.extensions["xunge.store"] = store


def store() -> Store:
    """The store of the application that serves this request, job or command."""
    return cast(Store, current_app.extensions["xunge.store"])


def readiness() -> str | None:
    """For /readyz: can a picture be written and read back? Raises StoreUnavailable, which says why not."""
    store().check()
    return None
