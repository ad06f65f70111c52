"""The WSGI entry: `gunicorn wsgi:app`."""

from backend.app import create_app
from backend.core import logs, settings

logs.configure()
app = create_app(settings.from_environment())
