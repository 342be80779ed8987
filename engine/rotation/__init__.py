"""What a rotation is, written once for all engines.

When the held asset changes (:mod:`~engine.rotation.switching`), and how many shares that trades
(:mod:`~engine.rotation.costs`). Plain functions of numbers; nothing here knows an engine. They
are called as they stand and compiled as they stand (:mod:`engine.execution.kernel.bars`), so they
keep to what both Python and the compiler understand: numbers, tuples and one another.
"""
