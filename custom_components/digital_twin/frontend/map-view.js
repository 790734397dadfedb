/** Moves and zooms a drawing, with the mouse, with fingers and with buttons. */

const LEAST_SCALE = 0.03;
// Smaller texts are not read any more.
const READABLE_SCALE = 0.5;
const MOST_SCALE = 3;
const FITTED_SCALE = 1.2;
// Pixels: what is moved less was tapped, and a frame that is lower has no size yet.
const TAPPED = 5;
const LEAST_HEIGHT = 80;

/** Which part of a drawing is seen, and how large. */
export class MapView {
  constructor() {
    this._x = 0;
    this._y = 0;
    this._scale = 1;
    this._moved = 0;
    /** @type {Map<number, PointerEvent>} */ this._pointers = new Map();
    /** @type {SVGSVGElement | undefined} */ this._svg = undefined;
    /** @type {Element | undefined} */ this._world = undefined;
    /** Whether all of it was shown once, in a frame that has its size. */
    this.isFitted = false;
    /** Whether somebody has moved or zoomed it since it was fitted. */
    this.isMoved = false;
  }

  /** Whether the pointer was moved since it was pressed. */
  get wasMoved() {
    return this._moved > TAPPED;
  }

  /**
   * Show a drawing as the one before was shown.
   * @param {SVGSVGElement} svg
   * @param {Element} world - what is moved and zoomed
   */
  show(svg, world) {
    this._svg = svg;
    this._world = world;
    svg.addEventListener("wheel", (event) => this._wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      this._pointers.set(event.pointerId, event);
      if (this._pointers.size === 1) {
        this._moved = 0;
      }
    });
    svg.addEventListener("pointermove", (event) => this._move(event, svg));
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      svg.addEventListener(name, (event) => {
        this._pointers.delete(/** @type {PointerEvent} */ (event).pointerId);
        svg.classList.toggle("moving", this._pointers.size > 0 && this.wasMoved);
      });
    }
    this._apply();
  }

  /**
   * Zoom around a point, by default the middle.
   * @param {number} factor
   * @param {number} [x]
   * @param {number} [y]
   */
  zoom(factor, x, y) {
    const box = this._svg?.getBoundingClientRect();
    const [atX, atY] = [x ?? (box?.width ?? 0) / 2, y ?? (box?.height ?? 0) / 2];
    const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, this._scale * factor));
    const ratio = scale / this._scale;
    this._x = atX - (atX - this._x) * ratio;
    this._y = atY - (atY - this._y) * ratio;
    this._scale = scale;
    this.isMoved = true;
    this._apply();
  }

  /**
   * Show all of a drawing, or of a large one as much as can be read.
   * @param {[number, number]} size - width and height in its own pixels
   * @param {boolean} isWhole - show all, however small
   */
  fit([width, height], isWhole) {
    const box = this._svg?.getBoundingClientRect();
    if (!box?.width) {
      return;
    }
    this.isFitted = box.height > LEAST_HEIGHT;
    this.isMoved = false;
    const scale = Math.min(FITTED_SCALE, box.width / width, box.height / height);
    this._scale = isWhole ? scale : Math.max(READABLE_SCALE, scale);
    this._x = Math.max(0, (box.width - width * this._scale) / 2);
    this._y = Math.max(0, (box.height - height * this._scale) / 2);
    this._apply();
  }

  /** Without a key the page is scrolled. @param {WheelEvent} event */
  _wheel(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, event.offsetX, event.offsetY);
    }
  }

  /** @param {PointerEvent} event @param {SVGSVGElement} svg */
  _move(event, svg) {
    const before = this._pointers.get(event.pointerId);
    if (!before) {
      return;
    }
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    this._moved += Math.abs(dx) + Math.abs(dy);
    if (this.wasMoved && !svg.hasPointerCapture(event.pointerId)) {
      svg.setPointerCapture(event.pointerId);
      svg.classList.add("moving");
    }
    const other = [...this._pointers.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const box = svg.getBoundingClientRect();
      const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
      const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
      this.zoom(
        was ? is / was : 1,
        (event.clientX + other.clientX) / 2 - box.left,
        (event.clientY + other.clientY) / 2 - box.top,
      );
    } else {
      this._x += dx;
      this._y += dy;
      this.isMoved ||= this.wasMoved;
      this._apply();
    }
    this._pointers.set(event.pointerId, event);
  }

  _apply() {
    const transform = `translate(${this._x} ${this._y}) scale(${this._scale})`;
    this._world?.setAttribute("transform", transform);
  }
}
