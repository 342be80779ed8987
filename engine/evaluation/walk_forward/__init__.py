"""Walk-forward: parameters chosen on one window of history and judged on the next, fold by fold.

The terms are R. Pardo's, *The Evaluation and Optimization of Trading Strategies* (2nd ed., 2008),
chapter 11; purge and embargo are those of M. López de Prado, *Advances in Financial Machine
Learning* (2018), chapter 7. Here training always precedes the test, so that both only widen the
gap between the two: a purge by shortening the training, an embargo by delaying the test.
"""
