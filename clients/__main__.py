"""``make clients``: writes ``clients/python`` and ``clients/typescript/dist``."""

import sys
import tempfile
from pathlib import Path

from clients import making


def main() -> int:
    """Make both; without Node.js only the one in Python."""
    with tempfile.TemporaryDirectory() as folder:
        description = Path(folder) / "schema.json"
        making.write_description(description)
        making.make_python(description, making.HERE / "python")
        print("Python:     .venv/bin/pip install ./clients/python")
        try:
            making.make_typescript(description, making.TYPESCRIPT)
        except making.NoNodeError:
            print("*** NO NODE: there is no TypeScript client without node and npm ***", file=sys.stderr)
            return 1
        print("TypeScript: npm install ./clients/typescript")
    return 0


if __name__ == "__main__":
    sys.exit(main())
