#!/usr/bin/env python3
"""Writes the inputs that fuzzing begins with: tools/fuzz/seeds.py FOLDER. They are made from the golden messages, the
configuration templates and, for recordings, a run of the real server (left out where that is not built)."""

import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/robustness"))

from inferno_server import Server, bin_folder, make_model  # noqa: E402

PATHS = ("/", "/index.html", "/assets/app.js", "/../secret.txt", "/..%2fsecret.txt", "/link.txt", "/%00", "/assets//x", "index.html", "/export/1.html", "assets/app.js", "/etc/passwd")


def write(folder, name, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def messages(folder):
    golden = sorted((ROOT / "protocol/golden").glob("*.bin"))
    for path in golden:
        data = path.read_bytes()
        write(folder / "binary", path.name, data)
        write(folder / "json", path.stem, path.with_suffix(".json").read_bytes())
        write(folder / "pipe", path.name, b"\x07" + struct.pack("<I", len(data)) + data + struct.pack("<I", len(data)) + data)
    # A client speaks, then another, then the engine; a load that succeeds comes first.
    heads = {"LoadModel": 0, "StartRun": 0, "Subscribe": 2, "ModelLoaded": 1, "RunStarted": 1, "Steps": 1, "Finished": 1}
    story = [(heads[name], (ROOT / f"protocol/golden/{name}.bin").read_bytes()) for name in heads]
    for path in golden:
        for who in (0, 1, 2):
            parts = [*story[:4], (who, path.read_bytes()), *story[4:]]
            write(folder / "session", f"{path.stem}-{who}", b"".join(bytes([w]) + struct.pack("<H", len(d)) + d for w, d in parts if len(d) < 65536))


def recording(folder):
    if not (bin_folder() / "make-model").exists():
        print("no recording to begin with: `tools/build test` makes the program that records it")
        write(folder / "import", "empty", b"SQLite format 3\0" + bytes(100))
        return
    model = make_model(folder / "model.gguf")
    with Server("--data-dir", str(folder / "data")) as server:
        session = server.session()
        finished = session.run(session.load(model)["model"], {"text": "Hello"}, n_predict=3)
        assert finished["n_generated"] == 3
        run = session.ask("ListRuns")["body"]["runs"][0]["run"]
        request = f"GET /export/{run}.inferno HTTP/1.1\r\nHost: localhost:{server.port}\r\nAuthorization: Bearer {server.token}\r\nConnection: close\r\n\r\n"
        head, _, body = server.http(request).partition(b"\r\n\r\n")
    write(folder / "import", "one-run", unchunked(body) if b"chunked" in head else body)


def unchunked(body):
    data = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        data, body = data + body[: int(size, 16)], body[int(size, 16) + 2 :]
        if int(size, 16) == 0:
            break
    return data


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    messages(folder)
    for path in (ROOT / "configs").glob("*.toml"):
        text = path.read_text()
        write(folder / "config", path.name, text.encode())
        write(folder / "config", "set-" + path.name, "\n".join(line.removeprefix("#") if "=" in line else line for line in text.splitlines()).encode())
    for number, path in enumerate(PATHS):
        write(folder / "paths", str(number), path.encode())
    recording(folder)
    print(json.dumps({one.name: len(list(one.iterdir())) for one in sorted(folder.iterdir()) if one.is_dir() and one.name != "data"}))


main()
