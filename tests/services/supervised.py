"""A program for the tests: supervises processes given as JSON `[[name, target, [arg, …]], …]`."""

import json
import sys

from engage.services.supervisor import Process, Supervisor, SupervisorError


def main(processes: str, grace: str) -> None:
    specs = [Process(name, target, tuple(args)) for name, target, args in json.loads(processes)]
    try:
        Supervisor(specs, grace=float(grace)).run(lambda: print("ready", flush=True))
    except SupervisorError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
