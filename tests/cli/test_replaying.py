"""``minqing dispatch replay``: what was decided is decided again and compared."""

from __future__ import annotations

import json

import make_requests
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool


def test_what_differs_is_a_line_and_the_exit_says_so(
    run, database, fresh_world, cipher, committing_client, clock
) -> None:
    orders = [make_requests.order(committing_client, fresh_world) for _ in range(3)]
    done = run("dispatch", "replay")
    assert (done.code, done.out) == (
        0, "3 decisions, 0 differences, 0 not replayable\n",
    )  # fmt: skip
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET search_path TO minqing, public"))
        connection.execute(
            text(
                "UPDATE dispatch_decision d SET inputs ="
                " jsonb_set(inputs, '{candidates,0,valid_to}', CAST(:day AS jsonb))"
                " FROM service_request r WHERE r.id = d.request_id AND number = :number"
            ),
            {"number": orders[1]["number"], "day": json.dumps("2020-01-01")},
        )
        connection.execute(
            text(
                "UPDATE dispatch_decision d SET inputs = NULL, verdicts = NULL,"
                " explanation = '{}'"
                " FROM service_request r WHERE r.id = d.request_id AND number = :number"
            ),
            {"number": orders[2]["number"]},
        )
    engine.dispose()
    done = run("dispatch", "replay")
    line, sums = done.out.splitlines()
    assert done.code == 1
    assert line.startswith(f"{orders[1]['number']}: ")
    assert sums == "3 decisions, 1 differences, 1 not replayable"
    assert run("dispatch", "replay", lang="zh_CN.UTF-8").out.endswith(
        "复算派单 3 次，不一致 1 次，无法复算 1 次\n"
    )
    later = run("dispatch", "replay", "--since", "2999-01-01")
    assert (later.code, later.out) == (
        0, "0 decisions, 0 differences, 0 not replayable\n",
    )  # fmt: skip
