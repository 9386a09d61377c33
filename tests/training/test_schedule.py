"""The spelling of an update's steps."""

import pytest

from infogan.training.schedule import Schedule, Step


def test_steps_are_read_in_turn_and_words_put_in_order():
    schedule = Schedule("2 * fake+real > D + trunk, mi>Q+G")
    d_step = Step(("real", "fake"), ("trunk", "D"))
    assert schedule.parsed == (d_step, d_step, Step(("mi",), ("G", "Q")))
    assert [str(step) for step in schedule.parsed[1:]] == ["real+fake > trunk+D", "mi > G+Q"]


def test_steps_that_move_the_same_parts_share_an_optimiser():
    schedule = Schedule("real > trunk+D, fake > D+trunk, fool > G, mi > G+Q")
    assert list(schedule.optimisers) == ["trunk+D", "G", "G+Q"]
    assert len(schedule.optimisers["trunk+D"]) == 2


def test_the_default_is_the_papers_order():
    first, second = Schedule().parsed
    assert {"real", "fake", "mi"} < set(first.losses)
    assert {"trunk", "D", "Q"} < set(first.moves)
    assert second == Step(("fool", "mi", "contrast"), ("G",))


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("real+fake", "cannot read 'real[+]fake'; write losses > parts"),
        ("real > D, ", "cannot read ''"),
        ("true > D", "no loss 'true'; there are real, fake"),
        ("real > P", "no part 'P'; there are G, trunk"),
        ("fool > G, consistency > G", "'consistency > G' moves nothing, since consistency depends"),
        ("fool > G, real+penalty > Q", "'real[+]penalty > Q' moves nothing"),
        (
            "fool > G, mi > D",
            "'mi > D' moves nothing, since mi depends on G, trunk, Q, norms",
        ),
        ("real+fake > D", "no step of 'real[+]fake > D' moves G"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(steps, message):
    with pytest.raises(ValueError, match=f"schedule.steps: {message}") as refused:
        Schedule(steps)
    assert "\n" not in str(refused.value)
