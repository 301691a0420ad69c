"""What an instrument at a listener's computer is sent, to the byte: channels, ties, cuts, and what is not begun yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from fakes.browser import Visit
from fakes.hall import Hall

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
Wire = Callable[[str], Awaitable[Any]]
HELPERS = """
const { MidiOut } = await import('/static/js/listen-midi.js');
const sent = [];
const port = { id: 'a', name: 'Stage piano', send: (bytes, at) => sent.push([bytes.join(' '), Math.round(at ?? 0)]) };
navigator.requestMIDIAccess = async () => ({ outputs: new Map([['a', port]]) });
const midi = new MidiOut();
const outputs = await midi.outputs();
midi.choose('a');
sent.length = 0;
midi.voices([{ name: 'beat', kind: 'drums' }, { name: 'bass', kind: 'bass' }, { name: 'lead', kind: 'melody' }]);
const note = (voice, pitch, tied = false) => ({ id: '', voice, pitch, velocity: 90, begins: 0, ends: 0, tied });
"""


@pytest_asyncio.fixture
async def wire(hall: Hall, visitor: Visitor) -> Wire:
    """What comes back from a script that plays by ``midi``; what was sent is in ``sent``."""
    here = await visitor(hall.address)

    async def run(script: str) -> Any:
        return await here.page.evaluate(f"async () => {{ {HELPERS} {script} }}")

    return run


async def test_each_voice_has_a_channel_and_drums_have_theirs(wire: Wire) -> None:
    script = """
        midi.play(note('beat', 36), 1000, 1100);
        midi.play(note('bass', 40), 1000, 1500);
        midi.play(note('lead', 72), 1250, 1500);
        midi.look(2000);
        return [outputs, sent];
        """
    outputs, sent = await wire(script)
    assert outputs == [{"id": "a", "name": "Stage piano"}]
    assert sent == [
        ["153 36 90", 1000],
        ["144 40 90", 1000],
        ["145 72 90", 1250],
        ["137 36 0", 1099],
        ["128 40 0", 1499],
        ["129 72 0", 1499],
    ]


async def test_a_tie_goes_on_sounding_over_the_bar_line_and_is_not_struck_again(wire: Wire) -> None:
    script = """
        midi.play(note('lead', 72), 1000, 2000);
        midi.look(1500);
        midi.play(note('lead', 72, true), 2000, 3000);
        midi.look(2500);
        midi.look(3500);
        midi.play(note('lead', 72, true), 4000, 5000);
        midi.look(5500);
        return sent;
        """
    struck, ended = "145 72 90", "129 72 0"
    assert await wire(script) == [[struck, 1000], [ended, 2999], [struck, 4000], [ended, 4999]], "one that is cut is"


async def test_what_is_struck_again_ends_before_and_what_is_cut_ends_then(wire: Wire) -> None:
    script = """
        midi.play(note('lead', 72), 1000, 2000);
        midi.play(note('lead', 72), 1500, 2500);
        midi.end(note('lead', 72), 1000, 1200);
        midi.end(note('lead', 72), 1500, 1750);
        midi.look(3000);
        return sent;
        """
    assert await wire(script) == [["145 72 90", 1000], ["129 72 0", 1499], ["145 72 90", 1500], ["129 72 0", 1750]]


async def test_a_note_that_waits_in_the_browser_when_all_is_ended_ends_as_it_begins(wire: Wire) -> None:
    script = """
        const begins = performance.now() + 60000;
        midi.play(note('lead', 72), begins, begins + 500);
        midi.silence();
        midi.look(begins + 1000);
        return [sent.map(([bytes]) => bytes), sent[1][1] - sent[0][1]];
        """
    bytes_, late = await wire(script)
    assert bytes_ == ["145 72 90", "129 72 0", *(f"{0xB0 + channel} 123 0" for channel in range(16))]
    assert late == 1
