"""Measures Ray's twins of rayd's rows. Run inside namespace.sh with the
environment's own Python: measure.py FOLDER SECONDS RUNS ROWS. FOLDER holds
`rows` and `librows.so` (rows.cpp) and takes Ray's files. Prints the lines of
rows.cpp and rows.py as they come, and lines of row 18; lines with "failed"
name what did not run. Ends every process that it started."""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.dirname(sys.executable)
PORT = "6379"
# Rows of rayd that Ray has a twin for, but 18.
TWINS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11)
# One row may take a few minutes: its batches are as large as rayd's.
ROW_LIMIT_S = 300


def say(**fields):
    print(json.dumps(fields), flush=True)


def ray(*arguments):
    """Runs the command `ray`; its words go to standard error."""
    return subprocess.run([os.path.join(BIN, "ray"), *arguments],
                          stdout=sys.stderr, stderr=sys.stderr,
                          stdin=subprocess.DEVNULL, timeout=120).returncode


def start_head(folder):
    code = ray("start", "--head", "--port=" + PORT, "--num-cpus=2",
               "--node-ip-address=127.0.0.1", "--include-dashboard=true",
               "--object-store-memory=" + str(4 << 30),
               "--temp-dir=" + folder)
    if code != 0:
        raise RuntimeError(f"ray start --head ended with {code}")


def run_row(api, program, row, seconds, runs, folder):
    """Copies the program's JSON to standard output."""
    log = os.path.join(folder, f"row{row}.{api}.log")
    arguments = program + [str(row), str(seconds), str(runs)]
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=open(log, "w"),
                              timeout=ROW_LIMIT_S, text=True)
        lines, reason = done.stdout, f"ended with {done.returncode}"
    except subprocess.TimeoutExpired as late:
        lines = (late.stdout or b"").decode(errors="replace")
        reason = f"took more than {ROW_LIMIT_S} s"
    finished = False
    for line in lines.splitlines():
        finished = finished or line == "done"
        if line.startswith("{"):
            print(line, flush=True)
    if not finished:
        say(row=row, api=api, failed=reason, log=tail(log))


def tail(log):
    with open(log, errors="replace") as lines:
        return lines.read()[-600:]


def start_times(programs, runs, folder):
    """Row 18: head, first result, second node, stop; all as processes."""
    for api, program in programs.items():
        times = {"first result": [], "node joins": [], "stop": []}
        for _ in range(runs):
            begin = time.perf_counter()
            start_head(folder)
            run_row(api, program, 18, 0, 0, folder)
            times["first result"].append(time.perf_counter() - begin)
            begin = time.perf_counter()
            ray("start", "--address=127.0.0.1:" + PORT, "--num-cpus=1",
                "--object-store-memory=" + str(1 << 28))
            times["node joins"].append(time.perf_counter() - begin)
            begin = time.perf_counter()
            ray("stop")
            times["stop"].append(time.perf_counter() - begin)
        for case, values in times.items():
            say(row=18, case=case, api=api, unit="ms",
                values=[1e3 * value for value in values])


def memory():
    """PSS in MB and number of processes of an idle cluster."""
    total, count = 0, 0
    for pid in os.listdir("/proc"):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as text:
                if b"ray" not in text.read() or int(pid) in (1, os.getpid()):
                    continue
            with open(f"/proc/{pid}/smaps_rollup") as lines:
                total += sum(int(line.split()[1]) for line in lines
                             if line.startswith("Pss:"))
            count += 1
        except (OSError, ValueError):
            continue
    say(memory="idle head, all processes", mb=total / 1024, processes=count)


def main():
    folder, seconds, runs = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    rows = [int(row) for row in sys.argv[4].split(",")]
    os.environ.update(
        RAY_ADDRESS="127.0.0.1:" + PORT, RAY_TMPDIR=folder,
        RAY_USAGE_STATS_ENABLED="0", RAY_DEDUP_LOGS="0")
    programs = {
        "C++": [os.path.join(folder, "rows"),
                os.path.join(folder, "librows.so")],
        "Python": [sys.executable, os.path.join(HERE, "rows.py")],
    }
    try:
        twins = [row for row in rows if row in TWINS]
        if twins:
            start_head(folder)
            time.sleep(5)
            memory()
            for row in twins:
                for api, program in programs.items():
                    run_row(api, program, row, seconds, runs, folder)
            ray("stop")
        if 18 in rows:
            start_times(programs, runs, folder)
    finally:
        ray("stop", "--force")


main()
