// The ends of logs, followed: each is read from where the last answer ended, so
// that no line is missed or shown twice, however often the head is away.

import {ask} from "/feed.js";

const restMs = 1000;
const lookAgain = 10; // Reads.
export const linesMost = 5000;
const bytesOnce = 65536;
export const logsMost = 12; // At once.

/// One log: {kind, id, name} and what is known of it.
class Tail {
  constructor(source, lines) {
    this.source = source;
    this.asked = source; // Whose log: of tasks and actors, then the worker.
    this.quiet = 0; // So often nothing was new since the worker's end.
    this.lines = lines; // At first; then all that follows.
    this.rest = ""; // Of a line that has not ended.
  }

  /// It may live on in another worker, which is looked for now and then only.
  turnTo(answer, moved) {
    const gone = answer.error || answer.end && !moved;
    this.quiet = gone ? this.quiet + 1 : 0;
    if (gone && this.quiet % lookAgain === 0)
      this.asked = this.source;
    else if (answer.worker)
      this.asked = {kind: "worker", id: answer.worker};
  }

  /// What came since the last call, as whole lines.
  async read() {
    const {kind, id} = this.asked;
    const answer = await ask({what: "logs", kind, id, limit: bytesOnce,
      ...this.next === undefined ? {tail: this.lines} : {offset: this.next}});
    this.problem = answer.error;
    if (answer.error) {
      this.turnTo(answer, false);
      return [];
    }
    const other = this.worker !== undefined && answer.worker !== this.worker;
    this.worker = answer.worker;
    const moved = answer.next !== this.next;
    this.turnTo(answer, moved || other);
    if (other) { // Its log is read from the start.
      this.next = 0;
      return [];
    }
    this.next = answer.next;
    this.more = moved && answer.text.length > bytesOnce / 2;
    const pieces = (this.rest + answer.text).split("\n");
    this.rest = pieces.pop();
    // A line without an end that nobody goes on with is one too.
    if (this.rest !== "" && !moved) {
      pieces.push(this.rest);
      this.rest = "";
    }
    return pieces;
  }
}

/// Follows *sources* until stopped. With more than one, lines carry names.
export class Tails {
  /// @param tell  Called when there is something new.
  constructor(sources, lines, tell) {
    this.tails = [];
    this.linesAtFirst = lines;
    this.add(sources);
    this.tell = tell;
    this.lines = []; // The newest ones,
    this.total = 0; // of so many.
    this.follow = true;
    this.turn();
  }

  /// Follows these too, if it does not yet.
  add(sources) {
    for (const one of sources)
      if (this.tails.length < logsMost
          && !this.tails.some((known) => known.source.id === one.id))
        this.tails.push(new Tail(one, this.linesAtFirst));
  }

  get problems() {
    return this.tails.filter((one) => one.problem).map((one) =>
      this.tails.length > 1 ? `${one.source.name}: ${one.problem}`
        : one.problem);
  }

  async turn() {
    if (this.follow && !document.hidden || !this.begun) {
      const read = await Promise.all(this.tails.map(async (one) =>
        [one, await one.read()]));
      if (this.stopped)
        return;
      for (const [one, lines] of read)
        for (const line of lines) {
          ++this.total;
          this.lines.push(this.tails.length > 1
            ? `${one.source.name} | ${line}` : line);
        }
      if (this.lines.length > linesMost)
        this.lines.splice(0, this.lines.length - linesMost);
      this.begun = true;
      this.tell();
    }
    this.again = setTimeout(() => this.turn(),
      this.tails.some((one) => one.more) ? 50 : restMs);
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.again);
  }
}
