"""Exercises of an instructor's own: a file ``exercises.py`` beside the source of an assignment.

It defines EXERCISES, a tuple of `Exercise` with ids such as "lesson10.g1". Only who has the source
can check an answer: $SFXTUTOR_EXERCISES names the folder of the sources there.
"""

import os
import sys
import traceback
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from ...support.environment import variable
from .exercise import Exercise

FOLDER = "SFXTUTOR_EXERCISES"  # in the environment of a process that may know the answers


def known_from(folder):
    """Context in which the exercises beside the sources in a folder are known."""
    return variable(FOLDER, str(Path(folder).resolve()))


def own_exercises(name):
    """The exercises beside the source of an assignment, () where there are none."""
    folder = os.environ.get(FOLDER, "")
    path = Path(folder) / name / "exercises.py"
    return read_exercises(path) if folder and path.is_file() else ()


@lru_cache
def read_exercises(path):
    """The EXERCISES of a file.

    Parameters
    ----------
    path : pathlib.Path
        ``NAME/exercises.py``.

    Returns
    -------
    tuple of Exercise

    Raises
    ------
    ValueError
        The file cannot be executed, or EXERCISES is not what it should be.
    """
    spec = spec_from_file_location(f"own_exercises_{path.parent.name}", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass in the file looks itself up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever the instructor's file raises
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        raise ValueError(
            f"{path}, line {line}: {type(error).__name__}: {error}. Correct the file."
        ) from error
    exercises = getattr(module, "EXERCISES", None)
    if not isinstance(exercises, tuple | list) or not exercises:
        raise ValueError(f"{path} defines no EXERCISES, expected a tuple of Exercise. Add it.")
    wrong = [one for one in exercises if not isinstance(one, Exercise)]
    if wrong:
        raise ValueError(f"{path}: found {wrong[0]!r} in EXERCISES, expected an Exercise.")
    return tuple(exercises)


def problems(path, check):
    """What is wrong with the exercises of a file, in sentences; [] where they are in order.

    Parameters
    ----------
    path : pathlib.Path
        ``NAME/exercises.py``, in a folder that is known (`known_from`).
    check : callable
        `sfxtutor.course.exercises.check.check`.
    """
    found, name = [], path.parent.name
    exercises = read_exercises(path)
    ids = [one.id for one in exercises]
    for id in sorted(set(ids)):
        if ids.count(id) > 1 or not id.startswith(f"{name}.g"):
            found.append(f"the id {id!r} is not one of its own such as {name}.g1")
    if found:
        return found
    for one in exercises:
        try:
            found += misjudged(one, check)
        except Exception as error:  # whatever the instructor's functions raise
            found.append(f"{one.id}: its answers or its probe raised {error!r}")
    return found


def misjudged(exercise, check):
    """What an exercise takes its own reference and mistakes for, in sentences where it is wrong."""
    found = []
    result = check(exercise.id, exercise.reference())
    if not result.passed:
        found.append(f"{exercise.id}: its reference does not pass: {result}")
    for mistake in exercise.mistakes:
        said = check(exercise.id, mistake.answer())
        if said.diagnosis != mistake.name:
            as_what = "right" if said.passed else repr(said.diagnosis)
            found.append(f"{exercise.id}: the mistake {mistake.name!r} is taken for {as_what}")
    return found
