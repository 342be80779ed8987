"""What the sweep kernels give for each parameter set: the columns of :class:`Trials`' sums.

First sums over the n − 1 sessions with a return: powers of the return, of the excess over cash, of
the shortfall below cash, and of the return less the core benchmark's. Then how the run ended and
what was traded.
"""

R1, R2, R3, R4, X1, X2, SHORTFALL, A1, A2 = range(9)
SUMS = 9

# Final wealth over initial cash; deepest drawdown (fraction, ≤ 0); changes of the held asset;
# sum of the satellite's target weights over the sessions after the first; completed stays in the
# satellite, won ones, sessions these were held; sum of the shares of wealth moved, Σ|Δw|/2.
WEALTH, DEEPEST, ROTATIONS, INSIDE, TRADES, WINS, HELD, TRADED = range(SUMS, SUMS + 8)
COLUMNS = SUMS + 8
