"""``search``: products for words, judged by answers that people have graded.

Methods are those with a ``search`` function of their own (similarity plug-ins): they match the
words with the products' texts. Nothing is held out; the catalogue is asked as it stands.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodsim_cli.data.dataset import Dataset
from prodsim_cli.data.interactions import binary
from prodsim_cli.errors import UsageProblem
from prodsim_cli.evaluation import trained_tables
from prodsim_cli.evaluation.answer_files import Answers
from prodsim_cli.evaluation.outcome import Outcome
from prodsim_cli.evaluation.report import ReportOptions
from prodsim_cli.evaluation.run import answered
from prodsim_cli.evaluation.tasks._steps import judge_file
from prodsim_cli.evaluation.trained_tables import EvalRequest
from prodsim_cli.protocol.testset import TestSet, anonymous, end_of
from prodsim_cli.similarity import Method, method, methods

if TYPE_CHECKING:
    from prodsim_cli.progress import Progress

Encode = Callable[[str], Callable[[list[str]], NDArray[np.float32]]]
"""Name of a space -> the function that makes its vectors of texts."""


def judged(
    data: Dataset,
    answers: Answers,
    request: EvalRequest,
    options: ReportOptions,
    encode: Encode,
    progress: Progress | None = None,
) -> Outcome:
    """``encode`` is called for a space when a method needs it: loading a model takes time."""
    data = anonymous(data)
    questions = TestSet(
        train=data,
        subjects=answers.subjects,
        candidates=np.ones(len(data), bool),
        answers=answers.answers,
        barred=binary(np.zeros(0, int), np.zeros(0, int), (len(answers.subjects), len(data))),
        texts=answers.texts,
        now=end_of(data.events),
    )
    made = trained_tables.Tables(measure=request.measure)
    answering = {}
    load = cache(encode)
    for name, found in _methods(request).items():
        why = found.unable(data, request.settings)
        if not why and found.joins and not any(data.texts()):
            why = "no product has a text"  # in words it asks the texts, not the tables
        if why:
            made.left_out[name] = why
        else:
            answering[name] = _search(found.module, questions, request, load, options.depth)
    if not answering:
        said = "; ".join(f"{name}: {why}" for name, why in made.left_out.items())
        raise UsageProblem(
            f"None of the methods can search here ({said}).",
            hint="Ingest products with texts, or choose others with --methods.",
        )
    ran = answered(
        questions, answering, made, depth=options.depth, seed=options.seed, progress=progress
    )
    left_out, notes = answers.left_out, answers.notes
    return judge_file(
        "search", ran, answers.names, "queries", left_out, notes, options, kind="search", at=None
    )


def _methods(request: EvalRequest) -> dict[str, Method]:
    """The methods asked for that can search; ``all``: every one that can."""
    able = {one.name: one for one in methods() if hasattr(one.module, "search")}
    if "all" in request.methods:
        return able
    for name in request.methods:
        method(name)  # a name that does not exist is said as such
        if name not in able:
            raise UsageProblem(
                f"{name} cannot search: it knows products, not words.",
                hint=f"Choose from: {', '.join(able)}.",
            )
    return {name: able[name] for name in request.methods}


def _search(
    module: Any, questions: TestSet, request: EvalRequest, encode: Encode, depth: int
) -> Callable[[], NDArray[np.int32]]:
    known = inspect.signature(module.search).parameters
    settings = {name: value for name, value in request.settings.items() if name in known}
    if "encode" in known:
        there = [name for name in questions.train.embeddings if name not in questions.train.learned]
        space = settings.get("space") or next(iter(there), None)
        settings["encode"] = encode(space) if space in there else None
    find = partial(module.search, questions.train, questions.texts, k=depth, **settings)
    return lambda: np.asarray(find()[0])
