"""The shapes of drafts of boundaries."""

from marshmallow import fields, validate

from backend.core.api import PageQuery, Schema
from backend.grids.drafts import STATES
from backend.grids.schemas import CODE


class DraftQuery(Schema):
    """What is said with a file; the file itself is the body."""

    name = fields.String(load_default="", validate=validate.Length(max=200))
    crs = fields.String(
        required=True, metadata={"description": "WGS84, CGCS2000, GCJ02 or EPSG:4513 to 4554; must be named"}
    )
    county = fields.String(load_default=None, validate=CODE, metadata={"description": "of one county only"})
    layer = fields.String(load_default=None)
    encoding = fields.String(load_default=None, metadata={"description": "of a Shapefile: GBK or UTF-8"})
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class DraftsQuery(PageQuery):
    state = fields.String(load_default=None, validate=validate.OneOf(STATES))
    county = fields.String(load_default=None, metadata={"description": "drafts that touch it"})


class SuccessionSchema(Schema):
    before = fields.String(required=True, validate=CODE)
    after = fields.String(required=True, validate=CODE)


class SuccessorProposal(SuccessionSchema):
    kind = fields.String()
    share = fields.Float(metadata={"description": "the part of the area that goes there"})


class SuccessionsSaid(Schema):
    """Every succession that the file itself does not say."""

    successions = fields.List(fields.Nested(SuccessionSchema), required=True, validate=validate.Length(max=5000))


class DraftPublishing(Schema):
    effective_from = fields.AwareDateTime(load_default=None, allow_none=True, format="iso")


class BoundaryDraft(Schema):
    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))
    name = fields.String()
    crs = fields.String()
    county = fields.String(allow_none=True)
    note = fields.String()
    sha256 = fields.String(attribute="digest")
    size = fields.Integer()
    made_upon = fields.Integer(metadata={"description": "the revision published last when it came"})
    base = fields.Integer(metadata={"description": "the revision that it was checked upon"})
    counties = fields.List(fields.String(), metadata={"description": "what it touches"})
    successions = fields.List(fields.Nested(SuccessionSchema))
    proposals = fields.List(fields.Nested(SuccessorProposal))
    errors = fields.Integer()
    warnings = fields.Integer()
    fault = fields.Dict(allow_none=True, metadata={"description": "why the file could not be read"})
    revision = fields.Integer(allow_none=True)
    effective_from = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    created_by = fields.UUID(allow_none=True)
    checked_at = fields.AwareDateTime(allow_none=True)


class DraftPage(Schema):
    items = fields.List(fields.Nested(BoundaryDraft))
    next = fields.String(allow_none=True)


class FindingSentence(Schema):
    zh = fields.String()
    en = fields.String()


class BoundaryFinding(Schema):
    kind = fields.String()
    severity = fields.String()
    codes = fields.List(fields.String())
    sentence = fields.Nested(FindingSentence)
    place = fields.List(fields.Float(), allow_none=True, metadata={"description": "lon, lat to zoom to"})
    geometry = fields.Dict(allow_none=True, metadata={"description": "the place itself, as GeoJSON"})


class BoundaryFindingPage(Schema):
    items = fields.List(fields.Nested(BoundaryFinding))
    next = fields.String(allow_none=True)
