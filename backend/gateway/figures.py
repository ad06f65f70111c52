"""What the gateway's own process counts; frames are counted in the database (quarantine.count)."""

from prometheus_client import Counter, Gauge, Histogram

CONNECTIONS = Gauge("xunge_gateway_connections", "Open connections of stations")
CLOSED = Counter("xunge_gateway_closed", "Connections that ended, by the reason", ("reason",))
COMMITS = Histogram("xunge_gateway_commit_seconds", "Groups of frames stored, and how long each took")
