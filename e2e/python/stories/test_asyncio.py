"""The same sockets under the asyncio client, many at once: everybody sees one order."""

import asyncio
import json

from harness.frames import at
from websockets.asyncio.client import connect

EACH = 40
WRITERS = 3


def test_all_devices_see_one_order(people):
    ana, ben = people("Ana", "Ben")
    writers = [ana.away() for _ in range(WRITERS)]
    readers = [ben.away() for _ in range(3)]
    watcher = ana.away()

    def socket(device, path: str):
        headers = {"Authorization": f"Bearer {device.token}"}
        return connect(f"ws://{ana.server.address}{path}", additional_headers=headers, proxy=None)

    async def write(number: int, device) -> None:
        async with socket(device, f"/ws/chat/personal/{ana.phone}/{ben.phone}/") as chat:
            for count in range(EACH):
                said = ana.says(ben, f"{count} of writer {number}", at(count * WRITERS + number))
                await chat.send(json.dumps(said))
                answer = json.loads(await chat.recv())
                assert (answer["command"], answer["message"]) == ("msg_sent", said["sent_timestamp"])

    async def read(device, phone: str, ready: asyncio.Barrier) -> list[str]:
        async with socket(device, f"/ws/chat/special/{phone}/") as inbox:
            await ready.wait()
            heard = [json.loads(await inbox.recv()) for _ in range(EACH * WRITERS)]
        assert all(frame["command"] == "new_msg" for frame in heard)
        return [frame["message"] for frame in heard]

    async def story() -> None:
        ready = asyncio.Barrier(len(readers) + 2)
        reading = [asyncio.create_task(read(device, ben.phone, ready)) for device in readers]
        reading.append(asyncio.create_task(read(watcher, ana.phone, ready)))
        async with asyncio.timeout(60):
            await ready.wait()
            await asyncio.gather(*(write(number, device) for number, device in enumerate(writers)))
            orders = await asyncio.gather(*reading)
        assert len(set(orders[0])) == EACH * WRITERS
        # Every device, the author's own among them, heard the same in the same order.
        assert all(order == orders[0] for order in orders)
        for number in range(WRITERS):
            own = [text for text in orders[0] if text.endswith(f"writer {number}")]
            assert own == [f"{count} of writer {number}" for count in range(EACH)]

    asyncio.run(story())
