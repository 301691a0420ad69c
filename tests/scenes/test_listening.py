"""How scenes say that voices listen to each other, and what is wrong with what cannot be."""

from __future__ import annotations

import pytest

from fakes.scenes import scene
from reverie.compose.relations import Relation
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError

TEXT = """\
name: study
title: A study
tempo: 120
key: D
scale: dorian
order: {order}
voices:
  lead: {{kind: melody, model: m, register: [C4, C6], output: {{channel: 1}}, listen: {lead}}}
  second: {{kind: melody, model: m, register: [C4, C6], output: {{channel: 3}}, listen: {second}}}
  low: {{kind: bass, model: m, register: [C2, C4], output: {{channel: 2}}, listen: {low}}}
  beat: {{kind: drums, model: d, output: {{channel: 10}}, listen: {beat}}}
"""


def written(**said: str) -> str:
    return TEXT.format(**(dict.fromkeys(("order", "lead", "second", "low", "beat"), "[]") | said))


def relations(**said: str) -> dict[str, tuple[Relation, ...]]:
    return {name: plan.relations for name, plan in arrange(scene(written(**said)), {}).plans.items()}


def test_relations_are_read_with_what_they_leave_open() -> None:
    read = relations(
        low="{lock: beat}",
        lead="[{imitate: second, after: 2, up: -12, weight: 2}, {avoid: low}, {avoid: beat}, {answer: second}]",
        second="[{double: low, up: 24}, {avoid: beat, in: density}, {lock: beat, drum: snare}]",
    )
    assert read["low"] == (Relation("lock", "beat", drum=36),)
    assert read["lead"] == (
        Relation("imitate", "second", delay=2, interval=-12, weight=2.0),
        Relation("avoid", "low", of="register"),
        Relation("avoid", "beat", of="onsets"),
        Relation("answer", "second"),
    )
    assert read["second"] == (
        Relation("double", "low", interval=24),
        Relation("avoid", "beat", of="density"),
        Relation("lock", "beat", drum=38),
    )
    assert relations(lead="{imitate: second}")["lead"] == (Relation("imitate", "second", delay=1),)
    assert relations(beat="{fill: lead, drum: null}")["beat"] == (Relation("fill", "lead"),)


def test_relations_and_order_are_part_of_what_a_scene_is() -> None:
    said = ({}, {"order": "[lead]"}, {"low": "{lock: beat}"}, {"low": "{answer: beat}"})
    assert len({scene(written(**one)).hash for one in said}) == len(said)
    bare = written().replace("order: []\n", "").replace(", listen: []", "")
    assert scene(bare).hash == scene(written()).hash


def test_a_voice_may_lock_to_one_drum_and_answer_another() -> None:
    both = scene(written(low="[{lock: beat}, {answer: beat, drum: snare}]")).voices["low"].listen
    assert [one.kind for one in both] == ["lock", "answer"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"low": "{lock: beet}"}, "10:88: there is no voice 'beet'; did you mean 'beat'?"),
        ({"low": "[{answer: lead}, {lock: low}]"}, "10:105: 'low' cannot listen to itself; name another voice"),
        (
            {"low": "{lock: lead}", "lead": "{answer: low}"},
            "8:93: this is a circle, of which no voice can be composed first: 'lead' listens to 'low', and 'low' to",
        ),
        (
            {"low": "{lock: lead}", "lead": "{answer: second}", "second": "{answer: low}"},
            "8:93: this is a circle, of which no voice can be composed first: 'lead' listens to 'second', and 'second'",
        ),
        ({"low": "{lock: lead, drum: snare}"}, "10:100: 'lead' has no drums; leave 'drum' out"),
        ({"low": "{lock: beat, up: 2}"}, "10:98: only 'imitate' and 'double' have 'up', not 'lock'; leave it out"),
        ({"low": "{lock: beat, after: 2}"}, "10:101: only 'imitate' has 'after', not 'lock'; leave it out"),
        ({"low": "{lock: beat, in: onsets}"}, "10:98: only 'avoid' has 'in', not 'lock'; leave it out"),
        ({"low": "{imitate: lead, drum: snare}"}, "10:103: 'imitate' has no 'drum'; leave it out"),
        ({"low": "{fill: lead}"}, "10:88: only drums fill; for 'low' write answer: lead"),
        ({"beat": "{double: lead}"}, "11:73: 'beat' has no pitches, so nothing can be doubled; write lock: lead"),
        (
            {"low": "{imitate: beat}"},
            "10:91: 'beat' has no pitches, and the other has; drums and tunes cannot imitate each other",
        ),
        (
            {"beat": "{avoid: lead, in: register}"},
            "11:82: 'beat' has no register; write in: onsets, or in: density",
        ),
        ({"beat": "{suit: low}"}, "11:71: 'beat' has no pitches, so nothing can suit it or be suited; leave it out"),
        ({"lead": "{suit: low}"}, "8:91: a voice suits another by the scene's harmony, and there is none; write one"),
        ({"lead": "{suit: low, drum: kick}"}, "8:102: 'suit' has no 'drum'; leave it out"),
        ({"low": "[{lock: lead}, {answer: lead}]"}, "10:105: 'answer' and 'lock' with 'lead' ask for opposite"),
        ({"low": "[{lock: beat}, {answer: beat}]"}, "10:105: 'answer' and 'lock' with 'beat' ask for opposite"),
        (
            {"low": "[{lock: beat}, {answer: beat, drum: kick}]"},
            "10:105: 'answer' and 'lock' with 'beat' ask for opposite",
        ),
        ({"low": "{drum: kick}"}, "10:81: an entry of 'listen' names a relation and a voice, such as lock: drums"),
        ({"low": "{lock: beat, answer: lead}"}, "10:102: an entry of 'listen' is one relation; give 'answer' an entry"),
        ({"low": "{avoid: beat, in: pitch}"}, "10:99: 'in' must be 'register', 'onsets' or 'density', not the text"),
        ({"low": "{lock: beat, drum: kik}"}, "10:100: there is no drum 'kik'; did you mean 'kick'?"),
        ({"low": "{double: lead, down: 12}"}, "10:96: an interval down is written 'up' with a number below 0"),
        ({"low": "{lock: beat, weight: 9}"}, "10:102: 'weight' must be 4 or less, not 9"),
        ({"low": "beat"}, "10:81: 'listen' must be a list"),
        ({"order": "[lead, leed]"}, "6:15: there is no voice 'leed'; did you mean 'lead'?"),
        ({"order": "[lead, low, lead]"}, "6:20: 'lead' stands twice in 'order'"),
        (
            {"order": "[low, beat]", "low": "{lock: beat}"},
            "6:9: 'low' listens to 'beat', which must be composed before it",
        ),
        (
            {"order": "[low, beat]", "low": "{lock: lead}", "lead": "{lock: beat}"},
            "6:9: 'low' listens, by way of 'lead', to 'beat', which must be composed before it",
        ),
    ],
)
def test_what_cannot_be_is_told_at_its_place(said: dict[str, str], fault: str) -> None:
    with pytest.raises(DocumentError) as caught:
        scene(written(**said))
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"study.yaml:{fault}")


def test_who_is_free_of_the_harmony_suits_nobody_by_it() -> None:
    over_chords = written(lead="{suit: low}").replace("order: []", "harmony: D | Em")
    assert Relation("suit", "low") in arrange(scene(over_chords), {}).plans["lead"].relations
    with pytest.raises(DocumentError, match="'lead' is free of the harmony, by which a voice suits another"):
        scene(over_chords.replace("kind: melody", "kind: melody, harmony: free", 1))
