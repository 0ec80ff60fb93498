"""``minqing catalogue``: a change is made with who and why, and versions are told."""

from __future__ import annotations


def test_a_change_is_planned_and_told(run, world) -> None:
    said = ("--by", "admin", "--reason", "县里重新分工")
    done = run(
        "catalogue", "change", "XQ-SHUI", *said, "--hours", 48,
        "--chain", "grid,town_desk,county_desk", "--from", "2999-01-01",
    )  # fmt: skip
    assert (done.code, done.out) == (0, "Version 2 of the catalogue is made\n")
    first, second = run("catalogue", "versions").out.splitlines()
    assert first.split("\t") == ["1", "-", "-", "初始服务目录"]
    assert second.split("\t") == [
        "2", "2999-01-01T00:00+08:00", "admin", "县里重新分工",
    ]  # fmt: skip


def test_what_cannot_be_changed_is_said(run, world) -> None:
    said = ("--by", "admin", "--reason", "分工")
    for arguments, words in (
        ((*said, "--chain", "grid,postman"), "职责：grid,postman"),
        ((*said, "--chain", "grid"), "最后两级必须是镇值班和县值班"),
        (("--by", "nobody", "--reason", "分工"), "没有账号 nobody"),
        (("--by", "admin", "--reason", " ", "--hours", 3), "写明理由"),
    ):
        done = run("catalogue", "change", "XQ-SHUI", *arguments, lang="zh_CN.UTF-8")
        assert done.code == 1
        assert words in done.err
    assert len(run("catalogue", "versions").out.splitlines()) == 1
