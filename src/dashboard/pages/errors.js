// What failed, each kind once with how often, the latest first.

import {h} from "/dom.js";
import {link, place, problem, table} from "/parts.js";
import {clock, count} from "/words.js";
import {pager} from "/tasks.js";

const columns = [
  {name: "Last", show: (e) => clock(e.last_us)},
  {name: "Error", show: (e) => h("span", {class: "state bad"},
    e.error.replaceAll("_", " "))},
  {name: "In", long: true, show: (e) => h("a", {class: "mono",
    href: place("tasks", {state: "failed", field: "title",
      text: e.name})}, e.name)},
  {name: "Times", number: true, show: (e) => count(e.count)},
  {name: "Latest", show: (e) => link("task", e.id)},
  {name: "Node", show: (e) => link("node", e.node)},
  {name: "Message", long: true, show: (e) => e.error_message},
];

export const errors = {
  title: () => "Errors",
  show(view) {
    view.watch({what: "list", kind: "errors", limit: 100,
      cursor: view.get("cursor")}, (answer) => view.draw(
      h("h1", {}, "Errors"), problem(answer), pager(view, answer),
      h("section", {class: "card wide"}, table("Errors, latest first",
        columns, answer.rows ?? [], (e) => `${e.error} ${e.name}`,
        "nothing has failed"))));
  },
};
