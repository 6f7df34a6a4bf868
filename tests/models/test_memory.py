"""What is remembered: made once, one answer for everybody, bounded, and nothing of what failed."""

import copy
import pickle
import threading

import pytest

from featviz.models.memory import Memory
from tests.toys import InPlace, seeded, wrapped


def test_an_answer_is_made_once_even_if_it_is_nothing() -> None:
    memory, made = Memory(), []
    answers = [memory.recall("key", lambda: made.append(1)) for _ in range(3)]
    assert (answers, made) == ([None] * 3, [1])


def test_what_failed_is_tried_again() -> None:
    memory = Memory()
    with pytest.raises(ValueError, match="first"):
        memory.recall("key", lambda: (_ for _ in ()).throw(ValueError("first")))
    assert memory.recall("key", lambda: "second") == "second"


def test_the_answers_asked_for_least_recently_are_forgotten() -> None:
    memory = Memory(max_entries=2)
    for key in "aba":
        memory.recall(key, lambda key=key: [key])
    kept = memory.recall("a", list)
    memory.recall("c", lambda: ["c"])
    assert memory.recall("a", list) is kept
    assert memory.recall("b", lambda: "anew") == "anew"


def test_threads_that_ask_at_once_get_the_same_answer() -> None:
    memory, together, answers = Memory(), threading.Barrier(8), []

    def make() -> object:
        together.wait()  # all of them make it
        return object()

    threads = [threading.Thread(target=lambda: answers.append(memory.recall("key", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and len(set(map(id, answers))) == 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda memory: pickle.loads(pickle.dumps(memory))])
def test_a_copy_begins_empty(copied) -> None:
    memory = Memory(max_entries=1)
    memory.recall("a", lambda: 1)
    other = copied(memory)
    assert other.recall("a", lambda: 2) == 2
    assert memory.recall("a", lambda: 3) == 1
    other.recall("b", lambda: 4)
    assert other.recall("a", lambda: 5) == 5


def test_each_model_remembers_for_itself() -> None:
    one, other = wrapped(seeded(InPlace)), wrapped(seeded(InPlace))
    assert (one.remember("key", lambda: 1), other.remember("key", lambda: 2)) == (1, 2)
    assert (one.remember("key", lambda: 3), other.remember("key", lambda: 4)) == (1, 2)
