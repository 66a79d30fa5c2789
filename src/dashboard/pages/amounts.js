// What nodes have, how much of it is allocated to work, and how much is used.

import {h} from "/dom.js";
import {marks, table} from "/parts.js";
import {bytes, count} from "/words.js";

/// One node of each machine: what it says of that counts once.
function machines(nodes) {
  return [...new Map(nodes.map((one) => [one.host, one])).values()];
}

function sum(nodes, part) {
  let all = null;
  for (const node of nodes) {
    const value = part(node);
    if (value !== undefined && value !== null)
      all = (all ?? 0) + value;
  }
  return all;
}

/// What the machines say of a resource; of others nobody knows.
const usedOf = {
  CPU: (n) => n.cpu_percent === undefined ? undefined
    : n.cpu_percent / 100 * (n.resources_total.CPU ?? 0),
  memory: (n) => n.memory_used,
};

function rowsOf(nodes) {
  const known = nodes.filter((one) => one.state !== "dead");
  const names = new Set(["CPU", "memory"]);
  for (const node of known)
    for (const name of Object.keys(node.resources_total))
      names.add(name);
  const rows = [...names].map((name) => ({
    name, show: name === "memory" ? bytes : count,
    allocated: sum(known, (n) => n.resources_total[name] === undefined
      ? undefined : n.resources_total[name]
        - (n.resources_available[name] ?? 0)),
    used: sum(name === "memory" ? machines(known) : known,
      usedOf[name] ?? (() => null)),
    total: sum(known, (n) => n.resources_total[name])}));
  rows.push({name: "object store", show: bytes, allocated: null,
    used: sum(known, (n) => n.store_used),
    total: sum(known, (n) => n.store_capacity),
    more: sum(known, (n) => n.store_spilled)});
  return rows.filter((one) => one.total > 0);
}

const value = (name) => (row) => row[name] === null ? "–"
  : row.show(row[name]);

const columns = [
  {name: "Resource", show: (r) => r.name},
  {name: "Shares", long: true, show: marks},
  {name: "Allocated", number: true, show: value("allocated")},
  {name: "Used", number: true, show: (r) => [value("used")(r),
    r.more > 0 ? `, ${bytes(r.more)} on disk` : ""]},
  {name: "Total", number: true, show: value("total")},
];

/// The marks, and what they mean.
export function amounts(nodes) {
  return [table("Resources: allocated, used, total", columns, rowsOf(nodes),
    (r) => r.name, "no node is alive"),
  h("p", {class: "legend under"},
    ["allocated", "used", "total"].map((name) => h("span", {},
      h("i", {class: name}), name)),
    h("span", {}, "allocated to tasks and actors; used as the machine says"))];
}
