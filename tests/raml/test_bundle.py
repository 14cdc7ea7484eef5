"""A file of the disk becomes a bundle with what its includes may name, and nothing else."""

from __future__ import annotations

from pathlib import Path

from openmcs.raml.bundle import read_bundle


def test_a_file_without_includes_is_alone(tmp_path: Path) -> None:
    (tmp_path / "a.raml").write_text("#%RAML 0.8\ntitle: T\n")
    (tmp_path / "b.raml").write_text("x")
    assert read_bundle(tmp_path / "a.raml") == ({"a.raml": b"#%RAML 0.8\ntitle: T\n"}, "a.raml")


def test_files_beside_and_below_come_along(tmp_path: Path) -> None:
    (tmp_path / "a.raml").write_text("x: !include s/b.json\n")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "b.json").write_text("{}")
    (tmp_path / "s" / "photo.png").write_bytes(b"\x89PNG")
    for hidden in (".git", "node_modules"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "c.json").write_text("{}")
    bundle, root = read_bundle(tmp_path / "a.raml")
    assert (sorted(bundle), root) == (["a.raml", "s/b.json"], "a.raml")


def test_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("s")
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "a.raml").write_text("x: !include l.txt\n")
    (folder / "l.txt").symlink_to(secret)
    assert sorted(read_bundle(folder / "a.raml")[0]) == ["a.raml"]
