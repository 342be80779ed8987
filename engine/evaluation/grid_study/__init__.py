"""What a whole grid of parameter sets says: spread, neighbours, halves of history, axes.

A best set by itself says little: something is best in every grid. These modules say how the metric
is spread, whether the best sets stand on a plateau or on a spike, which axes matter, and whether
what was best in the first half of history was any good in the second.
"""

from engine.evaluation.grid_study.halves import HalfResult, Halves
from engine.evaluation.grid_study.maps import Map
from engine.evaluation.grid_study.neighbours import Neighbourhood, Profile, Ring
from engine.evaluation.grid_study.spread import Spread
from engine.evaluation.grid_study.study import GridFindings, GridStudy
from engine.evaluation.trial_keys import PATH

__all__ = [
    "PATH",
    "GridFindings",
    "GridStudy",
    "HalfResult",
    "Halves",
    "Map",
    "Neighbourhood",
    "Profile",
    "Ring",
    "Spread",
]
