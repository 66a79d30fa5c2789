// One connection to the server for all that is watched: answers come as
// server-sent events. Runs in the shared worker, or in a page where a browser
// has no shared workers.

const silenceMs = 6000; // The server gives a sign of life each 2 s.
const restMs = 1000;
// What the server takes of one stream. Dozens of pages would have to be in
// sight at once before some of what they show stood still.
const mostQueries = 60;
const mostLetters = 11_000;

function addressOf(queries) {
  return `/api/events?q=${encodeURIComponent(`[${queries.join(",")}]`)}`;
}

export class Stream {
  /// @param onAnswer  (query as text, answer)
  /// @param onState   "idle", "connecting", "live", "reconnecting"
  constructor(onAnswer, onState) {
    this.onAnswer = onAnswer;
    this.onState = onState;
    this.queries = [];
    this.source = null;
    this.failed = false;
  }

  /// Watches these queries (texts) and no others.
  set(queries) {
    const wanted = [...new Set(queries)].sort().slice(0, mostQueries);
    while (addressOf(wanted).length > mostLetters)
      wanted.pop();
    if (wanted.join("\n") === this.queries.join("\n"))
      return;
    this.queries = wanted;
    this.open();
  }

  open() {
    clearTimeout(this.again);
    clearTimeout(this.silence);
    this.source?.close();
    this.source = null;
    if (this.queries.length === 0) {
      this.onState("idle");
      return;
    }
    this.onState(this.failed ? "reconnecting" : "connecting");
    const asked = this.queries;
    const source = new EventSource(addressOf(asked));
    this.source = source;
    source.onerror = () => this.lost(source);
    source.addEventListener("life", () => this.heard(source));
    source.addEventListener("update", (event) => {
      this.heard(source);
      for (const [place, answer] of Object.entries(JSON.parse(event.data)))
        this.onAnswer(asked[place], answer);
    });
    this.silence = setTimeout(() => this.lost(source), silenceMs);
  }

  heard(source) {
    if (source !== this.source)
      return;
    this.failed = false;
    this.onState("live");
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.lost(source), silenceMs);
  }

  lost(source) {
    if (source !== this.source)
      return;
    source.close();
    clearTimeout(this.silence);
    this.failed = true;
    this.onState("reconnecting");
    clearTimeout(this.again);
    this.again = setTimeout(() => this.open(), restMs);
  }
}
