"""Writes docs/errors.md: `python -m tests.docs.errors > docs/errors.md`."""

import importlib
import sys
from pathlib import Path

from backend.web.codes import Code, codes

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("backend", "sync", "geo", "media")

HEAD = """# Errors

Every refusal is problem details (RFC 9457, `application/problem+json`) with a stable `code`; the sentences may change,
the code does not. They come in the reader's language (`Accept-Language`, Chinese by default), the other beside it:

```json
{"type": "/api/docs/errors#forbidden", "code": "forbidden", "status": 403, "title": "您的岗位无权进行此操作。",
 "title_en": "Your post does not allow this.", "needs_role": ["dispatcher"], "request_id": "…"}
```

`errors` (a list of `{path, message}`) names each faulty field where there are such; other facts are named in the
class's docstring. Where a push refuses one operation, the same stands in the `problem` of that result, and the push
itself is 200. A request refused as a whole has stored nothing. The server shows this list at `/api/docs/errors`.

Written by `python -m tests.docs.errors > docs/errors.md`; a test fails when it is stale.

| code | HTTP | Chinese | English | what a client does |
|---|---|---|---|---|
"""


def document() -> str:
    """The whole file."""
    load_everything()
    return HEAD + "".join(_row(code) for code in codes())


def load_everything() -> None:
    """An error class is known once its module was imported."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*errors*.py")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    importlib.import_module("backend.app")


def _row(code: Code) -> str:
    chinese, english = ("<br>".join(text[language] for text in code.texts) for language in (0, 1))
    statuses = ", ".join(str(status) for status in code.statuses)
    return f"| `{code.code}` | {statuses} | {chinese} | {english} | {code.advice[1]} |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
