// One page, one tab, one deliberate change is one entry of the browser's history. Streamlit makes an entry of every
// rewriting of the address by the server, which is bookkeeping, and none of a widget's change, which is somebody's.
(() => {
  const entry = history.pushState.bind(history);
  const amend = history.replaceState.bind(history);
  // Presses of plus in a row are one change of one setting; tabs, however quick, are places.
  const IN_A_ROW = 1000;
  // Whether somebody did something that has no entry yet.
  let acted = false;
  let last = { what: "", at: -Infinity };

  for (const kind of ["pointerdown", "keydown", "input", "change"]) {
    addEventListener(kind, () => { acted = true; }, true);
  }
  addEventListener("popstate", () => {
    acted = false;
    last = { what: "", at: -Infinity };
  }, true);

  const differing = (a, b) => {
    const names = new Set([...a.searchParams.keys(), ...b.searchParams.keys()]);
    return [...names].filter(name => a.searchParams.getAll(name).join() !== b.searchParams.getAll(name).join());
  };

  const go = (state, url, what) => {
    const now = performance.now();
    const again = what !== "" && what === last.what && now - last.at < IN_A_ROW;
    last = { what, at: now };
    acted = false;
    (again ? amend : entry)(state, "", url);
  };

  // The server names another page, or writes the address anew.
  history.pushState = (state, title, url) => {
    const here = new URL(location.href);
    const there = new URL(url ?? here, here);
    const elsewhere = there.pathname !== here.pathname || differing(here, there).includes("view");
    if (acted && elsewhere) go(state, url, "");
    else amend(state, title, url);
  };
  // A widget that is bound to the link was changed.
  history.replaceState = (state, title, url) => {
    const changed = differing(new URL(location.href), new URL(url ?? location.href, location.href));
    if (acted && changed.length) go(state, url, changed.filter(name => name !== "view").join());
    else amend(state, title, url);
  };
})();
