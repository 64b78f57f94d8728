// Thumbnails (gallery.py): bytes as small pictures, each a button; arrow keys go from one to the next.

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "sfxtutor-gallery";
  root.setAttribute("role", "group");
  root.dataset.lmSuppressShortcuts = "true"; // arrows are not for JupyterLab
  el.append(root);
  let drawn = 0;

  // One picture at twice its size on the screen or more, with its circles.
  function paint(canvas, bytes, rows, columns, marks) {
    const palette = model.get("palette");
    const small = new OffscreenCanvas(columns, rows);
    const image = new ImageData(columns, rows);
    bytes.forEach((value, i) => {
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = palette.getUint8(3 * value + c);
      image.data[4 * i + 3] = 255;
    });
    small.getContext("2d").putImageData(image, 0, 0);
    const scale = Math.max(1, Math.ceil((2 * model.get("tile")) / columns));
    canvas.width = columns * scale;
    canvas.height = rows * scale;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "#D55E00";
    pen.lineWidth = 3;
    for (const [y, x] of marks) {
      pen.beginPath();
      pen.arc((x + 0.5) * scale, (y + 0.5) * scale, 10, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  function tile(i, bytes, rows, columns) {
    const button = document.createElement("button");
    const canvas = document.createElement("canvas");
    const words = document.createElement("span");
    paint(canvas, bytes, rows, columns, model.get("marks")[i] || []);
    canvas.style.cssText = "width: 100%; display: block";
    words.textContent = model.get("captions")[i];
    words.style.cssText = "font: 12px/1.3 sans-serif; display: block; padding: 2px 0";
    button.type = "button";
    button.style.cssText =
      "padding: 3px; border: 0; border-radius: 3px; background: none; text-align: left; " +
      "cursor: pointer; color: var(--jp-content-font-color1, inherit)";
    button.append(canvas, words);
    button.addEventListener("click", () => {
      model.set("chosen", i);
      model.save_changes();
    });
    return button;
  }

  function mark() {
    const chosen = model.get("chosen");
    [...root.children].forEach((button, i) => {
      button.setAttribute("aria-pressed", i === chosen);
      button.tabIndex = i === Math.max(chosen, 0) ? 0 : -1; // one stop of the Tab key for all
      button.style.boxShadow = i === chosen ? "0 0 0 3px #D55E00" : "none";
    });
  }

  function draw() {
    const [n, rows, columns] = model.get("shape");
    const view = model.get("pixels");
    if (view.byteLength !== n * rows * columns) return;
    const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const size = rows * columns;
    const width = model.get("tile");
    root.setAttribute("aria-label", model.get("label"));
    root.style.cssText =
      `display: grid; gap: 4px; padding: 3px; align-items: start; grid-template-columns: repeat(auto-fill, minmax(${width}px, 1fr))`;
    root.replaceChildren(
      ...Array.from({ length: n }, (_, i) =>
        tile(i, all.subarray(i * size, (i + 1) * size), rows, columns),
      ),
    );
    mark();
    root.dataset.drawn = ++drawn;
  }

  root.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0 };
    if (!(event.key in steps) || event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = [...root.children];
    const first = buttons[0].offsetTop;
    const across = buttons.filter((button) => button.offsetTop === first).length;
    const by = steps[event.key] || (event.key === "ArrowDown" ? across : -across);
    const at = buttons.indexOf(document.activeElement) + by;
    if (buttons[at]) {
      for (const button of buttons) button.tabIndex = -1;
      buttons[at].tabIndex = 0;
      buttons[at].focus();
    }
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:pixels change:captions change:marks change:palette", draw);
  model.on("change:chosen", mark);
  draw();
  return () => {
    model.off("change:pixels change:captions change:marks change:palette", draw);
    model.off("change:chosen", mark);
  };
}

export default { render };
