import pytest

from tests.edge.cameras.fault_log import FaultLog


@pytest.fixture
def faults() -> FaultLog:
    return FaultLog()
