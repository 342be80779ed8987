"""Small markets as files: a pair made by hand, or at random with VIX, rates and further symbols."""

import numpy as np

from engine.market.calendar import sessions_between

STUDY = """\
name: small-streaks
seed: 3
data:
  source: csv
  directory: .
  core: BIG
  satellite: SMALL
  price_basis: price
rule: {name: streak, entry_streak: 2, exit_streak: 1, max_holding: 5}
scan: {min_length: 2, thresholds: [2, 3], horizons: [1, 5], resamples: 100}
"""

N = 40
UP, FLAT = 1.01 ** np.arange(N), np.ones(N)
SHAPES = {
    # closes of core and satellite, 1 at first
    "all ties": (FLAT, FLAT),
    "ties on the move": (UP, UP),
    "always ahead": (FLAT, UP),
    "always behind": (UP, FLAT),
    "two sessions": (FLAT[:2], UP[:2]),
    "three sessions": (FLAT[:3], np.array([1.0, 1.1, 1.0])),
    "a tie at the end": (FLAT, np.append(UP[:-1], UP[-2])),
}


def sessions_from(first, n):
    return sessions_between(np.datetime64(first), np.datetime64("2030-12-31"))[:n]


def closes_of(returns, first=100.0):
    """Return closes from returns; the first close is given."""
    return first * np.cumprod([1.0, *(1.0 + np.asarray(returns))])


def write_prices(folder, symbol, sessions, closes, adjusted=None, opens=None):
    """Write a CSV with Yahoo's columns and return its path."""
    adjusted = closes if adjusted is None else adjusted
    opens = closes if opens is None else opens
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume"]
    for day, opening, close, adj in zip(sessions, opens, closes, adjusted, strict=True):
        cells = (float(x) for x in (opening, max(opening, close), min(opening, close), close, adj))
        lines.append(",".join([str(day), *map(repr, cells), "1000"]))
    path = folder / f"{symbol}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_rates(folder, name, rows):
    """Write a file of rates in percent and return its path."""
    path = folder / f"{name}.csv"
    path.write_text("\n".join(["Date,Value", *(f"{d},{v}" for d, v in rows)]) + "\n", "utf-8")
    return path


def write_random_market(folder, n=420, seed=5):
    """Write BIG, SMALL, two others (PART begins late), VIX and daily rates; return the sessions."""
    rng = np.random.default_rng(seed)
    days = sessions_from("2019-01-02", n)
    for symbol in ("BIG", "SMALL", "BANK"):
        closes = closes_of(rng.normal(0.0003, 0.01, n - 1))
        opens = closes * np.exp(rng.normal(0.0, 0.003, n))
        write_prices(folder, symbol, days, closes, opens=opens)
    write_prices(folder, "PART", days[n // 2 :], closes_of(rng.normal(0, 0.01, n - n // 2 - 1)))
    write_prices(folder, "VIX", days, 20.0 + 8.0 * np.sin(np.arange(n) / 20.0))
    calendar_days = np.arange(days[0], days[-1] + np.timedelta64(1, "D"))
    rates = np.round(2.0 + 0.004 * np.arange(len(calendar_days)), 2)
    write_rates(folder, "DFF", zip(calendar_days, rates, strict=True))
    return days


def cut_files(folder, into, last):
    """Copy every CSV of a folder, without the rows after a date."""
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text("utf-8").splitlines()
        kept = [row for row in rows if row[:10] <= str(last)]
        (into / path.name).write_text("\n".join([header, *kept]) + "\n", "utf-8")


def write_study(folder, text=STUDY, **data):
    """Write a study of the files in a folder; `data` adds keys to its data section."""
    added = "".join(f"  {key}: {value}\n" for key, value in data.items())
    path = folder / "study.yaml"
    path.write_text(text.replace("  core: BIG\n", f"{added}  core: BIG\n"), "utf-8")
    return path
