// Actors with the calls that wait for them; one actor; one worker process.

import {h} from "/dom.js";
import {card, facts, link, place, problem, state, sumsCard, table}
  from "/parts.js";
import {clock, count} from "/words.js";
import {pager, taskColumns} from "/tasks.js";

const columns = (rates) => [
  {name: "Actor", show: (a) => link("actor", a.id)},
  {name: "Class", long: true, show: (a) => h("span", {class: "mono"},
    a.interface)},
  {name: "Name", show: (a) => a.name},
  {name: "State", show: (a) => state(a.state)},
  {name: "Mailbox", number: true, show: (a) => count(a.mailbox)},
  {name: "Calls/s", number: true, show: (a) => rates.of(a.id)},
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

/// How many calls a second actors have ended, by what their rows say. What is
/// not told anew has not changed: a stream tells changes only.
class Rates {
  constructor(view, draw) {
    this.now = new Map(); // Actor -> {row, at, rate}
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
    for (const row of rows.filter((one) => one.worker)) {
      const before = this.now.get(row.id);
      const same = before?.row.worker === row.worker;
      now.set(row.id, {row, at, rate: same ? Math.max(
        row.calls - before.row.calls, 0) * 1000 / (at - before.at) : null});
    }
    this.now = now;
  }

  of(actor) {
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
    const draw = () => view.draw(
      h("h1", {}, "Actors", view.get("job")
        ? h("span", {class: "quiet"}, ` of ${view.get("job")}`) : null),
      sumsCard(view, "By class", sumColumns, known.sums,
        "no actor was made yet"),
      problem(known.list), pager(view, known.list),
      h("section", {class: "card wide"}, table("Actors, newest first",
        columns(rates), known.list?.rows,
        (a) => a.id, "no actor is like that")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    const rates = new Rates(view, draw);
    draw();
    view.watch({what: "summary", kind: "actors"}, take("sums"));
    view.watch({what: "list", kind: "actors", filters, limit: 100,
      cursor: view.get("cursor")}, (answer) => {
      rates.take(answer.rows ?? []);
      take("list")(answer);
    });
  },
};

export const actor = {
  title: (view) => `Actor ${view.get("id").slice(-10)}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.actor?.row;
      view.draw(
        h("h1", {}, "Actor ", h("span", {class: "quiet mono"}, id)),
        problem(known.actor),
        row ? card(row.name || row.interface, h("a",
          {href: place("logs", {kind: "actor", id})}, "its log"), facts([
          ["state", state(row.state)],
          ["why", row.reason],
          ["class", h("span", {class: "mono"}, row.interface)],
          ["name", row.name],
          ["mailbox", row.worker ? `${count(row.mailbox)} calls wait` : ""],
          ["calls", row.worker ? `${count(row.calls)} in this life, `
            + `${rates.of(id)} a second` : ""],
          ["worker", link("worker", known.worker, known.worker)],
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
          known.calls?.rows, (t) => t.id, "no call yet")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    // A dead one's worker is known by the task that made it alone.
    const follow = () => {
      const row = known.actor?.row;
      const made = row?.state === "dead" && known.made?.row;
      const worker = row?.worker
        ?? (made?.pid ? `${made.node}:${made.pid}` : null);
      if (worker && !known.worker) {
        known.worker = worker;
        const [node, pid] = worker.split(":");
        view.watch({what: "list", kind: "tasks", limit: 30,
          filters: [["node", "=", node], ["pid", "=", pid]]}, take("calls"));
      } else if (row && !worker) {
        known.calls ??= {rows: []}; // There may be none ever.
      }
      draw();
    };
    const rates = new Rates(view, draw);
    view.watch({what: "get", kind: "actor", id}, (answer) => {
      rates.take(answer.row ? [answer.row] : []);
      known.actor = answer;
      follow();
    });
    view.watch({what: "get", kind: "task", id}, (answer) => {
      known.made = answer;
      follow();
    });
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
