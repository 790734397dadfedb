/** A card that draws which goal waits for which. */

import { filled, textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";

/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./texts.js").Texts} Texts */

/**
 * @typedef {{goal_id: string, goal_code: string, name: string, column: number, row: number,
 *   owner: string | null, status: string, pace: string | null, progress: number | null,
 *   why: string | null, target_date: string | null, finish: string | null,
 *   next_milestone: {name: string, date: string} | null, entity_id: string | null}} MapGoal
 * @typedef {{source: string, target: string, passes: [number, number][], in_cycle: boolean}} MapEdge
 * @typedef {{goal_ids: string[], column: number, row: number}} MapGroup
 * @typedef {{columns: number, rows: number, goals: MapGoal[], edges: MapEdge[], groups: MapGroup[]}} GoalMap
 */

// Sizes in pixels of the drawing: a place of one goal, and the goal in it.
const COLUMN = 230;
const ROW = 74;
const WIDTH = 180;
const HEIGHT = 54;
const MARGIN = 24;
const RING = 17;
const LEAST_SCALE = 0.15;
const MOST_SCALE = 3;
// Milliseconds in which changes are collected before the map is read again.
const CALM = 400;
const NAME_CHARACTERS = 19;

/** By pace: its color, and the sign that tells it without colors. */
const PACES = {
  achieved: ["--success-color", "★"],
  ahead: ["--success-color", "▲"],
  on_track: ["--success-color", "●"],
  behind: ["--warning-color", "▼"],
  at_risk: ["--error-color", "◆"],
  stalled: ["--error-color", "■"],
  overdue: ["--error-color", "✖"],
  blocked: ["--disabled-color", "⊘"],
  paused: ["--disabled-color", "Ⅱ"],
  not_started: ["--disabled-color", "○"],
};
/** @type {[string, string]} */
const UNKNOWN = ["--disabled-color", "?"];

/** What is shown in the card picker. @type {GoalMap} */
const SAMPLE = {
  columns: 3,
  rows: 2,
  goals: [
    sample("a", "G01", 0, 0, 100, "achieved"),
    sample("b", "G02", 0, 1, 60, "on_track"),
    sample("c", "G03", 1, 0.5, 35, "behind"),
    sample("d", "G04", 2, 0.5, 0, "blocked"),
  ],
  edges: ["ac", "bc", "cd"].map(([source, target]) => ({
    source,
    target,
    passes: [],
    in_cycle: false,
  })),
  groups: [],
};

/**
 * @param {string} id @param {string} code @param {number} column @param {number} row
 * @param {number} progress @param {string} pace
 * @returns {MapGoal}
 */
function sample(id, code, column, row, progress, pace) {
  return {
    ...{ goal_id: id, goal_code: code, name: code, column, row, progress, pace, status: "active" },
    ...{
      owner: null,
      why: null,
      target_date: null,
      finish: null,
      next_milestone: null,
      entity_id: null,
    },
  };
}

const STYLE = `
  :host { display: block; height: 100%; }
  ha-card { display: flex; flex-direction: column; overflow: hidden; height: 100%; }
  .frame { position: relative; flex: 1; min-height: 180px; }
  svg { display: block; width: 100%; height: 100%; touch-action: none; cursor: grab; user-select: none; }
  svg.moving { cursor: grabbing; }
  .goal { cursor: pointer; outline: none; }
  .goal rect { fill: var(--card-background-color, #fff); stroke: var(--divider-color, #ccc); stroke-width: 1; }
  .goal:focus-visible rect, .goal.selected rect { stroke: var(--primary-color); stroke-width: 3; }
  .name { fill: var(--primary-text-color); font-size: 13px; font-weight: 500; }
  .detail { fill: var(--secondary-text-color); font-size: 11px; }
  .track { fill: none; stroke: var(--divider-color, #ddd); stroke-width: 4; }
  .ring { fill: none; stroke-width: 4; stroke-linecap: round; }
  .percent { fill: var(--primary-text-color); font-size: 10px; text-anchor: middle; dominant-baseline: central; }
  .edge { fill: none; stroke: var(--secondary-text-color); stroke-width: 1.5; opacity: 0.6; }
  .edge.near { stroke: var(--primary-color); stroke-width: 2.5; opacity: 1; }
  .edge.circle { stroke-dasharray: 5 4; }
  .group { fill: none; stroke: var(--warning-color); stroke-width: 1.5; stroke-dasharray: 3 3; }
  .tools { position: absolute; inset-inline-end: 8px; top: 8px; display: flex; gap: 4px; }
  .tools button { width: 36px; height: 36px; border: none; border-radius: 18px; cursor: pointer; font-size: 18px;
    color: var(--primary-text-color); background: var(--secondary-background-color, #eee); }
  .facts { padding: 12px 16px; border-top: 1px solid var(--divider-color); font-size: 14px; line-height: 1.5; }
  .facts h3 { margin: 0 0 4px; font-size: 16px; }
  .facts dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 4px 0 8px; }
  .facts dt { color: var(--secondary-text-color); }
  .facts dd { margin: 0; }
  .facts button { border: 1px solid var(--primary-color); border-radius: 16px; padding: 6px 16px; cursor: pointer;
    font: inherit; color: var(--primary-text-color); background: none; }
  .empty { padding: 24px 16px; color: var(--secondary-text-color); }
  @media (prefers-reduced-motion: no-preference) { .ring { transition: stroke-dashoffset 0.4s; } }
`;

/** The card `custom:digital-twin-goal-map`. */
export class GoalMapCard extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    /** @type {Record<string, any>} */ this._config = {};
    /** @type {Hass | undefined} */ this._hass = undefined;
    /** @type {GoalMap | undefined} */ this._map = undefined;
    /** @type {string | undefined} */ this._selected = undefined;
    /** @type {(() => void) | undefined} */ this._unsubscribe = undefined;
    this._view = { x: 0, y: 0, scale: 1 };
    /** @type {Map<number, PointerEvent>} */ this._pointers = new Map();
    this._moved = 0;
    this._isFollowing = false;
    this._isFitted = false;
    this._timer = 0;
    this._sizes = new ResizeObserver(() => this._isFitted || this._fit());
  }

  static getStubConfig() {
    return {};
  }

  /** @param {Hass} hass @param {string} entityId */
  static suggestionFor(hass, entityId) {
    const entity = hass.entities[entityId];
    const isGoal =
      entity?.platform === DOMAIN &&
      ["progress", "pace", "status"].includes(entity.translation_key ?? "");
    return isGoal ? { config: { type: "custom:digital-twin-goal-map" } } : null;
  }

  /** @param {Record<string, any>} config - `person` limits the map to the goals of one person */
  setConfig(config) {
    if (config.person !== undefined && typeof config.person !== "string") {
      throw new Error("person: a name or an id is expected");
    }
    this._config = config;
  }

  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: "full", rows: 8, min_columns: 6, min_rows: 3 };
  }

  /** @param {Hass} hass */
  set hass(hass) {
    const isNew = this._hass?.language !== hass.language;
    this._hass = hass;
    if (isNew && this._map) {
      this._draw();
    }
    if (this.isConnected) {
      this._follow();
    }
  }

  connectedCallback() {
    if (this.closest("hui-card-preview, ha-card-picker, hui-card-picker")) {
      this._map ??= SAMPLE;
      this._draw();
    }
    this._sizes.observe(this);
    this._follow();
  }

  disconnectedCallback() {
    this._unsubscribe?.();
    this._unsubscribe = undefined;
    this._isFollowing = false;
    this._sizes.disconnect();
    clearTimeout(this._timer);
  }

  async _follow() {
    if (this._isFollowing || !this._hass) {
      return;
    }
    this._isFollowing = true;
    await this._read();
    try {
      const end = await this._hass.connection.subscribeMessage(() => this._readSoon(), {
        type: `${DOMAIN}/subscribe`,
        kind: "goal",
        fields: ["name", "goal_code", "status", "pace", "progress", "dependencies", "target_date"],
      });
      if (this._isFollowing) {
        this._unsubscribe = end;
      } else {
        end();
      }
    } catch {
      // The integration is not loaded; what is drawn stays.
    }
  }

  _readSoon() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._read(), CALM);
  }

  async _read() {
    if (!this._hass) {
      return;
    }
    const { person } = this._config;
    try {
      const map = await this._hass.callWS({
        type: `${DOMAIN}/goal_map`,
        ...(person ? { person } : {}),
      });
      const before = this._map?.goals.length;
      this._map = /** @type {GoalMap} */ (map);
      this._draw();
      if (before !== this._map.goals.length || !this._isFitted) {
        this._fit();
      }
    } catch (error) {
      this._say(/** @type {{message?: string}} */ (error).message ?? this._texts.not_loaded);
    }
  }

  get _texts() {
    return textsOf(this._hass?.language);
  }

  /** @param {string} message */
  _say(message) {
    const card = element("ha-card");
    card.append(element("div", { class: "empty" }, message));
    this._replace(card);
  }

  /** @param {Element} card */
  _replace(card) {
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.shadowRoot?.replaceChildren(style, card);
  }

  _draw() {
    const map = this._map;
    if (!map) {
      return;
    }
    const texts = this._texts;
    if (!map.goals.length) {
      this._say(texts.no_goals);
      return;
    }
    const focused = /** @type {HTMLElement | null} */ (this.shadowRoot?.activeElement)?.dataset
      .goal;
    const card = element("ha-card");
    const frame = element("div", { class: "frame" });
    const svg = shape("svg", { role: "group", "aria-label": texts.goal_map, class: "map" });
    const world = shape("g", { class: "world" });
    const places = new Map(map.goals.map((goal) => [goal.goal_id, goal]));
    for (const group of map.groups) {
      world.append(groupShape(group, texts));
    }
    for (const edge of map.edges) {
      const line = edgeShape(edge, places);
      line.classList.toggle("near", [edge.source, edge.target].includes(this._selected ?? ""));
      world.append(line);
    }
    for (const goal of map.goals) {
      world.append(this._goalShape(goal));
    }
    svg.append(arrowHead(), world);
    frame.append(svg, this._tools(texts));
    card.append(frame);
    const selected = places.get(this._selected ?? "");
    if (selected) {
      card.append(this._facts(selected, map));
    }
    this._replace(card);
    this._listen(/** @type {SVGSVGElement} */ (svg));
    this._apply();
    if (focused) {
      /** @type {HTMLElement | null} */ (
        this.shadowRoot?.querySelector(`[data-goal="${focused}"]`)
      )?.focus();
    }
  }

  /** @param {MapGoal} goal */
  _goalShape(goal) {
    const [color, sign] = paceOf(goal);
    const left = MARGIN + goal.column * COLUMN;
    const top = MARGIN + goal.row * ROW;
    const percent = goal.progress === null ? "" : `${Math.round(goal.progress)}%`;
    const pace = this._paceText(goal);
    const node = shape("g", {
      class: `goal${goal.goal_id === this._selected ? " selected" : ""}`,
      transform: `translate(${left} ${top})`,
      tabindex: "0",
      role: "button",
      "aria-label": [goal.goal_code, goal.name, percent, pace].filter(Boolean).join(", "),
      "data-goal": goal.goal_id,
    });
    const around = 2 * Math.PI * RING;
    const share = Math.min(1, Math.max(0, (goal.progress ?? 0) / 100));
    const ring = { cx: 28, cy: HEIGHT / 2, r: RING };
    node.append(
      shape("rect", { width: WIDTH, height: HEIGHT, rx: 12 }),
      shape("circle", { class: "track", ...ring }),
      shape("circle", {
        class: "ring",
        ...ring,
        style: `stroke: var(${color})`,
        "stroke-dasharray": around,
        "stroke-dashoffset": around * (1 - share),
        transform: `rotate(-90 28 ${HEIGHT / 2})`,
        visibility: share ? "visible" : "hidden",
      }),
      shape("text", { class: "percent", x: 28, y: HEIGHT / 2 }, percent),
      shape("text", { class: "name", x: 54, y: 23 }, shortened(goal.name)),
      shape("text", { class: "detail", x: 54, y: 41 }, `${goal.goal_code} · ${sign} ${pace}`),
      shape("title", {}, goal.name),
    );
    node.addEventListener("click", () => this._moved < 6 && this._choose(goal.goal_id));
    node.addEventListener("keydown", (event) =>
      this._key(/** @type {KeyboardEvent} */ (event), goal),
    );
    return node;
  }

  /** @param {MapGoal} goal */
  _paceText(goal) {
    const key = `component.${DOMAIN}.entity.sensor.pace.state.${goal.pace}`;
    return (goal.pace && this._hass?.localize(key)) || this._texts.unknown;
  }

  /** @param {string} goalId */
  _choose(goalId) {
    this._selected = this._selected === goalId ? undefined : goalId;
    this._draw();
  }

  /** @param {KeyboardEvent} event @param {MapGoal} goal */
  _key(event, goal) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this._choose(goal.goal_id);
      return;
    }
    const [right, down] = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowDown: [0, 1],
      ArrowUp: [0, -1],
    }[event.key] ?? [0, 0];
    const next = right || down ? nearest(this._map?.goals ?? [], goal, right, down) : undefined;
    if (next) {
      event.preventDefault();
      /** @type {HTMLElement | null} */ (
        this.shadowRoot?.querySelector(`[data-goal="${next.goal_id}"]`)
      )?.focus();
    }
  }

  /** @param {MapGoal} goal @param {GoalMap} map */
  _facts(goal, map) {
    const texts = this._texts;
    const facts = element("section", { class: "facts", "aria-live": "polite" });
    facts.append(element("h3", {}, `${goal.goal_code} ${goal.name}`));
    if (goal.why) {
      facts.append(element("div", {}, goal.why));
    }
    const list = element("dl");
    const late = daysLate(goal);
    const waits = map.edges
      .filter((edge) => edge.target === goal.goal_id)
      .map((edge) => map.goals.find((one) => one.goal_id === edge.source)?.name)
      .join(", ");
    for (const [label, value] of [
      [texts.owner, goal.owner],
      [texts.target, this._day(goal.target_date)],
      [
        texts.finish,
        [this._day(goal.finish), late > 0 ? filled(texts.days_late, { days: late }) : ""]
          .filter(Boolean)
          .join(", "),
      ],
      [
        texts.milestone,
        goal.next_milestone &&
          `${goal.next_milestone.name}, ${this._day(goal.next_milestone.date)}`,
      ],
      [texts.waits_for, waits],
    ]) {
      if (label && value) {
        list.append(element("dt", {}, label), element("dd", {}, value));
      }
    }
    facts.append(list);
    if (goal.entity_id) {
      const open = element("button", { type: "button" }, texts.open);
      open.addEventListener("click", () => this._open(/** @type {string} */ (goal.entity_id)));
      facts.append(open);
    }
    return facts;
  }

  /** @param {string | null} day */
  _day(day) {
    return day
      ? new Date(`${day}T12:00`).toLocaleDateString(this._hass?.locale.language, {
          day: "numeric",
          month: "long",
          year: "numeric",
        })
      : "";
  }

  /** @param {string} entityId */
  _open(entityId) {
    this.dispatchEvent(
      new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }),
    );
  }

  /** @param {Texts} texts */
  _tools(texts) {
    const tools = element("div", { class: "tools" });
    for (const [label, sign, act] of /** @type {[string, string, () => void][]} */ ([
      [texts.zoom_in, "+", () => this._zoom(1.3)],
      [texts.zoom_out, "−", () => this._zoom(1 / 1.3)],
      [texts.fit, "⤢", () => this._fit()],
    ])) {
      const button = element("button", { type: "button", "aria-label": label, title: label }, sign);
      button.addEventListener("click", act);
      tools.append(button);
    }
    return tools;
  }

  /** @param {SVGSVGElement} svg */
  _listen(svg) {
    svg.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) {
          event.preventDefault();
          this._zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, event.offsetX, event.offsetY);
        }
      },
      { passive: false },
    );
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
        svg.classList.toggle("moving", this._pointers.size > 0 && this._moved > 5);
      });
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
    if (this._moved > 5 && !svg.hasPointerCapture(event.pointerId)) {
      svg.setPointerCapture(event.pointerId);
      svg.classList.add("moving");
    }
    const others = [...this._pointers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (others.length) {
      const box = svg.getBoundingClientRect();
      const [other] = others;
      const was = Math.hypot(before.clientX - other.clientX, before.clientY - other.clientY);
      const is = Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
      const middle = [
        (event.clientX + other.clientX) / 2 - box.left,
        (event.clientY + other.clientY) / 2 - box.top,
      ];
      this._zoom(was ? is / was : 1, ...middle);
    } else {
      this._view.x += dx;
      this._view.y += dy;
      this._apply();
    }
    this._pointers.set(event.pointerId, event);
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] - what stays where it is */
  _zoom(factor, x, y) {
    const box = this.shadowRoot?.querySelector("svg.map")?.getBoundingClientRect();
    const [atX, atY] = [x ?? (box?.width ?? 0) / 2, y ?? (box?.height ?? 0) / 2];
    const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, this._view.scale * factor));
    const ratio = scale / this._view.scale;
    this._view = {
      x: atX - (atX - this._view.x) * ratio,
      y: atY - (atY - this._view.y) * ratio,
      scale,
    };
    this._apply();
  }

  _fit() {
    const box = this.shadowRoot?.querySelector("svg.map")?.getBoundingClientRect();
    if (!this._map || !box?.width) {
      return;
    }
    this._isFitted = box.height > ROW;
    const width = 2 * MARGIN + (this._map.columns - 1) * COLUMN + WIDTH;
    const height = 2 * MARGIN + (this._map.rows - 1) * ROW + HEIGHT;
    const scale = Math.min(
      1.2,
      Math.max(LEAST_SCALE, Math.min(box.width / width, box.height / height)),
    );
    this._view = {
      x: Math.max(0, (box.width - width * scale) / 2),
      y: Math.max(0, (box.height - height * scale) / 2),
      scale,
    };
    this._apply();
  }

  _apply() {
    const { x, y, scale } = this._view;
    this.shadowRoot
      ?.querySelector(".world")
      ?.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
  }
}

/** @param {MapGoal} goal @returns {[string, string]} */
function paceOf(goal) {
  return (
    /** @type {Record<string, [string, string]>} */ (/** @type {unknown} */ (PACES))[
      goal.pace ?? ""
    ] ?? UNKNOWN
  );
}

/** @param {string} name */
function shortened(name) {
  return name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;
}

/** @param {MapGoal} goal */
function daysLate(goal) {
  return goal.finish && goal.target_date
    ? Math.round((Date.parse(goal.finish) - Date.parse(goal.target_date)) / 86_400_000)
    : 0;
}

/** @param {MapGoal[]} goals @param {MapGoal} from @param {number} right @param {number} down */
function nearest(goals, from, right, down) {
  let best;
  let least = Infinity;
  for (const goal of goals) {
    const [columns, rows] = [goal.column - from.column, goal.row - from.row];
    const along = columns * right + rows * down;
    const aside = Math.abs(columns * down) + Math.abs(rows * right);
    if (along > 0.01 && along + 2 * aside < least) {
      least = along + 2 * aside;
      best = goal;
    }
  }
  return best;
}

/** @param {MapGroup} group @param {Texts} texts */
function groupShape(group, texts) {
  const frame = shape("rect", {
    class: "group",
    x: MARGIN + group.column * COLUMN - 10,
    y: MARGIN + group.row * ROW - 10,
    width: WIDTH + 20,
    height: (group.goal_ids.length - 1) * ROW + HEIGHT + 20,
    rx: 16,
  });
  frame.append(shape("title", {}, texts.in_circle));
  return frame;
}

/** @param {MapEdge} edge @param {Map<string, MapGoal>} goals */
function edgeShape(edge, goals) {
  const [source, target] = [goals.get(edge.source), goals.get(edge.target)];
  if (!source || !target) {
    return shape("path");
  }
  const middle = HEIGHT / 2;
  const begin = [MARGIN + source.column * COLUMN + WIDTH, MARGIN + source.row * ROW + middle];
  const end = [MARGIN + target.column * COLUMN - 4, MARGIN + target.row * ROW + middle];
  let path;
  if (edge.in_cycle) {
    const x = begin[0];
    path = `M ${x} ${begin[1]} C ${x + 42} ${begin[1]} ${x + 42} ${end[1]} ${x + 4} ${end[1]}`;
  } else {
    path = `M ${begin[0]} ${begin[1]}`;
    let [x, y] = begin;
    for (const [column, row] of [...edge.passes, undefined].map((one) => one ?? [NaN, NaN])) {
      const last = Number.isNaN(column);
      const [toX, toY] = last ? end : [MARGIN + column * COLUMN, MARGIN + row * ROW + middle];
      const bend = (toX - x) / 2;
      path += ` C ${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
      [x, y] = [toX, toY];
      if (!last) {
        x += WIDTH;
        path += ` L ${x} ${y}`;
      }
    }
  }
  return shape("path", {
    class: `edge${edge.in_cycle ? " circle" : ""}`,
    d: path,
    "marker-end": "url(#arrow)",
  });
}

function arrowHead() {
  const definitions = shape("defs");
  const marker = shape("marker", {
    ...{ id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4 },
    ...{ markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" },
  });
  marker.append(
    shape("path", { d: "M 0 0 L 8 4 L 0 8 z", style: "fill: var(--secondary-text-color)" }),
  );
  definitions.append(marker);
  return definitions;
}

/** @param {string} name @param {Record<string, string | number>} [attributes] @param {string} [content] */
function shape(name, attributes = {}, content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  return dressed(made, attributes, content);
}

/** @param {string} name @param {Record<string, string | number>} [attributes] @param {string} [content] */
function element(name, attributes = {}, content) {
  return dressed(document.createElement(name), attributes, content);
}

/**
 * @template {Element} T
 * @param {T} made @param {Record<string, string | number>} attributes @param {string} [content]
 */
function dressed(made, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  if (content !== undefined) {
    made.textContent = content;
  }
  return made;
}
