"""How much of a good backtest is luck? Pure functions of returns, one idea per module.

``sharpe`` and ``trials`` speak of Sharpe ratios in closed form, ``resampling`` and ``bootstrap`` of
histories that could have been as well, ``superiority`` and ``rules`` of rules against each other,
``overfitting`` of a search, ``uncertainty`` of one rule, and ``verdict`` sums up.
"""
