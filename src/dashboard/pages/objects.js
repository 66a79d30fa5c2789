// What lies in the object stores, largest first; and one object.

import {h, svg} from "/dom.js";
import {bar, card, facts, link, place, problem, state, sumsCard, table}
  from "/parts.js";
import {bytes, count} from "/words.js";
import {pager} from "/tasks.js";

function holders(object) {
  const r = object.references;
  return r ? `processes ${r.processes}, other nodes ${r.other_nodes}, `
    + `pins ${r.pins}` : "";
}

const columns = [
  {name: "Object", show: (o) => link("object", o.id)},
  {name: "Size", number: true, show: (o) => bytes(o.size)},
  {name: "Job", show: (o) => link("job", o.job)},
  {name: "Home", show: (o) => link("node", o.home)},
  {name: "Copies on", show: (o) => (o.nodes ?? []).map((one, i) =>
    [i > 0 ? ", " : "", link("node", one)])},
  {name: "Held by", long: true, show: holders},
];

/// What lies in a store: a strip as wide as all of it, with a piece for each
/// object of the page.
function storeMap(store, objects) {
  const here = objects.filter((one) => (one.nodes ?? []).includes(store.node));
  const shown = here.reduce((sum, one) => sum + one.size, 0);
  const whole = Math.max(store.store_used, shown, 1);
  let at = 0;
  const piece = (size, kind, title) => {
    const from = at;
    at += size / whole * 100;
    return svg("rect", {x: `${from.toFixed(3)}%`, height: "100%", class: kind,
      width: `${(at - from).toFixed(3)}%`}, svg("title", {}, title));
  };
  return svg("svg", {role: "group", preserveAspectRatio: "none",
    class: "store", "aria-label": `Objects in the store of ${store.node}: the `
      + "table below has them"},
  here.map((one) => svg("a", {href: place("object", {id: one.id})},
    piece(one.size, "piece", `${one.id}, ${bytes(one.size)}`))),
  shown < whole && store.store_used > 0
    ? piece(whole - shown, "rest", "others, and room kept ahead")
    : null);
}

const storeColumns = (objects) => [
  {name: "Node", show: (s) => link("node", s.node)},
  {name: "Used", number: true, show: (s) => bytes(s.store_used)},
  {name: "Capacity", number: true, show: (s) => bytes(s.store_capacity)},
  {name: "Share", show: (s) => bar(s.store_used, s.store_capacity)},
  {name: "What is used, by object", long: true,
    show: (s) => storeMap(s, objects)},
];

const sumColumns = [
  {name: "Made by", long: true, show: (s) => h("span", {class: "mono"},
    s.name)},
  {name: "Objects", number: true, show: (s) => count(s.count)},
  {name: "Bytes", number: true, show: (s) => bytes(s.bytes)},
];

export const objects = {
  title: () => "Objects",
  show(view) {
    const known = {};
    const draw = () => view.draw(
      h("h1", {}, "Objects"),
      card("Stores", null, table("Object stores",
        storeColumns(known.memory?.rows ?? []), known.memory?.stores,
        (s) => s.node)),
      sumsCard(view, "By maker", sumColumns, known.sums,
        "no object is in a store"),
      problem(known.memory), pager(view, known.memory),
      h("section", {class: "card wide"}, table("Objects, largest first",
        columns, known.memory?.rows, (o) => o.id,
        "no object is in a store: small values travel in messages")));
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    draw();
    view.watch({what: "summary", kind: "objects"}, take("sums"));
    view.watch({what: "memory", limit: 100, cursor: view.get("cursor")},
      take("memory"));
  },
};

export const object = {
  title: (view) => `Object ${view.get("id").slice(-10)}`,
  show(view) {
    const id = view.get("id");
    const known = {};
    const draw = () => {
      const row = known.object?.row;
      view.draw(
        h("h1", {}, "Object ", h("span", {class: "quiet mono"}, id)),
        problem(known.object),
        row ? card("Facts", null, facts([
          ["size", bytes(row.size)],
          ["job", link("job", row.job)],
          ["home", link("node", row.home)],
          ["copies on", (row.nodes ?? []).map((one, i) =>
            [i > 0 ? ", " : "", link("node", one)])],
          ["held by", holders(row)],
          ["held on nodes", (row.references?.nodes ?? []).join(", ")],
          ["made by", known.maker?.row ? [link("task", id,
            known.maker.row.name || known.maker.row.function), " ",
          state(known.maker.row.state)] : "ray::put"],
        ])) : null);
    };
    const take = (name) => (answer) => {
      known[name] = answer;
      draw();
    };
    view.watch({what: "get", kind: "object", id}, take("object"));
    view.watch({what: "get", kind: "task", id}, take("maker"));
  },
};
