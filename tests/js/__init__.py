"""Programs of Node that tests and benchmark run: real clients, and a peer. See `tools/node-packages`."""

import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def node(program: str, *arguments: str) -> list[str]:
    """The command that runs one of them: with the Node of this environment, else of this machine."""
    found = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if found is None or not (FOLDER / "node_modules").is_dir():
        raise RuntimeError("Node or its packages are missing: run tools/node-packages")
    return [found, str(FOLDER / program), *arguments]
