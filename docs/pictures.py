"""Take the README's pictures of the demo's report: ``python -m docs.pictures PAGE``."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "pictures"
COLOURS = 240
"""Of a palette: charts have few, and the files stay small."""


def take(page_path: Path) -> None:
    """Write ``report-verdict.png`` (light) and ``report-equity.png`` (dark)."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    wanted = (("report-verdict", "light", "verdict"), ("report-equity", "dark", "equity"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, scheme, section in wanted:
            page = browser.new_page(viewport={"width": 1280, "height": 930}, color_scheme=scheme)
            page.goto(page_path.resolve().as_uri())
            page.wait_for_selector("html[data-ready]")
            if section != "verdict":
                page.evaluate("id => document.getElementById(id).scrollIntoView()", section)
                page.wait_for_timeout(1000)
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            small = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            small.save(FOLDER / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]))
