"""Drawing pictures for documents by matplotlib: one style, that of the page, and the same bytes.

No date is written, and the marks of an SVG are salted.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import UsageError
from engine.market.panel import SIMULATED_NOTICE
from engine.report.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

R = TypeVar("R")

FORMATS = ("png", "svg")
DOTS_PER_INCH = 144
_STYLE: Any = {
    "axes.edgecolor": LIGHT["line"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": LIGHT["line"],
    "legend.frameon": False,
    "svg.hashsalt": "streaklab",
    "text.color": LIGHT["text"],
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
}


def written(
    drawn: Mapping[str, Callable[[R], Figure | None]], report: R, manifest: Mapping[str, Any]
) -> dict[str, bytes]:
    """Return pictures by file name, each as PNG and as SVG.

    Parameters
    ----------
    drawn : mapping of str to callable
        Name of a picture → what draws it of the report; None where there is nothing to draw.
    report : record of what is reported
    manifest : mapping
        Of the result: it is said under every picture what that is drawn from.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise UsageError(
            'pictures need matplotlib; install it with: pip install "streaklab[pictures]"'
        ) from None
    files: dict[str, bytes] = {}
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever a user has set: the same picture on every machine
        mpl.rcParams.update(_STYLE)
        for name, draw in drawn.items():
            figure = draw(report)
            if figure is not None:
                _sign(figure, manifest)
                files |= {f"{name}.{form}": _bytes(figure, form) for form in FORMATS}
    return files


def _bytes(figure: Figure, form: str) -> bytes:
    buffer = io.BytesIO()
    nothing = {"Software": None} if form == "png" else {"Date": None, "Creator": None}
    figure.savefig(buffer, format=form, dpi=DOTS_PER_INCH, metadata=nothing)
    return buffer.getvalue()


def panes(heights: list[float], size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its panes, one above the other over one axis of x."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    return figure, list(axes[:, 0])


def thousands() -> Any:
    """Return what labels a logarithmic axis at 1, 2 and 5 times powers of ten."""
    from matplotlib.ticker import FuncFormatter

    def text(value: float, _: Any) -> str:
        leading = f"{value:e}"[0]
        return f"{value:,.0f}" if leading in "125" else ""

    return FuncFormatter(text)


def _sign(figure: Figure, manifest: Mapping[str, Any]) -> None:
    """Say under the picture what it is drawn from."""
    data = manifest["data"]
    symbols = data["symbols"]
    said = [
        f"{manifest['study']} · {symbols['core']}, {symbols['satellite']} · "
        f"{data['price_basis']} · {data['first_session']} to {data['last_session']}"
        f"{'' if manifest['kind'] == 'scan' else ' · after costs'}"
    ]
    said += [SIMULATED_NOTICE] * data["simulated"]
    figure.supxlabel(literal("   ".join(said)), x=0.01, ha="left", size=7.5, color=LIGHT["muted"])


def literal(text: str) -> str:
    """Return text in which matplotlib finds no formula."""
    return text.replace("$", r"\$")
