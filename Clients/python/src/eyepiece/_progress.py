"""How far work is, told to a bar or to a function."""

from __future__ import annotations

from typing import Any, Callable, Union

Progress = Union[bool, Callable[[dict[str, Any]], None]]


def reporter(progress: Progress) -> tuple[Callable[[dict[str, Any]], None], Callable[[], None]]:
    """What is called with each state, and at the end.

    A state has `progress` from 0 to 1, and perhaps `state` and `secondsLeft`.
    """
    if callable(progress):
        return progress, lambda: None
    if not progress:
        return lambda state: None, lambda: None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return lambda state: None, lambda: None
    bar = tqdm(total=1.0, bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}")

    def report(state: dict[str, Any]) -> None:
        left = state.get("secondsLeft")
        bar.set_description_str(
            state.get("state", "") + (f", {left:.0f} s left" if left else ""), refresh=False)
        bar.update(max(0.0, state.get("progress", 0.0) - bar.n))

    return report, bar.close
