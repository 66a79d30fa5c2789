// What failed, each kind once with how often, the most frequent first.

import {h} from "/dom.js";
import {link, place, problem, table} from "/parts.js";
import {clock, count} from "/words.js";
import {chain} from "/tasks.js";

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
  {name: "Message", long: true, show: (e) => [e.error_message,
    chain(e) ? h("div", {class: "quiet"}, "through ", chain(e)) : ""]},
];

export const errors = {
  title: () => "Errors",
  show(view) {
    view.watch({what: "list", kind: "errors", limit: 500}, (answer) =>
      view.draw(
        h("h1", {}, "Errors"), problem(answer),
        h("div", {class: "tools"}, h("span", {class: "quiet"},
          answer.error ? "" : `${count(answer.total)} kinds, the most `
            + "frequent first" + (answer.dropped > 0
            ? `; ${count(answer.dropped)} rarer ones are left out` : ""))),
        h("section", {class: "card wide"}, table(
          "Errors, most frequent first", columns, answer.rows,
          (e) => `${e.error} ${e.name}`, "nothing has failed"))));
  },
};
