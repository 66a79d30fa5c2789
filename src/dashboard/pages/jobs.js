// Programs that ran on the cluster; one of them with all that belongs to it.

import {h} from "/dom.js";
import {card, facts, link, place, problem, state, table} from "/parts.js";
import {clock, ran} from "/words.js";
import {pager, taskColumns} from "/tasks.js";

const columns = [
  {name: "Job", show: (j) => link("job", j.id)},
  {name: "State", show: (j) => state(j.state)},
  {name: "Name", show: (j) => j.name},
  {name: "Program", long: true, show: (j) => h("span", {class: "mono"},
    j.program)},
  {name: "Node", show: (j) => link("node", j.node)},
  {name: "Process", number: true, show: (j) => j.pid},
  {name: "Started", show: (j) => clock(j.started_us)},
  {name: "Ran", number: true, show: (j) => ran(j, "started_us", "ended_us")},
  {name: "Why", long: true, show: (j) => j.reason},
];

export const jobs = {
  title: () => "Jobs",
  show(view) {
    let answer = null;
    const draw = () => view.draw(
      h("h1", {}, "Jobs"), problem(answer), pager(view, answer),
      h("section", {class: "card wide"}, table("Jobs, newest first", columns,
        answer?.rows, (j) => j.id, "no program has run yet")));
    view.watch({what: "list", kind: "jobs", limit: 100,
      cursor: view.get("cursor")}, (fresh) => {
      answer = fresh;
      draw();
    });
    view.eachSecond(draw);
    draw();
  },
};

export const job = {
  title: (view) => `Job ${view.get("id")}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.job?.row;
      view.draw(
        h("h1", {}, "Job ", id), problem(known.job),
        row ? card("Facts", h("span", {},
          h("a", {href: place("tasks", {job: id})}, "tasks"), " · ",
          h("a", {href: place("actors", {job: id})}, "actors"), " · ",
          h("a", {href: place("graph", {root: id})}, "graph"), " · ",
          h("a", {href: place("logs", {job: id})}, "logs")),
        facts([
          ["state", state(row.state)],
          ["why", row.reason],
          ["name", row.name],
          ["program", h("span", {class: "mono"}, row.program)],
          ["driver", [link("node", row.node), `, process ${row.pid}`]],
          ["started", clock(row.started_us)],
          ["ended", clock(row.ended_us)],
          ["ran", ran(row, "started_us", "ended_us")],
        ])) : null,
        card("Newest tasks", h("a", {href: place("tasks", {job: id})},
          "all of them"), table("Tasks", taskColumns,
          known.tasks?.rows, (t) => t.id, "no task yet")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.eachSecond(draw);
    view.watch({what: "get", kind: "job", id}, take("job"));
    view.watch({what: "list", kind: "tasks", limit: 30,
      filters: [["job", "=", id]]}, take("tasks"));
  },
};
