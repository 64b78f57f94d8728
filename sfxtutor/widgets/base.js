// What ipywidgets leaves out, for all controls in a widget's box: names, values and states for
// those who do not see them, and a word when the kernel is gone.

const GONE = "The kernel was restarted: run this cell again.";

const nameOf = (control) => control.querySelector(".widget-label")?.textContent.trim() ?? "";

function put(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// "energy, keV" names a quantity and its unit.
function parts(words) {
  const [, name, unit] = words.match(/^(.*), ([^,]*)$/) ?? [null, words, ""];
  return { name, unit };
}

// A number without the noise of floating point.
const rounded = (number) => String(Number(Number(number).toPrecision(5)));

function nameSlider(slider) {
  const { name, unit } = parts(nameOf(slider));
  const handles = [...slider.querySelectorAll(".noUi-handle")];
  const shown = slider.querySelector(".widget-readout")?.textContent.trim();
  handles.forEach((handle, i) => {
    const end = handles.length > 1 ? [", lower end", ", upper end"][i] : "";
    put(handle, "aria-label", (name || "value") + end);
    const alone = handles.length === 1 && shown;
    const value = alone ? shown : rounded(handle.getAttribute("aria-valuenow"));
    put(handle, "aria-valuetext", `${value} ${unit}`.trim());
  });
}

function nameGroup(group) {
  put(group, "role", "group");
  put(group, "aria-label", nameOf(group) || "choice");
  for (const button of group.querySelectorAll("button")) {
    put(button, "aria-pressed", String(button.classList.contains("mod-active")));
  }
}

function nameProgress(control) {
  const bar = control.querySelector(".progress-bar");
  const track = control.querySelector(".progress");
  if (!track || !bar) return;
  put(track, "role", "progressbar");
  put(track, "aria-label", nameOf(control) || "progress");
  put(track, "aria-valuemin", "0");
  put(track, "aria-valuemax", "100");
  put(track, "aria-valuenow", String(Math.round(parseFloat(bar.style.width) || 0)));
}

function nameReadout(readout) {
  put(readout, "role", "textbox");
  put(readout, "aria-label", `${parts(nameOf(readout.parentElement)).name || "value"}, typed`);
}

// The buttons of a play control, which have nothing but an icon, after the slider that they move.
function namePlay(control) {
  const slider = control.previousElementSibling;
  put(control, "role", "group");
  put(control, "aria-label", `play ${(slider && parts(nameOf(slider)).name) || ""}`.trim());
  for (const button of control.querySelectorAll("button")) {
    const icon = button.querySelector("i")?.className.match(/fa-(play|pause|stop|repeat|retweet)/);
    if (icon) put(button, "aria-label", icon[1]);
  }
}

const NAMED = [
  [".widget-slider", nameSlider],
  [".widget-toggle-buttons", nameGroup],
  [".widget-hprogress, .widget-vprogress", nameProgress],
  [".widget-readout[contenteditable=true]", nameReadout],
  [".widget-play", namePlay],
];

function nameControls(box) {
  for (const [which, name] of NAMED) box.querySelectorAll(which).forEach(name);
}

// The static figure, in an output of its own, is not shown while the widget lives.
function hideFigure(name) {
  const style = document.createElement("style");
  style.textContent = `.${name} { display: none; }
.jp-OutputArea-child:has(.${name}) { display: none; }`;
  document.head.append(style);
  return style;
}

function render({ model, el }) {
  el.style.display = "none";
  let box = null;
  let gone = null;
  let figure = null; // the rule that hides it
  let waiting = null;
  let timer = null;

  function look() {
    waiting = null;
    if (!box) attach();
    if (!box) {
      timer = setTimeout(soon, 50); // the element comes into the box a moment after this
      return;
    }
    nameControls(box);
    const dead = box.classList.contains("jupyter-widgets-disconnected");
    box.classList.toggle("sfxtutor-dead", dead);
    if (dead && !gone) say();
    if (!dead && gone) gone = gone.remove() ?? null;
  }

  const soon = () => (waiting ??= requestAnimationFrame(look));

  function say() {
    gone = document.createElement("p");
    gone.className = "sfxtutor-gone";
    gone.setAttribute("role", "alert");
    gone.textContent = GONE;
    box.prepend(gone);
  }

  // The captions of canvases change at every move of the pointer, and name no control.
  const inCanvas = ({ target }) => target.parentElement?.closest(".sfxtutor-canvas");
  const watcher = new MutationObserver((changes) => changes.every(inCanvas) || soon());
  const watched = { childList: true, characterData: true, subtree: true, attributes: true };

  function attach() {
    box = el.closest(".sfxtutor-box");
    if (!box) return;
    watcher.observe(box, { ...watched, attributeFilter: ["class", "aria-valuenow", "style"] });
    figure ??= hideFigure(model.get("figure"));
  }

  soon();
  return () => {
    watcher.disconnect();
    clearTimeout(timer);
    cancelAnimationFrame(waiting);
    figure?.remove();
  };
}

export default { render };
