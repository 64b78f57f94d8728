// Bytes to pixels of the screen, and what is drawn over and beside them.

const PROFILE = 84; // height of the curve beneath, CSS pixels
const SIDE = 104; // width of the curve beside, or a quarter of what there is
const GAP = 8;
const SCALE = 28;
const GLASS = 150; // edge of the magnifier
const LIGHT = "#fff";
const MARK = "#D55E00";

function floats(view) {
  return view && view.byteLength
    ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
    : null;
}

function coloursOf(palette) {
  const colours = new Uint32Array(256);
  const channel = new Uint8Array(colours.buffer);
  for (let i = 0; i < 256; i++) {
    for (let c = 0; c < 3; c++) channel[4 * i + c] = palette.getUint8(3 * i + c);
    channel[4 * i + 3] = 255;
  }
  return colours;
}

// First and one past last source pixel under each of n screen pixels.
function covers(from, length, count, n) {
  return Array.from({ length: n }, (_, i) => {
    const first = Math.min(Math.floor(from + (i * length) / n), count - 1);
    const past = Math.floor(from + ((i + 1) * length) / n);
    return [first, Math.min(Math.max(first + 1, past), count)];
  });
}

// The part seen at the size of the screen: where a pixel of the screen covers several of the
// picture the largest of them, else squares.
function paint(bytes, colours, view, height, width) {
  const source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const across = covers(view.left, view.columns / view.zoom, view.columns, width);
  const down = covers(view.top, view.rows / view.zoom, view.rows, height);
  for (let y = 0; y < height; y++) {
    const [above, below] = down[y];
    for (let x = 0; x < width; x++) {
      const [first, past] = across[x];
      let largest = 0;
      for (let row = above * view.columns; row < below * view.columns; row += view.columns) {
        for (let at = row + first; at < row + past; at++) {
          if (source[at] > largest) largest = source[at];
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

// Words on a plate, so that they are read over any picture.
function write(pen, text, x, y) {
  const width = pen.measureText(text).width;
  const shift = { left: 0, center: width / 2, right: width }[pen.textAlign] ?? 0;
  pen.fillStyle = "rgba(0, 0, 0, 0.65)";
  pen.fillRect(x - shift - 3, y - 11, width + 6, 15);
  pen.fillStyle = LIGHT;
  pen.fillText(text, x, y);
}

function drawRings(pen, overlay, at, scale) {
  const [y, x] = at(...overlay.center);
  pen.textAlign = "center";
  overlay.radii.forEach((radius) => {
    pen.setLineDash([6, 5]);
    stroke(pen, overlay.colour, () => pen.arc(x, y, radius * scale, 0, 2 * Math.PI));
    pen.setLineDash([]);
  });
  overlay.radii.forEach((radius, i) => write(pen, overlay.labels[i], x, y - radius * scale + 4));
}

function drawTicks(pen, overlay, at) {
  overlay.labels.forEach((label, i) => {
    const [down, along] = at(overlay.places[i], overlay.places[i]);
    stroke(pen, LIGHT, () => {
      pen.moveTo(along, 0);
      pen.lineTo(along, 5);
      pen.moveTo(0, down);
      pen.lineTo(5, down);
    });
    pen.textAlign = "center";
    write(pen, label, along, 19);
    pen.textAlign = "left";
    write(pen, label, 10, down + 4);
  });
}

function drawOverlays(pen, overlays, { at, scale, zoom, width, height }) {
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, width, height);
  pen.clip();
  for (const overlay of overlays) {
    if (overlay.kind === "ring") drawRings(pen, overlay, at, scale);
    else if (overlay.kind === "ticks") drawTicks(pen, overlay, at);
    else {
      const radius = overlay.radius * Math.sqrt(zoom);
      stroke(pen, overlay.colour, () => {
        overlay.y.forEach((row, i) => {
          const [y, x] = at(row, overlay.x[i]);
          shape(pen, overlay.kind, x, y, radius);
        });
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

// A row of values beneath the part of the picture that is seen; triangles at the largest and the
// smallest.
function drawProfile(pen, values, view, { top, width, ink }) {
  const [low, high] = limits(values);
  const x = (i) => ((i + 0.5 - view.left) * width * view.zoom) / values.length;
  const y = (value) => top + 8 + (PROFILE - 16) * (1 - (value - low) / (high - low));
  pen.save();
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.strokeRect(0.5, top + 0.5, width - 1, PROFILE - 1);
  pen.beginPath();
  pen.rect(0, top, width, PROFILE);
  pen.clip();
  pen.beginPath();
  values.forEach((value, i) => pen.lineTo(x(i), y(value)));
  pen.stroke();
  for (const [value, side] of [[high, -1], [low, 1]]) {
    const tip = x(Math.max(values.indexOf(value), 0));
    pen.fillStyle = MARK;
    pen.beginPath();
    pen.moveTo(tip, y(value));
    pen.lineTo(tip - 5, y(value) + 8 * side);
    pen.lineTo(tip + 5, y(value) + 8 * side);
    pen.fill();
  }
  pen.restore();
}

// Where the value of a row stands beside the picture, from 0 at the left.
function sidePlaces(values, view, { left, broad, height }) {
  const high = limits(values)[1];
  const y = (i) => ((i + 0.5 - view.top) * height * view.zoom) / values.length;
  return (i) => [left + 2 + ((broad - 6) * values[i]) / high, y(i)];
}

function drawSide(pen, values, label, view, place) {
  const { left, broad, height, ink } = place;
  const at = sidePlaces(values, view, place);
  pen.save();
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, 0.5, broad - 1, height - 1);
  pen.beginPath();
  pen.rect(left, 0, broad, height);
  pen.clip();
  pen.beginPath();
  values.forEach((_, i) => pen.lineTo(...at(i)));
  pen.stroke();
  pen.restore();
  pen.fillStyle = ink;
  pen.textAlign = "left";
  pen.fillText(label, left, height + 16, broad);
}

function drawScale(pen, labels, palette, { top, width, ink }) {
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

// The row of the cursor, with `whole` its column too.
function drawCursor(pen, y, x, { width, height }, whole) {
  stroke(pen, LIGHT, () => {
    pen.moveTo(0, y);
    pen.lineTo(Math.max(x - 10, 0), y);
    pen.moveTo(Math.min(x + 10, width), y);
    pen.lineTo(width, y);
    if (!whole) return;
    pen.moveTo(x, 0);
    pen.lineTo(x, Math.max(y - 10, 0));
    pen.moveTo(x, Math.min(y + 10, height));
    pen.lineTo(x, height);
  });
}

// A square about the screen place (y, x) with the pixels about (row, column), four times as large.
function drawGlass(pen, source, [y, x], [row, column], scale) {
  const large = Math.max(4 * scale, 6);
  const [edge, half] = [GLASS / large, GLASS / 2];
  pen.save();
  pen.imageSmoothingEnabled = false;
  pen.fillStyle = "#969696";
  pen.fillRect(x - half, y - half, GLASS, GLASS);
  const from = [column - edge / 2, row - edge / 2];
  pen.drawImage(source, ...from, edge, edge, x - half, y - half, GLASS, GLASS);
  stroke(pen, LIGHT, () => pen.rect(x - half, y - half, GLASS, GLASS));
  pen.strokeRect(x - large / 2, y - large / 2, large, large); // the pixel that is pointed at
  pen.restore();
}
