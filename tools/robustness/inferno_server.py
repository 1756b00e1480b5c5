"""Starts the real server for a test, talks to it in its JSON form, and looks at what it costs.

Python's standard library alone.
"""

import itertools
import json
import os
import pathlib
import secrets
import socket
import subprocess
import tempfile
import time

from web_socket import Closed, WebSocket

ROOT = pathlib.Path(__file__).resolve().parents[2]


def slowness():
    """By how much things may take longer here and now: what there is to do, for each core."""
    return max(1.0, os.getloadavg()[0] / os.cpu_count())


def bin_folder():
    return pathlib.Path(os.environ.get("INFERNO_BIN", ROOT / "build/release/bin"))


def make_model(path, **options):
    """A small model with random weights."""
    chosen = {"layers": 1, "embd": 32, "heads": 2, "ff": 64, "ctx": 256, **options}
    flags = [text for name, value in chosen.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    subprocess.run([bin_folder() / "make-model", *flags, "-o", path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


class Server:
    """`inferno serve` on a free port, ended with the `with` block that holds it."""

    def __init__(self, *arguments, environment=None, folder=None):
        self._temporary = tempfile.TemporaryDirectory(prefix="inferno-robustness-")
        self.folder = pathlib.Path(folder or self._temporary.name)
        self.token = secrets.token_hex(32)
        self.log_path = pathlib.Path(self._temporary.name) / "server.log"
        surroundings = {**os.environ, "INFERNO_TOKEN": self.token, "HOME": self._temporary.name, **(environment or {})}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_DATA_HOME"):
            surroundings.pop(name, None)
        command = [bin_folder() / "inferno", "serve", "--port", "0", "--demo-model", "none", *arguments]
        self._log = open(self.log_path, "wb")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, env=surroundings, cwd=self._temporary.name)
        self.url = self._wait_for_url()
        self.port = int(self.url.split(":")[2].split("/")[0])

    def _wait_for_url(self):
        for line in self.process.stdout:
            if b"http://" in line:
                return "http://" + line.decode().split("http://")[1].strip()
        raise RuntimeError(f"the server did not start: {self.log_path.read_text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._log.close()
        self._temporary.cleanup()

    def alive(self):
        return self.process.poll() is None

    def health(self, timeout=5):
        """Seconds until the server has said that it is up."""
        begun = time.monotonic()
        answer = self.http(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n", timeout)
        assert b" 200 " in answer.split(b"\r\n")[0], answer
        return time.monotonic() - begun

    def http(self, request, timeout=30):
        """Sends bytes as they are; everything that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.settimeout(timeout)
            try:
                connection.sendall(request.encode() if isinstance(request, str) else request)
                return b"".join(iter(lambda: connection.recv(1 << 16), b""))
            except ConnectionError:
                return b""

    def memory(self):
        """Resident bytes of the server process."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def engines(self):
        """Process ids of its children."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def session(self, timeout=None):
        return Session(self, timeout or 30 * slowness())


class Refused(Exception):
    """The server answered with an Error."""

    def __init__(self, body):
        super().__init__(f"{body.get('code')}: {body.get('message')} {body.get('hint', '')}".strip())
        self.code, self.message, self.hint = body.get("code"), body.get("message", ""), body.get("hint", "")


class Session:
    """One client. `ask` waits for the reply to its own request and passes over the rest."""

    def __init__(self, server, timeout=30):
        self.socket = WebSocket(server.port, server.token, timeout=timeout)
        self._requests = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def tell(self, kind, body=None, **envelope):
        self.socket.send(json.dumps({**envelope, "body_type": kind, "body": body or {}}))

    def receive(self):
        return json.loads(self.socket.receive())

    def ask(self, kind, body=None, **envelope):
        request = next(self._requests)
        self.tell(kind, body, request=request, **envelope)
        while True:
            message = self.receive()
            if message.get("request") == request and message["body_type"] != "LoadProgress":
                if message["body_type"] == "Error":
                    raise Refused(message["body"])
                return message

    def load(self, path, **options):
        return self.ask("LoadModel", {"path": str(path), "options": options})["body"]

    def run(self, model, prompt, n_predict=4, **more):
        """Starts a run and returns its Finished; `steps` of the messages are counted on the way."""
        body = {"model": model, "limits": {"n_predict": n_predict, "ignore_eos": True}, "capture": {"n_candidates": 4}, **more}
        if prompt is not None:  # a branch has none of its own
            body["prompt"] = prompt
        run = self.ask("StartRun", body)["body"]["run"]
        while True:
            message = self.receive()
            if message.get("run") == run and message["body_type"] == "Finished":
                return message["body"]


__all__ = ["Closed", "Refused", "Server", "Session", "bin_folder", "make_model", "slowness"]
