"""Random calls against a server and a model of it: every answer is the same, to the last byte.

`--hypothesis-profile=long` plays far more of them, and other ones in each run.
"""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.model import requests as ask
from tests.model.conftest import LONG
from tests.model.image_data import mostly
from tests.model.player import Player
from tests.model.spelling import NOTHING, SPELLINGS, Spelling

SHORT = settings(max_examples=14, stateful_step_count=30, derandomize=True, database=None)
"""Enough to meet each rule many times; the same calls in every run."""


def _some(operations: Any) -> st.SearchStrategy[Any]:
    """A few requests for these operations."""
    return st.lists(ask.enveloped(ask.spoken(operations)), min_size=1, max_size=4)


class Machine(RuleBasedStateMachine):
    """One run: a server of its own, begun empty, and what clients may do in any order."""

    spelling: Spelling

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="rpcmedia-model-")
        self._player = Player(Path(self._folder.name) / "data", self.spelling)
        self.api = self._player.api

    @initialize(requests=_some(ask.FIRST))
    def begin_with_some_images(self, requests: Any) -> None:
        for request in requests:
            self._player.ask(request, ask.ADMIN)

    @initialize()
    def begin_logged_in(self) -> None:
        self._player.ask({"id": 1, "method": "login", "params": [*ask.ADMIN]}, None)

    @rule(requests=_some(ask.CREATES), basic=ask.BASICS)
    def create(self, requests: Any, basic: Any) -> None:
        for request in requests:
            self._player.ask(request, basic)

    @rule(requests=_some(ask.UPDATES | ask.UPDATES | ask.REMOVES), basic=ask.BASICS)
    def update_or_remove(self, requests: Any, basic: Any) -> None:
        for request in requests:
            self._player.ask(request, basic)

    @rule(requests=_some(ask.READS), basic=ask.BASICS)
    def read(self, requests: Any, basic: Any) -> None:
        for request in requests:
            self._player.ask(request, basic)

    @rule(request=ask.enveloped(ask.MULTI_CALLS), basic=ask.BASICS)
    def call_many(self, request: Any, basic: Any) -> None:
        self._player.ask(request, basic)

    @rule(
        batch=st.lists(mostly(ask.enveloped(ask.MEMBERS), ask.NO_OBJECTS), max_size=4),
        basic=ask.BASICS,
    )
    def send_a_batch(self, batch: Any, basic: Any) -> None:
        self._player.ask(batch, basic)

    @rule(
        body=mostly(ask.enveloped(ask.OTHERS | ask.spoken(ask.SETS | ask.WRONG)), ask.NO_REQUESTS),
        basic=ask.BASICS,
    )
    def ask_something_else(self, body: Any, basic: Any) -> None:
        self._player.ask(body, basic)

    @rule(login=ask.LOGINS, named=st.booleans(), number=ask.IDS)
    def log_in(self, login: Any, named: bool, number: Any) -> None:
        params = (
            dict(zip(("username", "apiKey"), login, strict=True)) if named else [*login, "more"]
        )
        request = {"jsonrpc": "2.0", "method": "login", "params": params}
        self._player.ask(request if number is NOTHING else {**request, "id": number})

    @rule(session=ask.SESSIONS)
    def end_session(self, session: Any) -> None:
        self._player.ask({"id": 1, "method": "endSession", "params": [session]})

    @precondition(lambda self: self.api.sessions)
    @rule(lives=st.sampled_from([0.55, 0.55, 1.1]))
    def let_time_pass(self, lives: float) -> None:
        self._player.move_clock(lives)

    @rule(restart=st.booleans())
    def look_at_everything(self, restart: bool) -> None:
        if restart:
            self._player.restart()
        self._player.look_at_everything()

    def teardown(self) -> None:
        try:
            if self._player.agree:
                self._player.look_at_everything()
        finally:
            self._player.stop()
        if self._player.agree:
            self._player.check()
        self._folder.cleanup()


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.profile)
def test_every_answer_is_that_of_the_model(spelling: Spelling) -> None:
    machine = type(f"Machine_{spelling.profile}", (Machine,), {"spelling": spelling})
    chosen = settings.get_profile(LONG) if settings.get_current_profile_name() == LONG else SHORT
    run_state_machine_as_test(
        machine, settings=settings(chosen, deadline=None, suppress_health_check=list(HealthCheck))
    )
