"""What a carer does about a case that is open, without a browser."""

import asyncio

from gateway.case import SIREN_OFF, SIREN_ON
from shared import words
from tests.gateway.helpers import booked
from tests.gateway.station.house import CARER, add_users, opened, sign_in, sources, token_in

NAME = "707070707070-1-1"


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
