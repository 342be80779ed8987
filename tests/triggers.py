"""Drawn triggers: expression trees over every signal, to any depth hypothesis likes."""

from hypothesis import strategies as st

from engine.rules.trigger import ALWAYS, COMPARISONS, NEVER, Comparison, Feature
from engine.signals.catalogue import SIGNALS


def _arguments(form):
    return st.tuples(
        *(
            st.sampled_from(p.assets) if p.kind == "asset" else st.integers(p.least, p.least + 20)
            for p in form
        )
    )


features = st.sampled_from(sorted(SIGNALS)).flatmap(
    lambda name: (
        st.sampled_from(SIGNALS[name].forms)
        .flatmap(_arguments)
        .map(lambda arguments: Feature(name, arguments))
    )
)
numbers = st.integers(-100, 100) | st.sampled_from([0.0, 0.5, -2.5, 1e-3, 70.0, 1e-12, 123456.789])
comparisons = st.builds(
    Comparison, features, st.sampled_from(sorted(COMPARISONS)), numbers | features
)
triggers = st.recursive(
    comparisons | st.sampled_from([ALWAYS, NEVER]),
    lambda smaller: (
        st.builds(lambda a, b: a & b, smaller, smaller)
        | st.builds(lambda a, b: a | b, smaller, smaller)
        | smaller.map(lambda a: ~a)
    ),
    max_leaves=12,
)
