"""Write the expected outputs anew: ``python tests/golden/make.py``.

It runs whatever ``prodsim_cli`` Python finds first; with ``PYTHONPATH=CHECKOUT`` that is the code
of another checkout. Look at ``git diff tests/golden/expected`` before you commit: every change is
a promise that changed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from golden_commands import cases
from golden_running import EXPECTED, build_shops, run_case

import prodsim_cli


def main() -> None:
    """Build the shops, run every case, replace the folder of expected outputs."""
    sys.stderr.write(f"Code: {Path(prodsim_cli.__file__).parent}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        outputs = build_shops(folder)
        for case in cases():
            outputs[case.name] = run_case(case, folder)
    shutil.rmtree(EXPECTED, ignore_errors=True)
    EXPECTED.mkdir()
    for case_name, text in outputs.items():
        (EXPECTED / f"{case_name}.txt").write_text(text, encoding="utf-8", newline="\n")
    sys.stderr.write(f"{len(outputs)} files in {EXPECTED}\n")


if __name__ == "__main__":
    main()
