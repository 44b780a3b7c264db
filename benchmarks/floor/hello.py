"""`hello world` in a bare Flask under the server of the house: what any page costs at least."""

import os

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask

from engage.asgi import PARTS_AHEAD, THREADS, keep_to_one_processor

app = Flask("hello")
app.add_url_rule("/", "hello", lambda: "hello world")

if __name__ == "__main__":
    keep_to_one_processor(int(os.environ["ENGAGE_PORT"]))
    uvicorn.run(
        WSGIMiddleware(app, workers=THREADS, send_queue_size=PARTS_AHEAD),  # type: ignore[arg-type]
        port=int(os.environ["ENGAGE_PORT"]),
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
