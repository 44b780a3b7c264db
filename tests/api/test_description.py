"""The published description holds: whatever it allows is answered as it says, and never with a 500."""

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    response_schema_conformance,
    status_code_conformance,
)

from engage import clock
from engage.accounts import keys
from engage.accounts.rules import SCOPES
from engage.db import db
from engage.programmes import service as programmes
from tests.conftest import Cast


def test_every_operation_answers_as_described(app: Flask, cast: Cast) -> None:
    _, token = keys.add(programmes.by_slug("resellers"), "fuzz", SCOPES, clock.now())
    db.session.commit()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)

    checks = [not_a_server_error, response_schema_conformance, status_code_conformance]
    operations = list(schema.get_all_operations())
    assert len(operations) >= 6
    for operation in operations:
        strategy = operation.ok().as_strategy()

        @settings(
            max_examples=15,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def check(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks)

        check()
