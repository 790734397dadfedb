/** A dialog that asks what would be different with another date, pace or context of a goal. */

import { dayText, named, slipSentences } from "./goal-map-facts.js";
import { element } from "./goal-map-shapes.js";
import { filled } from "./texts.js";
import { DOMAIN, entityOf, twinsById } from "./twins.js";

/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./goal-map-shapes.js").GoalMap} GoalMap */
/** @typedef {import("./goal-map-shapes.js").MapGoal} MapGoal */
/** @typedef {import("./goal-map-shapes.js").Slip} Slip */

/**
 * @typedef {{key: string, name: string, kind: string, unit?: string}} KeyResult
 * @typedef {{before: any, after: any}} Change
 * @typedef {{goal_id: string, changes: Record<string, Change>}} Difference
 */

// Milliseconds for which nothing was entered before it is asked.
const CALM = 300;
// The kinds of key results that have a pace.
const PACED = ["reach", "accumulate", "checklist"];

const STYLE = `
  dialog { width: min(560px, calc(100vw - 48px)); max-height: calc(100vh - 96px); padding: 0; border: none;
    border-radius: 16px; background: var(--card-background-color, #fff); color: var(--primary-text-color);
    font-family: inherit; font-size: 14px; line-height: 1.5; }
  dialog::backdrop { background: rgb(0 0 0 / 0.4); }
  form { margin: 0; display: flex; flex-direction: column; gap: 12px; padding: 20px 24px; }
  h2 { margin: 0; font-size: 18px; font-weight: 500; }
  label { display: grid; gap: 4px; color: var(--secondary-text-color); }
  input, select { font: inherit; padding: 8px; border: 1px solid var(--divider-color, #ccc); border-radius: 8px;
    color: var(--primary-text-color); background: var(--card-background-color, #fff); }
  .pace { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
  ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 8px; }
  li div { color: var(--secondary-text-color); }
  .error { color: var(--error-color); }
  button { align-self: end; border: 1px solid var(--primary-color); border-radius: 16px; padding: 6px 16px;
    cursor: pointer; font: inherit; color: var(--primary-text-color); background: none; }
  @media (max-width: 450px) { .pace { grid-template-columns: 1fr; } }
`;

/**
 * Ask for another date or pace of a goal, and show what moves. Nothing is written.
 * @param {Hass} hass @param {MapGoal} goal @param {GoalMap} map @param {Texts} texts
 */
export async function openWhatIf(hass, goal, map, texts) {
  const dialog = new WhatIf(hass, goal, map, texts);
  await dialog.open();
}

class WhatIf {
  /** @param {Hass} hass @param {MapGoal} goal @param {GoalMap} map @param {Texts} texts */
  constructor(hass, goal, map, texts) {
    this._hass = hass;
    this._goal = goal;
    this._map = map;
    this._texts = texts;
    this._timer = 0;
    this._asked = 0;
    this._answer = element("div", { role: "status", "aria-live": "polite" });
    this._date = input("date", goal.target_date ?? "");
    this._pace = input("number", "");
    this._keyResults = /** @type {HTMLSelectElement} */ (element("select"));
    this._context = /** @type {HTMLSelectElement} */ (element("select"));
    this._until = input("date", "");
  }

  async open() {
    const host = element("div");
    const root = host.attachShadow({ mode: "open" });
    const dialog = /** @type {HTMLDialogElement} */ (element("dialog", { "aria-labelledby": "t" }));
    dialog.append(await this._form());
    root.append(element("style", {}, STYLE), dialog);
    document.body.append(host);
    dialog.addEventListener("close", () => {
      clearTimeout(this._timer);
      host.remove();
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.showModal();
  }

  async _form() {
    const { _texts: texts } = this;
    const form = /** @type {HTMLFormElement} */ (element("form", { method: "dialog" }));
    form.append(
      element("h2", { id: "t" }, filled(texts.what_if_of, { goal: named(this._goal) })),
      labelled(texts.target, this._date),
    );
    const known = await this._paced();
    if (known.length) {
      this._keyResults.append(
        ...known.map((one) =>
          element("option", { value: one.key }, one.unit ? `${one.name} (${one.unit})` : one.name),
        ),
      );
      for (const [name, value] of Object.entries({ min: "0", step: "any" })) {
        this._pace.setAttribute(name, value);
      }
      const pace = element("div", { class: "pace" });
      pace.append(
        labelled(texts.key_result, this._keyResults),
        labelled(texts.per_week, this._pace),
      );
      form.append(pace);
    }
    form.append(...this._contextFields());
    form.append(this._answer, element("button", {}, texts.close));
    form.addEventListener("input", () => this._askSoon());
    // Enter asks; only the button and Escape close.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
        event.preventDefault();
        this._ask();
      }
    });
    return form;
  }

  /** The fields for the context of the owner; none of somebody whom the user may not read. */
  _contextFields() {
    const { owner, owner_id: id } = this._goal;
    const twin = id && twinsById(this._hass).get(id);
    const select = twin && this._hass.states[entityOf(twin, "select", "person_context") ?? ""];
    if (!select) {
      return [];
    }
    const key = `component.${DOMAIN}.entity.select.person_context.state`;
    this._context.append(
      element("option", { value: "" }, "–"),
      ...select.attributes.options.map((/** @type {string} */ one) =>
        element("option", { value: one }, this._hass.localize(`${key}.${one}`)),
      ),
    );
    const row = element("div", { class: "pace" });
    row.append(
      labelled(filled(this._texts.context_of, { name: owner ?? "" }), this._context),
      labelled(this._texts.until, this._until),
    );
    return [row];
  }

  /** @returns {Promise<KeyResult[]>} */
  async _paced() {
    try {
      const message = { type: `${DOMAIN}/get`, kind: "goal", twin: this._goal.goal_id };
      const goal = /** @type {{progress_metrics: KeyResult[]}} */ (
        await this._hass.callWS(message)
      );
      return goal.progress_metrics.filter((one) => PACED.includes(one.kind));
    } catch {
      // It was deleted, or the integration is not loaded: the answer will say so.
      return [];
    }
  }

  _askSoon() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._ask(), CALM);
  }

  async _ask() {
    clearTimeout(this._timer);
    const supposed = this._supposed();
    const number = ++this._asked;
    if (!supposed) {
      this._answer.replaceChildren();
      return;
    }
    try {
      const message = { type: `${DOMAIN}/simulate`, ...supposed };
      const found = /** @type {{goals: Difference[]}} */ (await this._hass.callWS(message));
      // What was entered meanwhile has an answer of its own.
      if (number === this._asked) {
        this._answer.replaceChildren(this._list(found.goals));
      }
    } catch (error) {
      const text = /** @type {{message?: string}} */ (error).message ?? this._texts.not_loaded;
      this._answer.replaceChildren(element("div", { class: "error" }, text));
    }
  }

  _supposed() {
    /** @type {Record<string, unknown>} */ const supposed = {};
    if (this._date.value !== (this._goal.target_date ?? "")) {
      supposed.target_date = this._date.value || null;
    }
    const perWeek = this._pace.valueAsNumber;
    if (!Number.isNaN(perWeek)) {
      supposed.key_results = [{ key_result: this._keyResults.value, per_week: perWeek }];
    }
    /** @type {Record<string, unknown[]>} */ const asked = {};
    if (Object.keys(supposed).length) {
      asked.goals = [{ goal: this._goal.goal_id, ...supposed }];
    }
    if (this._context.value) {
      const until = this._until.value ? { until: this._until.value } : {};
      asked.contexts = [{ person: this._goal.owner_id, context: this._context.value, ...until }];
    }
    return Object.keys(asked).length ? asked : undefined;
  }

  /** @param {Difference[]} differences */
  _list(differences) {
    const list = element("ul");
    const slips = new Map(differences.map((one) => [one.goal_id, one.changes.slip]));
    const goals = this._map.goals.map((one) => {
      const slip = slips.get(one.goal_id);
      return slip ? { ...one, slip: slip.after } : one;
    });
    for (const { goal_id: id, changes } of differences) {
      const goal = goals.find((one) => one.goal_id === id);
      const lines = goal ? this._lines(goal, changes, { ...this._map, goals }) : [];
      if (goal && lines.length) {
        const entry = element("li");
        entry.append(
          element("b", {}, named(goal)),
          ...lines.map((each) => element("div", {}, each)),
        );
        list.append(entry);
      }
    }
    return list.children.length ? list : element("div", {}, this._texts.nothing_moves);
  }

  /**
   * @param {MapGoal} goal @param {Record<string, Change>} changes
   * @param {GoalMap} map - after the changes
   */
  _lines(goal, changes, map) {
    const { _texts: texts } = this;
    const language = this._hass.locale.language;
    const lines = [];
    /** @param {string} label @param {string} before @param {string} after */
    const say = (label, before, after) => {
      if (before !== after) {
        lines.push(`${label}: ${before || texts.unknown} → ${after || texts.unknown}`);
      }
    };
    const {
      target_date: target,
      pace,
      slip,
      planned_progress: planned,
      needed_per_week: needed,
    } = changes;
    if (target) {
      say(texts.target, dayText(target.before, language), dayText(target.after, language));
    }
    if (pace) {
      say(texts.pace, this._paceText(pace.before), this._paceText(pace.after));
    }
    for (const [label, change] of /** @type {[string, Change | undefined][]} */ ([
      [texts.planned, planned],
      [texts.needed, needed],
    ])) {
      if (change) {
        say(label, percent(change.before, language), percent(change.after, language));
      }
    }
    if (slip) {
      const [before, after] = [slip.before, slip.after].map((/** @type {Slip | null} */ one) =>
        dayText(one?.finish, language),
      );
      say(texts.expected_end, before, after);
      lines.push(...slipSentences(goal, map, texts, language));
    }
    return lines;
  }

  /** @param {string | null} pace */
  _paceText(pace) {
    return pace ? this._hass.localize(`component.${DOMAIN}.entity.sensor.pace.state.${pace}`) : "";
  }
}

/** @param {string} type @param {string} value */
function input(type, value) {
  return /** @type {HTMLInputElement} */ (element("input", { type, value }));
}

/** @param {string} text @param {Element} field */
function labelled(text, field) {
  const label = element("label", {}, text);
  label.append(field);
  return label;
}

/** @param {number | null} value - in percent @param {string} language */
function percent(value, language) {
  return value === null ? "" : `${value.toLocaleString(language, { maximumFractionDigits: 1 })}%`;
}
