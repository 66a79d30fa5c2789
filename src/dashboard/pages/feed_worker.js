// Shared by all tabs of the dashboard: one stream of events, however many tabs
// are open (a browser opens six connections to one server, no more). Each tab
// says what it shows; what is on no visible page is not asked for.

import {Stream} from "/stream.js";

const portSilenceMs = 45000;
const ports = new Map(); // port -> {queries, heard}
const answers = new Map(); // query -> its last answer
let state = "idle";

const stream = new Stream(
  (query, answer) => {
    answers.set(query, answer);
    for (const [port, one] of ports)
      if (one.queries.includes(query))
        port.postMessage({query, answer});
  },
  (now) => {
    if (now === state)
      return;
    state = now;
    for (const port of ports.keys())
      port.postMessage({state});
  });

function renew() {
  const wanted = [...ports.values()].flatMap((one) => one.queries);
  for (const query of answers.keys())
    if (!wanted.includes(query))
      answers.delete(query);
  stream.set(wanted);
}

onconnect = (event) => {
  const port = event.ports[0];
  ports.set(port, {queries: [], heard: Date.now()});
  port.onmessage = ({data}) => {
    const before = ports.get(port)?.queries ?? [];
    ports.set(port, {queries: data.queries, heard: Date.now()});
    for (const query of data.queries)
      if (!before.includes(query) && answers.has(query))
        port.postMessage({query, answer: answers.get(query)});
    port.postMessage({state});
    renew();
  };
};

// A tab that crashed says nothing more; one that lives says so.
setInterval(() => {
  const now = Date.now();
  for (const [port, one] of ports)
    if (one.queries.length > 0 && now - one.heard > portSilenceMs)
      ports.delete(port);
  renew();
}, 10000);
