"""What the causes of alarms are called, for people who do not read codes. Pure."""

from backend.policy.service import PolicyBook

Name = dict[str, str]
"""`{zh, en}`, JSON-ready."""


def name(book: PolicyBook, code: str) -> Name:
    """Of one; a code that no version of the policy has any more stands for itself."""
    return names(book).get(code, {"zh": code, "en": code})


def names(book: PolicyBook) -> dict[str, Name]:
    """By code, those of every version of the policy, since a month holds alarms of several; the newest that has a
    cause says what it is called."""
    return {
        code: {"zh": zh, "en": en} for policy in book.versions for code, (zh, en) in policy.alarms.duty.causes.items()
    }
