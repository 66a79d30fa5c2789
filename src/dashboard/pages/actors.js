// Actors with the calls that wait for them; one actor; one worker process.

import {h} from "/dom.js";
import {card, facts, link, place, problem, state, sumsCard, table}
  from "/parts.js";
import {clock, count} from "/words.js";
import {pager, taskColumns} from "/tasks.js";

const columns = (hosts) => [
  {name: "Actor", show: (a) => link("actor", a.id)},
  {name: "Class", long: true, show: (a) => h("span", {class: "mono"},
    a.interface)},
  {name: "Name", show: (a) => a.name},
  {name: "State", show: (a) => state(a.state)},
  {name: "Mailbox", number: true, show: (a) => count(
    hosts.worker(a.id)?.mailbox)},
  {name: "Calls/s", number: true, show: (a) => hosts.rate(a.id)},
  {name: "Job", show: (a) => link("job", a.job)},
  {name: "Node", show: (a) => link("node", a.node)},
  {name: "Restarts", number: true, show: restarts},
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

function restarts(actor) {
  return `${count(actor.restarts)} of ${actor.max_restarts < 0
    ? "any number" : count(actor.max_restarts)}`;
}

/// The workers that host actors, and how many calls a second each has ended.
/// What is not told anew has not changed: a stream tells changes only.
class Hosts {
  constructor(view, filters, draw) {
    this.now = new Map(); // Actor -> {worker, at, rate}
    view.watch({what: "list", kind: "workers", limit: 500, filters},
      (answer) => {
        this.take(answer.rows ?? []);
        draw();
      });
    view.eachSecond(() => {
      if (performance.now() - (this.heard ?? Infinity) > 3000) {
        this.take(this.rows);
        draw();
      }
    });
  }

  take(rows) {
    const at = performance.now();
    this.heard = at;
    this.rows = rows;
    const now = new Map();
    for (const worker of rows.filter((one) => one.actor)) {
      const before = this.now.get(worker.actor);
      const same = before?.worker.pid === worker.pid;
      now.set(worker.actor, {worker, at, rate: same ? Math.max(
        worker.ended - before.worker.ended, 0) * 1000 / (at - before.at)
        : null});
    }
    this.now = now;
  }

  worker(actor) {
    return this.now.get(actor)?.worker;
  }

  rate(actor) {
    const rate = this.now.get(actor)?.rate;
    return rate === null || rate === undefined ? "–"
      : count(Math.round(rate * 10) / 10);
  }
}

export const actors = {
  title: () => "Actors",
  show(view) {
    const known = {};
    const filters = view.get("job") ? [["job", "=", view.get("job")]] : [];
    let hosts = null;
    const draw = () => view.draw(
      h("h1", {}, "Actors", view.get("job")
        ? h("span", {class: "quiet"}, ` of ${view.get("job")}`) : null),
      sumsCard(view, "By class", sumColumns, known.sums,
        "no actor was made yet"),
      problem(known.list), pager(view, known.list),
      h("section", {class: "card wide"}, table("Actors, newest first",
        columns(hosts), known.list?.rows,
        (a) => a.id, "no actor is like that")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    hosts = new Hosts(view, [["actor", "!=", ""], ...filters], draw);
    draw();
    view.watch({what: "summary", kind: "actors"}, take("sums"));
    view.watch({what: "list", kind: "actors", filters, limit: 100,
      cursor: view.get("cursor")}, take("list"));
  },
};

export const actor = {
  title: (view) => `Actor ${view.get("id").slice(-10)}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.actor?.row;
      const worker = hosts.worker(id);
      view.draw(
        h("h1", {}, "Actor ", h("span", {class: "quiet mono"}, id)),
        problem(known.actor),
        row ? card(row.name || row.interface, h("a",
          {href: place("logs", {kind: "actor", id})}, "its log"), facts([
          ["state", state(row.state)],
          ["why", row.reason],
          ["class", h("span", {class: "mono"}, row.interface)],
          ["name", row.name],
          ["mailbox", worker ? `${count(worker.mailbox)} calls wait` : ""],
          ["calls", worker ? `${count(worker.ended)} in this life, `
            + `${hosts.rate(id)} a second` : ""],
          ["worker", worker ? link("worker", worker.id, worker.id) : ""],
          ["node", link("node", row.node)],
          ["home", link("node", row.home)],
          ["job", link("job", row.job)],
          ["creation", link("task", row.id, "the task that made it")],
          ["lifetime", row.lifetime],
          ["restarts", restarts(row)],
          ["made", clock(row.created_us)],
          ["ended", clock(row.ended_us)],
        ])) : null,
        card("Newest calls in its worker", null, table("Calls", taskColumns,
          known.calls?.rows ?? (row && !worker && hosts.rows ? [] : undefined),
          (t) => t.id, worker ? "no call yet"
            : "its worker is gone: see the tasks of its job")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    const follow = () => {
      const worker = hosts.worker(id);
      if (worker && !known.asked) {
        known.asked = true;
        view.watch({what: "list", kind: "tasks", limit: 30,
          filters: [["node", "=", worker.node],
            ["pid", "=", String(worker.pid)]]}, take("calls"));
      }
      draw();
    };
    const hosts = new Hosts(view, [["actor", "=", id]], follow);
    view.watch({what: "get", kind: "actor", id}, take("actor"));
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
          ["has run", row?.ended !== undefined ? count(row.ended) : ""],
        ])),
        card("Its tasks, newest first", null, table("Tasks", taskColumns,
          known.tasks?.rows, (t) => t.id, "none that is known")));
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
