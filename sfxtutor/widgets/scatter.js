// Points of an embedding (embedding_explorer.py) on a canvas: click one, or go on with the arrow
// keys; drag a rectangle, or extend one by Shift and the arrow keys, to mark those inside.

const MARGIN = 14;
const STEP = 0.04; // of the map: by what an arrow key extends the rectangle
const GLIDE = 700; // ms: points move to their places in another map

function shape(pen, kind, x, y, r) {
  if (kind === "circle") pen.arc(x, y, r, 0, 2 * Math.PI);
  else if (kind === "square") pen.rect(x - r, y - r, 2 * r, 2 * r);
  else if (kind === "triangle") {
    pen.moveTo(x, y - 1.2 * r);
    pen.lineTo(x + 1.1 * r, y + 0.8 * r);
    pen.lineTo(x - 1.1 * r, y + 0.8 * r);
    pen.closePath();
  } else {
    pen.moveTo(x - r, y - r);
    pen.lineTo(x + r, y + r);
    pen.moveTo(x - r, y + r);
    pen.lineTo(x + r, y - r);
  }
}

function render({ model, el }) {
  const root = document.createElement("div");
  const canvas = document.createElement("canvas");
  const key = document.createElement("div");
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's own keys stay away from the picture
  root.style.color = "var(--jp-content-font-color1, inherit)";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.style.cssText = "display: block; cursor: crosshair; touch-action: none";
  key.style.cssText = "font: 13px sans-serif; display: flex; flex-wrap: wrap; gap: 2px 14px";
  root.append(canvas, key);
  el.append(root);
  let at = []; // (x, y) of each point, 0 to 1, as drawn: on their way while they move
  let goal = []; // and where they belong
  let box = null; // [x0, y0, x1, y1], 0 to 1, y upwards
  let hovered = -1;
  let size = 0;
  let moving = 0;
  let drawn = 0;

  const side = () => Math.max(200, Math.min(root.clientWidth || model.get("size"), 560));
  const across = (share) => MARGIN + share * (size - 2 * MARGIN);
  const share = (place) => (place - MARGIN) / (size - 2 * MARGIN);
  const colourOf = (colour, ink) => (colour === "#000000" ? ink : colour); // on a dark page

  function drawKey(legend, ratio, ink) {
    key.replaceChildren(
      ...legend.map(([label, colour, kind]) => {
        const entry = document.createElement("span");
        const sample = document.createElement("canvas");
        sample.width = sample.height = 14 * ratio;
        sample.style.cssText = "width: 14px; height: 14px; vertical-align: middle";
        const pen = sample.getContext("2d");
        pen.scale(ratio, ratio);
        dot(pen, colourOf(colour, ink), kind, 7, 7);
        entry.append(sample, ` ${label}`);
        return entry;
      }),
    );
  }

  function dot(pen, colour, kind, x, y) {
    pen.beginPath();
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.6;
    shape(pen, kind, x, y, 3.6);
    if (kind === "cross") pen.stroke();
    else pen.fill();
  }

  function bytes(name) {
    const view = model.get(name);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }

  function read() {
    const view = model.get("points");
    const flat = new Float32Array(
      view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength),
    );
    goal = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
  }

  const placeOf = ([x, y]) => [across(x), across(1 - y)];

  function drawPoints() {
    const kinds = bytes("kinds");
    const legend = model.get("legend");
    if (kinds.length < at.length || !at.length) return;
    size = side();
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.style.width = canvas.style.height = `${size}px`;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(root);
    const ink = style.color;
    const marked = bytes("marked");
    const some = marked.some((one) => one);
    at.forEach((place, i) => {
      pen.globalAlpha = some && !marked[i] ? 0.25 : 1;
      dot(pen, colourOf(legend[kinds[i]][1], ink), legend[kinds[i]][2], ...placeOf(place));
    });
    pen.globalAlpha = 1;
    // a gap of the page's own colour, then a ring: seen on a light and on a dark page
    const paper = style.getPropertyValue("--jp-layout-color0").trim() || "#fff";
    const [x, y] = placeOf(at[model.get("chosen")]);
    for (const [colour, width, radius] of [[paper, 2, 7], [ink, 3, 9.5]]) {
      pen.beginPath();
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
    if (box) drawBox(pen, ink);
    if (hovered >= 0) drawName(pen, ink, paper);
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, size - 1, size - 1);
    drawKey(legend, ratio, ink);
    canvas.setAttribute("aria-label", model.get("alt"));
    if (!moving) canvas.dataset.drawn = ++drawn;
  }

  function drawBox(pen, ink) {
    const [x0, y0, x1, y1] = box;
    pen.strokeStyle = ink;
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.5;
    pen.strokeRect(across(x0), across(1 - y1), across(x1) - across(x0), across(y1) - across(y0));
    pen.setLineDash([]);
  }

  function drawName(pen, ink, paper) {
    const name = model.get("names")[hovered] || "";
    pen.font = "12px sans-serif";
    const width = pen.measureText(name).width + 8;
    pen.fillStyle = paper;
    pen.fillRect(4, size - 22, width, 18);
    pen.fillStyle = ink;
    pen.fillText(name, 8, size - 9);
  }

  // To another map the points go on straight lines, so that the eye can follow a cluster.
  function glide() {
    const from = at;
    read();
    box = null;
    cancelAnimationFrame(moving);
    moving = 0;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still || from.length !== goal.length || document.hidden) {
      at = goal;
      return drawPoints();
    }
    const start = performance.now();
    const step = (now) => {
      const t = Math.min(Math.max((now - start) / GLIDE, 0), 1);
      const s = t * t * (3 - 2 * t);
      at = goal.map(([x, y], i) => [from[i][0] + s * (x - from[i][0]), from[i][1] + s * (y - from[i][1])]);
      moving = t < 1 ? requestAnimationFrame(step) : 0;
      drawPoints();
    };
    moving = requestAnimationFrame(step);
  }

  function choose(i) {
    model.set("chosen", Math.min(Math.max(i, 0), goal.length - 1));
    model.save_changes();
  }

  function send() {
    model.set("box", box || []);
    model.save_changes();
    drawPoints();
  }

  function nearest(x, y) {
    const far = goal.map((place) => {
      const [a, b] = placeOf(place);
      return Math.hypot(a - x, b - y);
    });
    const least = Math.min(...far);
    return [far.indexOf(least), least];
  }

  let start = null; // where the pointer was pressed
  let moved = false;
  canvas.addEventListener("pointerdown", (event) => {
    moved = false;
    start = [event.offsetX, event.offsetY];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = [event.offsetX, event.offsetY];
    if (!start) {
      const [i, far] = nearest(x, y);
      const before = hovered;
      hovered = far < 12 ? i : -1;
      if (hovered !== before) drawPoints();
      return;
    }
    if (!moved && Math.hypot(x - start[0], y - start[1]) < 5) return;
    const [xs, ys] = [[start[0], x].map(share), [start[1], y].map((place) => 1 - share(place))];
    box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    moved = true;
    drawPoints();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start && moved) send();
    else if (start) choose(nearest(event.offsetX, event.offsetY)[0]);
    start = null;
  });
  canvas.addEventListener("pointercancel", () => (start = null));
  canvas.addEventListener("pointerleave", () => {
    hovered = -1;
    drawPoints();
  });

  function extend(event) {
    const edge = { ArrowLeft: 0, ArrowDown: 1, ArrowRight: 2, ArrowUp: 3 }[event.key];
    const [x, y] = goal[model.get("chosen")];
    box = [...(box || [x, y, x, y])];
    box[edge] += edge < 2 ? -STEP : STEP;
    send();
  }

  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps && event.shiftKey) extend(event);
    else if (event.key in steps) choose(model.get("chosen") + steps[event.key]);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(goal.length - 1);
    else if (event.key === "Escape") {
      box = null;
      send();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  function follow() {
    box = model.get("box").length ? model.get("box") : null;
    drawPoints();
  }
  const watcher = new ResizeObserver(() => root.clientWidth && side() !== size && drawPoints());
  read();
  at = goal;
  drawPoints();
  watcher.observe(root);
  const others = "change:kinds change:legend change:chosen change:marked change:alt change:names";
  model.on("change:points", glide);
  model.on("change:box", follow);
  model.on(others, drawPoints);
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(moving);
    model.off("change:points", glide);
    model.off("change:box", follow);
    model.off(others, drawPoints);
  };
}

export default { render };
