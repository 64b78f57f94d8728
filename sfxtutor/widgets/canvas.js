// A FrameCanvas (canvas.py) in the page. Picture, overlays and curves lie on one canvas element,
// cursor and magnifier on a second one above it, so that hovering draws no picture again.

const TURN = 1.25; // a step of zoom
const STILL = 4; // CSS pixels that a click may move
const STAYED = 150; // ms
const REST = 1000; // ms without the pointer, after which the caption is read aloud again
const STEPS = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};
const SMALLEST = 200; // CSS pixels
const ICON = '<svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" ' +
  'stroke-width="1.6" aria-hidden="true" style="vertical-align: -2px"><path d="PATH"/></svg>';
const GLASS_ICON = ICON.replace("PATH", "M10 5.5a4.5 4.5 0 1 1-9 0a4.5 4.5 0 1 1 9 0M9 9l4 4");
const FULL_ICON = ICON.replace("PATH", "M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9");
const STYLE = `
.sfxtutor-canvas { color: var(--jp-content-font-color1, inherit); font: 13px sans-serif; }
.sfxtutor-canvas:fullscreen { background: var(--jp-layout-color0, Canvas); padding: 12px;
  box-sizing: border-box; overflow: auto; }
.sfxtutor-canvas canvas { display: block; max-width: none; touch-action: pan-y; }
.sfxtutor-canvas .stage { position: relative; }
.sfxtutor-canvas .above { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.sfxtutor-canvas .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; }
.sfxtutor-canvas .bar button { min-width: 26px; height: 24px; padding: 0 5px; color: inherit;
  font: inherit; cursor: pointer; border-radius: 3px; border: 1px solid transparent;
  background: var(--jp-layout-color2, rgba(128, 128, 128, 0.2)); }
.sfxtutor-canvas .bar button[aria-pressed=true] { border-color: currentColor; }
.sfxtutor-canvas .bar button:hover { background: var(--jp-layout-color3, rgba(128, 128, 128, 0.4)); }
.sfxtutor-canvas .hover { flex: 1 1 14em; min-width: 0; height: 1.4em; padding-left: 4px;
  overflow: hidden; white-space: nowrap; text-overflow: ellipsis;
  font-variant-numeric: tabular-nums; }
.sfxtutor-canvas .caption { min-height: 1.4em; }
.sfxtutor-canvas .keys { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap; }`;

function make(tag, name, parent) {
  const element = document.createElement(tag);
  element.className = name;
  parent.append(element);
  return element;
}

// 12345.6 as a reader writes it: whole numbers whole, others with three digits or more.
function number(value, whole) {
  if (Number.isNaN(value)) return "no reading";
  const digits = Math.abs(value) < 10 ? 2 : 1;
  return value.toLocaleString("en", { maximumFractionDigits: whole ? 0 : digits });
}

// d in Å at so many mm from the beam: Bragg's law.
function resolution({ wavelength, distance }, radius) {
  return wavelength / (2 * Math.sin(Math.atan(radius / distance) / 2));
}

class Picture {
  constructor(model, el) {
    [this.model, this.el, this.view] = [model, el, new View()];
    this.build();
    this.listen();
    this.drawn = 0;
    this.draw();
  }

  build() {
    this.root = make("div", "sfxtutor-canvas", this.el);
    make("style", "", this.root).textContent = STYLE;
    const bar = make("div", "bar", this.root);
    const button = (text, name, action) => {
      const made = make("button", "", bar);
      [made.innerHTML, made.title, made.type] = [text, name, "button"];
      made.setAttribute("aria-label", name);
      made.addEventListener("click", action);
      return made;
    };
    button("−", "zoom out", () => this.zoom(1 / TURN));
    button("+", "zoom in", () => this.zoom(TURN));
    button("1×", "show the whole picture", () => this.reset());
    this.glass = button(GLASS_ICON, "magnifier", () => this.magnify(!this.magnifying));
    this.glass.setAttribute("aria-pressed", "false");
    button("PNG", "save the picture as PNG", () => this.save());
    if (document.fullscreenEnabled) button(FULL_ICON, "full screen", () => this.fullScreen());
    this.hover = make("div", "hover", bar);
    const stage = make("div", "stage", this.root);
    this.canvas = make("canvas", "", stage);
    this.above = make("canvas", "above", stage);
    this.caption = make("div", "caption", this.root);
    this.caption.setAttribute("role", "status");
    this.keys = make("div", "keys", this.root);
    this.keys.id = `sfxtutor-keys-${Math.random().toString(36).slice(2)}`;
    this.root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's own keys stay away
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-describedby", this.keys.id);
    this.above.setAttribute("aria-hidden", "true");
  }

  listen() {
    const { canvas, model } = this;
    const end = new AbortController();
    const on = (target, kind, action, more) =>
      target.addEventListener(kind, action, { signal: end.signal, ...more });
    on(canvas, "pointerdown", (event) => this.grip(event));
    on(canvas, "pointermove", (event) => this.point(event));
    on(canvas, "pointerup", () => (this.held = null));
    on(canvas, "pointercancel", () => (this.held = null));
    on(canvas, "pointerleave", () => this.leave());
    on(canvas, "click", (event) => this.click(event));
    on(canvas, "dblclick", () => this.model.get("acts") || this.reset());
    on(canvas, "wheel", (event) => this.wheel(event), { passive: false });
    on(canvas, "keydown", (event) => this.key(event));
    on(canvas, "keyup", (event) => event.key === "z" && this.release());
    on(this.root, "fullscreenchange", () => this.redraw());
    on(window, "keydown", (event) => this.press(event), { capture: true });
    on(window, "wheel", (event) => this.elsewhere(event), { capture: true, passive: true });
    const changed = () => this.redraw();
    model.on("change", changed);
    const receive = (message, buffers) => this.receive(message, buffers);
    model.on("msg:custom", receive);
    const unlink = listen(model, (this.hear = (message) => this.obey(message)));
    const sizes = new ResizeObserver(changed);
    sizes.observe(this.root);
    // The theme's colours are known when the element stands in the page, and may change there.
    const theme = new MutationObserver(changed);
    theme.observe(document.body, { attributes: true });
    this.remove = () => {
      end.abort();
      unlink();
      sizes.disconnect();
      theme.disconnect();
      model.off("change", changed);
      model.off("msg:custom", receive);
      cancelAnimationFrame(this.waiting);
      clearTimeout(this.fetching);
    };
  }

  // Draw once a frame of the screen, however much has changed.
  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  draw() {
    const { model, view } = this;
    const [rows, columns] = model.get("shape");
    const bytes = model.get("pixels");
    this.say();
    if (!rows || !bytes || bytes.byteLength !== rows * columns) return;
    view.hold(rows, columns, model.get("place"));
    this.layOut();
    if (this.stale()) this.drawPicture();
    this.drawAbove();
    this.tellPlace();
  }

  say() {
    const { canvas, caption, keys, model } = this;
    const words = { caption: model.get("caption"), keys: this.keysInWords() };
    if (caption.textContent !== words.caption) caption.textContent = words.caption;
    if (keys.textContent !== words.keys) keys.textContent = words.keys;
    if (canvas.getAttribute("aria-label") !== model.get("alt"))
      canvas.setAttribute("aria-label", model.get("alt"));
  }

  keysInWords() {
    const { model } = this;
    const parts = ["Keys: plus and minus zoom, 0 shows the whole picture, Z magnifies"];
    if (model.get("cursor")) parts.push("arrows move the cursor, with Shift by ten");
    else parts.push("arrows move the part that is seen");
    if (model.get("acts")) parts.push("Enter acts at the cursor");
    const hot = model.get("hot_keys");
    if (hot.length) parts.push(`anywhere in the widget ${hot.join(", ").toUpperCase()}`);
    return `${parts.join("; ")}.`;
  }

  // Sizes in CSS pixels, from the width there is.
  layOut() {
    const { model, root, view } = this;
    const longer = Math.max(view.rows, view.columns);
    const full = document.fullscreenElement === root;
    const side = model.get("side")?.byteLength > 0;
    const profile = model.get("profile")?.byteLength > 0;
    const size = model.get("size");
    const wanted = (size * view.columns) / longer + (side ? GAP + SIDE : 0);
    this.el.style.width = `min(100%, ${Math.ceil(wanted)}px)`;
    this.el.style.minWidth = `min(100%, ${SMALLEST}px)`;
    const there = (root.clientWidth || wanted) - (full ? 24 : 0);
    const broad = side ? Math.min(SIDE, Math.round(there / 4)) : 0;
    const foot = (model.get("scale").length || side ? SCALE : 0) + (profile ? GAP + PROFILE : 0);
    const tallest = full ? window.innerHeight - foot - 110 : Infinity;
    const most = full ? Infinity : (size * view.columns) / longer;
    const wide = Math.min(there - (side ? GAP + broad : 0), most);
    const scale = Math.min(wide / view.columns, tallest / view.rows);
    const [width, height] = [view.columns, view.rows].map((n) => Math.max(Math.round(n * scale), 1));
    const total = { width: width + (side ? GAP + broad : 0), height: height + foot };
    const ratio = window.devicePixelRatio || 1;
    this.place = { width, height, broad, total, ratio, left: width + GAP };
    this.place.scale = (width / view.columns) * view.zoom;
  }

  // Whether the picture differs from the one drawn; notes what it is made of.
  stale() {
    const { model, place, view } = this;
    const names = ["pixels", "palette", "overlays", "profile", "side", "side_label", "scale"];
    const ink = getComputedStyle(this.root).color || "#808080";
    const now = [...names.map((name) => model.get(name)), view.zoom, view.top, view.left, ink];
    now.push(place.width, place.height, place.total.width, place.total.height, place.ratio);
    const before = this.made ?? [];
    if (now.every((each, i) => each === before[i])) return false;
    this.made = now;
    this.ink = ink;
    return true;
  }

  // The part seen as pixels of the screen, kept until it changes.
  pixels() {
    const { model, view } = this;
    const { width, height, ratio } = this.place;
    const [bytes, palette] = [model.get("pixels"), model.get("palette")];
    const of = [bytes, palette, width, height, ratio, view.zoom, view.top, view.left];
    if (!of.every((each, i) => each === this.painted?.of[i])) {
      const [tall, broad] = [height, width].map((n) => Math.round(n * ratio));
      this.painted = { of, image: paint(bytes, coloursOf(palette), view, tall, broad) };
    }
    return this.painted.image;
  }

  size(canvas) {
    const { total, ratio } = this.place;
    const [width, height] = [total.width, total.height].map((n) => Math.round(n * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      [canvas.width, canvas.height] = [width, height];
      canvas.style.width = `${total.width}px`;
      canvas.style.height = `${total.height}px`;
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, total.width, total.height);
    pen.font = "12px sans-serif";
    return pen;
  }

  drawPicture() {
    const { canvas, ink, model, view } = this;
    const pen = this.size(canvas);
    const { broad, height, left, scale, width } = this.place;
    pen.putImageData(this.pixels(), 0, 0);
    const at = (row, column) => this.onScreen(row, column);
    const frame = { at, scale, zoom: view.zoom, width, height };
    drawOverlays(pen, model.get("overlays"), frame);
    const labels = model.get("scale");
    const [profile, side] = ["profile", "side"].map((name) => floats(model.get(name)));
    if (labels.length) drawScale(pen, labels, model.get("palette"), { top: height + 5, width, ink });
    this.side = side;
    const beside = { left, broad, height, ink };
    if (side) drawSide(pen, side, model.get("side_label"), view, beside);
    const top = height + (labels.length || side ? SCALE : 0) + GAP;
    if (profile) drawProfile(pen, profile, view, { top, width, ink });
    canvas.style.filter = this.glares() ? "brightness(0.82)" : "";
    canvas.style.touchAction = view.zoom > 1 || model.get("drags") ? "none" : "pan-y";
    canvas.dataset.drawn = ++this.drawn;
  }

  // A white picture among light words: in a dark theme.
  glares() {
    const bright = (rgb) => rgb.reduce((sum, each) => sum + Number(each), 0) / 3 > 128;
    const palette = this.model.get("palette");
    const lowest = [3, 4, 5].map((i) => palette.getUint8(i));
    return bright(lowest) && bright(this.ink.match(/[\d.]+/g)?.slice(0, 3) ?? [0]);
  }

  // Place on the screen of a place of the picture, whole numbers at the middle of pixels.
  onScreen(row, column) {
    const { scale } = this.place;
    return [(row + 0.5 - this.view.top) * scale, (column + 0.5 - this.view.left) * scale];
  }

  // Row and column of the cursor: one's own, or that of a linked canvas.
  get at() {
    if (this.ghost) return this.ghost;
    const at = [this.model.get("row"), this.model.get("column")];
    return this.model.get("cursor") && at[0] >= 0 ? at : null;
  }

  drawAbove() {
    const pen = this.size(this.above);
    const { place, view } = this;
    if (this.at) this.drawCursorAt(pen, this.at);
    const spot = this.pointed ?? this.at;
    if (!this.magnifying || !spot) return;
    const screen = this.onScreen(...spot);
    drawGlass(pen, this.source(), screen, [spot[0] + 0.5, spot[1] + 0.5], place.scale);
  }

  drawCursorAt(pen, [row, column]) {
    const { model, place, side, view } = this;
    const whole = model.get("acts") || Boolean(model.get("link"));
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, place.width, place.height);
    pen.clip();
    drawCursor(pen, ...this.onScreen(row, column), place, whole);
    pen.restore();
    if (!side || !(row in side)) return;
    const [x, y] = sidePlaces(side, view, place)(row);
    if (y < 0 || y > place.height) return;
    pen.fillStyle = MARK;
    pen.beginPath();
    pen.arc(x, y, 4, 0, 2 * Math.PI);
    pen.fill();
  }

  // The whole picture, a pixel each, for the magnifier.
  source() {
    const [bytes, palette] = [this.model.get("pixels"), this.model.get("palette")];
    if (this.plain?.bytes !== bytes || this.plain?.palette !== palette) {
      const { rows, columns } = this.view;
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [columns, rows];
      const whole = { rows, columns, zoom: 1, top: 0, left: 0 };
      const image = paint(bytes, coloursOf(palette), whole, rows, columns);
      canvas.getContext("2d").putImageData(image, 0, 0);
      this.plain = { bytes, palette, canvas };
    }
    return this.plain.canvas;
  }

  // y, x, value and resolution under the pointer or the cursor.
  tellPlace() {
    const at = this.pointed ?? this.at;
    const hint = "wheel, + and −: zoom; drag: move";
    this.hover.textContent = at ? this.placeInWords(...at) : hint;
  }

  placeInWords(row, column) {
    const { model, view } = this;
    const bin = view.place[2];
    const [y, x] = view.onDetector(row, column);
    const first = [y, x].map((each) => Math.floor(each - bin / 2));
    const span = (from) => (bin > 1 ? `${from} to ${from + bin - 1}` : `${from}`);
    const parts = [`y ${span(first[0])}, x ${span(first[1])}`];
    const value = this.valueAt(row, column);
    if (value) parts.push(value);
    const beam = model.get("geometry");
    if (beam.center) {
      const away = [y - 0.5 - beam.center[0], x - 0.5 - beam.center[1]];
      const d = resolution(beam, beam.pixel * Math.hypot(...away));
      parts.push(d < 1000 ? `${d.toFixed(2)} Å` : "beam centre");
    }
    return parts.join(", ");
  }

  // What the kernel says of the pixel. Its numbers are fetched once a picture has stayed for a
  // moment: two bytes or four a pixel would slow down a slider that is dragged.
  valueAt(row, column) {
    const wanted = this.model.get("values");
    if (!wanted) return "";
    if (this.values?.of === wanted) {
      const { numbers, whole } = this.values;
      const value = numbers[row * this.view.columns + column];
      return `${number(value, whole)} ${this.model.get("unit")}`.trim();
    }
    if (this.asked !== wanted) {
      this.asked = wanted;
      clearTimeout(this.fetching);
      this.fetching = setTimeout(() => this.model.send({ values: wanted }), STAYED);
    }
    return "";
  }

  receive(message, buffers) {
    if (message.values === undefined) return;
    const whole = message.kind === "uint16";
    const { buffer, byteOffset, byteLength } = buffers[0];
    const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
    const numbers = whole ? new Uint16Array(bytes) : new Float32Array(bytes);
    this.values = { of: message.values, numbers, whole };
    this.redraw();
  }

  // The pixel that is under the pointer now, also when the picture moves beneath it.
  get pointed() {
    return this.pointer ? this.under(this.pointer) : null;
  }

  // Row and column at a place on the screen, null beside the picture.
  under({ offsetX, offsetY }) {
    const { height, scale, width } = this.place ?? {};
    if (!(offsetX >= 0 && offsetX < width && offsetY >= 0 && offsetY < height)) return null;
    return [
      Math.min(Math.floor(this.view.top + offsetY / scale), this.view.rows - 1),
      Math.min(Math.floor(this.view.left + offsetX / scale), this.view.columns - 1),
    ];
  }

  point(event) {
    if (event.movementX || event.movementY) this.mine = true;
    this.hush();
    this.pointer = { offsetX: event.offsetX, offsetY: event.offsetY };
    if (this.held && this.drag(event)) return;
    const { pointed } = this;
    if (pointed && this.model.get("cursor")) this.moveSoon(pointed);
    else this.redraw();
    tell(this.model, this.hear, { cursor: pointed && this.view.onDetector(...pointed) });
  }

  leave() {
    this.pointer = null;
    const at = this.at;
    tell(this.model, this.hear, { cursor: at && this.view.onDetector(...at) });
    this.redraw();
  }

  // While the pointer moves, captions change at every row and are not read aloud.
  hush() {
    clearTimeout(this.resting);
    if (!this.resting) this.caption.setAttribute("aria-live", "off");
    this.resting = setTimeout(() => this.speak(), REST);
  }

  speak() {
    clearTimeout(this.resting);
    this.resting = null;
    this.caption.setAttribute("aria-live", "polite");
  }

  // The kernel hears of the cursor once a frame of the screen.
  moveSoon(at) {
    this.ghost = null;
    if (!this.next) requestAnimationFrame(() => this.next && this.move(...this.next));
    this.next = at;
  }

  move(row, column) {
    const { model, view } = this;
    this.ghost = this.next = null;
    const inside = (at, count) => Math.min(Math.max(at, 0), count - 1);
    model.set("row", inside(row, view.rows));
    model.set("column", inside(column, view.columns));
    model.save_changes();
    this.redraw();
  }

  grip(event) {
    this.dragged = false;
    if (event.button === 0) this.held = { y: event.offsetY, x: event.offsetX };
  }

  // Drag: pan, or hand the way to the widget; whether it is one.
  drag(event) {
    const [y, x] = [event.offsetY - this.held.y, event.offsetX - this.held.x];
    if (!this.dragged && Math.hypot(y, x) < STILL) return false;
    if (!this.dragged) this.canvas.setPointerCapture(event.pointerId);
    this.dragged = true;
    this.held = { y: event.offsetY, x: event.offsetX };
    if (this.model.get("drags") && !event.shiftKey) {
      const [down, right] = this.model.get("drag");
      this.model.set("drag", [down + y / this.place.height, right + x / this.place.width]);
      this.model.save_changes();
    } else {
      this.view.pan(-y / this.place.scale, -x / this.place.scale);
      this.shown();
    }
    return true;
  }

  click(event) {
    const at = this.under(event);
    if (this.dragged || !at || !this.model.get("acts")) return;
    this.move(...at);
    this.act();
  }

  act() {
    this.model.send({ act: [this.model.get("row"), this.model.get("column")] });
  }

  // A wheel that was turned over the page goes on to scroll it when the picture comes by.
  elsewhere(event) {
    if (event.target !== this.canvas) this.mine = false;
  }

  wheel(event) {
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    const at = this.under(event);
    const out = factor < 1 && this.view.zoom === 1; // nothing left to zoom out of
    if (!this.mine || !at || out) return;
    event.preventDefault();
    const { scale } = this.place;
    const [y, x] = [this.view.top + event.offsetY / scale, this.view.left + event.offsetX / scale];
    this.view.zoomAt(factor, y, x);
    this.shown();
  }

  // About the cursor where it is seen, else about the middle.
  zoom(factor) {
    const { at, view } = this;
    const seen = at && [at[0] - view.top, at[1] - view.left].every((each) => each >= 0) &&
      at[0] < view.top + view.rows / view.zoom && at[1] < view.left + view.columns / view.zoom;
    view.zoomAt(factor, ...(seen ? [at[0] + 0.5, at[1] + 0.5] : view.middle()));
    this.shown();
  }

  reset() {
    this.view.reset();
    this.shown();
  }

  // The part seen has changed: draw, and tell linked canvases.
  shown() {
    this.redraw();
    tell(this.model, this.hear, { part: this.view.shared() });
  }

  obey({ part, cursor }) {
    if (part) this.view.take(part);
    if (cursor !== undefined) {
      const { columns, rows } = this.view;
      const at = cursor && this.view.ofDetector(...cursor);
      const inside = at && at[0] >= 0 && at[0] < rows && at[1] >= 0 && at[1] < columns;
      this.ghost = inside ? at : null; // one's own cursor stays, until one moves it
    }
    this.redraw();
  }

  magnify(on) {
    this.magnifying = on;
    this.glass.setAttribute("aria-pressed", String(on));
    this.redraw();
  }

  // Z held shows the magnifier while it is held; pressed for a moment, it stays.
  release() {
    if (performance.now() - this.pressed > 400) this.magnify(false);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.place) return;
    this.speak();
    if (!this.answer(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Do what a key means; whether it means something.
  answer({ key, repeat, shiftKey }) {
    const { model } = this;
    const step = STEPS[key];
    const simple = {
      "+": () => this.zoom(TURN),
      "=": () => this.zoom(TURN),
      "-": () => this.zoom(1 / TURN),
      0: () => this.reset(),
      z: () => this.hold(repeat),
    }[key.toLowerCase()];
    if (model.get("acts") && !shiftKey && (key === "Enter" || key === " ")) {
      if (!repeat) this.act();
    } else if (simple) simple();
    else if (step) this.step(step.map((each) => each * (shiftKey ? 10 : 1)));
    else return false;
    return true;
  }

  hold(repeat) {
    if (repeat) return;
    this.pressed = performance.now();
    this.magnify(!this.magnifying);
  }

  step([rows, columns]) {
    const { model, view } = this;
    if (!model.get("cursor")) {
      const part = Math.max(view.rows, view.columns) / view.zoom / 20;
      view.pan(rows * part, columns * part);
      return this.shown();
    }
    this.pointer = null;
    this.move(model.get("row") + rows, model.get("column") + columns);
    const at = [model.get("row"), model.get("column")];
    view.follow(...at);
    return tell(model, this.hear, { cursor: view.onDetector(...at), part: view.shared() });
  }

  // Keys that the widget answers to, wherever in it the focus is: caught before JupyterLab can
  // take them for commands (X cuts the cell), but not from a field in which one writes.
  press(event) {
    const key = event.key.toLowerCase();
    const inside = (this.root.closest(".sfxtutor-box") || this.root).contains(event.target);
    const writing = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (!inside || writing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.model.get("hot_keys").includes(key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.speak();
    if (!event.repeat) this.model.send({ key });
  }

  fullScreen() {
    if (document.fullscreenElement === this.root) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  // The picture with its overlays and curves, as it is on the screen.
  save() {
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    const pen = copy.getContext("2d");
    pen.fillStyle = getComputedStyle(document.body).backgroundColor;
    pen.fillRect(0, 0, copy.width, copy.height);
    pen.drawImage(this.canvas, 0, 0);
    const link = document.createElement("a");
    const words = this.model.get("alt").toLowerCase().match(/[a-z0-9]+/g) ?? ["picture"];
    link.download = `${words.slice(0, 6).join("_")}.png`;
    link.href = copy.toDataURL("image/png");
    link.click();
  }
}

function render({ model, el }) {
  const picture = new Picture(model, el);
  return () => picture.remove();
}

export default { render };
