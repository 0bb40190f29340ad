import queue

from hypothesis import given
from hypothesis import strategies as st

from amp_localstack import log_delivery
from amp_localstack.log_delivery import EVENT_OVERHEAD, MOST_EVENT_BYTES, Entry, calls, take_waiting


def test_lines_become_events_and_empty_ones_do_not():
    [(group, stream, events)] = calls([Entry("g", "s", "one\n\ntwo\n", 5)])
    assert (group, stream) == ("g", "s")
    assert events == [{"timestamp": 5, "message": "one\n"}, {"timestamp": 5, "message": "two\n"}]


def test_entries_of_a_stream_go_together_and_in_order():
    entries = [Entry("g", "s", "1", 1), Entry("g", "other", "2", 2), Entry("g", "s", "3", 3)]
    assert [(stream, [event["message"] for event in events]) for _, stream, events in calls(entries)] == [
        ("s", ["1\n", "3\n"]),
        ("other", ["2\n"]),
    ]


@given(st.lists(st.integers(1, 400), max_size=60))
def test_calls_keep_the_limits_and_lose_nothing(lengths):
    lines = [str(n % 10) * length for n, length in enumerate(lengths)]
    before = log_delivery.MOST_BYTES, log_delivery.MOST_EVENTS
    log_delivery.MOST_BYTES, log_delivery.MOST_EVENTS = 1000, 7
    try:
        batches = [events for _, _, events in calls([Entry("g", "s", "\n".join(lines), 1)])]
    finally:
        log_delivery.MOST_BYTES, log_delivery.MOST_EVENTS = before
    assert [event["message"] for events in batches for event in events] == [line + "\n" for line in lines]
    for events in batches:
        assert len(events) <= 7
        assert len(events) == 1 or sum(len(event["message"]) + EVENT_OVERHEAD for event in events) <= 1000


def test_a_line_over_the_limit_of_an_event_is_cut():
    line = "x" * (2 * MOST_EVENT_BYTES)
    events = [event for _, _, events in calls([Entry("g", "s", line, 1)]) for event in events]
    assert "".join(event["message"] for event in events) == line + "\n"
    assert max(len(event["message"]) for event in events) <= MOST_EVENT_BYTES


def test_all_that_waits_is_taken_with_the_first():
    waiting: queue.Queue[int] = queue.Queue()
    waiting.put(2)
    waiting.put(3)
    assert take_waiting(waiting, 1) == [1, 2, 3]
    assert waiting.empty()
