"""A service as small as can be, for tests of the runtime: answers /health, and misbehaves when asked to.

Run as `python tiny_service.py PORT [BEHAVIOUR]`, where BEHAVIOUR is one of

- `crash`: write a line and end;
- `sick`: answer /health with 503;
- `deaf`: ignore SIGTERM;
- `parent`: have a child in a session of its own, with a clean environment like a Lambda function's.

GET /crash ends it at once.
"""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        if self.path == "/crash":
            os._exit(3)
        self.send_response(self.status)
        self.end_headers()


def main() -> None:
    port, behaviour = int(sys.argv[1]), (*sys.argv[2:], "")[0]
    print(f"starting on {port}")
    print("environment:", ",".join(sorted(os.environ)))
    if behaviour == "crash":
        sys.exit("something is wrong here")
    if behaviour == "sick":
        Handler.status = 503
    if behaviour == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if behaviour == "parent":
        subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"],
            env={"LAMBDA_TASK_ROOT": os.getcwd(), "AWS_LAMBDA_FUNCTION_NAME": "tiny"},
            start_new_session=True,
        )
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
