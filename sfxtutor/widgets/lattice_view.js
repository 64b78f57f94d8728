// Draws a LatticeView (lattice_view.py): lattice points, Ewald sphere, detector. Turns the crystal.

const STEP = 0.1; // degrees: an arrow key
const DRAG = 0.1; // degrees: a pixel of the pointer
const SPIN = 1; // degrees: an arrow key with Shift
const RIM = 0.84; // beyond this share of the half width a drag spins
const NEAR = 9; // pixels between pointer and point
const LIT = 2; // kind of a point, and more where it is visible

const multiply = (a, b) =>
  a.map((_, i) => [0, 1, 2].reduce((sum, k) => sum + a[3 * Math.floor(i / 3) + k] * b[3 * k + (i % 3)], 0));
const transpose = (a) => a.map((_, i) => a[3 * (i % 3) + Math.floor(i / 3)]);
const apply = (a, [x, y, z]) =>
  [0, 3, 6].map((row) => a[row] * x + a[row + 1] * y + a[row + 2] * z);

// Rotation about x, y or z, as scipy's Rotation.from_euler has it.
function about(axis, degrees) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const [i, j] = [(axis + 1) % 3, (axis + 2) % 3];
  const matrix = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  matrix[3 * i + i] = matrix[3 * j + j] = c;
  matrix[3 * i + j] = -s;
  matrix[3 * j + i] = s;
  return matrix;
}

const typed = (view, Kind) =>
  new Kind(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

// Text that is read on the points too: its edge is as light as the page.
function write(pen, text, x, y, ink) {
  const dark = ink.match(/\d+/g).slice(0, 3).every((value) => value < 128);
  pen.lineWidth = 3;
  pen.strokeStyle = dark ? "rgba(255, 255, 255, 0.8)" : "rgba(0, 0, 0, 0.8)";
  pen.strokeText(text, x, y);
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}

function render({ model, el }) {
  const canvas = document.createElement("canvas");
  canvas.className = "sfxtutor-lattice";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "crystal that can be turned");
  canvas.setAttribute(
    "aria-description",
    "Arrow keys turn the crystal, with Shift they spin it about the beam; plus and minus zoom",
  );
  canvas.dataset.lmSuppressShortcuts = "true"; // arrows are not for JupyterLab
  canvas.style.cssText =
    "display: block; width: 100%; aspect-ratio: 1; touch-action: none; cursor: grab; box-sizing: border-box";
  el.style.color = "var(--jp-content-font-color1, inherit)";
  el.append(canvas);
  let places = []; // of the points drawn: right, down, number
  let zoom = 1;
  let held = null; // the pointer that drags
  let waiting = 0; // for the browser's next picture
  let playing = 0;
  let last = 0;

  const width = () => canvas.clientWidth || 300;
  const scale = () => (zoom * width()) / 2 / model.get("camera").extent / model.get("sphere");
  const lattice = () => multiply(model.get("turned"), transpose(model.get("basis")));

  // What turns points, in 1/Å from the origin, into right and down on the canvas: a function.
  function projection() {
    const { matrix, focus } = model.get("camera");
    const [factor, half] = [scale(), width() / 2];
    const [right, down] = [0, 3].map((row) => half - factor * matrix[row + 2] * focus * model.get("sphere"));
    const seen = matrix.map((value) => value * factor);
    return ([x, y, z]) => [
      seen[0] * x + seen[1] * y + seen[2] * z + right,
      seen[3] * x + seen[4] * y + seen[5] * z + down,
    ];
  }

  // Where the ray from the sphere's centre through a point meets the detector.
  function onDetector([x, y, z]) {
    const radius = model.get("sphere");
    const far = (model.get("plane") * radius) / (z + radius);
    return [x * far, y * far, (z + radius) * far - radius];
  }

  function trace(pen, points) {
    pen.beginPath();
    points.forEach(([x, y]) => pen.lineTo(x, y));
    pen.stroke();
  }

  // The sphere's grid, its front stronger than its back; detector, crop and beam.
  function drawWires(pen, ink, place) {
    const radius = model.get("sphere");
    const away = model.get("camera").matrix.slice(6);
    const [front, back] = [new Path2D(), new Path2D()];
    pen.strokeStyle = ink;
    for (const { kind, points } of model.get("wires")) {
      const corners = [];
      for (let i = 0; i < points.length; i += 3) corners.push(points.slice(i, i + 3));
      const line = corners.map((corner) => place(corner.map((value) => value * radius)));
      if (kind === "sphere") {
        for (let i = 1; i < line.length; i++) {
          const [x, y, z] = corners[i];
          const half = away[0] * x + away[1] * y + away[2] * (z + 1) > 0 ? back : front;
          half.moveTo(...line[i - 1]);
          half.lineTo(...line[i]);
        }
        continue;
      }
      pen.globalAlpha = 0.75;
      pen.lineWidth = kind === "beam" ? 2 : 1;
      pen.setLineDash(kind === "crop" ? [4, 3] : []);
      trace(pen, line);
    }
    pen.setLineDash([]);
    pen.lineWidth = 1;
    for (const [half, alpha] of [[front, 0.25], [back, 0.1]]) {
      pen.globalAlpha = alpha;
      pen.stroke(half);
    }
    pen.globalAlpha = 1;
  }

  function drawPoints(pen, place) {
    const hkl = typed(model.get("hkl"), Int16Array);
    const kind = typed(model.get("kind"), Uint8Array);
    const size = typed(model.get("size"), Float32Array);
    const colours = model.get("colours");
    const turn = lattice();
    const large = Math.max(width() / 440, 0.6); // the sizes are those of a view of 440 pixels
    const edge = Math.min(1.3 + scale() / 900, 3.5); // of a point that is not lit
    places = [];
    for (let i = 0; i < kind.length; i++) {
      const point = apply(turn, hkl.subarray(3 * i, 3 * i + 3));
      const [x, y] = place(point);
      places.push([x, y, i]);
      pen.fillStyle = colours[kind[i]];
      pen.globalAlpha = kind[i] >= LIT ? 1 : 0.6;
      if (kind[i] < LIT) {
        pen.fillRect(x - edge / 2, y - edge / 2, edge, edge);
        continue;
      }
      pen.beginPath();
      pen.arc(x, y, large * size[i], 0, 2 * Math.PI);
      pen.fill();
      const [right, down] = place(onDetector(point));
      pen.fillRect(right - 1, down - 1, 2.5, 2.5);
    }
    pen.globalAlpha = 1;
  }

  function isLit(chosen) {
    const hkl = typed(model.get("hkl"), Int16Array);
    const kind = typed(model.get("kind"), Uint8Array);
    return kind.some((value, i) => value >= LIT && chosen.every((index, k) => index === hkl[3 * i + k]));
  }

  function drawChosen(pen, ink, place) {
    const { chosen: ring, target: goal } = model.get("colours");
    const [chosen, target] = [model.get("chosen"), model.get("target")];
    if (target.length) {
      const [x, y] = place(apply(lattice(), target));
      pen.strokeStyle = goal;
      pen.lineWidth = 2.5;
      trace(pen, [[x, y - 8], [x + 8, y], [x, y + 8], [x - 8, y], [x, y - 8]]);
    }
    if (!chosen.length) return;
    const point = apply(lattice(), chosen);
    const [x, y] = place(point);
    pen.strokeStyle = ring;
    pen.lineWidth = 1.5;
    if (isLit(chosen)) {
      const [right, down] = place(onDetector(point));
      trace(pen, [place([0, 0, -model.get("sphere")]), [right, down]]);
      pen.strokeRect(right - 5, down - 5, 10, 10);
    }
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.arc(x, y, 8, 0, 2 * Math.PI);
    pen.stroke();
    const far = x > 0.7 * width();
    pen.textAlign = far ? "right" : "left";
    write(pen, chosen.join(" "), x + (far ? -12 : 12), y - 8, ink);
  }

  function drawNames(pen, ink, place) {
    pen.fillStyle = ink;
    const radius = model.get("sphere");
    const [x, y] = place([0, 0, -radius]);
    const [right, down] = place([0, 0, 0]);
    pen.textAlign = "center";
    pen.fillRect(x - 2, y - 2, 4, 4);
    if (Math.hypot(right - x, down - y) > 40) pen.fillText("centre", x, y + 16);
    write(pen, "+", right, down + 4, ink);
    pen.textAlign = "left";
  }

  function draw() {
    waiting = 0;
    if (!el.isConnected || !model.get("camera").matrix) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(width() * ratio);
    const pen = canvas.getContext("2d");
    const ink = getComputedStyle(el).color;
    pen.scale(ratio, ratio);
    pen.font = "12px sans-serif";
    const place = projection();
    drawWires(pen, ink, place);
    drawPoints(pen, place);
    drawNames(pen, ink, place);
    drawChosen(pen, ink, place);
    canvas.setAttribute("aria-label", model.get("alt"));
    canvas.dataset.drawn = Number(canvas.dataset.drawn || 0) + 1;
  }

  const schedule = () => {
    waiting ||= requestAnimationFrame(draw);
  };

  // Turn the crystal further, at once here; the kernel gets the newest orientation when it is free.
  function turn(rotation) {
    model.set("turned", multiply(rotation, model.get("turned")));
    model.save_changes();
    schedule();
  }

  function roll(right, down) {
    const { matrix } = model.get("camera");
    const seen = multiply(about(0, (DRAG * down) / zoom), about(1, (-DRAG * right) / zoom));
    turn(multiply(transpose(matrix), multiply(seen, matrix)));
  }

  function choose(hkl) {
    if (hkl.join() === model.get("chosen").join()) return;
    model.set("chosen", hkl);
    model.save_changes();
    schedule();
  }

  // The hkl of the point under the pointer, of this kind or a brighter one.
  function under(event, faintest) {
    const kind = typed(model.get("kind"), Uint8Array);
    let [best, nearest] = [null, NEAR];
    for (const [x, y, i] of places) {
      const far = Math.hypot(x - event.offsetX, y - event.offsetY);
      if (kind[i] >= faintest && far <= nearest) [best, nearest] = [i, far];
    }
    return best === null ? null : [...typed(model.get("hkl"), Int16Array).slice(3 * best, 3 * best + 3)];
  }

  const polar = (event) =>
    (Math.atan2(event.offsetY - width() / 2, event.offsetX - width() / 2) * 180) / Math.PI;

  function grab(event) {
    if (held || event.button > 0) return;
    const away = Math.hypot(event.offsetX - width() / 2, event.offsetY - width() / 2);
    const spins = event.shiftKey || away > (RIM * width()) / 2;
    held = { id: event.pointerId, x: event.offsetX, y: event.offsetY, angle: polar(event), spins, far: 0 };
    canvas.setPointerCapture(event.pointerId);
    canvas.style.cursor = "grabbing";
  }

  function drag(event) {
    if (!held) {
      const found = under(event, LIT);
      if (found) choose(found);
      return;
    }
    if (event.pointerId !== held.id) return;
    const [right, down, angle] = [event.offsetX - held.x, event.offsetY - held.y, polar(event)];
    if (!right && !down) return; // the page moved, not the pointer
    held.far += Math.hypot(right, down);
    if (held.spins) turn(about(2, ((angle - held.angle + 540) % 360) - 180));
    else roll(right, down);
    Object.assign(held, { x: event.offsetX, y: event.offsetY, angle });
  }

  function drop(event) {
    if (!held || event.pointerId !== held.id) return;
    const found = held.far < 3 && under(event, 0);
    held = null;
    canvas.style.cursor = "grab";
    if (found) choose(found);
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      ArrowLeft: event.shiftKey ? [2, -SPIN] : [1, STEP],
      ArrowRight: event.shiftKey ? [2, SPIN] : [1, -STEP],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    };
    if (keys[event.key]) turn(about(...keys[event.key]));
    else if (event.key === "+" || event.key === "-") magnify(event.key === "+" ? 1.25 : 0.8);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function magnify(factor) {
    zoom = Math.min(Math.max(zoom * factor, 0.5), 30);
    schedule();
  }

  function unzoom() {
    zoom = 1;
  }

  function wheel(event) {
    if (document.activeElement !== canvas) return; // else the page scrolls
    event.preventDefault();
    magnify(Math.exp(-event.deltaY / 400));
  }

  // The crystal turns by itself, as long as this view is in the page.
  function play(now) {
    playing = 0;
    if (!model.get("playing") || !el.isConnected) return;
    const seconds = last ? Math.min((now - last) / 1000, 0.2) : 0;
    last = now;
    turn(about(model.get("axis"), model.get("rate") * seconds));
    playing = requestAnimationFrame(play);
  }

  function startOrStop() {
    last = 0;
    if (model.get("playing")) playing ||= requestAnimationFrame(play);
  }

  const followed = { pointerdown: grab, pointermove: drag, pointerup: drop, pointercancel: drop, keydown: press };
  for (const [name, action] of Object.entries(followed)) canvas.addEventListener(name, action);
  canvas.addEventListener("wheel", wheel, { passive: false });
  const watcher = new ResizeObserver(schedule);
  watcher.observe(el);
  model.on("change", schedule);
  model.on("change:playing", startOrStop);
  model.on("change:camera", unzoom);
  startOrStop();
  schedule();
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(waiting);
    cancelAnimationFrame(playing);
    model.off("change", schedule);
    model.off("change:playing", startOrStop);
    model.off("change:camera", unzoom);
    if (!model.get("playing")) return;
    model.set("playing", false);
    model.save_changes();
  };
}

export default { render };
