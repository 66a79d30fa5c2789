// Which worker ran what, when: a row for each process, a box for each run.

import {h} from "/dom.js";
import {card, choice, link, place, problem, state, table} from "/parts.js";
import {clock, count, duration, nowUs, stateKind} from "/words.js";

const rowHigh = 22;
const left = 96; // Names of processes.
const topHigh = 22; // Times.

const windows = [["10", "10 s"], ["60", "1 min"], ["600", "10 min"],
  ["3600", "1 h"], ["0", "all"]];

/// Names have a colour of their own; failed runs are red anyway.
function hue(name) {
  let sum = 7;
  for (const c of name)
    sum = (sum * 31 + c.codePointAt(0)) % 360;
  return sum;
}

let made = 0; // Drawings are told apart when the page draws itself anew.

class Drawing {
  constructor() {
    this.name = `timeline ${++made}`;
    this.canvas = h("canvas", {class: "timeline", "data-keep": this.name,
      role: "img", "aria-label": "Runs over time: the table below has them"});
    this.canvas.onclick = (event) => {
      const found = this.at(event);
      if (found)
        location.hash = place("task", {id: found.id}).slice(1);
    };
    this.canvas.onmousemove = (event) => {
      const found = this.at(event);
      this.canvas.title = found ? `${found.name}, ${found.state}, `
        + duration((found.finished_us || this.to) - found.started_us) : "";
    };
  }

  at(event) {
    return this.boxes?.findLast((box) => event.offsetX >= box.x - 1
      && event.offsetX <= box.x + box.w + 1 && event.offsetY >= box.y
      && event.offsetY <= box.y + rowHigh)?.span;
  }

  draw(rows, from, to) {
    const canvas = this.canvas;
    if (!canvas.isConnected)
      return;
    this.to = to;
    const ratio = devicePixelRatio || 1;
    const wide = canvas.clientWidth;
    const high = topHigh + rows.length * rowHigh;
    canvas.height = high * ratio;
    canvas.width = wide * ratio;
    canvas.style.height = `${high}px`;
    const pen = canvas.getContext("2d");
    const colour = (name) => getComputedStyle(document.documentElement)
      .getPropertyValue(name).trim();
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    pen.scale(ratio, ratio);
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const scale = (wide - left) / Math.max(to - from, 1);
    const x = (us) => left + Math.max(us - from, 0) * scale;
    for (let i = 0; i <= 6; ++i) {
      const us = from + (to - from) * i / 6;
      pen.fillStyle = colour("--line");
      pen.fillRect(x(us), topHigh - 4, 1, high);
      pen.fillStyle = colour("--quiet");
      pen.textAlign = i === 6 ? "right" : "left";
      pen.fillText(i === 6 ? "now" : `-${duration(Math.round(to - us))}`, x(us),
        topHigh / 2);
    }
    pen.textAlign = "left";
    this.boxes = [];
    rows.forEach((row, i) => {
      const y = topHigh + i * rowHigh;
      pen.fillStyle = colour("--quiet");
      pen.fillText(`${row.node}:${row.pid}`, 0, y + rowHigh / 2);
      for (const span of row.spans) {
        const begin = x(span.started_us);
        const w = Math.max(x(Math.min(span.finished_us || to, to)) - begin, 1);
        pen.fillStyle = stateKind(span.state) === "bad" ? colour("--bad")
          : `hsl(${hue(span.name)} 45% ${dark ? 45 : 62}%)`;
        pen.fillRect(begin, y + 2, w, rowHigh - 4);
        this.boxes.push({x: begin, w, y, span});
        if (w < 40)
          continue;
        pen.save();
        pen.beginPath();
        pen.rect(begin, y, w - 3, rowHigh);
        pen.clip();
        pen.fillStyle = dark ? "#fff" : "#111";
        pen.fillText(span.name, begin + 4, y + rowHigh / 2);
        pen.restore();
      }
    });
  }
}

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

export const timeline = {
  title: () => "Timeline",
  show(view) {
    const span = view.get("span", "60");
    const drawing = new Drawing();
    let answer = null;
    const draw = () => {
      const rows = answer?.rows ?? [];
      const spans = rows.flatMap((row) => row.spans.map((one) =>
        ({...one, node: row.node, pid: row.pid})))
        .sort((a, b) => b.started_us - a.started_us);
      const to = nowUs();
      const from = Number(span) > 0 ? to - Number(span) * 1e6
        : Math.min(to - 1, ...spans.map((one) => one.started_us));
      const seen = rows.map((row) => ({...row, spans: row.spans.filter((one) =>
        (one.finished_us || to) >= from)})).filter((row) =>
        row.spans.length > 0);
      view.draw(
        h("h1", {}, "Timeline"),
        choice("How far back", span, windows,
          (value) => view.go({span: value})),
        problem(answer),
        card("Runs", answer?.dropped ? `${count(answer.dropped)} older runs `
          + "are left out" : "rayd timeline writes all of it for Perfetto",
        drawing.canvas.isConnected ? h("canvas", {"data-keep": drawing.name})
          : drawing.canvas,
        seen.length === 0 ? h("p", {class: "empty"},
          "nothing ran in this time") : null),
        h("details", {class: "behind"}, h("summary", {}, "the same as rows"),
          h("section", {class: "card wide"}, table("Runs, newest first",
            columns, spans.slice(0, 200), (one) => one.id + one.started_us))));
      drawing.draw(seen, from, to);
    };
    view.watch({what: "timeline", limit: 2000}, (fresh) => {
      answer = fresh;
      draw();
    });
    const again = () => draw();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("resize", again);
    scheme.addEventListener("change", again);
    view.onLeave(() => {
      removeEventListener("resize", again);
      scheme.removeEventListener("change", again);
    });
    draw();
  },
};
