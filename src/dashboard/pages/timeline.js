// Which worker ran what, when. The address holds the time that is shown: the
// last "span" seconds, or those that end at "end".

import {h, keep} from "/dom.js";
import {ask} from "/feed.js";
import {button, card, choice, link, place, problem, state, table}
  from "/parts.js";
import {Drawing} from "/timeline_canvas.js";
import {clock, count, duration, nowUs} from "/words.js";

const rowsMost = 200;
const spansMost = 10_000; // In an export.

const windows = [["10", "10 s"], ["60", "1 min"], ["600", "10 min"],
  ["3600", "1 h"], ["0", "all"]];

const columns = [
  {name: "Task", show: (s) => link("task", s.id)},
  {name: "Name", long: true, show: (s) => s.name},
  {name: "State", show: (s) => state(s.state)},
  {name: "Worker", show: (s) => link("worker", `${s.node}:${s.pid}`,
    `${s.node}:${s.pid}`)},
  {name: "Started", show: (s) => clock(s.started_us)},
  {name: "Ran", number: true, show: (s) => s.finished_us
    ? duration(s.finished_us - s.started_us) : "runs"},
];

/// As `rayd timeline` writes it, for Perfetto and chrome://tracing.
function chromeTrace(answer) {
  const nodes = [...new Set(answer.rows.map((row) => row.node))];
  const events = nodes.map((name, i) => ({ph: "M", name: "process_name",
    pid: i + 1, args: {name}}));
  for (const row of answer.rows) {
    const at = {pid: nodes.indexOf(row.node) + 1, tid: row.pid};
    events.push({ph: "M", name: "thread_name", ...at,
      args: {name: `worker ${row.pid}`}});
    for (const span of row.spans)
      events.push({ph: "X", name: span.name, ...at, ts: span.started_us,
        dur: Math.max((span.finished_us || nowUs()) - span.started_us, 0),
        args: {id: span.id, state: span.state}});
  }
  return JSON.stringify({traceEvents: events});
}

async function save(range, tell) {
  const answer = await ask({what: "timeline", limit: spansMost, ...range});
  if (answer.error)
    return tell(answer);
  const address = URL.createObjectURL(
    new Blob([chromeTrace(answer)], {type: "application/json"}));
  h("a", {href: address, download: "rayd-timeline.json"}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  return tell(answer.dropped > 0 ? {error: `the file has the newest `
    + `${count(spansMost)} runs; rayd timeline writes all of them`} : null);
}

function leftOut(runs, processes) {
  return [runs > 0 ? `${count(runs)} older runs are left out · ` : null,
    processes > 0 ? `${count(processes)} processes are left out · ` : null,
    "drag to move, Ctrl and the wheel or a double click to zoom"];
}

let last = null; // While a page of another time is on its way.

/// What is shown: [from, to], both in microseconds of the wall clock.
function shownTime(span, end, rows) {
  const to = end || nowUs();
  if (span > 0)
    return [to - span * 1e6, to];
  const first = Math.min(to - 1, ...rows.flatMap((row) => row.spans.map(
    (one) => one.started_us)));
  return [first - (to - first) / 50, to];
}

function tools(view, shown, move, exported) {
  const {from, to} = shown;
  const zoom = (factor) => () => move((from + to) / 2
    - (to - from) / 2 * factor, (from + to) / 2 + (to - from) / 2 * factor);
  const shift = (part) => () => move(from + (to - from) * part,
    to + (to - from) * part);
  return h("div", {class: "tools"},
    choice("How far back", view.get("end") ? "" : view.get("span", "60"),
      windows, (value) => view.go({span: value, end: ""})),
    h("span", {class: "tools", role: "group", "aria-label": "Zoom"},
      button("+", zoom(.5), {"aria-label": "Zoom in"}),
      button("−", zoom(2), {"aria-label": "Zoom out"}),
      button("◀", shift(-.5), {"aria-label": "Earlier"}),
      button("▶", shift(.5), {"aria-label": "Later"})),
    button("Chrome trace", exported,
      {title: "A file for Perfetto or chrome://tracing"}));
}

export const timeline = {
  title: () => "Timeline",
  show(view) {
    const span = Number(view.get("span", "60"));
    const end = Number(view.get("end", "0"));
    let answer = last;
    let said = null; // Of the export.
    let shown = {};
    let late = 0;
    const move = (from, to) => {
      const now = nowUs();
      const wide = Math.max(to - from, 100);
      shown = {from, to: Math.min(to, now), moved: true};
      shown.from = shown.to - wide;
      draw();
      clearTimeout(late);
      late = setTimeout(settle, 400);
    };
    // The address follows once nobody moves any more.
    const settle = () => {
      if (drawing.held)
        late = setTimeout(settle, 400);
      else
        view.go({span: String((shown.to - shown.from) / 1e6),
          end: shown.to >= nowUs() - 1e6 ? ""
            : String(Math.round(shown.to))}, true);
    };
    const drawing = new Drawing(move);
    const draw = () => {
      const rows = answer?.rows ?? [];
      if (!shown.moved) {
        const [from, to] = shownTime(span, end, rows);
        shown = {from, to};
      }
      const {from, to} = shown;
      const now = nowUs();
      const spans = rows.flatMap((row) => row.spans.map((one) =>
        ({...one, node: row.node, pid: row.pid})))
        .sort((a, b) => b.started_us - a.started_us);
      const isSeen = (one) => (one.finished_us || now) >= from
        && one.started_us <= to;
      const seen = rows.map((row) =>
        ({...row, spans: row.spans.filter(isSeen)}))
        .filter((row) => row.spans.length > 0);
      view.draw(
        h("h1", {}, "Timeline"),
        tools(view, shown, move, () => save(span > 0 && end
          ? {from_us: Math.round(from), to_us: Math.round(to)} : {},
        (why) => {
          said = why;
          draw();
        })),
        problem(answer), problem(said),
        card("Runs", leftOut(answer?.dropped, seen.length - rowsMost),
        keep(drawing.canvas),
        answer && seen.length === 0 ? h("p", {class: "empty"},
          "nothing ran in this time") : null),
        h("details", {class: "behind"}, h("summary", {}, "the same as rows"),
          h("section", {class: "card wide"}, table("Runs, newest first",
            columns, spans.slice(0, 200), (one) => one.id + one.started_us))));
      drawing.draw(seen.slice(0, rowsMost), from, to, now);
    };
    view.watch({what: "timeline", limit: 2000, ...end > 0 ? {
      from_us: Math.round(end - span * 1e6), to_us: end} : {}}, (fresh) => {
      answer = last = fresh;
      draw();
    });
    view.eachSecond(() => end > 0 || draw());
    const again = () => draw();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("resize", again);
    scheme.addEventListener("change", again);
    view.onLeave(() => {
      clearTimeout(late);
      removeEventListener("resize", again);
      scheme.removeEventListener("change", again);
    });
    draw();
  },
};
