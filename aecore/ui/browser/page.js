// What the views of a page tell each other: the frame of a run that all show, and anything else by its topic.

// ---- The frame of a run that everybody shows

// On the window, because each view is a module of its own.
export const chosenFrames = () => (window.__aecoreFrames ??= {});

/** Moves every view of `run` to `frame`, and those that mount later. */
export function announce(run, frame, frames) {
  chosenFrames()[run] = { frame, frames };
  window.dispatchEvent(new CustomEvent("aecore-frame", { detail: { run, frame } }));
}

export function show(state, frame) {
  if (frame < state.first || frame >= state.first + state.count) return;
  state.frame = frame;
  state.scrubbed = true;
  state.redraw();
}

/**
 * Accepts `count` frames of `run` from `first` on and settles which to show. The same frames again (any rerun of the
 * page sends them) keep the frame shown; new frames of the same run show the newest, because somebody trains;
 * a view that just mounted joins the others.
 */
export function hold(state, run, first, count) {
  if (state.run === run && state.first === first && state.count === count) return;
  if (count === 1) delete chosenFrames()[run];
  const joins = state.run !== run;
  Object.assign(state, { run, first, count, frame: Math.max(0, first + count - 1), scrubbed: false });
  const chosen = chosenFrames()[run];
  if (joins && chosen) show(state, chosen.frame);
}

// ---- What one view tells the others

/** Tells all views of the page, and those that mount later, what there is to a topic under a name; null is nothing. */
export function tell(topic, name, what) {
  (window.__aecoreTold ??= {})[topic] = { name, what };
  window.dispatchEvent(new CustomEvent("aecore-told", { detail: topic }));
}

/** What was last told to a topic, if it was told under this name. */
export function heard(topic, name) {
  const last = window.__aecoreTold?.[topic];
  return last?.name === name ? last.what : null;
}

/** Calls `act` whenever something is told to a topic, at once and not with the next repaint. */
export function hear(state, topic, act) {
  window.addEventListener("aecore-told", ({ detail }) => detail === topic && act(), { signal: state.ended });
}
