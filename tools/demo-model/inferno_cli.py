"""Asks the `inferno` program: one process a prompt, which for this model takes some hundredths of a second."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
THREADS = ["--threads", "1", "--threads-batch", "1"]


def find_program():
    named = os.environ.get("INFERNO")
    if named:
        return named
    for build in ("release", "dev"):
        program = ROOT / "build" / build / "bin" / "inferno"
        if program.exists():
            return str(program)
    raise SystemExit("no inferno program: build it (tools/build), or name it in INFERNO")


class Inferno:
    def __init__(self, model, program=None):
        self.program, self.model = program or find_program(), str(model)

    def _run(self, verb, arguments, text=None):
        command = [self.program, verb, self.model, *arguments]
        done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        return done.stdout

    def steps(self, arguments, text=None):
        return [json.loads(line) for line in self._run("run", [*THREADS, "--json", *arguments], text).splitlines()]

    def greedy(self, prompt, n_tokens, stop=()):
        """What greedy decoding adds to a prompt; control tokens' names in it count as such."""
        stops = [part for text in stop for part in ("--stop", text)]
        return self._run("run", [*THREADS, "--greedy", "--no-prompt-logprobs", "--no-echo", "--colour", "never", "--special",
                                 "-n", str(n_tokens), *stops, "-f", "-"], prompt)

    def chat(self, question, n_tokens):
        return self._run("run", [*THREADS, "--greedy", "--no-prompt-logprobs", "--no-echo", "--colour", "never", "--chat",
                                 "-n", str(n_tokens), "-p", question])

    def sampled(self, prompt, n_tokens, seed):
        return self._run("run", [*THREADS, "--temp", "0.8", "--samplers", "temperature", "--seed", str(seed), "--no-echo",
                                 "--no-prompt-logprobs", "--colour", "never", "-n", str(n_tokens), "-f", "-"], prompt)

    def score(self, text, candidates=1):
        arguments = [*THREADS, "--json", "--candidates", str(candidates), "-f", "-"]
        return [json.loads(line) for line in self._run("score", arguments, text).splitlines()]

    def tokenize(self, text):
        return [int(part) for part in self._run("tokenize", ["--no-bos", "--ids", "-f", "-"], text).replace(",", " ").split()]


def in_parallel(work, items):
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(work, items))
