// History of a node, or of all: once in full, then what is new of it.

import {ask} from "/feed.js";

const newS = 15; // Seconds that are watched while steps are short.

/// *known* with the steps of *fresh* put in their places, as many as before;
/// null when there would be a gap.
function joined(known, fresh) {
  const stepUs = known.step_s * 1e6;
  const length = known.series.cpu.length;
  const at = Math.round((fresh.from_us - known.from_us) / stepUs);
  const more = at + fresh.series.cpu.length - length;
  if (fresh.step_s !== known.step_s || at < 0 || at > length)
    return null;
  const series = {};
  for (const [name, values] of Object.entries(known.series))
    series[name] = [...values.slice(0, at), ...fresh.series[name]]
      .slice(Math.max(more, 0));
  return {...known, series,
    from_us: known.from_us + Math.max(more, 0) * stepUs};
}

/// Tells charts what there is, while the page is shown.
/// @param node  "" for all nodes.
export function followSeries(view, node, spanS, charts, draw) {
  let known = null;
  let left = false;
  const tell = (answer) => {
    if (left || answer.error)
      return;
    known = answer;
    for (const one of charts)
      one.take(answer);
    draw();
    for (const one of charts)
      one.draw();
  };
  const load = () => ask({what: "series", node, span_s: spanS}).then(tell);
  load();
  if (spanS <= 600) {
    view.watch({what: "series", node, span_s: newS}, (fresh) => {
      if (fresh.error)
        return;
      const all = known && joined(known, fresh);
      if (all)
        tell(all);
      else
        load();
    });
  } else {
    const again = setInterval(() => document.hidden || load(),
      spanS <= 7200 ? 10_000 : 60_000);
    view.onLeave(() => clearInterval(again));
  }
  view.onLeave(() => {
    left = true;
    charts.forEach((one) => one.end());
  });
}
