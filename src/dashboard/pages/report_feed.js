// In place of feed.js in the file that rayd report writes: pages are answered
// from the tables in that file, which are as the cluster was then.

import {h} from "/dom.js";
import {clock} from "/words.js";

const report = JSON.parse(document.getElementById("report").textContent);
globalThis.raydReport = report;

const nobody = {error: "this is not in the report"};
const ofDriver = /^[0-9a-f]{16}0{15}1$/; // What a driver submits has it above.

function field(kind, row, name) {
  if (kind === "tasks" && name === "title")
    return row.name || row.function;
  const value = row[name];
  return value === null || value === undefined ? ""
    : typeof value === "string" ? value : JSON.stringify(value);
}

function fits(kind, row, filters) {
  return (filters ?? []).every(([name, how, wanted]) => {
    const text = field(kind, row, name);
    return how === "=" ? text === wanted
      : how === "!=" ? text !== wanted : text.includes(wanted);
  });
}

/// A page of a table; the cursor is the number of the next row.
function list(kind, query) {
  const table = report.tables[kind];
  if (!table || table.error)
    return table ?? nobody;
  const found = table.rows.filter((row) => fits(kind, row, query.filters));
  const from = Number(query.cursor) || 0;
  const to = from + (query.limit ?? 100);
  return {...table, rows: found.slice(from, to), total: found.length,
    next: to < found.length ? String(to) : ""};
}

function rowOf(kind, id) {
  return report.tables[kind]?.rows?.find((row) => row.id === id);
}

function get(query) {
  const row = rowOf(`${query.kind}s`, query.id);
  return row ? {row} : nobody;
}

/// Below a job or a task, nearest first.
function graph(root, limit) {
  const tasks = report.tables.tasks?.rows ?? [];
  const children = new Map(tasks.map((task) => [task.parent, []]));
  for (const task of tasks)
    children.get(task.parent).push(task);
  const next = tasks.filter((task) => task.id === root
    || (task.job === root && ofDriver.test(task.parent)));
  if (next.length === 0)
    return {error: `no task of "${root}" is in the report`};
  const nodes = [];
  const seen = new Set(next);
  for (let i = 0; i < next.length; ++i) {
    if (nodes.length < limit)
      nodes.push(next[i]);
    for (const child of children.get(next[i].id) ?? [])
      if (!seen.has(child)) {
        seen.add(child);
        next.push(child);
      }
  }
  const shown = new Set(nodes.map((task) => task.id));
  return {nodes, left_out: next.length - nodes.length,
    edges: nodes.filter((task) => shown.has(task.parent))
      .map((task) => [task.parent, task.id])};
}

/// What ran in a time, else all; a run that has not ended reaches on.
function timeline({from_us: from = 0, to_us: to = 0}) {
  const answer = report.timeline;
  const isIn = (span) => (to === 0 || span.started_us <= to)
    && (span.finished_us || Infinity) >= from;
  return answer.error ? answer : {...answer, rows: answer.rows.map((row) =>
    ({...row, spans: row.spans.filter(isIn)}))};
}

function log({kind, id, tail, offset}) {
  if (kind === "files")
    return report.logs[`files ${id}`] ?? nobody;
  let name = `${kind} ${id}`;
  if (kind === "task" || kind === "actor") {
    const row = rowOf("tasks", id);
    name = row?.pid ? `worker ${row.node}:${row.pid}` : "";
  }
  const found = report.logs[name];
  if (!found?.text)
    return found ?? {error: "this log is not in the report"};
  if (offset !== undefined) // Nothing follows.
    return {...found, text: "", next: offset};
  const lines = found.text.split("\n");
  return {...found, text: lines.slice(-tail - 1).join("\n")};
}

function answer(query) {
  switch (query.what) {
    case "list": return list(query.kind, query);
    case "memory": return list("memory", query);
    case "get": return get(query);
    case "summary": return report.sums[query.kind] ?? nobody;
    case "timeline": return timeline(query);
    case "graph": return graph(query.root, query.limit);
    case "series": return report.series[`${query.node} ${query.span_s}`]
      ?? nobody;
    case "logs": return log(query);
    case "status": return report.status;
    case "nodes": return {nodes: report.status.nodes ?? []};
    case "metrics": return report.metrics;
    default: return nobody;
  }
}

/// @param tell  Called with when the report was written.
export function begin(tell) {
  tell(`report of ${clock(report.at_us)}`);
  const left = report.left_out;
  document.body.append(h("footer", {class: "notice", id: "left-out"},
    h("p", {}, left.length === 0 ? "This report is complete."
      : `Not in this report: ${left.join("; ")}.`)));
}

export function watch(query, tell) {
  let wanted = true;
  setTimeout(() => {
    if (wanted)
      tell(answer(query));
  });
  return () => {
    wanted = false;
  };
}

export async function ask(query) {
  return answer(query);
}
