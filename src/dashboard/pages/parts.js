// What pages are built of: links, states, bars, tables, cards.

import {h, svg} from "/dom.js";
import {shortId, stateKind} from "/words.js";

/// Addresses hold all that a page shows: place("tasks", {state: "failed"}).
export function place(page, parameters = {}) {
  const set = Object.entries(parameters)
    .filter(([, value]) => value !== "" && value !== null
      && value !== undefined);
  const text = new URLSearchParams(set).toString();
  return `#/${page}${text ? `?${text}` : ""}`;
}

const pagesOfThings = {task: "task", actor: "actor", node: "node", job: "job",
  worker: "worker", object: "object"};

const ownJobs = 0x800000; // Jobs from here on are of nodes themselves.

/// A link to what has this id; nothing without one.
export function link(kind, id, text) {
  if (!id)
    return "";
  if (kind === "task" && /^[0-9a-f]{16}0{15}1$/.test(id))
    return h("span", {class: "quiet"}, "the driver");
  if (kind === "job" && Number(id.slice(1)) >= ownJobs)
    return h("span", {class: "quiet"}, "rayd itself");
  const shown = text ?? shortId(id);
  return h("a", {href: place(pagesOfThings[kind], {id}), title: id,
    class: shown === id ? null : "mono"}, shown);
}

export function state(name) {
  return name ? h("span", {class: `state ${stateKind(name)}`},
    name.replaceAll("_", " ")) : "";
}

/// How much of a whole; a table or text beside it has the figures.
export function bar(part, whole) {
  const share = whole > 0 ? Math.min(part / whole, 1) : 0;
  const kind = share > .95 ? "bar over" : share > .8 ? "bar full" : "bar";
  return h("span", {class: kind, "aria-hidden": "true"},
    svg("svg", {preserveAspectRatio: "none"},
      svg("rect", {width: `${(share * 100).toFixed(1)}%`, height: "100%"})));
}

/// Three marks on one line: how much is allocated, used, and there in all.
/// What is not known is left out; a table beside it has the figures.
export function marks({allocated, used, total}) {
  const whole = Math.max(total ?? 0, allocated ?? 0, used ?? 0);
  const share = (part) => `${(whole > 0 ? (part ?? 0) / whole * 100 : 0)
    .toFixed(1)}%`;
  return h("span", {class: "marks", "aria-hidden": "true"},
    svg("svg", {preserveAspectRatio: "none"},
      svg("rect", {class: "total", width: share(total), height: "100%"}),
      svg("rect", {class: "allocated", width: share(allocated),
        height: "100%"}),
      svg("rect", {class: "used", y: "35%", width: share(used),
        height: "30%"})));
}

/// @param columns  [{name, show: row => children, number, long}]
/// @param rows     nothing: they are not here yet
/// @param key      row => its text; rows move with it
export function table(caption, columns, rows, key, empty) {
  if (!rows || rows.length === 0)
    return h("p", {class: "empty"},
      rows ? empty ?? "nothing here" : "one moment …");
  const kind = (column) => column.number ? "number"
    : column.long ? "long" : "short";
  return h("div", {class: "scroll"}, h("table", {},
    h("caption", {class: "unseen"}, caption),
    h("thead", {}, h("tr", {}, columns.map((column) =>
      h("th", {scope: "col", class: kind(column)}, column.name)))),
    h("tbody", {}, rows.map((row) => h("tr", {"data-key": key(row)},
      columns.map((column) =>
        h("td", {class: kind(column)}, column.show(row))))))));
}

export function card(title, more, ...children) {
  return h("section", {class: "card wide", "aria-label": title},
    h("div", {class: "top"}, h("h2", {}, title),
      more ? h("span", {class: "more"}, more) : null),
    children);
}

/// The sums of a page: the most frequent ones, or all when the address says so.
export function sumsCard(view, title, columns, sums, empty) {
  const most = 12;
  const rows = sums?.rows;
  const all = view.get("all") === "1";
  return card(title, !rows || rows.length <= most ? null
    : h("a", {href: place(view.name, {...Object.fromEntries(view.parameters),
      all: all ? "" : "1"})}, all ? "only the most frequent"
      : `all ${rows.length}`),
  table(title, columns, all ? rows : rows?.slice(0, most), (s) => s.name,
    empty));
}

export function tile(name, value, note, href, alarm) {
  return h(href ? "a" : "div",
    {class: alarm ? "card tile alarm" : "card tile", href},
    h("span", {class: "name"}, name), h("span", {class: "value"}, value),
    h("span", {class: "note"}, note ?? ""));
}

export function facts(pairs) {
  return h("dl", {class: "facts"}, pairs
    .filter(([, value]) => value !== "" && value !== null
      && value !== undefined)
    .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

export function notice(sentences, bad) {
  return sentences.length === 0 ? null
    : h("div", {class: bad ? "notice bad" : "notice"},
      sentences.map((one) => h("p", {}, one)));
}

/// What an answer that is none says.
export function problem(answer) {
  return answer?.error ? notice([answer.error], true) : null;
}

/// Buttons of which one is pressed; each is an address.
export function choice(label, current, options, go) {
  return h("span", {class: "tools", role: "group", "aria-label": label},
    options.map(([value, text]) => h("button", {type: "button",
      "aria-pressed": String(value === current),
      onclick: () => go(value)}, text)));
}

/// A button that does something here, or none.
export const button = (text, does, properties) =>
  h("button", {type: "button", onclick: does, ...properties}, text);

export const option = (value, text, current) =>
  h("option", {value, selected: value === current}, text);
