"""What the upload protocol refuses."""

from sync.errors import SyncError


class UploadUnknown(SyncError):
    """There never was such an upload, it has expired, or it is another device's. The client creates it anew."""

    code = "upload_unknown"
    status = 404
    zh = "没有这个上传任务,请重新创建。"
    en = "There is no such upload; create it again."


class UploadGone(SyncError):
    """Bytes that were here are lost (a restored backup, a cleared disk). The client creates the upload anew."""

    code = "upload_gone"
    status = 410
    zh = "此上传任务的数据已失效,请重新上传。"
    en = "The bytes of this upload are no longer here; send them again."


class OffsetConflict(SyncError):
    """The bytes do not follow those that are here, or a newer request took over. Fact: `upload_offset`, if known."""

    code = "offset_conflict"
    status = 409
    zh = "上传位置与服务器不一致,请先查询进度再继续。"
    en = "The offset is not where the server is; ask for it (HEAD) and go on from there."


class HashMismatch(SyncError):
    """All bytes came and are not those promised. The upload is removed; the promise stays."""

    code = "hash_mismatch"
    status = 422
    zh = "文件内容与登记的校验值不符,请重新上传。"
    en = "The bytes do not have the promised SHA-256; send the file again."


class ChecksumMismatch(SyncError):
    """Nothing of this request was kept (tus, checksum extension)."""

    code = "checksum_mismatch"
    status = 460
    zh = "数据在传输中损坏,请重新发送。"
    en = "The bytes were damaged on the way; send them again."


class BadUpload(SyncError):
    """A header of the upload protocol is missing or malformed. Fact: `header`."""

    code = "bad_upload"
    status = 400
    zh = "上传请求的头部缺失或有误。"
    en = "A header of the upload request is missing or malformed."


class UploadTooLarge(SyncError):
    """Larger than the server takes, or more bytes than were announced. Fact: `limit`, bytes."""

    code = "upload_too_large"
    status = 413
    zh = "文件超过允许的大小。"
    en = "The file is larger than allowed or than announced."


class UploadMediaType(SyncError):
    """Another media type, or bytes that are packed (Content-Encoding)."""

    code = "upload_media_type"
    status = 415
    zh = "上传数据的类型须为 application/offset+octet-stream,且不得压缩。"
    en = "Upload bytes must come as application/offset+octet-stream, not packed."


class TusVersion(SyncError):
    """Fact: `supported`."""

    code = "tus_version"
    status = 412
    zh = "不支持此上传协议版本。"
    en = "This version of the upload protocol is not spoken here."


class UploadsBusy(SyncError):
    """As many uploads at once as this process takes. Nothing of the body was read. Fact: `limit`."""

    code = "busy"
    status = 503
    zh = "同时上传的人较多,请稍后再试。"
    en = "As many uploads as the server takes at once are under way; try again in a moment."


class UploadQuota(SyncError):
    """The device has too much here that no record promises. Facts: `limit` and `used`, bytes."""

    code = "upload_quota"
    status = 429
    zh = "此设备上传的、尚无记录引用的文件过多,请先上传相应的记录。"
    en = "This device has too many files here that no record promises; push those records first."


class DiskFull(SyncError):
    """The server keeps its last free bytes for records. What is here stays. Fact: `needed`, bytes."""

    code = "disk_full"
    status = 507
    zh = "服务器存储空间不足,暂时不能接收图片;请保留图片,稍后再传。记录仍可上传。"
    en = "The server has no room for pictures now; keep them and send them later. Records are still taken."
