// Draws the bytes of a FrameCanvas (canvas.py): picture, overlays, cursor, curves, scale, caption.

const PROFILE = 84; // height of the curve beneath, CSS pixels
const SIDE = 104; // width of the curve beside
const GAP = 8;
const SCALE = 28;

function floats(view) {
  return view && view.byteLength
    ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
    : null;
}

// First and one past last source pixel under each of n screen pixels.
function covers(count, n) {
  return Array.from({ length: n }, (_, i) => {
    const first = Math.min(Math.floor((i * count) / n), count - 1);
    return [first, Math.max(first + 1, Math.floor(((i + 1) * count) / n))];
  });
}

// The picture at the size of the screen, each pixel the largest of those that it covers.
function paint(bytes, palette, rows, columns, height, width) {
  const colours = new Uint32Array(256);
  const channel = new Uint8Array(colours.buffer);
  for (let i = 0; i < 256; i++) {
    for (let c = 0; c < 3; c++) channel[4 * i + c] = palette.getUint8(3 * i + c);
    channel[4 * i + 3] = 255;
  }
  const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const across = covers(columns, width);
  const down = covers(rows, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let largest = 0;
      for (let a = down[y][0]; a < down[y][1]; a++) {
        for (let b = across[x][0]; b < across[x][1]; b++) {
          const value = source[a * columns + b];
          if (value > largest) largest = value;
        }
      }
      out[y * width + x] = colours[largest];
    }
  }
  return image;
}

// Every line twice, dark and wide below, so that it is seen on any colour.
function stroke(pen, colour, path) {
  for (const [style, width] of [["rgba(0, 0, 0, 0.75)", 3.5], [colour, 1.6]]) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.beginPath();
    path();
    pen.stroke();
  }
}

function shape(pen, kind, x, y, r) {
  if (kind === "circle") {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  } else if (kind === "square") {
    pen.rect(x - r, y - r, 2 * r, 2 * r);
  } else {
    const s = kind === "cross" ? r * 0.7 : 0;
    pen.moveTo(x - (s || r), y - s);
    pen.lineTo(x + (s || r), y + s);
    pen.moveTo(x - s, y + (s || r));
    pen.lineTo(x + s, y - (s || r));
  }
}

function write(pen, text, x, y) {
  pen.lineWidth = 3;
  pen.strokeStyle = "rgba(0, 0, 0, 0.85)";
  pen.strokeText(text, x, y);
  pen.fillStyle = "#fff";
  pen.fillText(text, x, y);
}

function drawOverlays(pen, overlays, scale, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, width, height);
  pen.clip();
  const at = (place) => (place + 0.5) * scale;
  for (const overlay of overlays) {
    if (overlay.kind === "ring") {
      const [y, x] = overlay.center.map(at);
      pen.textAlign = "center";
      overlay.radii.forEach((radius, i) => {
        pen.setLineDash([6, 5]);
        stroke(pen, overlay.colour, () => pen.arc(x, y, radius * scale, 0, 2 * Math.PI));
        pen.setLineDash([]);
        write(pen, overlay.labels[i], x, y - radius * scale + 14);
      });
    } else if (overlay.kind === "ticks") {
      overlay.labels.forEach((label, i) => {
        const along = at(overlay.places[i]);
        stroke(pen, "#fff", () => {
          pen.moveTo(along, 0);
          pen.lineTo(along, 5);
          pen.moveTo(0, along);
          pen.lineTo(5, along);
        });
        pen.textAlign = "center";
        write(pen, label, along, 17);
        pen.textAlign = "left";
        write(pen, label, 8, along + 4);
      });
    } else {
      stroke(pen, overlay.colour, () => {
        overlay.y.forEach((y, i) => shape(pen, overlay.kind, at(overlay.x[i]), at(y), overlay.radius));
      });
    }
  }
  pen.restore();
}

function limits(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high > low ? high : low + 1];
}

// A row of values beneath the picture; triangles at its largest and smallest.
function drawProfile(pen, values, top, width, ink) {
  const [low, high] = limits(values);
  const x = (i) => ((i + 0.5) * width) / values.length;
  const y = (value) => top + 8 + (PROFILE - 16) * (1 - (value - low) / (high - low));
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.strokeRect(0.5, top + 0.5, width - 1, PROFILE - 1);
  pen.beginPath();
  values.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
  for (const [value, side] of [[high, -1], [low, 1]]) {
    const tip = x(Math.max(values.indexOf(value), 0));
    pen.fillStyle = "#D55E00";
    pen.beginPath();
    pen.moveTo(tip, y(value));
    pen.lineTo(tip - 5, y(value) + 8 * side);
    pen.lineTo(tip + 5, y(value) + 8 * side);
    pen.fill();
  }
}

// A value a row beside the picture, from 0 at the left.
function drawSide(pen, values, label, row, left, height, ink) {
  const high = limits(values)[1];
  const y = (i) => ((i + 0.5) * height) / values.length;
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, 0.5, SIDE - 1, height - 1);
  pen.beginPath();
  values.forEach((value, i) => pen.lineTo(left + 2 + ((SIDE - 6) * value) / high, y(i)));
  pen.stroke();
  if (row >= 0 && row < values.length) {
    pen.fillStyle = "#D55E00";
    pen.beginPath();
    pen.arc(left + 2 + ((SIDE - 6) * values[row]) / high, y(row), 4, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.fillStyle = ink;
  pen.textAlign = "left";
  pen.fillText(label, left, height + 16);
}

function drawScale(pen, labels, palette, top, width, ink) {
  for (let i = 0; i < width; i++) {
    const entry = 3 * (1 + Math.floor((254 * i) / Math.max(width - 1, 1)));
    const rgb = [0, 1, 2].map((c) => palette.getUint8(entry + c));
    pen.fillStyle = `rgb(${rgb.join(",")})`;
    pen.fillRect(i, top, 1, 8);
  }
  pen.fillStyle = ink;
  pen.textAlign = "left";
  pen.fillText(labels[0], 0, top + 21);
  pen.textAlign = "right";
  pen.fillText(labels[1], width, top + 21);
}

function render({ model, el }) {
  const root = document.createElement("div");
  const canvas = document.createElement("canvas");
  const caption = document.createElement("div");
  root.className = "sfxtutor-canvas";
  canvas.dataset.lmSuppressShortcuts = "true"; // arrows are not for JupyterLab
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.style.touchAction = "none";
  caption.setAttribute("role", "status");
  caption.style.cssText = "font: 13px sans-serif; color: inherit; min-height: 1.4em";
  root.style.color = "var(--jp-content-font-color1, inherit)";
  root.append(canvas, caption);
  el.append(root);
  let drawn = 0;
  let scale = 1;
  let ink = "";
  const colourOfText = () => getComputedStyle(root).color || "#808080";

  function draw() {
    const [rows, columns] = model.get("shape");
    const bytes = model.get("pixels");
    if (!rows || !bytes || bytes.byteLength !== rows * columns) return;
    scale = model.get("size") / Math.max(rows, columns);
    const width = Math.round(columns * scale);
    const height = Math.round(rows * scale);
    const profile = floats(model.get("profile"));
    const side = floats(model.get("side"));
    const labels = model.get("scale");
    const wide = width + (side ? GAP + SIDE : 0);
    const below = height + (labels.length || side ? SCALE : 0);
    const high = below + (profile ? GAP + PROFILE : 0);
    caption.style.maxWidth = `${wide}px`;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    canvas.style.cssText += `;width: ${wide}px; height: ${high}px; max-width: none`;
    const pen = canvas.getContext("2d");
    const palette = model.get("palette");
    const [tall, broad] = [Math.round(height * ratio), Math.round(width * ratio)];
    pen.putImageData(paint(bytes, palette, rows, columns, tall, broad), 0, 0);
    pen.scale(ratio, ratio);
    pen.font = "12px sans-serif";
    ink = colourOfText();
    drawOverlays(pen, model.get("overlays"), scale, width, height);
    const row = model.get("row");
    if (model.get("cursor") && row >= 0) {
      const [y, x] = [row, model.get("column")].map((place) => (place + 0.5) * scale);
      stroke(pen, "#fff", () => {
        pen.moveTo(0, y);
        pen.lineTo(Math.max(x - 10, 0), y);
        pen.moveTo(Math.min(x + 10, width), y);
        pen.lineTo(width, y);
        if (!model.get("acts")) return;
        pen.moveTo(x, 0);
        pen.lineTo(x, Math.max(y - 10, 0));
        pen.moveTo(x, Math.min(y + 10, height));
        pen.lineTo(x, height);
      });
    }
    if (labels.length) drawScale(pen, labels, palette, height + 5, width, ink);
    if (side) drawSide(pen, side, model.get("side_label"), row, width + GAP, height, ink);
    if (profile) drawProfile(pen, profile, below + GAP, width, ink);
    canvas.setAttribute("aria-label", model.get("alt"));
    caption.textContent = model.get("caption");
    canvas.dataset.drawn = ++drawn;
  }

  function move(row, column) {
    const [rows, columns] = model.get("shape");
    model.set("row", Math.min(Math.max(row, 0), rows - 1));
    model.set("column", Math.min(Math.max(column, 0), columns - 1));
    model.save_changes();
  }

  function follow(event) {
    const [y, x] = [event.offsetY, event.offsetX].map((place) => Math.floor(place / scale));
    const [rows, columns] = model.get("shape");
    const inside = y >= 0 && y < rows && x >= 0 && x < columns;
    if (inside) move(y, x);
    return inside;
  }

  const act = () => model.send({ act: [model.get("row"), model.get("column")] });

  canvas.addEventListener("pointermove", (event) => {
    if (model.get("cursor")) follow(event);
  });
  canvas.addEventListener("click", (event) => {
    if (model.get("acts") && follow(event)) act();
  });
  canvas.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (model.get("acts") && plain && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      event.stopPropagation();
      if (!event.repeat) act();
      return;
    }
    const steps = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      PageUp: [-10, 0],
      PageDown: [10, 0],
    };
    const step = steps[event.key];
    if (!step || !model.get("cursor") || event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    move(model.get("row") + far * step[0], model.get("column") + far * step[1]);
    event.preventDefault();
    event.stopPropagation();
  });
  // Keys that the widget answers to, wherever in it the focus is: caught before JupyterLab can
  // take them for commands (X cuts the cell), but not from a field in which one writes.
  function press(event) {
    const key = event.key.toLowerCase();
    const inside = (root.closest(".sfxtutor-box") || root).contains(event.target);
    const writing = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (!inside || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!model.get("hot_keys").includes(key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) model.send({ key });
  }
  window.addEventListener("keydown", press, true);
  // The theme's colour of text is known when the element stands in the page, and may change there.
  const watcher = new ResizeObserver(() => colourOfText() === ink || draw());
  watcher.observe(root);
  model.on("change", draw);
  draw();
  return () => {
    watcher.disconnect();
    window.removeEventListener("keydown", press, true);
    model.off("change", draw);
  };
}

export default { render };
