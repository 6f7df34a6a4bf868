import gc
import weakref

from featviz.ui.state.process import settle


class Session:
    """Holds itself, as sessions and their handlers do."""

    def __init__(self) -> None:
        self.itself = self


def test_what_ends_after_it_was_hidden_is_freed_when_the_next_network_settles() -> None:
    session = Session()
    settle()
    ended = weakref.ref(session)
    del session
    gc.collect()
    assert ended() is not None, "hidden from the collector"
    settle()
    assert ended() is None
    gc.unfreeze()
