"""What a rotation is, written once for both engines.

When the held asset changes (:mod:`~engine.rotation.switching`), and how many shares that trades
(:mod:`~engine.rotation.costs`). Plain functions of numbers; nothing here knows an engine.
"""
