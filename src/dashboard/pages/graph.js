// Who submitted whom, below a job or a task, from left to right. Many alike
// children without children of their own are drawn as one.

import {h, svg} from "/dom.js";
import {card, link, place, problem, state, table} from "/parts.js";
import {count, stateKind} from "/words.js";
import {titleOf} from "/tasks.js";

const wide = 190;
const high = 34;
const gapX = 46;
const gapY = 10;
const alikeMost = 3; // More than this become one.

/// The tree of an answer: [{task, count, children}].
function treeOf(answer) {
  const nodes = new Map(answer.nodes.map((task) =>
    [task.id, {task, count: 1, children: []}]));
  const isChild = new Set();
  for (const [from, to] of answer.edges) {
    nodes.get(from)?.children.push(nodes.get(to));
    isChild.add(to);
  }
  const roots = [...nodes.values()].filter((one) =>
    !isChild.has(one.task.id));
  for (const one of nodes.values())
    one.children = merged(one.children);
  return merged(roots);
}

function merged(list) {
  const alike = new Map();
  for (const one of list) {
    const key = one.children.length > 0 ? one.task.id
      : `${titleOf(one.task)} ${one.task.state}`;
    alike.set(key, [...alike.get(key) ?? [], one]);
  }
  return [...alike.values()].flatMap((group) => group.length <= alikeMost
    ? group : [{...group[0], count: group.length}]);
}

/// Gives each its place; @returns the number of rows.
function layOut(list, depth, row, placed) {
  for (const one of list) {
    const first = row;
    row = layOut(one.children, depth + 1, row, placed);
    if (row === first)
      ++row;
    one.x = depth * (wide + gapX);
    one.y = (first + row - 1) / 2 * (high + gapY);
    placed.push(one);
  }
  return row;
}

function drawing(tree, root) {
  const placed = [];
  const rows = layOut(tree, 0, 0, placed);
  const deep = Math.max(...placed.map((one) => one.x)) + wide;
  const cut = (text) => text.length > 23 ? `${text.slice(0, 22)}…` : text;
  return h("div", {class: "drawing"},
    svg("svg", {width: deep + 4, height: rows * (high + gapY) + 4,
      role: "group", "aria-label": `Graph of ${root}: the table below has it `
        + "as rows"},
    placed.flatMap((one) => one.children.map((child) => {
      const [x, y] = [one.x + wide, one.y + high / 2];
      const middle = x + gapX / 2;
      const to = child.y + high / 2;
      return svg("path",
        {d: `M${x} ${y}C${middle} ${y} ${middle} ${to} ${child.x} ${to}`});
    })),
    placed.map((one) => svg("a", {class: stateKind(one.task.state),
      href: one.count > 1 ? place("tasks", {field: "title",
        text: titleOf(one.task), job: one.task.job})
        : place("task", {id: one.task.id})},
    svg("rect", {x: one.x + 1, y: one.y + 1, width: wide - 2,
      height: high - 2, rx: 5}),
    svg("text", {x: one.x + 9, y: one.y + 15}, cut(titleOf(one.task))),
    svg("text", {class: "under", x: one.x + 9, y: one.y + 27},
      `${one.task.state.replaceAll("_", " ")}`
      + (one.count > 1 ? ` × ${count(one.count)}` : ""))))));
}

const columns = (answer) => [
  {name: "Task", show: (t) => link("task", t.id)},
  {name: "Name", long: true, show: (t) => titleOf(t)},
  {name: "State", show: (t) => state(t.state)},
  {name: "Submitted by", show: (t) => link("task", t.parent)},
  {name: "Submitted", number: true, show: (t) => count(answer.edges.filter(
    ([from]) => from === t.id).length)},
];

export const graph = {
  title: () => "Graph",
  show(view) {
    const known = {};
    const root = view.get("root");
    const draw = () => {
      const answer = known.graph;
      const good = answer && !answer.error && answer.nodes.length > 0;
      view.draw(
        h("h1", {}, "Graph", root ? h("span", {class: "quiet"},
          ` of ${root}`) : null),
        h("div", {class: "tools"}, h("span", {class: "quiet"}, "jobs"),
          (known.jobs?.rows ?? []).map((one) => h("a",
            {href: place("graph", {root: one.id}), title: one.program,
              "aria-current": one.id === root ? "true" : null}, one.id)),
          known.jobs?.rows?.length === 0 ? h("span", {class: "quiet"},
            "none yet: a graph is of what a program has submitted") : null),
        problem(answer),
        good ? card("Who submitted whom", answer.left_out > 0
          ? `${count(answer.left_out)} tasks are left out: open one of these`
          : null, drawing(treeOf(answer), root)) : null,
        good ? h("details", {class: "behind"}, h("summary", {},
          "the same as rows"), h("section", {class: "card wide"},
          table("Tasks of the graph", columns(answer), answer.nodes,
            (t) => t.id))) : null);
    };
    view.watch({what: "list", kind: "jobs", limit: 20}, (answer) => {
      known.jobs = answer;
      if (!root && answer.rows?.length)
        view.go({root: answer.rows[0].id}, true);
      draw();
    });
    if (root)
      view.watch({what: "graph", root, limit: 500}, (answer) => {
        known.graph = answer;
        draw();
      });
    draw();
  },
};
