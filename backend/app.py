"""The composition root: what the application is made of, in plain sight."""

from datetime import timedelta
from functools import partial
from typing import Any

from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from backend import exchange
from backend.alarms import auditor, whereabouts
from backend.alarms import episodes as alarm_episodes
from backend.alarms import facts as alarm_facts
from backend.alarms import following as alarm_following
from backend.alarms import jobs as alarm_jobs
from backend.alarms import routes as alarm_routes
from backend.alarms import routes_decisions as alarm_decisions
from backend.alarms import routes_dispatch as alarm_dispatch_routes
from backend.alarms import routes_figures as alarm_figures_routes
from backend.anomalies import episodes, matters, watch
from backend.anomalies import faults as rule_faults
from backend.anomalies import following as matter_following
from backend.anomalies import jobs as anomaly_jobs
from backend.anomalies import routes as matter_routes
from backend.auth import routes as auth_routes
from backend.auth import routes_filings as filing_routes
from backend.auth import routes_jobs as job_routes
from backend.auth import routes_people as people_routes
from backend.auth import service as auth_service
from backend.core import health, logs, metrics
from backend.core.api import Api, OrjsonProvider
from backend.core.database import Database
from backend.core.edge import Application
from backend.core.jobs import Job, failures, overdue
from backend.core.metrics import Figure
from backend.core.settings import Settings
from backend.demo import seed
from backend.evidence import likeness, shelf
from backend.evidence import routes as evidence_routes
from backend.gateway import jobs as gateway_jobs
from backend.gateway import routes as gateway_routes
from backend.gis import jobs as export_jobs
from backend.gis import kept, routes_exports, routes_ogc, routes_tokens
from backend.gis import routes as export_routes
from backend.gis import tokens as gis_tokens
from backend.grids import channels as grid_channels
from backend.grids import following, lying, sending, turns
from backend.grids import jobs as grid_jobs
from backend.grids import posts as grid_posts
from backend.grids import routes as grid_routes
from backend.grids import routes_bundles as bundle_routes
from backend.grids import routes_drafts as draft_routes
from backend.handover import routes as handover_routes
from backend.inbox import routes as inbox_routes
from backend.lists import jobs as list_jobs
from backend.lists import routes as list_routes
from backend.notices import jobs as notice_jobs
from backend.notices import office as notice_office
from backend.notices import routes as notice_routes
from backend.notices import routes_channels as channel_routes
from backend.patrols import following as patrol_following
from backend.patrols import jobs as patrol_jobs
from backend.patrols import routes as patrol_routes
from backend.policy import service as policy
from backend.problems import following as problem_following
from backend.problems import routes as problem_routes
from backend.problems import sightings as problem_sightings
from backend.problems import telling as problem_telling
from backend.rota import following as rota_following
from backend.rota import routes as rota_routes
from backend.sources import following as source_following
from backend.sources import routes as source_routes
from backend.sources import routes_recusals as recusal_routes
from backend.stations import following as station_following
from backend.stations import intake as readings_intake
from backend.stations import jobs as station_jobs
from backend.stations import routes as station_routes
from backend.stations import routes_keys as station_key_routes
from backend.stations import routes_maintenance as maintenance_routes
from backend.stations import routes_readings as reading_routes
from backend.web import routes as web_pages
from media.store import Store

BLUEPRINTS = (
    auth_routes.sign_in,
    auth_routes.blueprint,
    people_routes.blueprint,
    filing_routes.blueprint,
    job_routes.blueprint,
    grid_routes.blueprint,
    bundle_routes.blueprint,
    draft_routes.blueprint,
    draft_routes.drafts_in,
    export_routes.blueprint,
    routes_exports.blueprint,
    routes_tokens.blueprint,
    list_routes.blueprint,
    notice_routes.blueprint,
    channel_routes.blueprint,
    problem_routes.blueprint,
    evidence_routes.blueprint,
    source_routes.blueprint,
    recusal_routes.blueprint,
    patrol_routes.blueprint,
    station_routes.blueprint,
    station_key_routes.blueprint,
    maintenance_routes.blueprint,
    reading_routes.blueprint,
    reading_routes.readings_in,
    gateway_routes.blueprint,
    rota_routes.blueprint,
    matter_routes.blueprint,
    alarm_routes.blueprint,
    alarm_dispatch_routes.blueprint,
    alarm_figures_routes.blueprint,
    alarm_decisions.blueprint,
    handover_routes.blueprint,
    inbox_routes.blueprint,
)

UNGUARDED = frozenset(
    {"api-docs", "bundles", "health", "sign_in", "readings", "revisions_in", "sync", "uploads", "web"}
)
"""Blueprints open to anyone, or with a key of their own. Every other request needs a signed-in person."""

JOBS = (
    Job("auth.failures", timedelta(minutes=15), auth_service.forget_failures),
    Job("auth.tokens", timedelta(days=1), auth_service.forget_tokens),
    *grid_jobs.JOBS,
    *patrol_jobs.jobs(),
    *station_jobs.jobs(),
    *anomaly_jobs.jobs(),
    *alarm_jobs.jobs(),
    *gateway_jobs.JOBS,
    *notice_jobs.jobs(),
    *list_jobs.jobs(),
    *export_jobs.JOBS,
    *likeness.JOBS,
    *exchange.JOBS,
)

FIGURES = (
    Figure("xunge_job_overdue_seconds", "How late each kind of background work is", "job", partial(overdue, jobs=JOBS)),
    Figure("xunge_job_failures", "Failures in a row of background work", "job", partial(failures, jobs=JOBS)),
    *exchange.FIGURES,
    *station_jobs.FIGURES,
    *anomaly_jobs.FIGURES,
    *alarm_jobs.FIGURES,
    *gateway_jobs.FIGURES,
    *notice_jobs.FIGURES,
)
"""What /metrics asks of the database, besides the requests of each process."""

CHECKS = (
    ("stores", shelf.readiness),  # first: no transaction is open while a store is written
    ("database", health.database_check),
    ("migrations", health.migrations_check),
    ("clock", health.clock_check),
)
"""What /readyz asks; the demonstration adds whether it is seeded."""

WARNINGS = (("escalation", auditor.warning), ("rules", rule_faults.warning))
"""What /readyz and the page of background work tell people, and no balancer."""

NOTICES = {
    **grid_posts.KINDS,
    **matters.KINDS,
    **alarm_facts.KINDS,
    **problem_telling.KINDS,
    **list_jobs.KINDS,
}
"""The kinds of notices that also leave the app, with the facts of their texts."""

TOLD_OF_READINGS = (watch.on_readings,)
TOLD_OF_EPISODES = (matters.on_turns, alarm_episodes.on_turns)

SIGHTINGS = (problem_sightings.sightings,)
"""Where people were, besides what `alarms` and the floors below it know."""

FOLLOWERS = (
    ("posts", grid_posts.follow),
    ("channels", grid_channels.follow),
    ("turns", rota_following.follow),
    ("sources", source_following.follow),
    ("stations", station_following.follow),
    ("tasks", patrol_following.follow),
    ("matters", matter_following.follow),
    ("alarms", alarm_following.follow),
    ("problems", problem_following.follow),
)
"""What lies in grids and goes along when boundaries change, in this order."""

LYING = (
    ("sources", source_following.places),
    ("stations", station_following.places),
    ("problems", problem_following.places),
)
"""What lies in grids by its place: told before boundaries change, with what would be in another grid."""

OPENAPI: dict[str, Any] = {
    "API_TITLE": "Xunge 巡格",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api",
    "OPENAPI_JSON_PATH": "openapi.json",
    "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
    "COMPRESS_MIMETYPES": ["application/json", "application/problem+json", "application/geo+json", "text/html"],
}


def create_app(settings: Settings) -> Application:
    """Build the application from its settings. Touches no network and starts no thread."""
    app = Application("backend")
    app.json = OrjsonProvider(app)
    app.config.update(OPENAPI)
    app.settings = settings
    app.database = Database(settings.database_url)
    shelf.install(app, Store(settings.store_url))
    likeness.install(app)
    book = policy.load(settings.policy, settings.zone)
    policy.install(app, book)
    notice_office.install(app, NOTICES, book, settings.ways)
    readings_intake.install(app, TOLD_OF_READINGS)
    episodes.install(app, TOLD_OF_EPISODES)
    whereabouts.install(app, SIGHTINGS)
    following.install(app, FOLLOWERS)
    lying.install(app, LYING)
    turns.install(app, settings.gis_readers)
    exchange.install(app)
    kept.install(app)
    sending.install(app)
    app.admit, app.unguarded = gis_tokens.admit, UNGUARDED
    app.jobs = JOBS
    app.checks, app.warnings, app.figures = CHECKS, WARNINGS, FIGURES
    if settings.demo:
        app.checks += (("demonstration", seed.readiness),)
    logs.install(app)
    metrics.install(app)
    Compress(app)
    api = Api(app)
    for blueprint in BLUEPRINTS:
        api.register_blueprint(blueprint)
    exchange.register(app, api)
    app.register_blueprint(routes_ogc.blueprint)
    app.register_blueprint(health.blueprint)
    web_pages.install(app)
    if settings.behind_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, settings.behind_proxies, settings.behind_proxies)  # type: ignore[method-assign]
    return app
