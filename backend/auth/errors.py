"""Refusals at the door (api.md, Sign-in). The phone acts on the code."""

from backend.core.errors import Problem


class CredentialsWrong(Problem):
    code = "credentials_wrong"
    status = 401
    zh = "手机号或密码不正确。"
    en = "Phone number or password is wrong."


class TokenExpired(Problem):
    code = "token_expired"
    status = 401
    zh = "登录已超时,应用会自动续期。"
    en = "The access token has expired; refresh it and repeat the request."


class TokenInvalid(Problem):
    code = "token_invalid"
    status = 401
    zh = "请先登录。未上传的内容仍保存在手机上。"
    en = "Sign in first. What is not yet sent stays on the phone."


class TokenReused(Problem):
    code = "token_reused"
    status = 401
    zh = "该登录凭证已被使用过,为安全起见此设备已停用,请重新登录。未上传的内容仍保存在手机上。"
    en = "This token was used before: the device is revoked. Sign in again; what is not yet sent stays on the phone."


class RefreshExpired(Problem):
    code = "refresh_expired"
    status = 401
    zh = "登录已过期,请重新登录。未上传的内容仍保存在手机上。"
    en = "The session is over; sign in again. What is not yet sent stays on the phone."


class DeviceRevoked(Problem):
    code = "device_revoked"
    status = 403
    zh = "此设备已被停用。自首次得知起七天内仍可上传已完成的工作,由审核员处理。"
    en = "This device was revoked. For seven days from hearing of it, it may hand over work, which is kept for review."


class AccountDisabled(Problem):
    code = "account_disabled"
    status = 403
    zh = "账号已停用,请联系管理员。自首次得知起七天内仍可上传已完成的工作,由审核员处理。"
    en = (
        "This account is disabled; ask the administrator. For seven days from hearing of it, its work may be handed "
        "over, and is kept for review."
    )


class TooManyAttempts(Problem):
    code = "too_many_attempts"
    status = 429
    zh = "登录失败次数过多,请稍后再试。"
    en = "Too many failed sign-ins; wait a while."


class UpgradeRequired(Problem):
    code = "upgrade_required"
    status = 426
    zh = "应用版本过旧,请升级。已完成的工作仍可上传。"
    en = "This version of the app is too old to pull; pushing still works."
