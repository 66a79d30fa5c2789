// What pages know of the cluster: watch() for answers as they change, ask() for
// one answer. While a tab is hidden it watches nothing.

import {Stream} from "/stream.js";

const watchers = new Map(); // query as text -> set of functions
const waiting = new Set(); // Queries of them without any answer yet.
const rows = new Map(); // query -> its last answer with rows
let onState = () => {};
let send = () => {};

function take(query, answer) {
  waiting.delete(query);
  if (answer.rows && watchers.has(query))
    rows.set(query, answer);
  // What was shown is still the best that is known.
  const shown = answer.error ? {...rows.get(query), ...answer} : answer;
  for (const tell of watchers.get(query) ?? [])
    tell(shown);
}

function queries() {
  return document.hidden ? [] : [...watchers.keys()];
}

let planned = false;

/// Pages watch several things in one go.
function renew() {
  if (planned)
    return;
  planned = true;
  setTimeout(() => {
    planned = false;
    send(queries());
  }, 10);
}

/// @param tell  Called with "live", "reconnecting" and so on.
export function begin(tell) {
  onState = tell;
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker("/feed_worker.js",
                                    {type: "module", name: "rayd feed"});
    worker.port.onmessage = ({data}) => {
      if (data.state)
        onState(data.state);
      else
        take(data.query, data.answer);
    };
    worker.port.start();
    send = (list) => worker.port.postMessage({queries: list});
  } else {
    const stream = new Stream(take, (state) => onState(state));
    send = (list) => stream.set(list);
  }
  document.addEventListener("visibilitychange", renew);
  addEventListener("pagehide", () => send([]));
  addEventListener("pageshow", renew);
  setInterval(() => {
    if (!document.hidden)
      send(queries());
  }, 15000);
}

async function answerOf(text) {
  const answer = await fetch(`/api/query?q=${encodeURIComponent(text)}`);
  return answer.json();
}

/// The first answer need not wait until the stream has begun anew.
async function hurry(text) {
  waiting.add(text);
  const answer = await answerOf(text).catch(() => null);
  if (answer && waiting.has(text))
    take(text, answer);
}

/// Calls *tell* with each new answer. @returns what ends that.
export function watch(query, tell) {
  const text = JSON.stringify(query);
  if (!watchers.has(text)) {
    watchers.set(text, new Set());
    hurry(text);
  }
  watchers.get(text).add(tell);
  renew();
  return () => {
    const all = watchers.get(text);
    all?.delete(tell);
    if (all?.size === 0) {
      watchers.delete(text);
      waiting.delete(text);
      rows.delete(text);
    }
    renew();
  };
}

/// One answer, now; {"error": sentence} when there is none.
export async function ask(query) {
  try {
    return await answerOf(JSON.stringify(query));
  } catch {
    return {error: "the head does not answer just now"};
  }
}
