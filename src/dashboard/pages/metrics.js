// What programs count by ray::metrics.

import {card, table} from "/parts.js";
import {count} from "/words.js";

const columns = [
  {name: "Metric", long: true, show: (m) => m.exposed},
  {name: "Kind", show: (m) => m.kind},
  {name: "Tags", long: true, show: (m) => Object.entries(m.tags)
    .map(([key, value]) => `${key}=${value}`).join(", ")},
  {name: "Value", number: true, show: (m) => count(m.value)},
  {name: "Count", number: true, show: (m) => m.kind === "histogram"
    ? count(m.count) : ""},
  {name: "Means", long: true, show: (m) => m.help},
];

const shownMost = 200;

/// @param answer  To the query "metrics"; undefined: none yet.
export function metricsCard(answer) {
  const rows = answer?.rows ?? [];
  const hidden = rows.length - shownMost;
  return card("What programs count", [
    hidden > 0 ? `${count(hidden)} more are in /metrics. ` : "",
    answer?.dropped ? `${count(answer.dropped)} times there was no room.` : ""],
  table("Metrics of programs", columns, rows.slice(0, shownMost),
    (m) => m.exposed + JSON.stringify(m.tags),
    "no program counts anything by ray::metrics"));
}
