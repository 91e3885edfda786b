"""Runs as its own process: imports a driver once, then forks for each line of arguments on stdin.

    forkserver.py MODULE JSON_LIST_OF_IMPORT_PATHS

Each line is a JSON list, given to the driver's `main` in a fork; its exit code, or minus the signal that
ended it, is answered on a line.
"""

import importlib
import json
import os
import sys
import traceback


def serve() -> None:
    sys.path[:] = [*json.loads(sys.argv[2]), *sys.path]
    driver = importlib.import_module(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 70
            try:
                code = driver.main(json.loads(line))
            except BaseException:  # noqa: BLE001 - this is the child's entry point
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


serve()
