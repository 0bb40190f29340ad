"""The catalogue service at its worst, played by a fake one: what becomes of announcements, and of their neighbours."""

import json

from support.dead_letters import dead_letters


def test_each_bad_answer_dead_letters_its_message_and_the_rest_of_the_batch_lands(
    client, fake_catalogue, copy_of_ingest, new_show, new_change, raw_bucket
):
    fake_catalogue.up()
    copy = copy_of_ingest(1)
    answers = {"not found": 404, "refused": 403, "failing": 500, "no show": 200, "hanging": None}
    bad = {name: new_change(new_show()["show_id"]) for name in answers}
    for name, status in answers.items():
        if status is None:
            fake_catalogue.hangs(bad[name]["show_id"])
        else:
            fake_catalogue.answers(bad[name]["show_id"], status)
    shows = [new_show(), new_show()]
    for show in shows:
        fake_catalogue.has(show)
    good = [new_change(show["show_id"]) for show in shows]

    copy.send(good[0], *bad.values(), good[1])
    copy.start()

    dead_letters(client("sqs"), copy.dead_letter_url, {json.dumps(change) for change in bad.values()})
    lines = {name: copy.logs.not_ingested(change["change_id"])[0] for name, change in bad.items()}
    assert {name: line["reason"] for name, line in lines.items()} == {
        "not found": "unknown_show",
        "refused": "api_refused",
        "failing": "api_unavailable",
        "no show": "bad_metadata",
        "hanging": "api_unavailable",
    }
    landed = raw_bucket.landed("show_catalog/", "change_id", {change["change_id"] for change in good})
    assert [len(lines) for lines in landed.values()] == [1, 1]
    beside = {line["requestId"] for change in good for line in copy.logs.structured(change["change_id"])}
    assert {line["requestId"] for line in lines.values()} == beside, "they were not one batch"


def test_announcements_outlast_a_catalogue_that_is_down(
    fake_catalogue, copy_of_ingest, new_show, new_change, raw_bucket
):
    copy = copy_of_ingest(6)
    shows = [new_show() for _ in range(5)]
    changes = [new_change(show["show_id"]) for show in shows]
    copy.send(*changes)
    copy.start()
    assert {copy.logs.not_ingested(change["change_id"])[0]["reason"] for change in changes} == {"api_unavailable"}

    for show in shows:
        fake_catalogue.has(show)
    fake_catalogue.up()

    landed = raw_bucket.landed("show_catalog/", "change_id", {change["change_id"] for change in changes})
    assert [len(lines) for lines in landed.values()] == [1] * 5
