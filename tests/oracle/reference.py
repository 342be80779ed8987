"""A backtester one can check by eye: session by session, asset by asset, no engine in it.

Written from the semantics alone and kept apart from the engines on purpose: nothing of them may
be imported here. It is slow, and it is the judge.
"""

import math


def switch(enter, leave, first, max_holding, cooldown):
    """Return the satellite's weight decided at each close: 1 enters, 0 leaves, None: nothing."""
    decided = [None] * len(enter)
    inside, held, wait = False, 0, 0
    for t in range(first, len(enter)):
        if inside:
            held += 1  # the session that ends now is one more since the entry fill
            if leave[t] or (max_holding and held == max_holding):
                inside, wait = False, cooldown
                decided[t] = 0.0
        elif wait > 0:
            wait -= 1
        elif enter[t] and not leave[t]:
            inside, held = True, 0
            decided[t] = 1.0
    return decided


def backtest(decided, opens, closes, *, first, cash, costs, fill, fractional, overnight):
    """Return equity, cash and both assets' shares at each close from `first` on.

    `decided` holds the satellite's weight decided at each close (None: nothing), `opens` and
    `closes` one list per asset (core, satellite), `costs` one (commission, slippage) per asset.
    """
    shares = [0.0, 0.0]
    rows = []
    for t in range(first, len(decided)):
        if t > first:
            weight = decided[t - 1]
            if weight is None and t == first + 1:
                weight = 0.0  # the core is what is held by default
            if weight is not None:
                prices = [(closes if fill == "next_close" else opens)[a][t] for a in (0, 1)]
                cash = rebalance(weight, shares, cash, prices, costs, fractional)
        equity = cash + shares[0] * closes[0][t] + shares[1] * closes[1][t]
        rows.append((equity, cash, shares[0], shares[1]))
        cash += cash * overnight[t]
    return tuple(zip(*rows, strict=True))


def rebalance(weight, shares, cash, prices, costs, fractional):
    """Sell what is above its target, buy what is below with all the cash; returns the cash left."""
    wealth = cash + shares[0] * prices[0] + shares[1] * prices[1]
    targets = [(1.0 - weight) * wealth, weight * wealth]
    missing = [max(targets[a] - shares[a] * prices[a], 0.0) for a in (0, 1)]
    for a, (commission, slippage) in enumerate(costs):
        surplus = shares[a] - targets[a] / prices[a]
        surplus = max(surplus, 0.0) if fractional else max(surplus, 0.0) * (1 + 1e-12)
        sold = shares[a] if targets[a] == 0 else whole(surplus, fractional)
        shares[a] -= sold
        cash += sold * prices[a] * (1 - slippage) * (1 - commission)
    purse = cash
    for a, (commission, slippage) in enumerate(costs):
        if missing[a] > 0:
            price = prices[a] * (1 + slippage) * (1 + commission)
            budget = purse * missing[a] / sum(missing)
            bought = whole(budget / price * (1 - 1e-12), fractional)
            shares[a] += bought
            cash -= bought * price
    return cash


def whole(shares, fractional):
    """Return the shares that can be traded: all, or rounded down."""
    return shares if fractional else math.floor(shares)
