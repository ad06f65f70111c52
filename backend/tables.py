"""Every table of the application, in one metadata, for Alembic and for whoever asks "what is stored here?"."""

from backend import catalog as _catalog
from backend.alarms import models as _alarms
from backend.anomalies import models as _anomalies
from backend.audit import models as _audit
from backend.auth import models as _auth
from backend.core import jobs as _jobs
from backend.core.database import Base
from backend.demo import models as _demo
from backend.evidence import models as _evidence
from backend.gateway import models as _gateway
from backend.gis import models as _gis
from backend.grids import models as _grids
from backend.lists import models as _lists
from backend.notices import models as _notices
from backend.patrols import models as _patrols
from backend.problems import models as _problems
from backend.rota import models as _rota
from backend.sources import models as _sources
from backend.stations import models as _stations

metadata = Base.metadata
OWNERS = (
    _audit,
    _auth,
    _jobs,
    _evidence,
    _grids,
    _gis,
    _lists,
    _notices,
    _patrols,
    _problems,
    _rota,
    _sources,
    _alarms,
    _anomalies,
    _stations,
    _gateway,
    _demo,
    _catalog,
)
