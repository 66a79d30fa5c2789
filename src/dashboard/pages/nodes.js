// All nodes, and one of them.

import {h} from "/dom.js";
import {ask} from "/feed.js";
import {bar, card, choice, facts, link, place, problem, state, table}
  from "/parts.js";
import {bytes, bytesOf, clock, count, percent, resources} from "/words.js";
import {amounts} from "/amounts.js";
import {Chart} from "/chart.js";
import {followSeries} from "/series.js";
import {taskColumns} from "/tasks.js";

/// Of a resource, allocated and in all.
const slots = (name) => (node) => {
  const total = node.resources_total[name] ?? 0;
  const used = total - (node.resources_available[name] ?? 0);
  return node.state === "dead" ? "" : total === 0 ? "–"
    : [`${count(used)} of ${count(total)}`, bar(used, total)];
};

/// Two rates of a node's machine: [[field, word], ...].
const rates = (...fields) => (node) => node[fields[0][0]] === undefined ? ""
  : fields.map(([field, word]) =>
    h("div", {}, `${bytes(node[field])}/s ${word}`));

/// No wider than a window: what belongs together stands in one column.
const columns = [
  {name: "Node", show: (n) => [link("node", n.id),
    n.role === "head" ? h("div", {class: "quiet"}, "head") : null]},
  {name: "State", show: (n) => state(n.state)},
  {name: "Host", show: (n) => n.host},
  {name: "Heartbeat", number: true, show: (n) => n.state === "dead" ? ""
    : [count(n.heartbeat_age_ms), " ms", h("div", {class: "quiet"}, "ago")]},
  {name: "CPU slots", show: slots("CPU")},
  {name: "GPU", show: slots("GPU")},
  {name: "CPU", show: (n) => n.cpu_percent === undefined ? ""
    : [percent(n.cpu_percent), bar(n.cpu_percent, 100)]},
  {name: "Memory", show: (n) => n.memory_total === undefined ? ""
    : [bytesOf(n.memory_used, n.memory_total),
      bar(n.memory_used, n.memory_total)]},
  {name: "Object store", show: (n) => [
    bytesOf(n.store_used, n.store_capacity),
    bar(n.store_used, n.store_capacity),
    n.store_spilled > 0 ? h("div", {class: "quiet"},
      `${bytes(n.store_spilled)} on disk`) : null]},
  {name: "Network", show: rates(["network_in", "in"],
    ["network_out", "out"])},
  {name: "Disk", show: rates(["disk_read", "read"],
    ["disk_write", "written"])},
  {name: "Workers", number: true, show: (n) => count(n.workers)},
  {name: "Actors", number: true, show: (n) => count(n.actors)},
  {name: "Running", number: true, show: (n) => count(n.tasks_running)},
  {name: "Waiting", number: true, show: (n) => count(n.tasks_waiting)},
];

const whyColumn = {name: "Why", long: true, show: (n) => n.reason};

export const nodes = {
  title: () => "Nodes",
  show(view) {
    view.watch({what: "nodes"}, (answer) => view.draw(
      h("h1", {}, "Nodes"), problem(answer),
      h("section", {class: "card wide"}, table("Nodes",
        answer.nodes?.some((n) => n.reason) ? [...columns, whyColumn]
          : columns, answer.nodes, (n) => n.id))));
  },
};

const workerColumns = [
  {name: "Worker", show: (w) => link("worker", w.id, w.id)},
  {name: "State", show: (w) => state(w.state)},
  {name: "Job", show: (w) => link("job", w.job)},
  {name: "Runs", show: (w) => w.actor ? link("actor", w.actor)
    : link("task", w.task)},
  {name: "Queue", number: true, show: (w) => count(w.queued)},
  {name: "Log", show: (w) => h("a",
    {href: place("logs", {kind: "worker", id: w.id})}, "log")},
];

const spans = [["600", "10 min"], ["7200", "2 h"], ["86400", "24 h"]];

function nodeFacts(row, stored) {
  return facts([
    ["state", state(row?.state ?? stored?.state)],
    ["why", row?.reason ?? stored?.reason],
    ["role", row?.role ?? stored?.role],
    ["address", row?.port ? `${row.host}:${row.port}` : row?.host
      ?? stored?.address],
    ["process", row?.pid ?? stored?.pid],
    ["joined", clock(stored?.joined_us)],
    ["resources", resources(row?.resources_total ?? stored?.resources)],
    ["left over", row && row.state !== "dead"
      ? resources(row.resources_available) || "nothing" : ""],
    ["labels", Object.entries(row?.labels ?? {})
      .map(([key, value]) => `${key}=${value}`).join(", ")],
    ["object store", row ? `${bytes(row.store_used)} of `
      + `${bytes(row.store_capacity)}, ${bytes(row.store_spilled)} on disk`
      : ""],
  ]);
}

function chartsOfNode() {
  return [
    new Chart("CPU", [["cpu", "CPU"]], percent, 105),
    new Chart("Tasks", [["finished", "finished per second"],
      ["running", "running"], ["waiting", "waiting"]],
    count),
    new Chart("Memory", [["memory", "in use"]], bytes),
    new Chart("Object store", [["store", "in use"]], bytes),
    new Chart("Network", [["network_in", "received"],
      ["network_out", "sent"]], (x) => `${bytes(x)}/s`),
    new Chart("Disk", [["disk_read", "read"], ["disk_write", "written"]],
      (x) => `${bytes(x)}/s`),
  ];
}

export const node = {
  title: (view) => `Node ${view.get("id")}`,
  show(view) {
    const id = view.get("id");
    const span = view.get("span", "600");
    const known = {};
    const charts = chartsOfNode();
    const draw = () => {
      const row = known.nodes?.nodes?.find((one) => one.id === id);
      view.draw(
        h("h1", {}, "Node ", id),
        row || known.stored?.row ? null : problem(known.stored),
        card("Facts", h("a", {href: place("logs", {kind: "node", id})},
          "its log"), nodeFacts(row, known.stored?.row)),
        row && row.state !== "dead" ? card("Resources", null, amounts([row]))
          : null,
        choice("History", span, spans, (value) => view.go({span: value})),
        h("div", {class: "grid charts"}, charts.map((one) => one.card())),
        card("Workers", null, table("Workers", workerColumns,
          known.workers?.rows, (w) => `${w.id} ${w.actor}`,
          "no worker process")),
        card("Running here", h("a", {href: place("tasks", {node: id})},
          "all its tasks"), table("Running tasks", taskColumns,
          known.tasks?.rows, (t) => t.id, "no task runs")));
      for (const one of charts)
        one.draw();
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    ask({what: "get", kind: "node", id}).then(take("stored"));
    view.watch({what: "nodes"}, take("nodes"));
    view.watch({what: "list", kind: "workers", limit: 100,
      filters: [["node", "=", id]]}, take("workers"));
    view.watch({what: "list", kind: "tasks", limit: 50,
      filters: [["node", "=", id], ["state", "=", "running"]]}, take("tasks"));
    followSeries(view, id, Number(span), charts, draw);
  },
};
