"""The scan section, and names a study may not have."""

import pytest
from study_texts import MINIMAL, Files

from engine.errors import StudyError


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


def test_a_study_cannot_be_named_like_the_keyword_for_the_newest_result(files):
    with pytest.raises(StudyError, match=r'name: is "latest", which names the newest result'):
        files.load(MINIMAL.replace("name: minimal", "name: latest"))


def test_a_scan_section_is_checked(files):
    text = MINIMAL + "scan: {thresholds: [5, 3], character: {vix_calm: 30}, horizons: [0]}\n"
    with pytest.raises(StudyError) as caught:
        files.load(text)
    words = "\n".join(str(fault) for fault in caught.value.faults)
    assert "scan.thresholds: must ascend, each value once" in words
    assert "scan.character.vix_calm: is 30, but must be below vix_stressed, 25" in words
    assert "scan.horizons.0: is 0, but must be at least 1" in words
