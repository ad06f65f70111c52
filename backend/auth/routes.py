"""Signing in, and one's own devices."""

import uuid
from typing import Any

from flask import request
from flask.views import MethodView
from sqlalchemy import Select, select

from backend.auth import guard, roles, schemas, service, tokens
from backend.auth.models import Device, DeviceUser, Person, Post
from backend.auth.people import reaches
from backend.core.api import Blueprint
from backend.core.edge import application, session
from backend.core.errors import Forbidden, NotFound

sign_in = Blueprint("sign_in", __name__, url_prefix="/api/v1", description="Signing in")
blueprint = Blueprint("auth", __name__, url_prefix="/api/v1", description="Oneself and one's devices")


@sign_in.route("/auth/login", methods=["POST"])
@sign_in.arguments(schemas.LoginSchema)
@sign_in.response(200, schemas.SessionSchema)
def login(given: dict[str, Any]) -> dict[str, Any]:
    """Sign in on a device."""
    app = application()
    credentials = service.Credentials(given["phone"], given["password"], request.remote_addr or "")
    person = service.authenticate(app.database, app.settings, credentials)
    guard.refuse_stopped(person.id, given["device"].id, None, person.disabled_at)
    device, refresh = service.begin(session(), person.id, given["device"])
    return _signed_in(person.id, device.id, refresh)


@sign_in.route("/auth/refresh", methods=["POST"])
@sign_in.arguments(schemas.RefreshSchema)
@sign_in.response(200, schemas.SessionSchema)
def refresh(given: dict[str, Any]) -> dict[str, Any]:
    """Exchange a refresh token for its successor and a new access token."""
    person, device, secret = service.rotate(application().database, given["refresh_token"])
    guard.refuse_stopped(person.id, device.id, device.revoked_at, person.disabled_at)
    assert secret is not None
    return _signed_in(person.id, device.id, secret)


@blueprint.route("/auth/logout", methods=["POST"])
@blueprint.response(204)
def logout() -> None:
    """Sign out on this device."""
    me = guard.actor()
    assert me.device_id is not None
    service.leave(session(), me.device_id, me.person_id)


@blueprint.route("/me")
@blueprint.response(200, schemas.MeSchema)
def me() -> dict[str, Any]:
    """Who am I, and which posts do I hold?"""
    actor = guard.actor()
    assert actor.device_id is not None
    return _person(actor.person_id, actor.device_id)


@blueprint.route("/devices")
@blueprint.response(200, schemas.DeviceListSchema)
def devices() -> dict[str, Any]:
    """My devices, and what is still on them."""
    me = guard.actor().person_id
    mine = session().scalars(_of(me).order_by(Device.created_at)).all()
    work = application().work_on(session(), [(device.id, me) for device in mine])
    return {"items": [_facts(device) | stands for device, stands in zip(mine, work, strict=True)]}


@blueprint.route("/devices/<uuid:device_id>")
class MyDevice(MethodView):
    @blueprint.response(200, schemas.DeviceSchema)
    def get(self, device_id: uuid.UUID) -> Device:
        """One of my devices."""
        return _mine(device_id)

    @blueprint.arguments(schemas.DeviceChange)
    @blueprint.response(200, schemas.DeviceSchema)
    def patch(self, given: dict[str, Any], device_id: uuid.UUID) -> Device:
        """Give a device another name, or say that its app was updated."""
        device = _mine(device_id)
        for field, value in given.items():
            setattr(device, field, value)
        return device

    @blueprint.response(204)
    def delete(self, device_id: uuid.UUID) -> None:
        """Revoke a device, say a lost one: one's own, or somebody's of one's part of the tree."""
        device, mine = _revocable(device_id)
        service.revoke(session(), device, guard.actor().person_id, "by its owner" if mine else "for its owner")


def _facts(device: Device) -> dict[str, Any]:
    return {name: getattr(device, name) for name in schemas.DeviceSchema().fields}


def _of(person_id: uuid.UUID) -> Select[Device]:
    """The devices on which a person is or was signed in."""
    return select(Device).join(DeviceUser).where(DeviceUser.person_id == person_id)


def _mine(device_id: uuid.UUID) -> Device:
    device = session().scalar(_of(guard.actor().person_id).where(Device.id == device_id))
    if device is None:
        raise NotFound
    return device


def _revocable(device_id: uuid.UUID) -> tuple[Device, bool]:
    """A device that I may revoke, and whether it is mine: anybody's who is or was signed in on it."""
    me, device = guard.actor(), session().get(Device, device_id)
    if device is None:
        raise NotFound
    users = set(session().scalars(select(DeviceUser.person_id).where(DeviceUser.device_id == device_id)))
    if me.person_id in users or reaches(session(), me, "devices.revoke", *users):
        return device, me.person_id in users
    if reaches(session(), me, "devices.read", *users):
        raise Forbidden(needs_role=roles.roles_for("devices.revoke"))
    raise NotFound


def _signed_in(person_id: uuid.UUID, device_id: uuid.UUID, refresh_token: str) -> dict[str, Any]:
    return {
        "access_token": tokens.issue(application().settings.token_keys, person_id, device_id),
        "expires_in": int(tokens.ACCESS.total_seconds()),
        "refresh_token": refresh_token,
        **_person(person_id, device_id),
    }


def _person(person_id: uuid.UUID, device_id: uuid.UUID) -> dict[str, Any]:
    person = session().get_one(Person, person_id)
    return {
        "person": person,
        "posts": [post_record(post) for post in service.posts_in_force(session(), person_id)],
        "device": {"id": device_id, "next_sequence": application().next_sequence(session(), device_id, person_id)},
    }


def post_record(post: Post) -> dict[str, Any]:
    """A post as the wire knows it."""
    return {
        "id": post.id,
        "role": post.role,
        "grid": {"code": post.grid_code, "name": post.grid_name, "tier": post.grid_tier},
        "from": post.valid_from,
        "to": post.valid_to,
    }
