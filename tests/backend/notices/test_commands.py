"""Channels from the command line: set up, tried, listed without their secrets, taken away."""

from pathlib import Path

import pytest

from backend.commands import notices
from backend.core.edge import Application
from tests.backend.notices.conftest import Post
from tests.backend.test_cli import Shell

SECRET = "dingtalk://SECabc@0123456789abcdef"


@pytest.fixture
def xunge(
    app: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    """The commands, on the database of the stories."""
    monkeypatch.setattr(notices, "opened", lambda **_: app)
    return Shell(monkeypatch, capsys, tmp_path)


def test_a_robot_of_the_duty_post_is_set_up_tried_and_taken_away(xunge: Shell, post: Post) -> None:
    group = ("--role", "dispatcher", "--grid", "652301")
    code, out, _ = xunge("notices", "channel", "add", *group, "--address", SECRET)
    channel_id = out.split()[1].rstrip(":")
    assert (code, out) == (0, f"added {channel_id}: dingtalk://…cdef\n")
    _, listed, _ = xunge("notices", "channel", "list")
    assert listed.split() == [channel_id, "dingtalk://…cdef", "zh", "dispatcher", "652300/652301"]
    assert xunge("notices", "channel", "test", channel_id)[0] == 0
    post.send()
    assert post.receiver.calls[0].query["access_token"] == ["0123456789abcdef"]
    assert xunge("notices", "channel", "remove", channel_id)[0] == 0
    assert xunge("notices", "channel", "list") == (0, "", "")
    assert xunge("notices", "channel", "test", channel_id)[0] == 2


def test_what_cannot_be_a_channel(xunge: Shell, post: Post) -> None:
    add = ("notices", "channel", "add", "--address")
    phone = ("--phone", post.cast["Aygul"].phone)
    assert xunge(*add, SECRET, *phone)[0] == 0
    assert xunge(*add, SECRET)[0] == 2
    assert xunge(*add, SECRET, *phone, "--role", "dispatcher")[0] == 2
    assert xunge(*add, SECRET, "--phone", "13900000000")[0] == 2
    assert xunge(*add, SECRET, "--role", "dispatcher", "--grid", "999999")[0] == 2
    code, _, err = xunge(*add, "http://10.0.0.1/hook", *phone)
    assert (code, "10.0.0.1" in err) == (2, False)
