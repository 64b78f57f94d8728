// Points of an embedding (embedding.py) on a canvas: click one, or go on with the arrow keys.

const MARGIN = 14;

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
  canvas.style.cssText = "max-width: none; cursor: pointer";
  key.style.cssText = "font: 13px sans-serif; display: flex; flex-wrap: wrap; gap: 2px 14px";
  root.append(canvas, key);
  el.append(root);
  let places = [];
  let drawn = 0;

  function drawKey(legend, ratio) {
    key.replaceChildren(
      ...legend.map(([label, colour, kind]) => {
        const entry = document.createElement("span");
        const sample = document.createElement("canvas");
        sample.width = sample.height = 14 * ratio;
        sample.style.cssText = "width: 14px; height: 14px; vertical-align: middle";
        dot(sample.getContext("2d"), colour, kind, ratio, 7, 7);
        entry.append(sample, ` ${label}`);
        return entry;
      }),
    );
  }

  function dot(pen, colour, kind, ratio, x, y) {
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.beginPath();
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.6;
    shape(pen, kind, x, y, 3.6);
    if (kind === "cross") pen.stroke();
    else pen.fill();
  }

  function draw() {
    const view = model.get("points");
    const points = new Float32Array(
      view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength),
    );
    const kinds = new Uint8Array(model.get("kinds").buffer, model.get("kinds").byteOffset);
    if (kinds.length < points.length / 2) return;
    const legend = model.get("legend");
    const size = model.get("size");
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(size * ratio);
    canvas.style.width = canvas.style.height = `${size}px`;
    const pen = canvas.getContext("2d");
    const at = (share) => MARGIN + share * (size - 2 * MARGIN);
    places = [];
    for (let i = 0; 2 * i < points.length; i++) {
      places.push([at(points[2 * i]), at(1 - points[2 * i + 1])]);
      dot(pen, legend[kinds[i]][1], legend[kinds[i]][2], ratio, ...places[i]);
    }
    const [x, y] = places[model.get("chosen")];
    const ink = getComputedStyle(root).color;
    for (const [style, width] of [["#fff", 5], [ink, 2]]) {
      pen.beginPath();
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.arc(x, y, 10, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.strokeStyle = ink;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, size - 1, size - 1);
    drawKey(legend, ratio);
    canvas.setAttribute("aria-label", model.get("alt"));
    canvas.dataset.drawn = ++drawn;
  }

  function choose(i) {
    model.set("chosen", Math.min(Math.max(i, 0), places.length - 1));
    model.save_changes();
  }

  canvas.addEventListener("click", (event) => {
    const far = places.map(([x, y]) => Math.hypot(x - event.offsetX, y - event.offsetY));
    choose(far.indexOf(Math.min(...far)));
  });
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) choose(model.get("chosen") + steps[event.key]);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(places.length - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
