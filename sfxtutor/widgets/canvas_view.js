// Which part of a picture is seen, and where: zoom and upper left corner, in pixels of the picture.

const FEWEST = 8; // pixels along the longer edge at the strongest zoom

class View {
  constructor() {
    [this.rows, this.columns, this.zoom, this.top, this.left] = [1, 1, 1, 0, 0];
    this.place = [0, 0, 1]; // row and column of the detector at the corner, and the bin
  }

  // Another picture: the same part of the detector, where both say where they are.
  hold(rows, columns, place) {
    const same = rows === this.rows && columns === this.columns && `${place}` === `${this.place}`;
    if (same) return;
    const before = this.shared();
    const placed = [this.place, place].every((each) => each[2] > 1 || each[0] || each[1]);
    [this.rows, this.columns, this.place] = [rows, columns, place];
    if (placed && this.zoom > 1) this.take(before);
    else this.reset();
  }

  reset() {
    [this.zoom, this.top, this.left] = [1, 0, 0];
  }

  get most() {
    return Math.max(1, Math.max(this.rows, this.columns) / FEWEST);
  }

  clamp() {
    this.zoom = Math.min(Math.max(this.zoom, 1), this.most);
    const inside = (at, count) => Math.min(Math.max(at, 0), count - count / this.zoom);
    this.top = inside(this.top, this.rows);
    this.left = inside(this.left, this.columns);
  }

  // Zoom so that the place (y, x) stays where it is on the screen.
  zoomAt(factor, y, x) {
    const zoom = Math.min(Math.max(this.zoom * factor, 1), this.most);
    this.top = y - ((y - this.top) * this.zoom) / zoom;
    this.left = x - ((x - this.left) * this.zoom) / zoom;
    this.zoom = zoom;
    this.clamp();
  }

  pan(rows, columns) {
    this.top += rows;
    this.left += columns;
    this.clamp();
  }

  // Move as little as is needed to see the pixel (row, column).
  follow(row, column) {
    const near = (at, from, count) => Math.min(Math.max(from, at + 1 - count / this.zoom), at);
    this.top = near(row, this.top, this.rows);
    this.left = near(column, this.left, this.columns);
    this.clamp();
  }

  middle() {
    return [this.top + this.rows / this.zoom / 2, this.left + this.columns / this.zoom / 2];
  }

  // The part seen, in pixels of the detector, for canvases that are linked.
  shared() {
    const [y, x] = this.middle();
    const [top, left, bin] = this.place;
    const span = (Math.max(this.rows, this.columns) / this.zoom) * bin;
    return { y: top + bin * y, x: left + bin * x, span };
  }

  take({ y, x, span }) {
    const [top, left, bin] = this.place;
    this.zoom = (Math.max(this.rows, this.columns) * bin) / span;
    this.zoom = Math.min(Math.max(this.zoom, 1), this.most);
    this.top = (y - top) / bin - this.rows / this.zoom / 2;
    this.left = (x - left) / bin - this.columns / this.zoom / 2;
    this.clamp();
  }

  // Pixel of the detector at the middle of a pixel of the picture, and back.
  onDetector(row, column) {
    const [top, left, bin] = this.place;
    return [top + bin * (row + 0.5), left + bin * (column + 0.5)];
  }

  ofDetector(y, x) {
    const [top, left, bin] = this.place;
    return [Math.floor((y - top) / bin), Math.floor((x - left) / bin)];
  }
}

// Canvases with the same link tell each other what they show and where the cursor is: by events of
// the window, since the module of each widget is loaded on its own.
const LINK = "sfxtutor-link";

function listen(model, hear) {
  const answer = (event) => {
    const { link, from } = event.detail;
    if (link && link === model.get("link") && from !== hear) hear(event.detail);
  };
  window.addEventListener(LINK, answer);
  return () => window.removeEventListener(LINK, answer);
}

function tell(model, from, message) {
  const link = model.get("link");
  if (link) window.dispatchEvent(new CustomEvent(LINK, { detail: { link, from, ...message } }));
}
