"""Adds up what the steps of tools/lib/steps.sh left in a results folder.

Prints each step with its time and counts, how to run every failing test alone, and as its last line
"N passed, N failed, N skipped". The exit status is 1 if anything failed. A step that holds no test cases
(formatting, say) counts as one.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.reruns = []

    def add(self, outcome, rerun):
        setattr(self, outcome, getattr(self, outcome) + 1)
        if outcome == "failed":
            self.reruns.append(rerun)


def slug(name):
    return re.sub(r"[^A-Za-z0-9+-]", "_", name)


def gtest_outcome(case):
    if case.get("failures"):
        return "failed"
    return "skipped" if case.get("result") in ("SKIPPED", "SUPPRESSED") else "passed"


def programs(folder):
    """The test programs that ctest ran in a step, as (name, failed)."""
    report = folder / "programs.xml"
    if not report.exists():
        return []
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    return [(case.get("name"), case.get("status") == "fail") for case in cases]


def count_gtest(folder, build, counts):
    seen_failing = set()
    seen = set()
    for path in sorted(folder.glob("*.json")):
        program = re.sub(r"_\d+$", "", path.stem)
        seen.add(program)
        for suite in json.loads(path.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                outcome = gtest_outcome(case)
                if outcome == "failed":
                    seen_failing.add(program)
                counts.add(outcome, f"{build}/bin/{program} --gtest_filter={case['classname']}.{case['name']}")
    for program, failed in programs(folder):
        if failed and program not in seen_failing:
            counts.add("failed", f"{build}/bin/{program}   (it ended without a result: crash, time-out or sanitizer)")


def count_vitest(report, counts):
    for file in json.loads(report.read_text())["testResults"]:
        name = re.sub(r"^.*/frontend/", "", file["name"])
        rerun = f"tools/page-test {name}"
        for case in file["assertionResults"]:
            outcome = {"passed": "passed", "failed": "failed"}.get(case["status"], "skipped")
            counts.add(outcome, f"{rerun} -t '{case['fullName']}'")
        if file["status"] == "failed" and not any(c["status"] == "failed" for c in file["assertionResults"]):
            counts.add("failed", rerun)


def count_step(results, name, status):
    counts = Counts()
    if status == "skipped":
        counts.add("skipped", "")
        return counts
    build = "build/" + next((kind for kind in ("asan", "tsan") if kind in name.lower()), "release")
    folder = results / slug(name)
    report = results / (slug(name) + ".vitest.json")
    if folder.is_dir():
        count_gtest(folder, build, counts)
    elif report.exists():
        count_vitest(report, counts)
    elif status == "0":
        counts.add("passed", "")
    if status != "0" and counts.failed == 0:
        counts.add("failed", f"see {slug(name)}.log")
    return counts


def main():
    results = pathlib.Path(sys.argv[1])
    total = Counts()
    print("\nstep                                      time   passed   failed  skipped")
    for line in (results / "steps.tsv").read_text().splitlines():
        status, seconds, name = line.split("\t")
        counts = count_step(results, name, status)
        print(f"{name:38} {int(seconds):5} s {counts.passed:8} {counts.failed:8} {counts.skipped:8}")
        total.passed += counts.passed
        total.failed += counts.failed
        total.skipped += counts.skipped
        total.reruns += counts.reruns
    if total.reruns:
        print("\nTo run what failed alone:")
        for rerun in total.reruns:
            print(f"  {rerun}")
    print(f"\n{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    sys.exit(1 if total.failed or total.passed == 0 else 0)


main()
