"""Shell completion by click's protocol, for bash, zsh and fish, with SKUs out of the database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shop_rows import write_shop


def complete(shop: Path, line: str, shell: str = "bash") -> list[str]:
    """What the program answers for a line whose last word is to be completed."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "PRODSIM_DB": str(shop),
        "_PRODSIM_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "prodsim_cli"], env=environment, capture_output=True, check=True
    )
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


def values(lines: list[str]) -> list[str]:
    return [line.removeprefix("plain,") for line in lines if line]


def test_commands_options_methods_and_formats(shop: Path) -> None:
    assert values(complete(shop, "prodsim s")) == ["similar", "search", "show", "status"]
    assert values(complete(shop, "prodsim similar --me")) == ["--method", "--measure"]
    assert values(complete(shop, "prodsim similar --method ")) == ["hybrid", "cosine", "lexical"]
    assert values(complete(shop, "prodsim similar -f j")) == ["json", "jsonl"]


def test_skus_without_those_that_left_and_in_any_case(shop: Path) -> None:
    assert values(complete(shop, "prodsim similar SKU12")) == [
        "SKU123",
        "SKU124",
        "SKU125",
        "SKU126",
    ]
    assert values(complete(shop, "prodsim similar SKU123 851")) == ["85123A"]
    assert values(complete(shop, "prodsim similar sku124")) == ["SKU124"]
    assert values(complete(shop, "prodsim similar GONE")) == []
    assert values(complete(shop, "prodsim show 17")) == ["17850"]


def test_people_who_are_asked_about(shop: Path) -> None:
    assert values(complete(shop, "prodsim recommend 1")) == ["13047", "17850"]


def test_the_database_of_the_line_is_read_and_none_is_silent(shop: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.db"
    assert values(complete(none, f"prodsim --db {shop} similar SKU124")) == ["SKU124"]
    assert values(complete(none, "prodsim similar SKU")) == []
    assert "bm25" in values(complete(none, "prodsim similar --method "))


def test_titles_are_help_and_cannot_break_the_protocol(shop: Path) -> None:
    fish = complete(shop, "prodsim similar SKU12", "fish")
    assert fish[0] == "plain,SKU123\tRed enamel mug"
    assert fish[3] == "plain,SKU126\t🧸 Teddy �[31mbear�[0m"
    zsh = complete(shop, "prodsim similar SKU123", "zsh")
    assert zsh == ["plain", "SKU123", "Red enamel mug"]


def test_a_source_before_the_sku_as_bash_cuts_it(tmp_path: Path) -> None:
    items = [
        {"sku": "1", "source": "abt"},
        {"sku": "12", "source": "abt"},
        {"sku": "1", "source": "buy"},
    ]
    shop = write_shop(
        tmp_path / "two.db", items=items, neighbors={}, events=(), spellings=(), users=()
    )
    assert values(complete(shop, "prodsim similar abt : 1")) == ["1", "12"]
    assert values(complete(shop, "prodsim similar abt :")) == ["1", "12"]
    assert values(complete(shop, "prodsim similar buy:1")) == ["buy:1"]
    assert values(complete(shop, "prodsim similar a")) == ["abt:1", "abt:12"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_valid_for_their_shell(shell: str, tmp_path: Path) -> None:
    environment = {**os.environ, "_PRODSIM_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-m", "prodsim_cli"], env=environment, capture_output=True, check=True
    )
    assert b"_PRODSIM_COMPLETE" in done.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_bytes(done.stdout)
        subprocess.run([shell, "-n", str(script)], check=True)


@pytest.mark.linux
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not on this machine")
def test_in_a_real_bash(shop: Path, tmp_path: Path) -> None:
    program = tmp_path / "prodsim"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m prodsim_cli "$@"\n')
    program.chmod(0o755)
    script = f"""
        export PATH={tmp_path}:$PATH PRODSIM_DB={shop}
        eval "$(_PRODSIM_COMPLETE=bash_source prodsim)"
        COMP_WORDS=(prodsim similar SKU12); COMP_CWORD=2
        _prodsim_completion prodsim
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["SKU123", "SKU124", "SKU125", "SKU126"]
