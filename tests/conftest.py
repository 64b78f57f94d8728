"""What all tests share: no test trains from the user's memory, or leaves a training in it."""

import pytest

SHARING = ("test_notebooks",)  # whole lessons: they may use what the user has prepared and trained


@pytest.fixture(scope="module", autouse=True)
def own_data_folder(request, tmp_path_factory):
    """$SFXTUTOR_DATA is an empty folder, another one for each file of tests: a `Path`, or None."""
    if request.module.__name__ in SHARING:
        yield None
        return
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFXTUTOR_DATA", str(folder))
        yield folder
