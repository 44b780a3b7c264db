"""Processes of the house: a server imports it once, and each of its own is then only a fork away."""

import multiprocessing

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.conftest", "engage.app", "engage.asgi"])
