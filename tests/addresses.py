"""The way back, from names to an address, is compiled when somebody first asks for it.

Each test makes an application, of whose hundreds of rules it builds no address: half the time of making one.
"""

from collections.abc import Callable
from functools import cache, partial

import pytest
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def build_when_asked() -> None:
    compile_builder = Rule._compile_builder

    def compiled_when_asked(rule: Rule, append_unknown: bool = True) -> Builder:
        compiled = cache(partial(compile_builder, rule, append_unknown))
        return lambda rule, **values: compiled()(rule, **values)

    pytest.MonkeyPatch().setattr(Rule, "_compile_builder", compiled_when_asked)  # for as long as the process runs
