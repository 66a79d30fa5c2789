// Of which workers there are logs on a node; one log, or several as one, with
// what is written meanwhile.

import {h, keep} from "/dom.js";
import {button, card, choice, link, notice, place, problem, table}
  from "/parts.js";
import {bytes, count} from "/words.js";
import {linesMost, logsMost, Tails} from "/tails.js";

const columns = (node, shown) => [
  {name: "Worker", show: (f) => h("a", {class: "mono",
    "aria-current": shown === `${node}:${f.pid}` ? "true" : null,
    href: place("logs", {node, kind: "worker", id: `${node}:${f.pid}`})},
  `${node}:${f.pid}`)},
  {name: "Job", show: (f) => link("job", f.job)},
  {name: "Size", number: true, show: (f) => bytes(f.bytes)},
  {name: "State", show: (f) => f.runs ? "runs" : "ended"},
];

const sizes = [["200", "200 lines"], ["1000", "1,000 lines"],
  ["4000", "4,000 lines"]];

let made = 0; // Boxes are told apart when the page draws itself anew.

/// The box with the lines: they are put to what is there, so that what is
/// selected stays, and its end stays in sight while it was.
class Box {
  constructor(name) {
    this.name = `log ${++made}`;
    this.element = h("pre", {class: "log", tabindex: "0", role: "log",
      "data-keep": this.name, "aria-label": `The end of the log of ${name}`});
    this.shown = 0; // Of all lines that there were.
    this.kept = []; // [how many lines, their text node]
  }

  take(tails) {
    const box = this.element;
    const atEnd = box.scrollTop + box.clientHeight > box.scrollHeight - 30;
    const more = Math.min(tails.total - this.shown, tails.lines.length);
    this.shown = tails.total;
    if (more > 0) {
      const text = document.createTextNode(
        `${tails.lines.slice(-more).join("\n")}\n`);
      box.append(text);
      this.kept.push([more, text]);
    }
    let all = this.kept.reduce((sum, [lines]) => sum + lines, 0);
    while (this.kept.length > 1 && all - this.kept[0][0] >= linesMost) {
      const [lines, text] = this.kept.shift();
      text.remove();
      all -= lines;
    }
    if (atEnd)
      box.scrollTop = box.scrollHeight;
  }
}

/// Which logs the address asks for: [{kind, id, name}].
function sourcesOf(view, files, node) {
  if (view.get("merged"))
    return files.slice(-logsMost).map((f) => {
      const id = `${node}:${f.pid}`;
      return {kind: "worker", id, name: id};
    });
  const [kind, id] = [view.get("kind"), view.get("id")];
  return kind && id ? [{kind, id, name: `${kind} ${id}`}] : [];
}

function logCard(view, box, tails) {
  const follows = view.get("follow", "1") === "1";
  return card(view.get("merged") ? `${count(tails.tails.length)} logs as one`
    : `Log of ${tails.tails[0].source.name}`,
  h("span", {class: "tools"},
    choice("Lines", view.get("tail", "200"), sizes,
      (value) => view.go({tail: value})),
    button("follow", () => view.go({follow: follows ? "0" : ""}, true),
      {"aria-pressed": String(follows)})),
  notice(tails.problems, true), keep(box.element),
  tails.begun && tails.lines.length === 0 && tails.problems.length === 0
    ? h("p", {class: "empty"}, "nothing was written") : null);
}

export const logs = {
  title: () => "Logs",
  show(view) {
    const known = {};
    const id = view.get("id");
    const ofNode = view.get("kind") === "node" ? id
      : view.get("kind") === "worker" ? id.split(":")[0] : "";
    let node = view.get("node", ofNode);
    let tails = null;
    let box = null;
    const filesNow = () => known.files?.rows?.filter((f) =>
      !view.get("job") || f.job === view.get("job"));
    const draw = () => {
      const all = (known.nodes?.nodes ?? []).filter((n) =>
        n.state !== "dead");
      view.draw(
        h("h1", {}, "Logs"),
        h("div", {class: "tools"}, choice("Node", node,
          all.map((n) => [n.id, n.id]), (value) => view.go({node: value,
            kind: "", id: "", merged: ""})),
        node ? h("a", {href: place("logs", {node, kind: "node", id: node})},
          `the log of ${node} itself`) : null),
        tails ? logCard(view, box, tails) : null,
        problem(known.files),
        card(`Workers of ${node || "a node"}`, [
          view.get("job") ? `of ${view.get("job")} · ` : null,
          h("a", {href: place("logs", {node, job: view.get("job"),
            merged: "1"})}, "all as one")],
        table("Logs of workers", columns(node, id),
          filesNow()?.slice().reverse(), (f) => `${f.pid} ${f.file}`,
          "no log")));
      if (tails)
        box.take(tails);
    };
    const begin = (sources) => {
      if (sources.length === 0)
        return;
      if (tails) {
        tails.add(sources);
        return;
      }
      box = new Box(sources.length > 1 ? "several workers" : sources[0].name);
      tails = new Tails(sources, Math.ceil(Number(view.get("tail", "200"))
        / sources.length), draw);
      tails.follow = view.get("follow", "1") === "1";
      view.onLeave(() => tails.stop());
    };
    const followFiles = () => view.watch({what: "logs", kind: "files",
      id: node}, (answer) => {
      known.files = answer;
      if (view.get("merged"))
        begin(sourcesOf(view, filesNow() ?? [], node));
      draw();
    });
    if (node)
      followFiles();
    if (!view.get("merged"))
      begin(sourcesOf(view, [], node));
    view.watch({what: "nodes"}, (answer) => {
      known.nodes = answer;
      if (!node && answer.nodes?.length) {
        node = answer.nodes[0].id;
        followFiles();
      }
      draw();
    });
    draw();
  },
};
