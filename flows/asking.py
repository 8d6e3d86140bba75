"""Questions to services as tasks: they alone are tried again, later each time, on top of the clients' own patience."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from pipeline.errors import AcquireError, RefusedError

T = TypeVar("T")
LATER = [60.0, 600.0, 1800.0]  # seconds until a question is asked again


@task(name="ask", task_run_name="{what}", cache_policy=NO_CACHE, persist_result=False,
      retry_delay_seconds=LATER, retry_jitter_factor=0.2)  # fmt: skip
def _ask(what: str, action: Any) -> Any:
    return action()


def ask_again(what: str, action: Callable[[], T], *, patient: bool = True) -> T:
    """What ``action`` gives, as a task that is called ``what``; with patience asked again if the network fails."""
    asked = _ask.with_options(retries=len(LATER) if patient else 0, retry_condition_fn=_is_of_the_network)
    given: dict[str, Any] = {"what": what, "action": quote(action)}
    answer: T = asked(**given)
    return answer


def _is_of_the_network(_task: Any, _run: Any, state: Any) -> bool:
    """What asking again may mend; a full disk or a wrong setting is not."""
    problem = state.result(raise_on_failure=False)
    return isinstance(problem, AcquireError) and not isinstance(problem, RefusedError)
