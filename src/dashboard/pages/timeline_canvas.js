// The drawing of a timeline: a row for each process, a box for each run; what
// is under the pointer; dragging moves in time, the wheel with Ctrl zooms.

import {h} from "/dom.js";
import {place} from "/parts.js";
import {clock, duration, stateKind} from "/words.js";

const rowHigh = 22;
const left = 110; // Names of processes.
const topHigh = 22; // Times.

/// Names have a colour of their own; failed runs are red anyway.
function hue(name) {
  let sum = 7;
  for (const c of name)
    sum = (sum * 31 + c.codePointAt(0)) % 360;
  return sum;
}

const colour = (name) => getComputedStyle(document.documentElement)
  .getPropertyValue(name).trim();

/// Steps that people count in, in microseconds.
const steps = [1, 2, 5].flatMap((one) => [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
  .map((ten) => one * ten)).concat([15e6, 30e6, 60e6, 300e6, 900e6, 1800e6,
  3600e6, 7200e6, 21600e6, 86400e6]).sort((a, b) => a - b);

let made = 0; // Drawings are told apart when the page draws itself anew.

export class Drawing {
  /// @param move  (from, to) wished for; called while the pointer moves.
  constructor(move) {
    this.name = `timeline ${++made}`;
    this.move = move;
    this.canvas = h("canvas", {class: "timeline", "data-keep": this.name,
      role: "img", "aria-label": "Runs over time: the table below has them"});
    this.canvas.onpointerdown = (event) => this.grab(event);
    this.canvas.onpointermove = (event) => this.drag(event);
    this.canvas.onpointerup = (event) => this.release(event);
    this.canvas.ondblclick = (event) => this.zoom(.5, this.timeAt(event));
    this.canvas.onwheel = (event) => {
      if (!event.ctrlKey && !event.metaKey)
        return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : .8, this.timeAt(event));
    };
  }

  timeAt(event) {
    const share = (event.offsetX - left)
      / Math.max(this.canvas.clientWidth - left, 1);
    return this.from + (this.to - this.from) * Math.min(Math.max(share, 0), 1);
  }

  /// Shows *factor* of the time, *around* staying where it is.
  zoom(factor, around) {
    this.move(around - (around - this.from) * factor,
      around + (this.to - around) * factor);
  }

  grab(event) {
    this.held = {x: event.offsetX, from: this.from, to: this.to, moved: false};
    this.canvas.setPointerCapture(event.pointerId);
  }

  drag(event) {
    const {held} = this;
    if (held && (held.moved || Math.abs(event.offsetX - held.x) > 4)) {
      held.moved = true;
      const us = (held.x - event.offsetX) * (held.to - held.from)
        / Math.max(this.canvas.clientWidth - left, 1);
      this.move(held.from + us, held.to + us);
      return;
    }
    const found = this.at(event);
    this.canvas.title = found ? `${found.name}, ${found.state}, began `
      + `${clock(found.started_us)}, ran `
      + duration((found.finished_us || this.to) - found.started_us) : "";
  }

  release(event) {
    const moved = this.held?.moved;
    this.held = null;
    const found = moved ? null : this.at(event);
    if (found)
      location.hash = place("task", {id: found.id}).slice(1);
  }

  at(event) {
    return this.boxes?.findLast((box) => event.offsetX >= box.x - 1
      && event.offsetX <= box.x + box.w + 1 && event.offsetY >= box.y
      && event.offsetY <= box.y + rowHigh)?.span;
  }

  /// @param now  Where runs that go on have come to.
  draw(rows, from, to, now) {
    const {canvas} = this;
    if (!canvas.isConnected)
      return;
    Object.assign(this, {from, to, now});
    const ratio = devicePixelRatio || 1;
    const wide = canvas.clientWidth;
    const high = topHigh + Math.max(rows.length, 1) * rowHigh;
    canvas.height = high * ratio;
    canvas.width = wide * ratio;
    canvas.style.height = `${high}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.font = "11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    this.x = (us) => left + (us - from) * (wide - left)
      / Math.max(to - from, 1);
    this.drawTimes(pen, wide, high);
    this.boxes = [];
    rows.forEach((row, i) => this.drawRow(pen, row, topHigh + i * rowHigh,
      wide));
  }

  drawTimes(pen, wide, high) {
    const most = Math.max((wide - left) / 110, 2);
    const step = steps.find((one) => (this.to - this.from) / one <= most)
      ?? 86400e6;
    const ends = this.to >= this.now - 1e6;
    const [line, quiet] = [colour("--line"), colour("--quiet")];
    const first = ends ? this.to - Math.floor((this.to - this.from) / step)
      * step : Math.ceil(this.from / step) * step;
    for (let us = first; us <= this.to; us += step) {
      const x = this.x(us);
      pen.fillStyle = line;
      pen.fillRect(x, topHigh - 4, 1, high);
      pen.fillStyle = quiet;
      const isNow = ends && us > this.to - step / 2;
      pen.textAlign = x > wide - 60 ? "right" : "left";
      const part = step < 1e6 ? `.${String(Math.floor(us % 1e6))
        .padStart(6, "0").slice(0, step < 1e3 ? 6 : 3)}` : "";
      pen.fillText(isNow ? "now" : ends
        ? `-${duration(Math.round(this.to - us))}` : clock(us) + part, x,
      topHigh / 2);
    }
    pen.textAlign = "left";
  }

  drawRow(pen, row, y, wide) {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    pen.fillStyle = colour("--quiet");
    pen.fillText(`${row.node}:${row.pid}`, 0, y + rowHigh / 2);
    const bad = colour("--bad");
    for (const span of row.spans) {
      const begin = Math.max(this.x(span.started_us), left);
      const end = Math.min(this.x(span.finished_us || this.now), wide);
      const w = Math.max(end - begin, 1);
      pen.fillStyle = stateKind(span.state) === "bad" ? bad
        : `hsl(${hue(span.name)} 45% ${dark ? 38 : 68}%)`;
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
  }
}
