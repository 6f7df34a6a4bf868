"""A browser's connection to the app as a benchmark needs it: it asks for views, presses buttons and draws nothing."""

from __future__ import annotations

import asyncio
import re
import time
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from uuid import uuid4

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.typing import Origin, Subprotocol

_DONE = re.compile(r": ([\d,]+) of ([\d,]+)")


@dataclass
class Visitor:
    """One browser's connection.

    Attributes:
        url: of the server.
        received: bytes.
        failures: what the server could not do.
        buttons: ids by label, of those ever drawn.
        progress: (when, pieces done) as the page told it.
        told: what the progress said last.
    """

    url: str
    received: int = 0
    failures: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    progress: list[tuple[float, int]] = field(default_factory=list)
    told: str = ""
    session: str = ""
    uploader: str = ""
    files: list[FileURLs] = field(default_factory=list)
    ticks: dict[str, float] = field(default_factory=dict)
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _query: str = ""
    _page: str = ""

    async def connect(self) -> None:
        """Open the connection and read along from now on."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = await websockets.connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            origin=Origin(self.url),
            open_timeout=60,
        )
        self._tasks.append(asyncio.create_task(self._read()))

    async def close(self) -> None:
        """Leave."""
        for task in self._tasks:
            task.cancel()
        await self.socket.close()

    async def open_view(self, query: str, page: str = "feature_maps") -> float:
        """Ask for a view; the seconds until its last byte."""
        self._query, self._page = query, page
        return await self._ask(BackMsg())

    async def press(self, label: str) -> float:
        """Press the button whose label begins so, once it is there."""
        while not any(name.startswith(label) for name in self.buttons):
            await asyncio.sleep(0.1)
        message = BackMsg()
        pressed = message.rerun_script.widget_states.widgets.add()
        pressed.id = next(each for name, each in self.buttons.items() if name.startswith(label))
        pressed.trigger_value = True
        self.told = ""
        return await self._ask(message)

    async def upload(self, name: str, data: bytes) -> float:
        """Hand a file over, and see the page that follows; the seconds from the end of the upload."""
        message, self.files = BackMsg(), []
        message.file_urls_request.request_id = uuid4().hex
        message.file_urls_request.file_names.append(name)
        message.file_urls_request.session_id = self.session
        await self.socket.send(message.SerializeToString())
        while not self.files:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(_put, self.url, self.files[0].upload_url, name, data)
        answer = BackMsg()
        widget = answer.rerun_script.widget_states.widgets.add()
        widget.id = self.uploader
        given = widget.file_uploader_state_value.uploaded_file_info.add()
        given.name, given.size, given.file_id = name, len(data), self.files[0].file_id
        given.file_urls.CopyFrom(self.files[0])
        return await self._ask(answer)

    async def keep_watching(self) -> None:
        """Run the page's fragments whenever they are due, as a browser does."""
        while True:
            await asyncio.sleep(0.1)
            for fragment, interval in list(self.ticks.items()):
                message = BackMsg()
                message.rerun_script.fragment_id = fragment
                message.rerun_script.is_auto_rerun = True
                self._fill(message)
                await self.socket.send(message.SerializeToString())
                await asyncio.sleep(interval)

    def watch(self) -> None:
        """Do so beside what follows."""
        self._tasks.append(asyncio.create_task(self.keep_watching()))

    async def _ask(self, message: BackMsg) -> float:
        self._fill(message)
        self._finished.clear()
        self.ticks.clear()
        self.buttons.clear()
        started = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        await asyncio.wait_for(self._finished.wait(), 300)
        return time.perf_counter() - started

    def _fill(self, message: BackMsg) -> None:
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page

    async def _read(self) -> None:
        async for data in self.socket:
            self.received += len(data)
            answer = ForwardMsg.FromString(bytes(data, "utf-8") if isinstance(data, str) else data)
            kind = answer.WhichOneof("type")
            if kind == "script_finished" and answer.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            ):
                self._finished.set()
            elif kind == "new_session":
                self.session = answer.new_session.initialize.session_id or self.session
            elif kind == "auto_rerun":
                self.ticks[answer.auto_rerun.fragment_id] = answer.auto_rerun.interval
            elif kind == "file_urls_response":
                self.files = list(answer.file_urls_response.file_urls)
            elif kind == "delta":
                self._see(answer)

    def _see(self, answer: ForwardMsg) -> None:
        element = answer.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.failures.append(element.exception.message)
        elif kind == "alert":
            self.failures += [element.alert.body] if "busy" in element.alert.body.lower() else []
        elif kind == "button":
            self.buttons[element.button.label] = element.button.id
        elif kind == "file_uploader" and not self.uploader:
            self.uploader = element.file_uploader.id
        elif kind == "progress":
            self.told = element.progress.text
            found = _DONE.search(self.told)
            if found:
                self.progress.append((time.perf_counter(), int(found[1].replace(",", ""))))


def _put(url: str, path: str, name: str, data: bytes) -> None:
    """Send a file as a form does, with the token that the server hands to its own pages."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{url}/_stcore/health", timeout=60).close()
    border = uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'
    body = head.encode() + data + f"\r\n--{border}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
    headers["X-Xsrftoken"] = next(
        (each.value or "" for each in cookies if each.name == "_streamlit_xsrf"), ""
    )
    opener.open(urllib.request.Request(url + path, body, headers, method="PUT"), timeout=120).close()
