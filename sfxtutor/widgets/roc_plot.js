// Recall against specificity (roc_plot.py): one curve a method, a point that is dragged along them.

const LEFT = 44;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 40;
const NEAR = 16; // CSS pixels: a press so near another curve takes that one
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const ink = (colour) => (colour === "#000000" ? "currentColor" : colour); // black on a dark page

function render({ model, el }) {
  const root = document.createElement("div");
  const svg = make("svg", { role: "group" });
  const key = document.createElement("div");
  root.className = "sfxtutor-roc";
  root.dataset.lmSuppressShortcuts = "true"; // arrows are not for JupyterLab
  root.style.cssText = "color: var(--jp-content-font-color1, inherit); font: 12px sans-serif";
  svg.style.cssText = "display: block; cursor: pointer; touch-action: pan-y; user-select: none";
  key.style.cssText = "display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px";
  root.append(svg, key);
  el.append(root);

  const picture = make("g", { role: "img" });
  const marks = make("g", { "aria-hidden": "true" });
  const hover = make("text", { x: LEFT + 8, fill: "currentColor", "aria-hidden": "true" });
  const ring = make("circle", { r: 13, fill: "none", "stroke-width": 2.5, stroke: "none" });
  const handle = make(
    "g",
    { role: "slider", tabindex: 0, "aria-valuemin": 0, style: "outline: none; touch-action: none" },
    make("circle", { r: 22, fill: "transparent" }),
    make("circle", { r: 8, fill: "#D55E00", stroke: "#fff", "stroke-width": 2 }),
    ring,
  );
  svg.append(picture, marks, hover, handle);
  let curves = [];
  let place = () => [0, 0];
  let size = [0, 0];
  let drawn = 0;

  function read() {
    const view = model.get("points");
    const values = new Float32Array(
      view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength),
    );
    let start = 0;
    curves = model.get("curves").map(([name, colour, dash, n]) => {
      const part = values.subarray(2 * start, 2 * (start + n));
      start += n;
      return { name, colour: ink(colour), dash, n, at: (i) => [part[2 * i], part[2 * i + 1]] };
    });
  }

  function axes(width, height) {
    const [x0, x1, y0, y1] = model.get("view");
    const floor = height - BOTTOM;
    const parts = [`M${LEFT} ${TOP}V${floor}H${width - RIGHT}`];
    const text = (x, y, words, anchor, more = {}) => {
      const label = { x, y, "text-anchor": anchor, fill: "currentColor", ...more };
      picture.append(make("text", label, words));
    };
    for (let i = 0; i <= 4; i++) {
      const [x, y] = place([x0 + ((x1 - x0) * i) / 4, y0 + ((y1 - y0) * i) / 4]);
      parts.push(`M${x} ${floor}v4M${LEFT} ${y}h-4`);
      text(x, floor + 17, `${x0 + ((x1 - x0) * i) / 4}`, "middle");
      text(LEFT - 7, y + 4, `${y0 + ((y1 - y0) * i) / 4}`, "end");
    }
    picture.append(make("path", { d: parts.join(""), stroke: "currentColor", fill: "none" }));
    text((LEFT + width - RIGHT) / 2, height - 6, "specificity, %", "middle");
    const middle = (TOP + floor) / 2;
    text(12, middle, "recall, %", "middle", { transform: `rotate(-90 12 ${middle})` });
  }

  function drawCurves() {
    const width = Math.max(240, Math.min(root.clientWidth || 480, 760));
    const height = Math.round(Math.min(0.8 * width, 460));
    size = [width, height];
    const [x0, x1, y0, y1] = model.get("view");
    place = ([x, y]) => [
      LEFT + ((x - x0) / (x1 - x0)) * (width - LEFT - RIGHT),
      height - BOTTOM - ((y - y0) / (y1 - y0)) * (height - TOP - BOTTOM),
    ];
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const clip = { x: LEFT, y: TOP - 2, width: width - LEFT - RIGHT + 2, height: height - TOP - BOTTOM + 2 };
    const id = `roc-${Math.random().toString(36).slice(2)}`;
    picture.replaceChildren(make("clipPath", { id }, make("rect", clip)));
    axes(width, height);
    const chosen = model.get("at")[0];
    const lines = make("g", { "clip-path": `url(#${id})` });
    curves.forEach((curve, k) => {
      const all = Array.from({ length: curve.n }, (_, i) => curve.at(i));
      const points = [...all, [100, 0]].map((one) => place(one).map((c) => c.toFixed(1)).join());
      lines.append(
        make("polyline", {
          points: points.join(" "), fill: "none", stroke: curve.colour,
          "stroke-width": k === chosen ? 3 : 1.6, "stroke-dasharray": curve.dash,
        }),
      );
    });
    picture.append(lines);
    hover.setAttribute("y", height - BOTTOM - 8);
    key.replaceChildren(...curves.map((curve, k) => entry(curve, k === chosen)));
    drawPoint();
  }

  function entry(curve, chosen) {
    const item = document.createElement("span");
    const line = { x1: 0, x2: 28, y1: 6, y2: 6, stroke: curve.colour, "stroke-width": 2.5 };
    const sample = make("svg", { width: 28, height: 12, "aria-hidden": "true" });
    sample.append(make("line", { ...line, "stroke-dasharray": curve.dash }));
    item.append(sample, ` ${curve.name}`);
    item.style.fontWeight = chosen ? "bold" : "normal";
    return item;
  }

  const seen = ([x, y]) =>
    x >= LEFT - 1 && x <= size[0] - RIGHT + 1 && y >= TOP - 1 && y <= size[1] - BOTTOM + 1;

  function drawPoint() {
    const [k, i] = model.get("at");
    const curve = curves[k];
    if (!curve || i >= curve.n) return;
    const [x, y] = place(curve.at(i));
    // out of view: at the edge of it
    const inside = [
      Math.min(Math.max(x, LEFT), size[0] - RIGHT), Math.min(Math.max(y, TOP), size[1] - BOTTOM),
    ];
    handle.setAttribute("transform", `translate(${inside})`);
    handle.setAttribute("opacity", seen([x, y]) ? 1 : 0.45);
    handle.setAttribute("aria-label", `operating point of ${curve.name}`);
    handle.setAttribute("aria-valuemax", curve.n - 1);
    handle.setAttribute("aria-valuenow", i);
    handle.setAttribute("aria-valuetext", model.get("value"));
    picture.setAttribute("aria-label", model.get("alt"));
    drawMarks(x, y);
    svg.dataset.drawn = ++drawn;
  }

  function drawMarks(x, y) {
    const [left, right, low, high] = model.get("interval");
    const limits = (value, axis) => {
      const [start, end] = axis ? [size[1] - BOTTOM, TOP] : [LEFT, size[0] - RIGHT];
      return Math.min(Math.max(value, Math.min(start, end)), Math.max(start, end));
    };
    const [x1, y1] = place([left, low]).map(limits);
    const [x2, y2] = place([right, high]).map(limits);
    const cross = seen([x, y]) ? `M${x1} ${y}H${x2}M${x} ${y1}V${y2}` : "";
    const rest = model
      .get("others")
      .map(([k, i]) => [curves[k], curves[k] && place(curves[k].at(i))])
      .filter(([, spot]) => spot && seen(spot));
    marks.replaceChildren(
      make("path", { d: cross, stroke: "#D55E00", "stroke-width": 2.5, fill: "none" }),
      ...rest.map(([curve, [cx, cy]]) =>
        make("circle", { cx, cy, r: 5, fill: "none", stroke: curve.colour, "stroke-width": 2 }),
      ),
    );
  }

  function choose(k, i) {
    const next = [k, Math.min(Math.max(i, 0), curves[k].n - 1)];
    const before = model.get("at");
    if (next[0] === before[0] && next[1] === before[1]) return;
    model.set("at", next);
    model.save_changes();
  }

  // The nearest point of a curve: its number, and how far it is.
  function nearest(k, x, y) {
    let [best, far] = [0, Infinity];
    for (let i = 0; i < curves[k].n; i++) {
      const spot = place(curves[k].at(i));
      const away = Math.hypot(spot[0] - x, spot[1] - y);
      if (away < far) [best, far] = [i, away];
    }
    return [best, far];
  }

  function over(event) {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function closest(x, y) {
    const found = curves.map((_, k) => [k, ...nearest(k, x, y)]);
    return found.reduce((a, b) => (b[2] < a[2] ? b : a));
  }

  let dragging = false;
  svg.addEventListener("pointerdown", (event) => {
    const [x, y] = over(event);
    let [k] = model.get("at");
    let i = nearest(k, x, y)[0];
    if (!handle.contains(event.target)) {
      const [other, point, far] = closest(x, y);
      if (far <= NEAR) [k, i] = [other, point];
      choose(k, i);
    }
    dragging = true;
    svg.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    const [x, y] = over(event);
    const k = model.get("at")[0];
    if (dragging) return choose(k, nearest(k, x, y)[0]);
    const [other, i, far] = closest(x, y);
    const [specificity, recall] = curves[other].at(i);
    const rates = `specificity ${specificity.toFixed(1)} %, recall ${recall.toFixed(1)} %`;
    hover.textContent = far <= NEAR ? `${curves[other].name}: ${rates}` : "";
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => (dragging = false));
  }
  svg.addEventListener("pointerleave", () => (hover.textContent = ""));
  const steps = {
    ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1,
    PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity,
  };
  handle.addEventListener("keydown", (event) => {
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    const [k, i] = model.get("at");
    choose(k, i + steps[event.key]);
    event.preventDefault();
    event.stopPropagation();
  });
  const ringed = () => ring.setAttribute("stroke", handle.matches(":focus-visible") ? "currentColor" : "none");
  handle.addEventListener("focus", ringed);
  handle.addEventListener("blur", ringed);

  let chosen = -1;
  function follow() {
    if (model.get("at")[0] !== chosen) {
      [chosen] = model.get("at");
      drawCurves(); // the chosen curve is the thick one
    } else drawPoint();
  }
  function reread() {
    read();
    drawCurves();
  }
  const watcher = new ResizeObserver(() => root.clientWidth && drawCurves());
  reread();
  watcher.observe(root);
  model.on("change:curves change:points", reread);
  model.on("change:view", drawCurves);
  model.on("change:at change:others change:interval change:alt change:value", follow);
  return () => {
    watcher.disconnect();
    model.off("change:curves change:points", reread);
    model.off("change:view", drawCurves);
    model.off("change:at change:others change:interval change:alt change:value", follow);
  };
}

export default { render };
