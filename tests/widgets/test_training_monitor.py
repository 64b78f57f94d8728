"""Training monitor: curves as they grow, and a stop that ends after the epoch."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from sfxtutor import TrainingMonitor
from sfxtutor.widgets import base, monitor
from sfxtutor.widgets.monitor import click_waits
from sfxtutor.widgets.training_monitor import panels, progress


def history(epochs, seconds=0.0, domains=False, stopped=False):
    """A history after that many epochs, as `fit` or `fit_dann` hands it on."""
    falling = [0.7 / (i + 1) for i in range(epochs)]
    rates = [1 - loss for loss in falling]
    more = dict.fromkeys(("domain_loss", "domain_val_loss"), falling) if domains else {}
    more |= {"domain_accuracy": rates} if domains else {}
    return SimpleNamespace(
        loss=falling, val_loss=falling, recall=rates, specificity=rates, best_epoch=epochs,
        seconds=seconds, stopped=stopped, **more,
    )  # fmt: skip


def test_both_heads_have_their_curves():
    plain, both = panels(history(3), 5), panels(history(3, domains=True), 5)
    names = [line.label for line in plain["loss"][0]]
    assert names == ["guessing", "training loss", "validation loss"]
    names = [line.label for line in both["loss"][0]]
    assert names[3:] == ["domain head: training loss", "domain head: validation loss"]
    rates = both["rate, %"][0]
    assert [line.label for line in rates[1:]] == [
        "validation recall", "validation specificity", "domain head: validation accuracy",
    ]  # fmt: skip
    np.testing.assert_allclose(rates[1].y, [30, 65, 100 - 70 / 3])
    np.testing.assert_array_equal(rates[1].x, [1, 2, 3])


def test_axes_leave_room_for_the_epochs_to_come():
    assert panels(history(2), 10)["loss"][1] == (0.5, 10.5)
    high = history(2)
    high.loss[0] = 3.0
    assert panels(high, 10)["loss"][2] == (0, pytest.approx(3.15))
    assert panels(None, 0)["rate, %"][2] == (0, 103)


def test_it_says_how_far_the_training_is():
    assert progress(None, 0, False) == "no epoch yet"
    assert progress(history(2), 4, True) == "epoch 2 of 4: recall 65.0%, specificity 65.0%"
    assert progress(history(2, 3.2), 4, True).startswith("done; epoch 2 kept: recall 65.0%")
    assert progress(history(2, 3.2), 4, False).startswith("cached, from an earlier training")
    assert "stopped after 2 of 4" in progress(history(2, 3.2, stopped=True), 4, True)


def test_curves_grow_with_the_epochs():
    watch = TrainingMonitor()
    pictures = [watch.curves.value]
    for epoch in (1, 2):
        assert watch(history(epoch), 4) is False
        pictures.append(watch.curves.value)
    assert len(set(pictures)) == 3
    assert "epoch 2 of 4" in watch.status.value


def test_the_button_stops_this_training_and_no_other():
    watch = TrainingMonitor()
    watch(history(1), 4)
    watch.button.click()
    assert "stopping" in watch.status.value
    assert watch(history(2), 4) is True
    watch(history(2, 1.0, stopped=True), 4)
    assert watch.button.disabled
    watch.button.click()  # too late: nothing trains
    assert watch(history(1), 4) is False
    assert not watch.button.disabled


def test_fit_hands_over_each_epoch_and_obeys():
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from mininets import small_rwd, vectors

    from sfxtutor import Training, fit

    x, y = vectors(40, seed=1)
    watch, seen = TrainingMonitor(), []

    def stop_after_two(history, epochs):
        seen.append((len(history.loss), epochs, history.seconds > 0))
        if len(history.loss) == 2:
            watch.stop()
        return watch(history, epochs)

    found = fit(small_rwd(), x, y, (x, y), Training(6), title=None, watch=stop_after_two)
    assert seen == [(1, 6, False), (2, 6, False), (2, 6, True)]
    assert found.stopped
    assert len(found.loss) == 2
    assert "stopped after 2 of 6 epochs" in watch.alt()


def test_the_static_picture_is_renewed_when_a_training_ends(monkeypatch):
    shown = []

    class Handle:
        def update(self, data, **_):
            shown.append(data["image/png"])

    def display(data, **options):
        if base.VIEW in data:
            return None
        assert options["display_id"] is True
        shown.append(data["image/png"])
        return Handle()

    monkeypatch.setattr(base, "display", display)
    watch = TrainingMonitor()
    watch._ipython_display_()
    watch(history(3), 3)
    assert len(shown) == 1
    watch(history(3, 2.0), 3)
    assert len(shown) == 2
    assert shown[0] != shown[1]
    left, right = watch.figure().axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("loss", "rate, %")


# ---- clicks that wait while a cell runs


class Stream:
    """A ZMQStream: holds raw messages, and hands each to a callback when it is flushed."""

    def __init__(self):
        self.waiting, self.handled = [], []
        self.on_recv(self.handled.append, copy=False)

    def on_recv(self, callback, copy):
        assert not copy
        self._recv_callback = callback

    def flush(self):
        while self.waiting:
            self._recv_callback(self.waiting.pop(0))


def message(kind, comm, event):
    """The frames of a message of Jupyter's protocol."""
    content = {"comm_id": comm, "data": {"method": "custom", "content": {"event": event}}}
    parts = [{"msg_type": kind}, {}, {}, content]
    return [b"me", b"<IDS|MSG>", b"signature", *(json.dumps(part).encode() for part in parts)]


def kernel_6(stream):
    return SimpleNamespace(shell_stream=stream)


def kernel_7(stream):
    """A thread of its own takes the requests; those for cells come through a pair of sockets."""
    pairs = {None: SimpleNamespace(to_stream=stream)}
    manager = SimpleNamespace(get_shell_channel_to_subshell_pair=pairs.__getitem__)
    thread = SimpleNamespace(manager=manager)
    return SimpleNamespace(shell_stream=None, shell_channel_thread=thread)


@pytest.fixture(params=[kernel_6, kernel_7])
def stream(request, monkeypatch):
    stream = Stream()
    shell = SimpleNamespace(kernel=request.param(stream))
    monkeypatch.setattr(monitor, "get_ipython", lambda: shell)
    return stream


def test_a_waiting_click_is_seen_once_and_no_message_is_lost(stream):
    messages = [
        message("execute_request", "", ""),
        message("comm_msg", "stop", "click"),
        message("comm_msg", "other", "click"),
    ]
    stream.waiting += messages
    assert click_waits(SimpleNamespace(model_id="stop"))
    assert stream.handled == messages  # all of them, in their order
    assert not click_waits(SimpleNamespace(model_id="stop"))
    stream.waiting.append(messages[1])
    stream.flush()  # the kernel itself goes on as before
    assert len(stream.handled) == 4


@pytest.mark.parametrize("other", [("comm_msg", "else", "click"), ("comm_msg", "stop", "hover")])
def test_no_other_message_is_taken_for_a_click(stream, other):
    stream.waiting.append(message(*other))
    assert not click_waits(SimpleNamespace(model_id="stop"))


def test_a_waiting_click_stops_the_training(stream):
    watch = TrainingMonitor()
    assert watch(history(1), 4) is False
    stream.waiting.append(message("comm_msg", watch.button.model_id, "click"))
    assert watch(history(2), 4) is True


@pytest.mark.parametrize("shell", [None, SimpleNamespace(kernel=SimpleNamespace())])
def test_where_no_click_can_wait_none_does(monkeypatch, shell):
    monkeypatch.setattr(monitor, "get_ipython", lambda: shell)
    assert not click_waits(SimpleNamespace(model_id="stop"))
