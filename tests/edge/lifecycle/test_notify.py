from pathlib import Path

from edge.lifecycle.notify import Notifier
from tests.edge.service_manager import ServiceManager


def test_a_status_cannot_say_anything_else_to_the_service_manager(tmp_path: Path) -> None:
    manager = ServiceManager(tmp_path / "notify")
    label = "water\nREADY=1\rMAINPID=1\x0bWATCHDOG=trigger\u2028STOPPING=1\x1b[2J\u202e\0\udcff" + "y" * 100_000
    try:
        Notifier(str(manager.path)).status(label)
        manager.wait_for("STATUS", "water READY=1 MAINPID=1")
        Notifier(str(manager.path)).ready(label)
        manager.wait_for("READY", "1")
    finally:
        manager.close()
    assert [list(message) for message in manager.messages] == [["STATUS"], ["READY", "STATUS"]]
    assert all(status.isprintable() and len(status) <= 2000 for status in manager.values("STATUS"))
