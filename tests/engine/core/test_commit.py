import asyncio

from homeassistant.core import HomeAssistant
import pytest

from custom_components.digital_twin.engine.core.files import GroupCommit, async_see_through


class Disk:
    """A slow disk: each save ends when it is told to."""

    def __init__(self) -> None:
        self.begun: list[asyncio.Future[None]] = []

    async def save(self) -> None:
        self.begun.append(asyncio.get_running_loop().create_future())
        await self.begun[-1]


async def turn() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)


def writer(hass: HomeAssistant, group: GroupCommit) -> asyncio.Task[None]:
    return hass.async_create_task(group.async_commit())


async def test_a_writer_is_answered_when_its_save_has_ended(hass: HomeAssistant) -> None:
    disk = Disk()
    task = writer(hass, GroupCommit(hass, disk.save))
    await turn()
    assert len(disk.begun) == 1
    assert not task.done()
    disk.begun[0].set_result(None)
    await task


async def test_writers_of_one_moment_share_a_save(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    tasks = [writer(hass, group) for _ in range(10)]
    await turn()
    disk.begun[0].set_result(None)
    await asyncio.gather(*tasks)
    assert len(disk.begun) == 1


async def test_writers_during_a_save_wait_for_the_next(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    first = writer(hass, group)
    await turn()
    late = [writer(hass, group) for _ in range(10)]
    await turn()
    disk.begun[0].set_result(None)
    await first
    await turn()
    assert not any(task.done() for task in late)
    assert len(disk.begun) == 2
    disk.begun[1].set_result(None)
    await asyncio.gather(*late)


async def test_a_failed_save_fails_all_who_built_on_it(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    first = writer(hass, group)
    await turn()
    late = writer(hass, group)
    await turn()
    disk.begun[0].set_exception(OSError("disk full"))
    for task in (first, late):
        with pytest.raises(OSError, match="disk full"):
            await task
    assert len(disk.begun) == 1


@pytest.mark.parametrize("end", [RuntimeError("a defect"), asyncio.CancelledError()])
async def test_nobody_waits_for_ever_when_a_save_ends_in_any_other_way(
    hass: HomeAssistant, end: BaseException
) -> None:
    reported: list[object] = []
    hass.loop.set_exception_handler(lambda _loop, context: reported.append(context["exception"]))
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    first = writer(hass, group)
    await turn()
    late = writer(hass, group)
    await turn()
    disk.begun[0].set_exception(end)
    await turn()
    assert first.cancelled()
    assert late.cancelled()
    await group.async_settle()


async def test_the_group_goes_on_after_a_failure(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    failing = writer(hass, group)
    await turn()
    disk.begun[0].set_exception(OSError("disk full"))
    with pytest.raises(OSError, match="disk full"):
        await failing
    again = writer(hass, group)
    await turn()
    disk.begun[1].set_result(None)
    await again


async def test_a_cancelled_writer_costs_the_others_nothing(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    cancelled, other = writer(hass, group), writer(hass, group)
    await turn()
    cancelled.cancel()
    disk.begun[0].set_result(None)
    await other
    assert cancelled.cancelled()


async def test_settling_waits_for_the_save_that_runs(hass: HomeAssistant) -> None:
    disk = Disk()
    group = GroupCommit(hass, disk.save)
    await group.async_settle()
    task = writer(hass, group)
    await turn()
    settled = hass.async_create_task(group.async_settle())
    await turn()
    assert not settled.done()
    disk.begun[0].set_result(None)
    await settled
    await task


async def test_work_goes_on_to_its_end_when_nobody_waits_any_more(hass: HomeAssistant) -> None:
    disk = Disk()
    told: list[str] = []

    async def save_and_tell() -> None:
        await disk.save()
        told.append("saved")

    task = hass.async_create_task(async_see_through(hass, save_and_tell()))
    await turn()
    task.cancel()
    await turn()
    assert task.cancelled()
    assert told == []
    disk.begun[0].set_result(None)
    await turn()
    assert told == ["saved"]


async def test_work_that_fails_when_nobody_waits_any_more_disturbs_nobody(
    hass: HomeAssistant,
) -> None:
    reported: list[object] = []
    hass.loop.set_exception_handler(lambda _loop, context: reported.append(context["message"]))
    disk = Disk()
    task = hass.async_create_task(async_see_through(hass, disk.save()))
    await turn()
    task.cancel()
    await turn()
    disk.begun[0].set_exception(OSError("disk full"))
    await turn()
    assert reported == []
