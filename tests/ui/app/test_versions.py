import pytest

from featviz.ui.app import versions


def test_the_installed_libraries_are_new_enough() -> None:
    versions.check_versions()
    assert versions.OLDEST["torch"] >= (2, 10)


@pytest.mark.parametrize("installed", ["2.9.1", "1.99", "2.9.0rc1+cpu"])
def test_an_old_library_is_refused_by_name(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: installed if name == "torch" else "99.0")
    with pytest.raises(RuntimeError, match=r"torch 2\.10 or newer"):
        versions.check_versions()


def test_a_release_candidate_counts_as_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "version", lambda name: "99.0rc1+cu130")
    versions.check_versions()
    assert versions.OLDEST
