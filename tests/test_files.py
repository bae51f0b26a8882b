"""Files that are complete or not there."""

from __future__ import annotations

import os

import pytest

from prodsim_cli.errors import InputError, UsageProblem
from prodsim_cli.files import ending, folder, whole_file


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "out.csv"
    with whole_file(path) as beside:
        beside.write_text("new")
        assert not path.exists()
        assert beside.parent == tmp_path
        assert beside.suffix == ".csv"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_after_an_error_the_old_file_stays_and_nothing_is_left(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")

    def fail() -> None:
        with whole_file(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.linux
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    with whole_file(tmp_path / "link.csv") as beside:
        beside.write_text("new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "new"


@pytest.mark.linux
def test_the_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    with whole_file(tmp_path / "out.csv") as beside:
        beside.write_text("")
    assert os.stat(tmp_path / "out.csv").st_mode == os.stat(tmp_path / "plain").st_mode


@pytest.mark.parametrize(
    ("name", "reason"), [("no/out.csv", "there is no folder"), (".", "it is a folder")]
)
def test_a_place_that_cannot_be_written_is_named(tmp_path, name, reason):
    with pytest.raises(InputError, match=reason) as caught, whole_file(tmp_path / name):
        pass
    assert caught.value.hint


def test_what_the_system_refuses_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="No space") as caught, whole_file(tmp_path / "out.csv"):
        raise OSError(28, "No space left on device")
    assert "space" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_folder_is_made_where_there_is_none(tmp_path):
    assert folder(tmp_path / "new") == tmp_path / "new"
    assert folder(tmp_path / "new").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be made"):
        folder(tmp_path / "file")
    with pytest.raises(InputError, match="there is no folder") as caught:
        folder(tmp_path / "a" / "b")
    assert "mkdir -p" in caught.value.hint


def test_an_ending_is_read_in_lower_case_and_another_one_lists_the_choices():
    assert ending("a.b/C.PNG", ("png", "html"), "--plot") == "png"
    for path, said in (("x.gif", "the ending 'gif'"), ("x", "no ending"), (".png", "no ending")):
        with pytest.raises(UsageProblem, match=said) as caught:
            ending(path, ("png", "html"), "--plot")
        assert caught.value.hint == "Name a file that ends in one of: .png, .html."
