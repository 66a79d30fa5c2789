// Tasks, newest first, by filters that the address holds; and one of them.

import {h} from "/dom.js";
import {card, facts, link, notice, option, place, problem, state, sumsCard,
  table} from "/parts.js";
import {clock, count, duration, ran, resources} from "/words.js";

export const titleOf = (task) => task.name || task.function;

function why(task) {
  return task.error_message || task.reason || "";
}

export const taskColumns = [
  {name: "Task", show: (t) => link("task", t.id)},
  {name: "Name", long: true, show: (t) => h("span", {class: "mono"},
    titleOf(t))},
  {name: "State", show: (t) => state(t.state)},
  {name: "Job", show: (t) => link("job", t.job)},
  {name: "Node", show: (t) => link("node", t.node)},
  {name: "Submitted", show: (t) => clock(t.submitted_us)},
  {name: "Ran", number: true, show: (t) => ran(t, "started_us",
    "finished_us")},
  {name: "Tries", number: true, show: (t) => t.attempt + 1},
  {name: "Why", long: true, show: why},
];

/// A time of those that have run to their end, if any has.
const ranTimes = (sum, us) => sum.p95_us > 0 ? duration(us) : "–";

const sumColumns = [
  {name: "Name", long: true, show: (s) => h("a", {class: "mono",
    href: place("tasks", {field: "title", text: s.name})}, s.name)},
  {name: "Count", number: true, show: (s) => count(s.count)},
  {name: "Waiting", number: true, show: (s) => count(s.waiting)},
  {name: "Running", number: true, show: (s) => count(s.running)},
  {name: "Finished", number: true, show: (s) => count(s.finished)},
  {name: "Failed", number: true, show: (s) => s.failed > 0
    ? h("a", {href: place("tasks", {field: "title", text: s.name,
      state: "failed"})}, count(s.failed)) : "0"},
  {name: "p50", number: true, show: (s) => ranTimes(s, s.p50_us)},
  {name: "p95", number: true, show: (s) => ranTimes(s, s.p95_us)},
];

const states = ["waiting_for_args", "waiting_for_resources", "running",
  "blocked", "finished", "failed", "cancelled"];
const fields = ["title", "function", "id", "parent", "error_message"];

function filtersOf(view) {
  const filters = [];
  for (const field of ["state", "job", "node", "type"])
    if (view.get(field))
      filters.push([field, "=", view.get(field)]);
  const text = view.get("text");
  if (text)
    filters.push([view.get("field", "title"), "=~", text]);
  return filters;
}

function filterForm(view) {
  let late = 0;
  const set = (name) => (event) => view.go({[name]: event.target.value,
    cursor: ""});
  return h("form", {class: "filters", role: "search",
    onsubmit: (event) => event.preventDefault()},
  h("select", {"aria-label": "State", onchange: set("state")},
    option("", "any state", view.get("state")),
    states.map((one) => option(one, one.replaceAll("_", " "),
      view.get("state")))),
  h("select", {"aria-label": "Field", onchange: set("field")},
    fields.map((one) => option(one, one.replaceAll("_", " "),
      view.get("field", "title")))),
  h("input", {type: "search", "aria-label": "Text to contain",
    placeholder: "contains … (press /)", value: view.get("text"),
    oninput: (event) => {
      clearTimeout(late);
      late = setTimeout(() => set("text")(event), 300);
    }}),
  ["job", "node"].filter((name) => view.get(name)).map((name) =>
    h("button", {type: "button", onclick: () => view.go({[name]: "",
      cursor: ""})}, `${name} ${view.get(name)} ✕`)));
}

export function pager(view, answer) {
  const rows = answer?.rows?.length ?? 0;
  const total = answer?.total ?? rows;
  return h("div", {class: "tools"},
    h("span", {class: "quiet"}, !answer || answer.error ? ""
      : `${count(rows)} of ${count(total)}`
      + (answer?.dropped ? `, ${count(answer.dropped)} older ones are `
        + "beyond what is kept" : "")),
    view.get("cursor") ? h("button", {type: "button",
      onclick: () => view.go({cursor: ""})}, "newest") : null,
    answer?.next ? h("button", {type: "button",
      onclick: () => view.go({cursor: answer.next})}, "older") : null);
}

export const tasks = {
  title: () => "Tasks",
  show(view) {
    const known = {};
    const draw = () => view.draw(
      h("h1", {}, "Tasks"),
      sumsCard(view, "By name", sumColumns, known.sums,
        "no task was submitted yet"),
      filterForm(view), problem(known.list), pager(view, known.list),
      h("section", {class: "card wide"}, table("Tasks, newest first",
        taskColumns, known.list?.rows, (t) => t.id,
        "no task is like that")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    draw();
    view.eachSecond(draw);
    view.watch({what: "summary", kind: "tasks"}, take("sums"));
    view.watch({what: "list", kind: "tasks", filters: filtersOf(view),
      limit: 100, cursor: view.get("cursor")}, take("list"));
  },
};

/// The tasks that an error passed through, the one that threw first.
export function chain(row) {
  return (row.chain ?? []).length < 2 ? "" : h("span", {class: "mono chain"},
    row.chain.map((name, i) => [i > 0 ? " → " : "", h("a", {
      href: place("tasks", {state: "failed", field: "function",
        text: name})}, name)]));
}

function taskFacts(t) {
  return facts([
    ["state", state(t.state)],
    ["function", h("span", {class: "mono"}, t.function)],
    ["name", t.name],
    ["kind", t.type],
    ["error", t.error ? [h("strong", {}, t.error.replaceAll("_", " ")), ": ",
      t.error_message] : ""],
    ["came through", chain(t)],
    ["job", link("job", t.job)],
    ["parent", link("task", t.parent, t.parent)],
    ["home", link("node", t.home)],
    ["ran on", t.node ? [link("node", t.node), t.pid ? [", worker ",
      link("worker", `${t.node}:${t.pid}`, `${t.node}:${t.pid}`)] : ""] : ""],
    ["placed by", t.placed_by],
    ["asks for", resources(t.demand) || "nothing"],
    ["attempt", t.attempt + 1],
    ["submitted", clock(t.submitted_us)],
    ["started", clock(t.started_us)],
    ["finished", clock(t.finished_us)],
    ["waited", t.started_us ? duration(t.started_us - t.submitted_us) : ""],
    ["ran", ran(t, "started_us", "finished_us")],
    ["references", t.references ? `processes ${t.references.processes}, `
      + `other nodes ${t.references.other_nodes}` : ""],
  ]);
}

const waits = (row) => row?.state?.startsWith("waiting")
  || row?.state === "blocked";

function whySentences(answer) {
  if (!answer || answer.error || !answer.sentence
      || answer.waits_for === "nothing")
    return [];
  return [answer.sentence,
    ...(answer.arguments ?? []).map((one) => one.sentence)];
}

export const task = {
  title: (view) => `Task ${view.get("id").slice(-10)}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.task?.row;
      view.draw(
        h("h1", {}, "Task ", h("span", {class: "quiet mono"}, id)),
        problem(known.task),
        notice(waits(row) ? whySentences(known.why) : []),
        row ? card(titleOf(row), h("span", {},
          h("a", {href: place("logs", {kind: "task", id})}, "its log"), " · ",
          h("a", {href: place("graph", {root: id})}, "its graph")),
        taskFacts(row)) : null,
        card("Tasks that it submitted", null, table("Children", taskColumns,
          known.children?.rows, (t) => t.id, "none")));
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.eachSecond(draw);
    view.watch({what: "why", id}, take("why"));
    view.watch({what: "get", kind: "task", id}, take("task"));
    view.watch({what: "list", kind: "tasks", limit: 50,
      filters: [["parent", "=", id]]}, take("children"));
  },
};
