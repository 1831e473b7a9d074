"""A short run of scripts/torture: what was acknowledged outlives SIGKILL."""

from pathlib import Path

from tests.torture.rounds import Torture


async def test_what_was_acknowledged_outlives_a_kill_at_any_moment(tmp_path: Path) -> None:
    torture = Torture(tmp_path / "d", seed=1)
    result = await torture.run(3)
    assert result.acknowledged > 0
    assert result.images > 0
