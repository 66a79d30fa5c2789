// The cluster at a glance; every figure leads to the page that explains it.

import {h} from "/dom.js";
import {bar, card, link, notice, place, problem, state, table, tile}
  from "/parts.js";
import {bytes, clock, count, percent, ran, resources} from "/words.js";
import {amounts} from "/amounts.js";
import {Chart} from "/chart.js";
import {followSeries} from "/series.js";

function alarms(status) {
  return [
    ...status.deadlocks,
    ...status.infeasible.map((one) =>
      `waiting on ${one.home}, ${count(one.count)} in all: ${one.reason}`),
  ];
}

function tiles(status, errors) {
  const {totals} = status;
  const alive = status.nodes.filter((one) => one.state === "alive").length;
  const known = status.nodes.filter((one) => one.state !== "dead").length;
  return h("div", {class: "tiles"},
    tile("Nodes", alive, alive < known ? `${known - alive} not well`
      : "alive", place("nodes"), alive < known),
    tile("Running", count(totals.tasks_running), "tasks",
      place("tasks", {state: "running"})),
    tile("Waiting", count(totals.tasks_waiting), "tasks", place("tasks",
      {state: "waiting_for_resources"})),
    tile("Finished", count(status.tasks_finished), "tasks",
      place("tasks", {state: "finished"})),
    tile("Actors", count(totals.actors), "alive", place("actors")),
    tile("Jobs", count(status.jobs), "running", place("jobs")),
    tile("Errors", errors?.total === undefined ? "–" : count(errors.total),
      "kinds", place("errors"),
      (errors?.total ?? 0) > 0));
}

const nodeColumns = [
  {name: "Node", show: (n) => link("node", n.id)},
  {name: "State", show: (n) => state(n.state)},
  {name: "CPU", show: (n) => [percent(n.cpu_percent),
    bar(n.cpu_percent ?? 0, 100)]},
  {name: "Memory", show: (n) => [bytes(n.memory_used),
    bar(n.memory_used ?? 0, n.memory_total ?? 0)]},
  {name: "Store", show: (n) => [bytes(n.store_used),
    bar(n.store_used, n.store_capacity)]},
  {name: "Running", number: true, show: (n) => count(n.tasks_running)},
  {name: "Waiting", number: true, show: (n) => count(n.tasks_waiting)},
];

const jobColumns = [
  {name: "Job", show: (j) => link("job", j.id)},
  {name: "State", show: (j) => state(j.state)},
  {name: "Program", long: true,
    show: (j) => j.name || j.program.split("/").at(-1)},
  {name: "Ran", number: true, show: (j) => ran(j, "started_us", "ended_us")},
];

const errorColumns = [
  {name: "Last", show: (e) => clock(e.last_us)},
  {name: "What", show: (e) => link("task", e.id, e.name)},
  {name: "Times", number: true, show: (e) => count(e.count)},
  {name: "Message", long: true, show: (e) => e.error_message},
];

const demandColumns = [
  {name: "Tasks", number: true, show: (d) => count(d.count)},
  {name: "Each asks for", long: true, show: (d) => [resources(d.resources),
    Object.entries(d.labels).map(([key, value]) => ` ${key}=${value}`)]},
];

export const overview = {
  title: () => "Overview",
  show(view) {
    const known = {};
    const charts = [
      new Chart("CPU of all nodes", [["cpu", "CPU"]], percent, 105),
      new Chart("Tasks", [["finished", "finished per second"],
        ["running", "running"], ["waiting", "waiting"]],
      count),
      new Chart("Memory", [["memory", "in use"], ["store", "object store"]],
        bytes),
      new Chart("Network and disk", [["network_in", "received"],
        ["network_out", "sent"], ["disk_write", "written"]],
      (x) => `${bytes(x)}/s`),
    ];
    const draw = () => {
      const {status} = known;
      if (!status)
        return;
      if (status.error)
        return view.draw(h("h1", {}, "Overview"), problem(status));
      view.draw(
        h("h1", {}, "Overview"), notice(alarms(status), true),
        tiles(status, known.errors),
        card("Resources of all nodes", h("a", {href: place("nodes")},
          "by node"), amounts(status.nodes)),
        h("div", {class: "grid charts"}, charts.map((one) => one.card())),
        card("Nodes", h("a", {href: place("nodes")}, "all of them"),
          table("Nodes", nodeColumns, status.nodes.filter(
            (n) => n.state !== "dead").slice(0, 12), (n) => n.id)),
        h("div", {class: "grid"},
          card("Jobs", h("a", {href: place("jobs")}, "all of them"),
            table("Newest jobs", jobColumns, known.jobs?.rows,
              (j) => j.id, "no program has run yet")),
          card("Waits for room", h("a", {href: place("tasks",
            {state: "waiting_for_resources"})}, "the tasks"),
          table("Demands", demandColumns, status.demands,
            (d) => JSON.stringify([d.resources, d.labels]),
            "nothing waits for resources"))),
        card("Errors, most frequent first", h("a",
          {href: place("errors")}, "all of them"),
          table("Errors", errorColumns, known.errors?.rows,
            (e) => `${e.error} ${e.name}`, "nothing has failed")));
      for (const one of charts)
        one.draw();
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.watch({what: "status"}, take("status"));
    view.watch({what: "list", kind: "jobs", limit: 5}, take("jobs"));
    view.watch({what: "list", kind: "errors", limit: 5}, take("errors"));
    followSeries(view, "", 600, charts, draw);
  },
};
