"""Rows of rayd's microbenchmark with Ray's Python API, one row per run.
Usage: rows.py ROW SECONDS RUNS, with RAY_ADDRESS set. Each case prints one
line of JSON; tests/benchmarks/compare.py says what the fields mean."""
import json
import sys
import time

import ray

BATCH = 10_000
PAIRS = 4
now = time.perf_counter


@ray.remote
def same_number(x):
    return x


@ray.remote
class Adder:
    def __init__(self):
        self.total = 0

    def add(self, by):
        self.total += by
        return self.total


@ray.remote
class Submitter:
    """Submits from a process of its own."""

    def tasks(self, count):
        ray.get([same_number.remote(i) for i in range(count)])

    def calls(self, targets, count):
        ray.get([targets[i % len(targets)].add.remote(1)
                 for i in range(count)])


def show(row, case, unit, values, **more):
    print(json.dumps({"row": row, "case": case, "api": "Python",
                      "unit": unit, "values": values, **more}), flush=True)


def rate(row, seconds, runs, batch):
    """batch() does BATCH operations."""
    start = now()
    while True:
        batch()
        if now() - start >= min(1.0, seconds):
            break
    rates = []
    for _ in range(runs):
        start, done = now(), 0
        while now() - start < seconds:
            batch()
            done += BATCH
        rates.append(done / (now() - start))
    show(row, "", "1/s", rates)


def latency(row, case, seconds, runs, once):
    start = now()
    while True:
        once()
        if now() - start >= min(1.0, seconds):
            break
    medians, p99s = [], []
    for _ in range(runs):
        times, start = [], now()
        while now() - start < seconds:
            begin = now()
            once()
            times.append((now() - begin) * 1e6)
        times.sort()
        medians.append(times[len(times) // 2])
        p99s.append(times[min(len(times) - 1, int(len(times) * 0.99))])
    show(row, case, "us", medians, p99=p99s)


def tasks(row, seconds, runs):
    if row == 1:
        latency(row, "", seconds, runs,
                lambda: ray.get(same_number.remote(1)))
    elif row == 2:
        rate(row, seconds, runs,
             lambda: ray.get([same_number.remote(i) for i in range(BATCH)]))
    else:
        submitters = [Submitter.remote() for _ in range(PAIRS)]
        rate(row, seconds, runs,
             lambda: ray.get([s.tasks.remote(BATCH // PAIRS)
                              for s in submitters]))


def actors(row, seconds, runs):
    if row == 6:
        targets = [Adder.remote() for _ in range(PAIRS)]
        submitters = [Submitter.remote() for _ in range(PAIRS)]
        rate(row, seconds, runs,
             lambda: ray.get([s.calls.remote(targets, BATCH // PAIRS)
                              for s in submitters]))
        return
    target = Adder.remote()
    if row == 4:
        latency(row, "", seconds, runs, lambda: ray.get(target.add.remote(1)))
    else:
        rate(row, seconds, runs,
             lambda: ray.get([target.add.remote(1) for _ in range(BATCH)]))


def small_objects(row, seconds, runs):
    text = b"x" * 1024
    if row == 8:
        rate(row, seconds, runs, lambda: [ray.put(text) for _ in range(BATCH)])
        return
    ref = ray.put(text)

    def gets():
        for _ in range(BATCH):
            ray.get(ref)
    rate(row, seconds, runs, gets)


def large_objects(row, seconds, runs):
    import numpy
    data = numpy.full(1 << 30, 120, dtype=numpy.uint8)
    if row == 10:
        rates = []
        for _ in range(runs + 1):
            start = now()
            ref = ray.put(data)
            rates.append(data.nbytes / 1e9 / (now() - start))
            del ref
            # The store frees the last one behind the driver's back.
            time.sleep(0.5)
        show(row, "cold", "GB/s", rates[:1])
        show(row, "", "GB/s", rates[1:])
        return
    small = ray.put(data[:1024])
    latency(row, "1 KiB", seconds, runs, lambda: ray.get(small)[-1])
    large = ray.put(data)
    latency(row, "1 GiB", seconds, runs, lambda: ray.get(large)[-1])


def main():
    row, seconds, runs = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    ray.init(log_to_driver=False, logging_level="error")
    if row in (1, 2, 3):
        tasks(row, seconds, runs)
    elif row in (4, 5, 6):
        actors(row, seconds, runs)
    elif row in (8, 9):
        small_objects(row, seconds, runs)
    elif row in (10, 11):
        large_objects(row, seconds, runs)
    elif row == 18:
        ray.get(same_number.remote(1))
    print("done", flush=True)


main()
