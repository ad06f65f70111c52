"""What each role may do, in which part of the tree. The one table to read and to change.

    -      not at all
    own    what the person made or is assigned to
    grid   in the grid of the post and below it
    all    everywhere

Which tier a role works at follows from where its post lies: a township's reviewer reaches that township's villages.
Leaders and sub-leaders hold posts that policy counts; they have no rights of their own here. Posts
and new accounts are kept from the command line (whoever has a shell on the server); what no address asks for has
no line. What lies in no grid, say the work of somebody who never held a post, only "all" reaches.
"""

TABLE = """
action                  supervisor  reviewer  dispatcher  officer  cartographer  administrator
grids.read              all         all       all         all      all           all
posts.read              grid        grid      grid        grid     grid          grid
people.read             -           grid      grid        grid     -             grid
filings.read            -           -         grid        grid     -             grid
filings.file            -           -         -           grid     -             -
sources.read            grid        grid      grid        grid     grid          -
sources.maintain        -           grid      grid        grid     -             -
stations.read           grid        grid      grid        grid     grid          grid
stations.maintain       -           -         -           grid     -             grid
stations.issue_keys     -           -         -           grid     -             grid
maintenance.plan        -           -         grid        grid     -             grid
matters.read            grid        grid      grid        grid     -             grid
matters.close           -           -         grid        grid     -             grid
recusals.read           own         grid      grid        grid     -             -
recusals.declare        own         own       grid        grid     -             -
recusals.lift           -           -         grid        grid     -             -
tasks.read              grid        grid      grid        grid     -             -
visits.read             own         grid      grid        grid     -             -
visits.make             grid        -         -           -        -             -
photos.read             own         grid      grid        grid     -             -
rota.read               -           grid      grid        grid     -             grid
rota.keep               -           -         grid        -        -             grid
frames.read             -           -         -           -        -             all
alarms.read             grid        grid      grid        grid     -             -
alarms.raise            -           -         grid        grid     -             -
alarms.order            -           -         -           grid     -             -
alarms.instruct         -           -         grid        -        -             -
alarms.answer           own         -         -           -        -             -
alarms.adjudicate       -           -         -           grid     -             -
alarms.ask_excuse       -           -         grid        -        -             -
alarms.reopen           -           -         grid        grid     -             -
alarms.close            -           -         grid        grid     -             -
alarms.withdraw         -           -         -           grid     -             -
problems.read           grid        grid      grid        grid     -             -
problems.report         all         grid      grid        grid     -             -
problems.register       -           grid      grid        grid     -             -
problems.assign         -           -         grid        grid     -             -
problems.rectify        own         own       own         own      -             -
problems.escalate       own         grid      grid        grid     -             -
problems.accept         -           grid      grid        grid     -             -
problems.strike_off     -           -         grid        grid     -             -
work.read               own         grid      grid        grid     -             grid
work.hand_over          -           -         grid        grid     -             -
inbox.read              -           grid      grid        grid     -             all
devices.read            -           grid      grid        grid     -             all
devices.revoke          -           -         grid        -        -             all
people.disable          -           -         -           -        -             grid
channels.maintain       -           -         grid        grid     -             grid
outbox.read             -           -         -           grid     -             grid
outbox.retry            -           -         -           grid     -             grid
boundaries.read         -           -         -           grid     grid          grid
boundaries.maintain     -           -         -           -        grid          grid
jobs.read               -           -         -           -        -             all
exports.read            -           grid      grid        grid     grid          -
"""

LEADING = ("leader", "sub_leader")
TIERS = {
    "supervisor": (3, 4),
    "reviewer": (2, 3),
    "dispatcher": (2,),
    "officer": (1,),
    "sub_leader": (2, 3, 4),
}
"""Tiers of the grids in which a role is held (CJ-1a…d); a sub-leader's post is in the grid taken, or in the one above.
Roles that are not here are held at any, and in key grids."""
REACHES = ("-", "own", "grid", "all")


def _read(table: str) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return tuple(head[1:]), {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}


WORKING, ALLOWED = _read(TABLE)
"""The roles that work in the platform; for each action what each of them may reach."""

ROLES = WORKING + LEADING


def reach(action: str, role: str) -> str:
    """How far `role` may go in `action`: one of REACHES."""
    return ALLOWED[action].get(role, "-")


def held_at(role: str, tier: int | None) -> bool:
    """May a post of this role be in a grid of this tier; None: in a key grid?"""
    return tier in TIERS.get(role, (tier,))


def roles_for(action: str) -> list[str]:
    """Every role that may do `action` at all."""
    return [role for role in WORKING if reach(action, role) != "-"]
