"""Write the files that are made from the code: ``python -m docs``."""

from pathlib import Path

from docs.generated import generated

ROOT = Path(__file__).parent.parent

for name, text in generated().items():
    (ROOT / name).write_text(text, encoding="utf-8")
