/** A card that shows weeks as a heat map: what goals gained, or how metrics went. */

import { emptyText, FollowingCard } from "./following-card.js";
import { filled, textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";

/** @typedef {import("./twins.js").Hass} Hass */

/**
 * @typedef {{value: number | null, at_end: number | null, happened: string[], more: number}} Cell
 * @typedef {{id: string, name: string, code: string | null, unit: string | null,
 *   entity_id: string | null, cells: Cell[]}} Row
 * @typedef {{weeks: string[], rows: Row[]}} Weeks
 */

const USUAL_WEEKS = 12;
const LIGHTEST = 12;
const DARKEST = 85;

const STYLE = `
  :host { display: block; }
  ha-card { padding: 12px 16px; overflow-x: auto; }
  table { border-collapse: separate; border-spacing: 3px; width: 100%; font-size: 12px; }
  th { font-weight: 400; color: var(--secondary-text-color); text-align: center; white-space: nowrap; }
  th[scope=row] { color: var(--primary-text-color); text-align: start; padding-inline-end: 8px; max-width: 180px;
    overflow: hidden; text-overflow: ellipsis; position: sticky; inset-inline-start: 0;
    background: var(--ha-card-background, var(--card-background-color, #fff)); }
  td { height: 28px; min-width: 34px; border-radius: 6px; text-align: center; color: var(--primary-text-color);
    background: var(--secondary-background-color); }
  td.none { background: none; border: 1px dashed var(--divider-color); }
  button { all: unset; cursor: pointer; }
  button:focus-visible { outline: 2px solid var(--primary-color); }
  .empty { color: var(--secondary-text-color); padding: 12px 0; }
`;

/** The card `custom:digital-twin-weeks`. */
export class WeeksCard extends FollowingCard {
  constructor() {
    super();
    /** @type {Record<string, any>} */ this._config = {};
  }

  static getStubConfig() {
    return { weeks: USUAL_WEEKS };
  }

  /** @param {Hass} hass @param {string} entityId */
  static suggestionFor(hass, entityId) {
    const entity = hass.entities[entityId];
    const isGoal = entity?.platform === DOMAIN && entity.translation_key === "progress";
    return isGoal ? { config: { type: "custom:digital-twin-weeks", weeks: USUAL_WEEKS } } : null;
  }

  /**
   * @param {Record<string, any>} config - `weeks`; `person` for their goals, with `metrics: true`
   *   for their metrics
   */
  setConfig(config) {
    const { weeks = USUAL_WEEKS, metrics = false, person } = config;
    if (!Number.isInteger(weeks) || weeks < 1 || weeks > 57) {
      throw new Error("weeks: a whole number from 1 to 57 is expected");
    }
    if (metrics && !person) {
      throw new Error("person: is needed with metrics");
    }
    this._config = { ...config, weeks };
  }

  getCardSize() {
    return 4;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  /** @override */
  get followed() {
    return [{ kind: this._config.metrics ? "person" : "goal", fields: ["name", "revision"] }];
  }

  /** @override */
  get styles() {
    return STYLE;
  }

  /** @override */
  async read() {
    if (!this._hass) {
      return;
    }
    const { weeks, person, metrics } = this._config;
    const texts = textsOf(this._hass.language);
    try {
      const found = /** @type {Weeks} */ (
        await this._hass.callWS({
          type: `${DOMAIN}/weeks`,
          weeks,
          ...(person ? { person } : {}),
          ...(metrics ? { metrics } : {}),
        })
      );
      this.replace(found.rows.length ? this._table(found) : emptyText(texts.no_weeks));
    } catch (error) {
      this.replace(
        emptyText(/** @type {{message?: string}} */ (error).message ?? texts.not_loaded),
      );
    }
  }

  /** @param {Weeks} found */
  _table({ weeks, rows }) {
    const table = document.createElement("table");
    const head = table.createTHead().insertRow();
    const isOfGoals = rows.some((row) => row.code !== null);
    head.append(heading(isOfGoals ? textsOf(this._hass?.language).in_points : "", "col"));
    for (const week of weeks) {
      head.append(heading(this._day(week, { day: "numeric", month: "numeric" }), "col"));
    }
    const body = table.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      const name = heading("", "row");
      name.append(this._nameOf(row));
      line.append(name);
      const shade = shades(row.cells.map((cell) => cell.value));
      row.cells.forEach((cell, index) =>
        this._fill(line.insertCell(), cell, row, weeks[index], shade(cell.value)),
      );
    }
    return table;
  }

  /** @param {Row} row */
  _nameOf(row) {
    const text = row.code ? `${row.code} ${row.name}` : row.name;
    const { entity_id: entityId } = row;
    if (!entityId) {
      return document.createTextNode(text);
    }
    const button = document.createElement("button");
    button.textContent = text;
    button.title = text;
    button.addEventListener("click", () =>
      this.dispatchEvent(
        new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }),
      ),
    );
    return button;
  }

  /**
   * @param {HTMLTableCellElement} box @param {Cell} cell @param {Row} row @param {string} week
   * @param {number | undefined} shade - in percent; negative for a loss
   */
  _fill(box, cell, row, week, shade) {
    if (cell.value === null) {
      box.className = "none";
      return;
    }
    const texts = textsOf(this._hass?.language);
    const isGoal = row.code !== null;
    const number = this._number(cell.value, isGoal);
    box.textContent = isGoal && cell.value === 0 ? "" : number;
    const lines = [
      `${row.name}, ${filled(texts.week_of, { day: this._day(week, { day: "numeric", month: "long" }) })}`,
      isGoal
        ? `${texts.gained} ${number}%, ${this._number(cell.at_end ?? 0, false)}% ${texts.done}`
        : `${number} ${row.unit ?? ""}`,
      ...cell.happened,
      ...(cell.more ? [filled(texts.and_more, { count: cell.more })] : []),
    ];
    box.title = lines.join("\n");
    box.setAttribute("aria-label", lines.join(", "));
    if (shade) {
      const color = shade < 0 ? "--error-color" : "--primary-color";
      box.style.background = `color-mix(in srgb, var(${color}) ${Math.abs(shade)}%, transparent)`;
    }
  }

  /** @param {string} day @param {Intl.DateTimeFormatOptions} style */
  _day(day, style) {
    return new Date(`${day}T12:00`).toLocaleDateString(this._hass?.locale.language, style);
  }

  /** @param {number} value @param {boolean} withSign */
  _number(value, withSign) {
    const digits = Math.abs(value) < 10 ? 1 : 0;
    return value.toLocaleString(this._hass?.locale.language, {
      maximumFractionDigits: digits,
      signDisplay: withSign ? "exceptZero" : "auto",
    });
  }
}

/**
 * Return what tells how dark a value of a row is, in percent: a loss is negative.
 *
 * What goals gain is compared with nothing, what metrics are with the least value of the row.
 * @param {(number | null)[]} values
 * @returns {(value: number | null) => number | undefined}
 */
function shades(values) {
  const known = /** @type {number[]} */ (values.filter((value) => value !== null));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const base = least > 0 && least > most / 3 ? least - (most - least) / 10 : 0;
  const size = Math.max(Math.abs(most - base), Math.abs(least - base)) || 1;
  return (value) => {
    if (value === null || value === base) {
      return undefined;
    }
    const share = (value - base) / size;
    return Math.round(Math.sign(share) * (LIGHTEST + Math.abs(share) * (DARKEST - LIGHTEST - 30)));
  };
}

/** @param {string} content @param {string} scope */
function heading(content, scope) {
  const made = document.createElement("th");
  made.scope = scope;
  made.textContent = content;
  return made;
}
