// Numbers, times and ids as people read them.

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value) {
  if (value === null || value === undefined)
    return "–";
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    ++unit;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/// "3.6 of 23.5 GiB".
export function bytesOf(part, whole) {
  const [used, all] = [bytes(part), bytes(whole)];
  const unit = used.split(" ")[1];
  return `${all.endsWith(` ${unit}`) || part === 0 ? used.split(" ")[0]
    : used} of ${all}`;
}

export function count(value) {
  if (value === null || value === undefined)
    return "–";
  return Number.isInteger(value) ? value.toLocaleString("en")
                                 : String(Math.round(value * 100) / 100);
}

export function percent(value) {
  return value === null || value === undefined ? "–"
                                               : `${Math.round(value)} %`;
}

/// Of microseconds.
export function duration(us) {
  if (us === null || us === undefined || us < 0)
    return "–";
  if (us < 1000)
    return `${us} µs`;
  if (us < 1e6)
    return `${(us / 1e3).toFixed(us < 1e4 ? 1 : 0)} ms`;
  const s = us / 1e6;
  if (s < 60)
    return `${s.toFixed(s < 10 ? 1 : 0)} s`;
  if (s < 3600)
    return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  if (s < 86400)
    return `${Math.floor(s / 3600)} h ${Math.floor(s / 60 % 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600 % 24)} h`;
}

/// In a report the time when it was written.
export const nowUs = () => globalThis.raydReport?.at_us ?? Date.now() * 1000;

/// A time of the wall clock in microseconds; "" for none.
export function clock(us) {
  if (!us)
    return "";
  const at = new Date(us / 1000);
  const two = (x) => String(x).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:`
    + two(at.getSeconds());
  const today = new Date().toDateString() === at.toDateString();
  return today ? time
               : `${at.getFullYear()}-${two(at.getMonth() + 1)}-`
                 + `${two(at.getDate())} ${time}`;
}

/// How long a task or job ran, or has run.
export function ran(row, from, to) {
  if (!row[from])
    return "";
  return duration((row[to] || nowUs()) - row[from]);
}

/// The end of an id tells things of one job apart; whole ones are for copying.
export const shortId = (id) => id.length > 14 ? `…${id.slice(-10)}` : id;

/// {"CPU": 1, "memory": 1e9} -> "CPU 1, memory 953.7 MiB".
export function resources(amounts) {
  return Object.entries(amounts ?? {})
    .map(([name, value]) =>
      `${name} ${name === "memory" ? bytes(value) : count(value)}`)
    .join(", ");
}

const kinds = {
  good: ["alive", "finished", "succeeded"],
  busy: ["running", "actor", "draining"],
  wait: ["waiting_for_args", "waiting_for_resources", "blocked", "pending",
         "restarting", "suspect", "starting"],
  bad: ["failed", "dead", "cancelled", "stopped"],
};

/// Which colour a state has; the word says it too.
export function stateKind(state) {
  for (const [kind, names] of Object.entries(kinds))
    if (names.includes(state))
      return kind;
  return "";
}
