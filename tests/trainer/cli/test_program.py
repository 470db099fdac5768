"""The trainer on a machine where only the device's part was installed."""

import subprocess
import sys

WITHOUT_TORCH = "import sys; sys.modules['torch'] = None; from trainer.cli.program import main; sys.exit(main())"


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "ishara-trainer: torch is not installed here; pip install 'ishara[trainer]'\n"
