"""The folders of a config search path."""

from wordorder.sweep.expansion import folders_of


def test_folders_and_packages_count_and_hydra_s_own_and_what_has_no_files_do_not(tmp_path, monkeypatch):
    (tmp_path / "package_with_conf" / "conf").mkdir(parents=True)
    (tmp_path / "package_with_conf" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    sources = [
        {"provider": "hydra", "schema": "pkg", "path": "hydra.conf"},
        {"provider": "main", "schema": "file", "path": "/a/conf"},
        {"provider": "hydra.searchpath in main", "schema": "pkg", "path": "package_with_conf.conf"},
        {"provider": "schema", "schema": "structured", "path": ""},
    ]
    assert [str(folder) for folder in folders_of(sources)] == ["/a/conf", str(tmp_path / "package_with_conf" / "conf")]
