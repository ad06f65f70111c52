"""Names of causes, where versions of the policy differ."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from backend.alarms.causes import name, names
from backend.policy import service
from backend.policy.service import PolicyBook

OLD = service.load("changji", ZoneInfo("Asia/Shanghai")).versions[0]


def test_a_cause_that_the_policy_dropped_keeps_its_name() -> None:
    """A month may hold alarms of two versions; a cause that both have is called what the newer one says."""
    duty = replace(OLD.alarms.duty, causes={"industry": ("工业企业", "factories"), "other": ("其他", "other")})
    newer = replace(OLD, version=2, effective_from=date(2026, 12, 1), alarms=replace(OLD.alarms, duty=duty))
    book = PolicyBook((OLD, newer), ZoneInfo("Asia/Shanghai"))
    called = names(book)
    assert called["industry"] == {"zh": "工业企业", "en": "factories"}
    assert called["catering"] == {"zh": "餐饮油烟", "en": "catering fumes"}
    assert name(book, "aliens") == {"zh": "aliens", "en": "aliens"}
    assert called.keys() == OLD.alarms.duty.causes.keys()
