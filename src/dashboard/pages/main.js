// The frame: which page the address asks for, the menu, the connection's state.

import {show, h} from "/dom.js";
import {begin, watch} from "/feed.js";
import {place} from "/parts.js";
import {duration} from "/words.js";
import {overview} from "/overview.js";
import {node, nodes} from "/nodes.js";
import {task, tasks} from "/tasks.js";
import {timeline} from "/timeline.js";
import {graph} from "/graph.js";
import {actor, actors, worker} from "/actors.js";
import {object, objects} from "/objects.js";
import {job, jobs} from "/jobs.js";
import {logs} from "/logs.js";
import {errors} from "/errors.js";
import {about} from "/about.js";

const pages = {overview, nodes, node, tasks, task, timeline, graph, actors,
  actor, worker, objects, object, jobs, job, logs, errors, about};

/// Name, title, letter after "g", the page's count in the status.
const menu = [
  ["overview", "Overview", "o", () => ""],
  ["nodes", "Nodes", "n", (s) => s.nodes.filter(
    (one) => one.state !== "dead").length],
  ["tasks", "Tasks", "t", (s) => s.totals.tasks_running],
  ["timeline", "Timeline", "i", () => ""],
  ["graph", "Graph", "r", () => ""],
  ["actors", "Actors", "a", (s) => s.totals.actors],
  ["objects", "Objects", "b", () => ""],
  ["jobs", "Jobs", "j", (s) => s.jobs],
  ["logs", "Logs", "l", () => ""],
  ["errors", "Errors", "e", () => ""],
  ["about", "About", "?", () => ""],
];

/// Pages of one thing belong to the page that lists them.
const listOf = {node: "nodes", task: "tasks", actor: "actors",
  worker: "nodes", object: "objects", job: "jobs"};

const content = document.getElementById("content");
let current = null; // {name, stops}
let status = null;

/// What a page is given: its parameters, and ways to watch and draw.
function viewOf(name, parameters) {
  const stops = [];
  return {
    name,
    stops,
    parameters,
    get: (key, otherwise = "") => parameters.get(key) ?? otherwise,
    draw: (...children) => {
      if (current?.stops === stops)
        show(content, ...children);
    },
    watch: (query, tell) => stops.push(watch(query, tell)),
    onLeave: (stop) => stops.push(stop),
    /// Calls *f* each second while the page is in sight: times pass also when
    /// nothing is new.
    eachSecond: (f) => {
      const turn = setInterval(() => document.hidden || f(), 1000);
      stops.push(() => clearInterval(turn));
    },
    /// The same page with other parameters; *quietly*: as if one had come to
    /// them at once, so that "back" does not lead to what was before.
    go: (change, quietly) => {
      const all = {...Object.fromEntries(parameters), ...change};
      const address = place(name, all);
      if (quietly)
        location.replace(address);
      else
        location.hash = address.slice(1);
    },
  };
}

function open() {
  const [path, text] = location.hash.replace(/^#\/?/, "").split("?");
  const name = Object.hasOwn(pages, path) ? path : "overview";
  const view = viewOf(name, new URLSearchParams(text ?? ""));
  for (const stop of current?.stops ?? [])
    stop();
  const moved = current?.name !== name;
  current = view;
  if (moved) {
    show(content);
    scrollTo(0, 0);
  }
  document.title = `${pages[name].title(view)} · rayd`;
  pages[name].show(view);
  drawMenu();
  if (moved && document.activeElement !== document.body)
    content.focus({preventScroll: true});
}

function drawMenu() {
  const here = listOf[current?.name] ?? current?.name;
  show(document.getElementById("menu"), menu.map(([name, title, , count]) =>
    h("a", {href: place(name),
      "aria-current": name === here ? "page" : null},
    title, " ", h("span", {class: "count"},
      status && !status.error ? count(status) : ""))));
}

function onStatus(answer) {
  status = answer;
  drawMenu();
  if (answer.error)
    return;
  document.getElementById("cluster").textContent
    = `cluster ${answer.cluster_id}`
      + (answer.address ? ` at ${answer.address}` : "")
      + ` · up ${duration(answer.uptime_ms * 1000)}`;
}

function onState(state) {
  const words = {live: "live", reconnecting: "reconnecting …",
    connecting: "connecting …", idle: "paused"};
  const shown = document.getElementById("connection");
  shown.dataset.state = state;
  shown.textContent = words[state] ?? state;
}

let waitsForPage = false;

/// g and a letter: that page. /: the filter.
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey
      || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName))
    return;
  if (waitsForPage) {
    waitsForPage = false;
    const found = menu.find(([, , letter]) => letter === event.key);
    if (found)
      location.hash = place(found[0]).slice(1);
  } else if (event.key === "g") {
    waitsForPage = true;
  } else if (event.key === "/") {
    const filter = content.querySelector("input[type=search]");
    if (filter) {
      event.preventDefault();
      filter.focus();
    }
  } else if (event.key === "?") {
    location.hash = place("about").slice(1);
  }
}

addEventListener("hashchange", open);
addEventListener("keydown", onKey);
begin(onState);
watch({what: "status"}, onStatus);
open();
