"""Prints rayd's figures beside Ray's. Usage: compare.py RAYD.json RAY.json
[--json=FILE] [--check]. RAYD.json is what `rayd microbenchmark --json` prints;
RAY.json holds one line of JSON per case and API: row and case as in RAYD.json,
api, unit, values (one per run), maybe p99; or failed (a sentence). The better
of Ray's APIs counts."""
import json
import statistics
import sys

# What Ray has no twin for.
ALONE = {(4, "other node"), (5, "other node"), (16, "")}

# Least ratio to Ray, by row and case.
FLOORS = {(1, ""): 2, (4, ""): 2, (8, ""): 4, (9, ""): 4, (5, ""): 10,
          (2, ""): 20, (3, ""): 20, (6, ""): 20}
PUT_FLOOR_GB_PER_S = 5
START_FLOOR_MS = 1000
# A view takes no longer for a million times the bytes; twice is noise.
VIEW_FACTOR = 2


def read_ray(path):
    """Best median by (row, case), and what failed."""
    best, failed, memory = {}, [], None
    with open(path) as lines:
        for line in lines:
            entry = json.loads(line)
            if "memory" in entry:
                memory = entry
                continue
            if "failed" in entry:
                failed.append(entry)
                continue
            key = entry["row"], entry["case"]
            entry["median"] = statistics.median(entry["values"])
            less = entry["unit"] in ("us", "ms")
            old = best.get(key)
            if old is None or (entry["median"] < old["median"]) == less:
                best[key] = entry
    return best, failed, memory


def compare(rayd, ray):
    rows = []
    for ours in rayd["rows"]:
        key = ours["row"], ours["case"]
        theirs = ray.get(key)
        row = {"row": ours["row"], "case": ours["case"], "name": ours["name"],
               "unit": ours["unit"], "rayd": ours.get("median"),
               "ray": theirs and theirs["median"],
               "ray_api": theirs and theirs["api"], "ratio": None,
               "goal_here": ours["goal_here"],
               "ratio_to_goal": ours.get("ratio")}
        if row["rayd"] and row["ray"]:
            row["ratio"] = (row["ray"] / row["rayd"]
                            if ours["less_is_better"]
                            else row["rayd"] / row["ray"])
        rows.append(row)
    return rows


def floors(rows):
    """Each floor with what was measured; met is None without figures."""
    by_key = {(row["row"], row["case"]): row for row in rows}
    found = []

    def add(text, value, met):
        found.append({"floor": text, "measured": value,
                      "met": None if value is None else bool(met)})
    for key, least in sorted(FLOORS.items()):
        if key in by_key:
            ratio = by_key[key]["ratio"]
            add(f"row {key[0]}: at least {least} times Ray", ratio,
                ratio and ratio >= least)
    if (10, "") in by_key:
        rate = by_key[10, ""]["rayd"]
        add(f"row 10: at least {PUT_FLOOR_GB_PER_S} GB/s once warm", rate,
            rate and rate >= PUT_FLOOR_GB_PER_S)
    if (11, "1 GiB") in by_key:
        small, large = by_key[11, "1 KiB"]["rayd"], by_key[11, "1 GiB"]["rayd"]
        factor = large / small if small and large else None
        add(f"row 11: 1 GiB at most {VIEW_FACTOR} times 1 KiB", factor,
            factor and factor <= VIEW_FACTOR)
    if (18, "first result") in by_key:
        time = by_key[18, "first result"]["rayd"]
        add(f"row 18: first result under {START_FLOOR_MS} ms", time,
            time and time < START_FLOOR_MS)
    return found


def figure(value):
    if value is None:
        return "-"
    for least, digits in ((100, 0), (10, 1), (1, 2)):
        if value >= least:
            return f"{value:.{digits}f}"
    return f"{value:.3f}"


def table(rows):
    """Columns two spaces apart; numbers stand right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    left = (1, 2, 5)
    for row in rows:
        cells = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())


def show(rayd, rows, checks, failed, memory):
    print(f"rayd {rayd['version']} and Ray 2.60.0, {rayd['cores']} cores, "
          f"Linux {rayd['kernel']}; medians of {rayd['runs']} runs of "
          f"{rayd['seconds']:g} s\n")
    if rayd["contaminated"]:
        print(rayd["contamination"] + "\n")
    lines = [("row", "name", "unit", "rayd", "Ray", "API", "ratio",
              "goal here", "to goal")]
    for row in rows:
        lines.append((str(row["row"]), row["name"], row["unit"],
                      figure(row["rayd"]), figure(row["ray"]),
                      row["ray_api"] or "-", figure(row["ratio"]),
                      figure(row["goal_here"]), figure(row["ratio_to_goal"])))
    table(lines)
    print()
    for check in checks:
        word = {True: "met", False: "MISSED", None: "not measured"}
        print(f"{word[check['met']]:12}  {check['floor']}: "
              f"{figure(check['measured'])}")
    if memory:
        print(f"\nidle, MB PSS: Ray's head {memory['mb']:.0f} in "
              f"{memory['processes']} processes; rayd's "
              + ", ".join(f"{one['process']} {one['pss_mb']:.1f}"
                          for one in rayd["memory"]))
    for entry in failed:
        print(f"\nrow {entry['row']} of Ray ({entry['api']}) "
              f"{entry['failed']}:\n{entry['log']}")


def main():
    paths = [a for a in sys.argv[1:] if not a.startswith("--")]
    with open(paths[0]) as text:
        rayd = json.load(text)
    ray, failed, memory = read_ray(paths[1])
    rows = compare(rayd, ray)
    checks = floors(rows)
    show(rayd, rows, checks, failed, memory)
    for argument in sys.argv[1:]:
        if argument.startswith("--json="):
            with open(argument[7:], "w") as out:
                json.dump({"rows": rows, "floors": checks, "rayd": rayd,
                           "ray": list(ray.values()), "ray_failed": failed,
                           "ray_memory": memory}, out, indent=2)
    missing = any(row["rayd"] is None
                  or (row["ray"] is None
                      and (row["row"], row["case"]) not in ALONE)
                  for row in rows)
    missed = "--check" in sys.argv and not all(c["met"] for c in checks)
    return 1 if missing or missed else 0


sys.exit(main())
