"""What a carer does about a case that is open, without a browser."""

import asyncio

from gateway.case import SIREN_OFF, SIREN_ON
from shared import words
from tests.gateway.helpers import booked
from tests.gateway.station.house import CARER, add_users, opened, sign_in, sources, token_in

NAME = "707070707070-1-1"


def test_each_step_of_a_carer_stands_in_the_audit(tmp_path):
    """Who answered, who was there, who silenced the siren, who closed it and as what; and who came second."""
    add_users(tmp_path, Zhao="carer")

    async def scene():
        async with booked(tmp_path) as book:
            lent = sources(tmp_path, cases=book.cases)
            await book.say(words.HELP_REQUESTED)
            await book.until(lambda: book.cases.get(NAME))
            async with opened(tmp_path, lent=lent) as (_, client):
                for name, steps in ((CARER, ["answer", "there"]), ("Zhao", ["answer", "silence", "outcome"])):
                    await sign_in(client, name)
                    async with client.get("/") as page:
                        form = {"token": token_in(await page.text()), "outcome": "test"}
                    for step in steps:
                        async with client.post(f"/cases/{NAME}/{step}", data=form) as answer:
                            assert answer.status == 200
                    async with client.post("/sign-out", data=form):
                        pass
            return [
                (one.actor, one.action, one.outcome) for one in reversed(lent.audit.recent(20)) if one.about == NAME
            ]

    assert asyncio.run(scene()) == [
        (f"station:{CARER}", "answer", "done"), (f"station:{CARER}", "helper-there", "done"),
        ("station:Zhao", "answer", "too-late"), ("station:Zhao", "silence", "done"),
        ("station:Zhao", "outcome", "test"),
    ]  # fmt: skip


def test_the_siren_is_silenced_by_name_and_the_alarm_stays_open(tmp_path):
    """The button is there while it sounds, and only then; a second tap changes nothing."""
    add_users(tmp_path)

    async def scene():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(lambda: book.cases.get(NAME))
            async with opened(tmp_path, lent=sources(tmp_path, cases=book.cases)) as (_, client):
                await sign_in(client)

                async def page():
                    async with client.get(f"/cases/{NAME}") as answer:
                        assert answer.status == 200
                        return await answer.text()

                assert "/silence" not in await page()
                await book.cases.note(NAME, SIREN_ON, "", "not answered")
                sounding = await page()
                assert f"/cases/{NAME}/silence" in sounding
                for _ in range(2):
                    form = {"token": token_in(sounding)}
                    async with client.post(f"/cases/{NAME}/silence", data=form) as answer:
                        assert answer.status == 200
                assert "/silence" not in await page()
            return book.cases.get(NAME)

    case = asyncio.run(scene())

    assert case.is_open
    assert [(step.name, step.by) for step in case.steps if step.name == SIREN_OFF] == [(SIREN_OFF, CARER)]


def test_what_is_told_while_a_page_is_made_is_told_again(tmp_path):
    """An alarm that comes between the look at the alarms and the finished page is neither on it nor lost to it."""
    add_users(tmp_path)

    async def scene():
        async with booked(tmp_path) as book:
            await book.say(words.HELP_REQUESTED)
            await book.until(lambda: book.cases.get(NAME))
            async with opened(tmp_path, lent=sources(tmp_path, cases=book.cases)) as (station, client):
                await sign_in(client)
                render = station.board.render

                async def slow(work):
                    station.stream.tell("case", {})
                    return await render(work)

                station.board.render = slow
                for path in ("/", "/services", f"/cases/{NAME}"):
                    before = station.stream.last_id
                    async with client.get(path) as answer:
                        assert f'"last": "{before}"' in await answer.text()

    asyncio.run(scene())
