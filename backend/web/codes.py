"""Every error code with what a client does about it: for the page of errors and for docs/errors.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.core.errors import every_problem

OURS = ("backend.", "sync.", "geo.", "media.")

BY_STATUS = {
    400: ("程序有误:修正请求后再发。", "A fault of the program: mend the request."),
    401: ("重新登录;待上传的工作保留。", "Sign in again; the outbox stays."),
    403: ("告诉使用者,不要重试。", "Show it; do not repeat."),
    404: ("告诉使用者,或重新拉取。", "Show it, or pull again."),
    409: ("重新读取记录,显示现状。", "Load the record again and show how it stands."),
    410: ("重新创建上传。", "Create it anew."),
    412: ("重新读取,再请使用者决定。", "Load again, then let the person decide."),
    413: ("分成更小的部分再发。", "Send it in smaller parts."),
    415: ("程序有误:改用要求的媒体类型。", "A fault of the program: use the media type it asks for."),
    422: ("按指出的字段改正;在推送结果中则保留并显示,直到有人阅读。",
          "Correct the field it names; in a result of a push keep and show it until read."),
    428: ("带上 If-Match 再发。", "Repeat with If-Match."),
    429: ("按 Retry-After 等待。", "Wait as long as Retry-After says."),
    460: ("从服务器的偏移量重发这一段。", "Send the part again from the server's offset."),
    500: ("保留,稍后再发。", "Keep it, send again later."),
    503: ("按 Retry-After 加随机时间等待后再发。", "Wait as long as Retry-After says, with jitter, and repeat."),
}  # fmt: skip

BY_CODE = {
    "account_disabled": (
        "告诉使用者;与 device_revoked 一样,用 handover_token 上交剩余的工作。",
        "Show it; hand over what is left with the handover_token, as after device_revoked.",
    ),
    "bad_cursor": ("不带游标重新拉取。", "Pull without a cursor."),
    "credentials_wrong": ("请再输入一次。", "Ask again."),
    "device_revoked": (
        "用 handover_token 在 7 天内推送并上传剩余的工作,其他什么也不能做;没有该凭证时,期限已过。",
        "Push and upload what is left with the handover_token, nothing else; where none is given, its 7 days are over.",
    ),
    "disk_full": (
        "保留图片,按 Retry-After 等待后再传;记录照常推送。",
        "Keep the pictures and send them after Retry-After; pushes go on as usual.",
    ),
    "export_of_other_posts": ("重新导出。", "Ask for the export again."),
    "hash_mismatch": ("图片与承诺不符:重新计算并重新上传。", "The bytes are not the promised ones: upload again."),
    "held_for_review": ("显示“等待审核”,无需再做什么。", "Show that it waits for a reviewer; nothing else to do."),
    "http_error": ("看状态码;请求本身有误。", "Look at the status; the request itself is at fault."),
    "id_reused": ("程序有误:给新内容换一个新编号。", "A fault of the program: new content takes a new id."),
    "no_room_for_exports": ("稍后再试。", "Try again later."),
    "no_place": ("请使用者在地图上选点,作为新操作再报。", "Let the person choose a place on the map; a new operation."),
    "offset_conflict": ("用 HEAD 询问偏移量,从那里继续。", "Ask for the offset with HEAD and go on from there."),
    "other_person": ("留给本人登录后推送。", "Leave it until that person signs in and pushes."),
    "readers_busy": (
        "不要重发文件:按 Retry-After 等待后检查 draft 所指的草稿。",
        "Do not send the file again: wait as long as Retry-After says, then check the draft that it names.",
    ),
    "station_key_invalid": ("换用有效的站点密钥。", "Use a valid station key."),
    "token_expired": ("刷新令牌,重复同一请求。", "Refresh, then repeat the same request."),
    "unknown_operation": ("保留;服务器更新后可重放。", "Keep it; it can be replayed when the server knows more."),
    "upgrade_required": ("更新应用;仍可推送,不能拉取。", "Update the app; push still works, pull does not."),
    "too_many_exports": ("用 DELETE 取消一个不再需要的导出,再重复。", "End an export with DELETE, then repeat."),
    "tus_version": ("程序有误:请用 tus 1.0.0。", "A fault of the program: speak tus 1.0.0."),
    "upload_quota": (
        "先推送引用这些图片的记录(记录引用的图片不计入限额),再重复;不再需要的上传请用 DELETE 结束。",
        "Push the records that promise these pictures (what is promised does not count), then repeat; end with DELETE "
        "what is not needed any more.",
    ),
    "upload_unknown": ("重新创建上传。", "Create the upload anew."),
}
"""Where a code asks for more than its status does (api.md, Sign-in, Push, Pictures)."""


@dataclass(frozen=True)
class Code:
    """One code. `texts` are (zh, en), more than one where a library and the application share the code."""

    code: str
    statuses: tuple[int, ...]
    texts: tuple[tuple[str, str], ...]
    advice: tuple[str, str]


def codes() -> list[Code]:
    """Every code that this program can answer with, in order."""
    families: dict[str, list[Any]] = {}
    kind: Any  # of several families that have no parent in common
    for kind in every_problem():
        if kind.__module__.startswith(OURS):  # a test may make errors of its own
            families.setdefault(kind.code, []).append(kind)
    return [_code(code, sorted(kinds, key=lambda kind: kind.__module__)) for code, kinds in sorted(families.items())]


def _code(code: str, kinds: Iterable[Any]) -> Code:
    statuses = tuple(dict.fromkeys(kind.status for kind in kinds))
    texts = tuple(dict.fromkeys((kind.zh, kind.en) for kind in kinds))
    return Code(code, statuses, texts, BY_CODE.get(code) or BY_STATUS.get(statuses[0], BY_STATUS[400]))
