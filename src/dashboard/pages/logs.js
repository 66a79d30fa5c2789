// Of which workers there are logs on a node, and one log, followed.

import {h} from "/dom.js";
import {card, choice, link, place, problem, table} from "/parts.js";
import {bytes} from "/words.js";

const columns = (node, shown) => [
  {name: "Worker", show: (f) => h("a", {class: "mono",
    "aria-current": shown === `${node}:${f.pid}` ? "true" : null,
    href: place("logs", {node, kind: "worker", id: `${node}:${f.pid}`})},
  `${node}:${f.pid}`)},
  {name: "Job", show: (f) => link("job", f.job)},
  {name: "Size", number: true, show: (f) => bytes(f.bytes)},
  {name: "", show: (f) => f.runs ? "runs" : "ended"},
];

const tails = [["200", "200 lines"], ["1000", "1,000 lines"],
  ["4000", "4,000 lines"]];

function logCard(view, log, tail) {
  const kind = view.get("kind");
  const id = view.get("id");
  return card(`Log of ${kind} ${id}`, choice("Lines", tail, tails,
    (value) => view.go({tail: value})),
  problem(log), log && !log.error ? h("pre", {class: "log", tabindex: "0",
    "aria-label": `The end of the log of ${kind} ${id}`},
  log.text || "nothing was written") : null);
}

export const logs = {
  title: () => "Logs",
  show(view) {
    const known = {};
    const kind = view.get("kind");
    const id = view.get("id");
    const tail = view.get("tail", "200");
    const ofNode = kind === "node" ? id
      : kind === "worker" ? id.split(":")[0] : "";
    let node = view.get("node", ofNode);
    let stop = null;
    const draw = () => {
      const all = (known.nodes?.nodes ?? []).filter((n) =>
        n.state !== "dead");
      const files = (known.files?.rows ?? []).filter((f) =>
        !view.get("job") || f.job === view.get("job"));
      view.draw(
        h("h1", {}, "Logs"),
        h("div", {class: "tools"}, choice("Node", node,
          all.map((n) => [n.id, n.id]), (value) => view.go({node: value,
            kind: "", id: ""})),
        node ? h("a", {href: place("logs", {node, kind: "node", id: node})},
          `the log of ${node} itself`) : null),
        id ? logCard(view, known.log, tail) : null,
        problem(known.files),
        card(`Workers of ${node || "a node"}`, view.get("job")
          ? `of ${view.get("job")}` : null, table("Logs of workers",
          columns(node, id), files, (f) => String(f.pid), "no log")));
      const text = document.querySelector("pre.log");
      // Follows while the end is in sight.
      if (text && known.atEnd !== false)
        text.scrollTop = text.scrollHeight;
      if (text)
        text.onscroll = () => {
          known.atEnd = text.scrollTop + text.clientHeight
            > text.scrollHeight - 30;
        };
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      if (name === "nodes" && !node && answer.nodes?.length) {
        node = answer.nodes[0].id;
        followFiles();
      }
      draw();
    };
    const followFiles = () => {
      if (node && !stop) {
        stop = true;
        view.watch({what: "logs", kind: "files", id: node}, take("files"));
      }
    };
    view.watch({what: "nodes"}, take("nodes"));
    followFiles();
    if (kind && id)
      view.watch({what: "logs", kind, id, tail: Number(tail),
        limit: 262144}, take("log"));
  },
};
