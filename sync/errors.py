"""What the library refuses: a stable code, an HTTP status, a sentence in zh-CN and English, and facts.

`SyncError` and its plain subclasses refuse a request as a whole; then nothing of it was stored. `Rejected` and its
subclasses refuse one operation inside a push: it is kept in the inbox, and the problem stands in its result.
"""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar


class SyncError(Exception):
    """Parent of every refusal. `facts` are JSON-ready and go to the client as they are."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, detail: str | None = None, *, headers: dict[str, str] | None = None, **facts: Any) -> None:
        super().__init__(detail or self.en)
        self.detail = detail
        self.headers = headers or {}
        self.facts = facts

    def problem(self) -> dict[str, Any]:
        """What a result or an answer says of it: `{code, title, title_en, detail?, **facts}`, JSON-ready."""
        said = {"code": self.code, "title": self.zh, "title_en": self.en}
        return (said | {"detail": self.detail} if self.detail else said) | self.facts


class BadCursor(SyncError):
    code = "bad_cursor"
    zh = "同步游标无效,请不带游标重新拉取。"
    en = "This cursor was not made here; pull without one."


class BadJson(SyncError):
    code = "bad_json"
    zh = "请求体不是有效的 JSON。"
    en = "The body is not valid JSON."


class BadPush(SyncError):
    """The body is JSON, but not `{"head"?: {sequence, hash}, "operations": [...]}`. Fact: `path`."""

    code = "bad_push"
    zh = "上传的请求体结构有误。"
    en = "The body of the push has the wrong shape."


class UnknownField(SyncError):
    """Only in the frame of a push; inside an operation unknown fields are kept. Fact: `errors: [{path, message}]`."""

    code = "unknown_field"
    status = 422
    zh = "提交的内容里有不认识的字段。"
    en = "The request has a field that is not known here."


class BodyTooLarge(SyncError):
    """Fact: `limit`, bytes after unpacking."""

    code = "too_large"
    status = 413
    zh = "请求体超过允许的大小,请分批上传。"
    en = "The body is larger than allowed; push in smaller batches."


class TooManyOperations(SyncError):
    """Fact: `limit`."""

    code = "too_many_operations"
    status = 413
    zh = "一次上传的操作过多,请分批上传。"
    en = "Too many operations in one push; push in smaller batches."


class PushOnly(SyncError):
    """A device whose right was withdrawn, or its person's, may hand over their work, and nothing else."""

    code = "device_revoked"
    status = 403
    zh = "此设备或账号已被停用,只能上交尚未上传的工作。"
    en = "This device is revoked, or this account disabled: it may hand over its work, and nothing else."


class Rejected(SyncError):
    """One operation that can never be applied. Handlers may raise it or subclasses of their own."""

    status = 422


class OperationInvalid(Rejected):
    """Fact: `path`, the faulty field of the operation."""

    code = "operation_invalid"
    zh = "这条操作的格式有误。"
    en = "This operation has the wrong shape."


class PayloadInvalid(Rejected):
    """What `OperationType.check` raises. Facts: `path`, or `errors: [{path, message}]`."""

    code = "payload_invalid"
    zh = "这条操作的内容有误。"
    en = "The content of this operation is wrong."

    def __init__(self, path: str, message: str | None = None, **facts: Any) -> None:
        super().__init__(message, path=path, **facts)


class UnknownOperation(Rejected):
    code = "unknown_operation"
    zh = "服务器不认识这种操作。"
    en = "This type of operation is not known here."


class OtherPerson(Rejected):
    code = "other_person"
    zh = "这条操作由另一人完成,请由本人登录后上传。"
    en = "Somebody else made this operation; it is applied when they sign in and push it."


class IdReused(Rejected):
    code = "id_reused"
    zh = "同一编号的操作此前已收到,但内容不同。"
    en = "An operation with this id came before with other content."


class NoDatum(Rejected):
    code = "no_datum"
    zh = "位置缺少坐标系说明(WGS84 或 GCJ02)。"
    en = "The position does not say its datum."


class UnknownDatum(Rejected):
    """Fact: `known`, the datums that are."""

    code = "unknown_datum"
    zh = "不认识这种坐标系。"
    en = "This datum is not known here."


class BadPosition(Rejected):
    code = "bad_position"
    zh = "位置坐标超出范围或格式有误。"
    en = "The position is out of range or has the wrong shape."


class BadTime(Rejected):
    code = "bad_time"
    zh = "时间格式有误或缺少时区。"
    en = "A time is malformed or has no offset."


class BadText(Rejected):
    code = "bad_text"
    zh = "文字中含有不允许的字符(空字符)。"
    en = "A text holds a character that cannot be stored (NUL)."


class HeldForReview(Rejected):
    """Work handed over by a revoked device or for a disabled account: kept and not applied until a reviewer replays
    it."""

    code = "held_for_review"
    zh = "此设备或账号已被停用,这条操作已收下,等待人工审核。"
    en = "This device is revoked, or this account disabled; the operation is kept for a person to review."


class Superseded(Rejected):
    """Work that would take effect, say after a restore, but for which its person has put another in its place."""

    code = "superseded"
    zh = "本人后来另行提交了一条操作来代替这一条,此条不再生效。"
    en = "Its person has put another operation in its place; this one takes no effect."


class Deferred(Exception):
    """Raised by a handler that lacks something: `needs` are `{"collection", "id"}` of records not yet here."""

    def __init__(self, needs: Sequence[dict[str, str]]) -> None:
        super().__init__(f"needs {needs}")
        self.needs = list(needs)


class Conflict(Exception):
    """Raised by a handler when the record is no longer at the operation's `base_version`."""

    def __init__(self, collection: str, record_id: uuid.UUID) -> None:
        super().__init__(f"{collection} {record_id} changed")
        self.collection = collection
        self.record_id = record_id


class BulkWriteRefused(RuntimeError):
    """A bulk UPDATE, DELETE or INSERT of a synchronised table would not reach the feed: work on objects instead."""
