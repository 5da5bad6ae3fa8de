// Elements and what is done to them.

/** element("button", {className: "chip"}, child, "text") */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A small drawing as SVG; `inner` is our own markup, never somebody's text. */
export function icon(width, height, inner) {
  const template = document.createElement("template");
  template.innerHTML =
    `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${inner}</svg>`;
  return template.content.firstChild;
}

/** A button that does something. */
export function pressable(act, ...content) {
  const button = element("button", { type: "button" }, ...content);
  button.addEventListener("click", act);
  return button;
}

export const setPressed = (button, pressed) => button.setAttribute("aria-pressed", String(Boolean(pressed)));

/** Buttons that belong together, under a name that is not seen. */
export function group(name, members, className = "joined") {
  const made = element("div", { className }, ...members);
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", name);
  return made;
}

/** A button for each tool, by its name; a tool is [title, its picture as a line in a square of 20 units, ...]. */
export function toolButtons(tools, choose) {
  const entries = Object.entries(tools).map(([name, [title, line]]) => {
    const drawn = icon(20, 20, `<path d="${line}" fill="none" stroke="currentColor" stroke-width="2"/>`);
    const button = pressable(() => choose(name), drawn, title);
    button.classList.add(name);
    return [name, button];
  });
  return Object.fromEntries(entries);
}

/** Shows which tool is in hand. */
export function pressTool(buttons, tool) {
  for (const [name, button] of Object.entries(buttons)) setPressed(button, name === tool);
}

/** Gives a canvas a size in pixels of its own; setting the size it has would wipe it. */
export function fit(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}

export const ARROW_KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export const SLACK = { mouse: 4, touch: 10 }; // So far, in pixels, a press may wander and still be a click.
