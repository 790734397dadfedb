/** A card that says in sentences what changed today, and by whom. */

import { emptyText, FollowingCard } from "./following-card.js";
import { filled, textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";

/** @typedef {{at: string, text: string, name: string, goal_code: string | null}} Change */

const USUAL_MOST = 8;

const STYLE = `
  :host { display: block; }
  ha-card { padding: 8px 16px; }
  ol { list-style: none; margin: 0; padding: 0; }
  li { display: flex; gap: 12px; padding: 6px 0; line-height: 1.35; }
  li + li { border-top: 1px solid var(--divider-color); }
  time { color: var(--secondary-text-color); font-variant-numeric: tabular-nums; white-space: nowrap; }
  .text { overflow-wrap: anywhere; }
  .empty { color: var(--secondary-text-color); padding: 8px 0; }
`;

/** The card `custom:digital-twin-changes`. */
export class ChangesCard extends FollowingCard {
  constructor() {
    super();
    /** @type {Record<string, any>} */ this._config = {};
  }

  static getStubConfig() {
    return {};
  }

  /** @param {Record<string, any>} config - `most` changes are shown, `kind` limits them */
  setConfig(config) {
    const { most = USUAL_MOST, kind } = config;
    if (!Number.isInteger(most) || most < 1 || most > 50) {
      throw new Error("most: a whole number from 1 to 50 is expected");
    }
    if (kind !== undefined && !["home", "person", "goal"].includes(kind)) {
      throw new Error("kind: home, person or goal is expected");
    }
    this._config = { ...config, most };
  }

  getCardSize() {
    return 3;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  /** @override */
  get followed() {
    const kinds = this._config.kind ? [this._config.kind] : ["home", "person", "goal"];
    return kinds.map((kind) => ({ kind, fields: ["revision"] }));
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
    const texts = textsOf(this._hass.language);
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const { kind, most } = this._config;
    try {
      const { changes } = /** @type {{changes: Change[]}} */ (
        await this._hass.callWS({
          type: `${DOMAIN}/changes`,
          since: midnight.toISOString(),
          ...(kind ? { kind } : {}),
        })
      );
      this.replace(
        changes.length ? this._list(changes, most) : emptyText(texts.nothing_changed_today),
      );
    } catch (error) {
      this.replace(
        emptyText(/** @type {{message?: string}} */ (error).message ?? texts.not_loaded),
      );
    }
  }

  /** @param {Change[]} changes @param {number} most */
  _list(changes, most) {
    const list = document.createElement("ol");
    for (const change of changes.slice(0, most)) {
      const time = document.createElement("time");
      time.dateTime = change.at;
      time.textContent = new Date(change.at).toLocaleTimeString(this._hass?.locale.language, {
        hour: "2-digit",
        minute: "2-digit",
      });
      list.append(line(time, sentence(change)));
    }
    if (changes.length > most) {
      const texts = textsOf(this._hass?.language);
      list.append(line(undefined, filled(texts.and_more, { count: changes.length - most })));
    }
    return list;
  }
}

/**
 * Return what changed; a goal with its name beside its code.
 * @param {Change} change
 */
function sentence({ text, name, goal_code: code }) {
  return code && text.startsWith(`${code}: `) ? text.replace(code, () => `${code} ${name}`) : text;
}

/** @param {Element | undefined} time @param {string} content */
function line(time, content) {
  const made = document.createElement("li");
  const said = document.createElement("span");
  said.className = "text";
  said.textContent = content;
  made.append(...(time ? [time] : []), said);
  return made;
}
