/** A card that draws which goal waits for which. */

import { goalFacts, legend } from "./goal-map-facts.js";
import {
  arrowHead,
  edgeShape,
  element,
  goalShape,
  groupShape,
  mapSize,
  SAMPLE,
  shape,
} from "./goal-map-shapes.js";
import { LINEAGE_STYLE, Tree } from "./lineage.js";
import { MapView } from "./map-view.js";
import { textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";
import { openWhatIf } from "./what-if-dialog.js";

/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./goal-map-shapes.js").GoalMap} GoalMap */
/** @typedef {import("./goal-map-shapes.js").MapGoal} MapGoal */
/** @typedef {import("./goal-map-facts.js").Lineage} Lineage */

// Milliseconds in which changes are collected before the map is read again.
const CALM = 400;

const STYLE = `
  :host { display: block; height: 100%; }
  ha-card { display: flex; flex-direction: column; overflow: hidden; height: 100%; }
  .frame { position: relative; flex: 1; min-height: 440px; }
  /* Where somebody gave the card a height, the facts take a part of it. */
  :host(.limited) .frame { min-height: 180px; }
  :host(.limited) .facts { max-height: 50%; overflow-y: auto; }
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
  .edge.critical { stroke: var(--primary-text-color); stroke-width: 4; opacity: 0.8; }
  .edge.near { stroke: var(--primary-color); opacity: 1; }
  .edge.near:not(.critical) { stroke-width: 2.5; }
  .edge.circle { stroke-dasharray: 5 4; }
  .group { fill: none; stroke: var(--warning-color); stroke-width: 1.5; stroke-dasharray: 3 3; }
  .tools { position: absolute; inset-inline-end: 8px; top: 8px; display: flex; gap: 4px; }
  .tools button { width: 36px; height: 36px; border: none; border-radius: 18px; cursor: pointer; font-size: 18px;
    color: var(--primary-text-color); background: var(--secondary-background-color, #eee); }
  .legend { display: flex; gap: 8px; align-items: center; padding: 8px 16px; font-size: 13px;
    color: var(--secondary-text-color); }
  .legend span { flex: none; width: 28px; border-top: 4px solid var(--primary-text-color); opacity: 0.8; }
  .facts { padding: 12px 16px; border-top: 1px solid var(--divider-color); font-size: 14px; line-height: 1.5; }
  .facts h3 { margin: 0 0 4px; font-size: 16px; }
  .facts h4 { margin: 8px 0 0; font-size: 14px; font-weight: 500; color: var(--secondary-text-color); }
  .facts .lineage { margin-bottom: 12px; }
  .facts dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 12px; margin: 4px 0 8px; }
  .facts dt { color: var(--secondary-text-color); }
  .facts dd { margin: 0; }
  .facts .buttons { display: flex; flex-wrap: wrap; gap: 8px; }
  .facts button { border: 1px solid var(--primary-color); border-radius: 16px; padding: 6px 16px; cursor: pointer;
    font: inherit; color: var(--primary-text-color); background: none; }
  .empty { padding: 24px 16px; color: var(--secondary-text-color); }
  ${LINEAGE_STYLE}
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
    /** @type {(Lineage & {goal_id: string}) | undefined} */ this._lineage = undefined;
    /** @type {(() => void) | undefined} */ this._unsubscribe = undefined;
    this._view = new MapView();
    this._isFollowing = false;
    this._timer = 0;
    this._sizes = new ResizeObserver(() => this._view.isFitted || this._fit());
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
    this.classList.toggle("limited", typeof config.grid_options?.rows === "number");
  }

  getCardSize() {
    return 6;
  }

  getGridOptions() {
    return { columns: "full", rows: "auto", min_columns: 6, min_rows: 3 };
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
        fields: [
          ...["name", "goal_code", "status", "pace", "progress"],
          ...["dependencies", "target_date", "slip"],
        ],
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
      this._readLineage();
      if (before !== this._map.goals.length || !this._view.isFitted) {
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
      const at = map.critical_path.indexOf(edge.source);
      const isCritical = at >= 0 && map.critical_path[at + 1] === edge.target;
      const line = edgeShape(edge, places, isCritical);
      line.classList.toggle("near", [edge.source, edge.target].includes(this._selected ?? ""));
      world.append(line);
    }
    for (const goal of map.goals) {
      const node = goalShape(goal, this._paceText(goal));
      node.classList.toggle("selected", goal.goal_id === this._selected);
      node.addEventListener("click", () => this._view.wasMoved || this._choose(goal.goal_id));
      node.addEventListener("keydown", (event) =>
        this._key(/** @type {KeyboardEvent} */ (event), goal),
      );
      world.append(node);
    }
    svg.append(arrowHead(), world);
    frame.append(svg, this._tools(texts));
    card.append(frame, ...legend(map, texts));
    const selected = places.get(this._selected ?? "");
    if (selected) {
      card.append(
        goalFacts(selected, map, texts, this._hass?.locale.language, {
          open: (entityId) => this._open(entityId),
          whatIf: () => this._hass && openWhatIf(this._hass, selected, map, texts),
          ...this._tree(selected, texts),
        }),
      );
    }
    this._replace(card);
    this._view.show(/** @type {SVGSVGElement} */ (svg), world);
    if (focused) {
      /** @type {HTMLElement | null} */ (
        this.shadowRoot?.querySelector(`[data-goal="${focused}"]`)
      )?.focus();
    }
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
    if (!this._view.isMoved) {
      // In a card of a given height the facts leave less for the map.
      this._fit();
    }
    this._readLineage();
  }

  /** Read what the chosen goal rests on, which the map does not tell. */
  async _readLineage() {
    const id = this._selected;
    if (!id || !this._hass) {
      return;
    }
    try {
      const message = { type: `${DOMAIN}/get`, kind: "goal", twin: id };
      const found = /** @type {Lineage & {goal_id: string}} */ (await this._hass.callWS(message));
      if (id === this._selected) {
        this._lineage = found;
        this._draw();
        if (!this._view.isMoved) {
          this._fit();
        }
      }
    } catch {
      // It was deleted, or is that of the card picker: what the map tells stays.
    }
  }

  /** @param {MapGoal} goal @param {Texts} texts */
  _tree(goal, texts) {
    if (!this._hass || this._lineage?.goal_id !== goal.goal_id) {
      return {};
    }
    const choose = (/** @type {string} */ id) => {
      const isThere = this._map?.goals.some((one) => one.goal_id === id) ?? false;
      if (isThere) {
        this._choose(id);
      }
      return isThere;
    };
    const tree = new Tree(this._hass, texts, (one) => this._open(one), choose);
    return { lineage: this._lineage, tree };
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
      [texts.zoom_in, "+", () => this._view.zoom(1.3)],
      [texts.zoom_out, "−", () => this._view.zoom(1 / 1.3)],
      [texts.fit, "⤢", () => this._fit(true)],
    ])) {
      const button = element("button", { type: "button", "aria-label": label, title: label }, sign);
      button.addEventListener("click", act);
      tools.append(button);
    }
    return tools;
  }

  _fit(isWhole = false) {
    if (this._map) {
      this._view.fit(mapSize(this._map), isWhole);
    }
  }
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
