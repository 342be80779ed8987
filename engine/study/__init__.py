"""Study files: from YAML text to a checked, frozen :class:`~engine.study.models.Study`."""
