// A chart over time by dygraphs, with its figures as a table behind it.

import {h, keep} from "/dom.js";
import {clock} from "/words.js";

// Ours stands beside the title; theirs writes styles into attributes, which the
// content policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((one) =>
  one !== Dygraph.Plugins.Legend);

let made = 0; // Charts are told apart when a page draws itself anew.
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(number) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(`--chart-${number}`).trim();
}

function colours(lines) {
  const style = getComputedStyle(document.documentElement);
  return {
    colors: lines.map((_, i) => colour(i + 1)),
    gridLineColor: style.getPropertyValue("--line").trim(),
    axisLineColor: style.getPropertyValue("--line").trim(),
  };
}

/// A chart that a page keeps while it is shown.
/// @param lines   [[key in series, name]], three at most
/// @param format  value => text
export class Chart {
  constructor(title, lines, format, most) {
    this.title = title;
    this.lines = lines;
    this.format = format;
    this.most = most;
    this.name = `${title} ${++made}`;
    this.holder = h("div", {class: "chart", "data-keep": this.name,
      role: "img", "aria-label": `${title}: the table behind has the figures`});
    this.rows = [];
    this.recolour = () => this.graph?.updateOptions(colours(this.lines));
    dark.addEventListener("change", this.recolour);
  }

  /// @param answer  To the query "series". Of what was before the first
  ///   figure only so much is shown that a young cluster fills its charts.
  take(answer) {
    const {cpu} = answer.series;
    const first = cpu.findIndex((one) => one !== null);
    const from = Math.min(first < 0 ? 0 : first, Math.max(cpu.length - 60, 0));
    this.rows = cpu.slice(from).map((_, i) => [
      new Date((answer.from_us + (from + i) * answer.step_s * 1e6) / 1000),
      ...this.lines.map(([key]) => answer.series[key][from + i])]);
    if (this.graph)
      this.graph.updateOptions({file: this.rows});
  }

  /// To be called once the holder is in the page.
  draw() {
    if (this.graph || this.rows.length === 0 || !this.holder.isConnected)
      return;
    this.graph = new Dygraph(this.holder, this.rows, {
      labels: ["time", ...this.lines.map(([, name]) => name)],
      legend: "never",
      fillGraph: this.lines.length === 1,
      strokeWidth: 1.6,
      fillAlpha: .12,
      includeZero: true,
      valueRange: this.most ? [0, this.most] : [0, null],
      axisLabelWidth: 64,
      labelsKMG2: /B/.test(this.format(1)), // Bytes have steps of 1,024.
      axes: {y: {axisLabelFormatter: (value) => this.format(value),
        pixelsPerLabel: 34}},
      highlightCircleSize: 3,
      highlightCallback: (_, x, points) => this.point(x, points),
      unhighlightCallback: () => this.point(null, []),
      ...colours(this.lines),
    });
  }

  /// What the pointer is at, beside the title.
  point(x, points) {
    const shown = this.holder.parentElement?.querySelector(".reading");
    if (shown)
      shown.textContent = x === null ? "" : `${clock(x * 1000)}  `
        + points.map((one) => `${one.name} ${this.format(one.yval)}`)
          .join("  ");
  }

  /// The card that shows it.
  card() {
    const last = this.rows.at(-2) ?? [];
    return h("section", {class: "card", "aria-label": this.title},
      h("div", {class: "top"}, h("h2", {}, this.title),
        this.lines.length > 1 ? h("span", {class: "legend"},
          this.lines.map(([, name], i) => h("span", {},
            h("i", {class: `c${i + 1}`}), name))) : null,
        h("span", {class: "more reading", "data-keep": "reading"})),
      keep(this.holder),
      h("details", {class: "behind"}, h("summary", {}, "figures"),
        h("table", {}, h("caption", {class: "unseen"}, this.title),
          h("thead", {}, h("tr", {}, h("th", {scope: "col"}, "time"),
            this.lines.map(([, name]) => h("th", {scope: "col"}, name)))),
          h("tbody", {}, this.rows.slice(-30).reverse().map((row) =>
            h("tr", {}, h("td", {}, clock(row[0].getTime() * 1000)),
              row.slice(1).map((value) => h("td", {},
                value === null ? "–" : this.format(value)))))))),
      h("span", {class: "unseen"}, last.length ? `now ${this.lines.map(
        ([, name], i) => `${name} ${last[i + 1] === null ? "unknown"
          : this.format(last[i + 1])}`).join(", ")}` : ""));
  }

  end() {
    dark.removeEventListener("change", this.recolour);
    this.graph?.destroy();
    this.graph = null;
  }
}
