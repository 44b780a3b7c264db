"""A server as a process of its own, what the kernel says it used, and browsers that keep their lines."""

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FLOOR = [str(Path(__file__).parent / "floor" / "hello.py")]
HOUSE = ["-c", "from engage.asgi import serve; serve()"]
#: What Chromium says besides.
HEAD = """{method} {path} HTTP/1.1
Host: 127.0.0.1:{port}
Connection: keep-alive
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: navigate
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
"""


class Server:
    """Answers from the `with` on; `cpu` are the seconds its threads have computed."""

    def __init__(self, what: list[str], port: int, **environment: str) -> None:
        said = os.environ | {"ENGAGE_PORT": str(port), "ENGAGE_ENV": "test"} | environment
        self.port = port
        self._child = subprocess.Popen([sys.executable, *what], env=said)

    def __enter__(self) -> "Server":
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                if self._child.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait(30)

    @property
    def cpu(self) -> float:
        spent = 0
        for file in Path(f"/proc/{self._child.pid}/task").glob("*/schedstat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended
                spent += int(file.read_text().split()[0])
        return spent / 1e9


class Browser:
    """One connection, that stays open while it is used. `send` asks, `receive` waits for the whole answer."""

    def __init__(self, port: int, cookie: str = "", key: str = "") -> None:
        self._port = port
        self._said = f"Cookie: {cookie}\n" if cookie else ""
        self._said += (
            f"Authorization: Bearer {key}\nContent-Type: application/json\n" if key else ""
        )
        self.is_free = True
        self._open()

    def _open(self) -> None:
        self.line = socket.create_connection(("127.0.0.1", self._port))
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._used = time.monotonic()

    def send(self, path: str, body: Any = None, **headers: str) -> None:
        if time.monotonic() - self._used > 2:  # the server closes lines that are silent
            self._open()
        self._used = time.monotonic()
        method, sent = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
        head = HEAD.format(method=method, path=path, port=self._port) + self._said
        head += f"Content-Length: {len(sent)}\n" if sent else ""
        head += "".join(f"{name.replace('_', '-')}: {text}\n" for name, text in headers.items())
        self.line.sendall((head + "\n").replace("\n", "\r\n").encode() + sent)

    def receive(self) -> tuple[int, dict[str, str], bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = {name.lower(): text for name, text in (line.split(": ", 1) for line in lines[1:])}
        while len(body) < int(headers.get("content-length", 0)):
            body += self._more()
        return int(lines[0].split()[1]), headers, body

    def _more(self) -> bytes:
        if not (data := self.line.recv(1 << 18)):
            raise SystemExit("the server closed the line")
        return data

    def ask(self, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        self.send(path, body, **headers)
        answer = self.receive()
        if answer[0] not in (200, 207, 304):
            raise SystemExit(f"{path} was answered {answer[0]}: {answer[2][:200]!r}")
        return answer


def all_at_once(
    readers: list[Browser], path: str, seconds: float, write: Callable[[int], Browser | None]
) -> tuple[int, int]:
    """Each reader asks for `path` again as soon as it is answered, while others write.

    `write` is called again and again with the number of what was sent so far; it sends one more when
    it is time and a browser is free, and says which. How many were read and written.
    """
    lines = selectors.DefaultSelector()
    for reader in readers:
        reader.send(path)
        lines.register(reader.line, selectors.EVENT_READ, (reader, True))
    end, reads, writes = time.perf_counter() + seconds, 0, 0
    while time.perf_counter() < end:
        if writer := write(writes):
            writes += 1
            lines.register(writer.line, selectors.EVENT_READ, (writer, False))
        for key, _ in lines.select(timeout=0.002):
            browser, is_reader = key.data
            assert browser.receive()[0] == 200
            if is_reader:
                reads += 1
                browser.send(path)
            else:
                lines.unregister(browser.line)
                browser.is_free = True
    for key in list(lines.get_map().values()):
        key.data[0].receive()
        key.data[0].is_free = True
    return reads + len(readers), writes
