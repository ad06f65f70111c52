"""Posts go with their grids when boundaries change, and each person is told."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.auth.models import Post
from backend.auth.people import Place, carry_on
from backend.grids.following import Moves
from backend.grids.models import Boundary
from backend.notices.outbox import Outward
from backend.notices.service import notify

KINDS = {"post.moved": frozenset({"before", "after"})}
"""The notice that leaves the app, and the facts of its text."""


def follow(session: Session, moves: Moves) -> int:
    """A post of a grid that has another path now ends, and goes on as another post in the successor."""
    lasting = or_(Post.valid_to.is_(None), Post.valid_to > moves.at)
    wanted = select(Post).where(Post.grid_path.in_(moves.paths), lasting).order_by(Post.id)
    moved = 0
    for post in session.scalars(wanted.with_for_update(of=Post)).all():
        boundary = moves.boundary(post.grid_path)
        if boundary is not None and boundary.path != post.grid_path:
            _tell(session, post, boundary)
            carry_on(session, post, Place(boundary.code, boundary.path, boundary.name, boundary.tier), moves.at)
            moved += 1
        elif boundary is not None:
            post.grid_name = boundary.name
    session.flush()
    return moved


def _tell(session: Session, post: Post, boundary: Boundary) -> None:
    zh = f"网格调整:您在{post.grid_name}的岗位转到{boundary.name}"
    en = f"Boundaries changed: your post in {post.grid_name} is now in {boundary.name}"
    body = {"before": post.grid_code, "after": boundary.code, "role": post.role}
    outward = Outward({"before": post.grid_name, "after": boundary.name}, boundary.path)
    notify(session, [post.person_id], "post.moved", zh, en, body=body, outward=outward)
