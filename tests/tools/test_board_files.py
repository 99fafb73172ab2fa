"""What goes onto a board is what the manifest says: all of it, compiled, and nothing else."""

import subprocess

import pytest

from tools.board_files import BoardFile, ManifestError, board_files, manifest_paths, read_files


@pytest.fixture
def project(tmp_path):
    """A small project with a manifest; returns its root."""
    files = {
        "firmware/main.py": "print('main')\n",
        "firmware/part.py": "def part():\n    return 1\n",
        "firmware/boards/one.py": "PIN = 1\n",
        "firmware/words.txt": "text",
        "firmware/manifest.py": (
            "EVERY = ('firmware/main.py', 'firmware/part.py')\n"
            "ROLES = {'pendant': ('firmware/words.txt',), 'bridge': ()}\n"
            "BOARDS = {'one': ('firmware/boards/one.py',)}\n"
        ),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def _files(project, role="pendant", board="one", **rest):
    manifest = project / "firmware" / "manifest.py"
    return board_files(role, board, manifest=manifest, root=project, cache=project / "cache", **rest)


def test_code_is_compiled_and_main_stays_source(project):
    """main.py in the root as source, other code as .mpy in its folder, other files as they are."""
    files = {file.path: file.data for file in _files(project)}

    assert sorted(files) == ["firmware/boards/one.mpy", "firmware/part.mpy", "firmware/words.txt", "main.py"]
    assert files["firmware/part.mpy"].startswith(b"M\x06")
    assert files["main.py"] == b"print('main')\n"


def test_uncompiled_for_who_wants_to_read_tracebacks(project):
    """compiled=False leaves every file as it is."""
    assert BoardFile("firmware/part.py", b"def part():\n    return 1\n") in _files(project, compiled=False)


def test_only_what_role_and_board_need(project):
    """A bridge does not carry a pendant's files."""
    assert "firmware/words.txt" not in [file.path for file in _files(project, role="bridge")]


def test_the_second_time_nothing_is_compiled(project, monkeypatch):
    """Bytecode is kept by content: the same files again need no compiler."""
    first = _files(project)

    def no_compiler(*_, **__):
        raise AssertionError("compiled again")

    monkeypatch.setattr(subprocess, "run", no_compiler)
    assert _files(project) == first


def test_a_named_file_that_is_missing_is_said_by_name(project):
    """The manifest and the tree must agree."""
    (project / "firmware/part.py").unlink()

    with pytest.raises(ManifestError, match=r"firmware/part\.py: the manifest names it"):
        _files(project)


def test_code_that_no_board_can_read_is_said_by_name(project):
    """What mpy-cross refuses is an error with the file's name, not a traceback."""
    (project / "firmware/part.py").write_text("def part(:\n")

    with pytest.raises(ManifestError, match=r"firmware/part\.py: mpy-cross refuses it"):
        _files(project)


@pytest.mark.parametrize(
    ("role", "board", "said"), [("cook", "one", "no role 'cook'"), ("bridge", "two", "no board 'two'")]
)
def test_unknown_roles_and_boards_are_refused(project, role, board, said):
    """With the names that would have been right."""
    with pytest.raises(ManifestError, match=f"{said} .it has: "):
        _files(project, role=role, board=board)


def test_a_manifest_that_cannot_be_read_is_an_error(tmp_path):
    """Missing or broken: one sentence."""
    with pytest.raises(ManifestError, match="cannot be read"):
        manifest_paths("pendant", "one", manifest=tmp_path / "manifest.py")


@pytest.mark.parametrize(
    ("role", "board"), [("pendant", "m5stickc_plus2"), ("pendant", "xiao_c3"), ("bridge", "bridge_esp32")]
)
def test_the_projects_own_manifest_fits_the_tree(role, board):
    """Every file it names is there and compiles."""
    paths = [file.path for file in board_files(role, board)]

    assert "main.py" in paths
    assert len(paths) == len(set(paths)) == len(manifest_paths(role, board))


def test_read_files_takes_any_list(project):
    """Other tools may put a list of their own together."""
    assert read_files(["firmware/words.txt"], root=project) == [BoardFile("firmware/words.txt", b"text")]
