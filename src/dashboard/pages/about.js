// Which cluster this is, and how these pages are used.

import {h} from "/dom.js";
import {card, facts, problem} from "/parts.js";
import {metricsCard} from "/metrics.js";
import {count, duration} from "/words.js";

const keys = [
  ["g then a letter", "goes to a page: o overview, n nodes, t tasks, "
    + "i timeline, r graph, a actors, b objects, j jobs, l logs, e errors"],
  ["/", "goes to the filter"],
  ["?", "comes here"],
];

export const about = {
  title: () => "About",
  show(view) {
    const known = {};
    const draw = ({status, metrics} = known) => status && view.draw(
      h("h1", {}, "About"), problem(status),
      card("This cluster", null, facts([
        ["version", `rayd ${status.version}`],
        ["cluster", h("span", {class: "mono"}, status.cluster_id)],
        ["others join at", status.address || "nobody joins: it is private"],
        ["the head is up", duration((status.uptime_ms ?? 0) * 1000)],
        ["nodes", count(status.nodes?.length)],
        ["for Prometheus", globalThis.raydReport ? ""
          : h("a", {href: "/metrics"}, "/metrics")],
      ])),
      metricsCard(metrics),
      card("Keys", null, facts(keys.map(([key, what]) =>
        [h("code", {}, key), what]))),
      card("The same in a terminal", null, h("p", {}, "rayd status, list, "
        + "get, summary, memory, timeline, logs and why ask what these pages "
        + "ask, and show the same names and numbers.")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.watch({what: "status"}, take("status"));
    view.watch({what: "metrics"}, take("metrics"));
  },
};
