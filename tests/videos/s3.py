"""A small S3 on this machine: what obstore asks of one, over HTTP, with its errors."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

BUCKET, KEY_ID = "films", "AKIAENGAGE"


class S3(BaseHTTPRequestHandler):
    objects: ClassVar[dict[str, bytes]] = {}
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str | None:
        """The object asked for; None once an error was answered."""
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if f"Credential={KEY_ID}/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
        elif bucket != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        else:
            return key
        return None

    def do_PUT(self) -> None:
        if (key := self._key()) is not None:
            self.objects[key] = self.body
            self._answer(200, ETag='"1"')

    def do_POST(self) -> None:
        """Several are deleted at once; what is not there is no trouble."""
        if self._key() is not None:
            keys = re.findall("<Key>(.*?)</Key>", self.body.decode())
            for key in keys:
                self.objects.pop(unescape(key), None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    def do_GET(self) -> None:
        key = self._key()
        if key == "":
            self._list(parse_qs(urlsplit(self.path).query).get("prefix", [""])[0])
        elif key is not None and key not in self.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif key is not None:
            self._object(self.objects[key])

    do_HEAD = do_GET

    def _object(self, whole: bytes) -> None:
        known = {"ETag": '"1"', "Last_Modified": "Wed, 10 Apr 2013 15:00:00 GMT"}
        span = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if span is None:
            return self._answer(200, whole, **known)
        first, last = int(span[1]), min(int(span[2]), len(whole) - 1)
        told = f"bytes {first}-{last}/{len(whole)}"
        return self._answer(206, whole[first : last + 1], Content_Range=told, **known)

    def _list(self, prefix: str) -> None:
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(body)}</Size><ETag>1</ETag>"
            "<LastModified>2013-04-10T15:00:00.000Z</LastModified></Contents>"
            for key, body in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        self._answer(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """The address of an empty one."""
    S3.objects.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
