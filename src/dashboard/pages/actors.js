// Actors with the calls that wait for them; one actor; one worker process.

import {h} from "/dom.js";
import {card, facts, link, place, problem, state, table} from "/parts.js";
import {clock, count} from "/words.js";
import {pager, taskColumns} from "/tasks.js";

const columns = (queues) => [
  {name: "Actor", show: (a) => link("actor", a.id)},
  {name: "Class", long: true, show: (a) => h("span", {class: "mono"},
    a.interface)},
  {name: "Name", show: (a) => a.name},
  {name: "State", show: (a) => state(a.state)},
  {name: "Mailbox", number: true, show: (a) => count(queues.get(a.id))},
  {name: "Job", show: (a) => link("job", a.job)},
  {name: "Node", show: (a) => link("node", a.node)},
  {name: "Lives", number: true, show: (a) => a.restarts + 1},
  {name: "Made", show: (a) => clock(a.created_us)},
  {name: "Why", long: true, show: (a) => a.reason},
];

const sumColumns = [
  {name: "Class", long: true, show: (s) => h("span", {class: "mono"},
    s.name)},
  {name: "Count", number: true, show: (s) => count(s.count)},
  {name: "Alive", number: true, show: (s) => count(s.running)},
  {name: "Not yet", number: true, show: (s) => count(s.waiting)},
  {name: "Dead", number: true, show: (s) => count(s.failed)},
];

/// How many calls are in the mailbox of each actor's worker.
function queuesOf(workers) {
  return new Map((workers?.rows ?? []).filter((w) => w.actor)
    .map((w) => [w.actor, w.queued]));
}

export const actors = {
  title: () => "Actors",
  show(view) {
    const known = {};
    const filters = view.get("job") ? [["job", "=", view.get("job")]] : [];
    const draw = () => view.draw(
      h("h1", {}, "Actors", view.get("job")
        ? h("span", {class: "quiet"}, ` of ${view.get("job")}`) : null),
      card("By class", null, table("Actors by class", sumColumns,
        known.sums?.rows?.slice(0, 15) ?? [], (s) => s.name,
        "no actor was made yet")),
      problem(known.list), pager(view, known.list),
      h("section", {class: "card wide"}, table("Actors, newest first",
        columns(queuesOf(known.workers)), known.list?.rows ?? [],
        (a) => a.id, "no actor is like that")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    draw();
    view.watch({what: "summary", kind: "actors"}, take("sums"));
    view.watch({what: "list", kind: "actors", filters, limit: 100,
      cursor: view.get("cursor")}, take("list"));
    view.watch({what: "list", kind: "workers", limit: 500,
      filters: [["state", "=", "actor"]]}, take("workers"));
  },
};

export const actor = {
  title: (view) => `Actor ${view.get("id").slice(-10)}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.actor?.row;
      const worker = known.workers?.rows?.[0];
      view.draw(
        h("h1", {}, "Actor ", h("span", {class: "quiet mono"}, id)),
        problem(known.actor),
        row ? card(row.name || row.interface, h("a",
          {href: place("logs", {kind: "actor", id})}, "its log"), facts([
          ["state", state(row.state)],
          ["why", row.reason],
          ["class", h("span", {class: "mono"}, row.interface)],
          ["name", row.name],
          ["mailbox", worker ? count(worker.queued) : ""],
          ["worker", worker ? link("worker", worker.id, worker.id) : ""],
          ["node", link("node", row.node)],
          ["home", link("node", row.home)],
          ["job", link("job", row.job)],
          ["creation", link("task", row.id, "the task that made it")],
          ["lifetime", row.lifetime],
          ["restarts", `${row.restarts} of ${row.max_restarts < 0
            ? "any number" : row.max_restarts}`],
          ["made", clock(row.created_us)],
          ["ended", clock(row.ended_us)],
        ])) : null,
        card("Newest calls in its worker", null, table("Calls", taskColumns,
          known.calls?.rows ?? [], (t) => t.id, "no call yet")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
      const worker = name === "workers" && answer.rows?.[0];
      if (worker && !known.asked) {
        known.asked = true;
        view.watch({what: "list", kind: "tasks", limit: 30,
          filters: [["node", "=", worker.node],
            ["pid", "=", String(worker.pid)]]}, take("calls"));
      }
    };
    view.watch({what: "get", kind: "actor", id}, take("actor"));
    view.watch({what: "list", kind: "workers", limit: 1,
      filters: [["actor", "=", id]]}, take("workers"));
  },
};

export const worker = {
  title: (view) => `Worker ${view.get("id")}`,
  show(view) {
    const id = view.get("id");
    const [node, pid] = id.split(":");
    const known = {};
    const draw = () => {
      const row = known.worker?.row;
      view.draw(
        h("h1", {}, "Worker ", id), row ? null : problem(known.worker),
        card("Facts", h("a", {href: place("logs", {kind: "worker", id})},
          "its log"), facts([
          ["state", state(row?.state)],
          ["node", link("node", node)],
          ["process", pid],
          ["job", link("job", row?.job)],
          ["hosts", link("actor", row?.actor)],
          ["runs", link("task", row?.task)],
          ["queue", row ? count(row.queued) : ""],
        ])),
        card("Its tasks, newest first", null, table("Tasks", taskColumns,
          known.tasks?.rows ?? [], (t) => t.id, "none that is known")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.watch({what: "get", kind: "worker", id}, take("worker"));
    view.watch({what: "list", kind: "tasks", limit: 100,
      filters: [["node", "=", node], ["pid", "=", pid ?? ""]]},
    take("tasks"));
  },
};
