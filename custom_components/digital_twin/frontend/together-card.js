/** A card that says in sentences which metrics of a person go together. */

import { emptyText, FollowingCard } from "./following-card.js";
import { textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";

/** @typedef {{correlations: {text: string}[], nothing: string | null}} Answer */

const USUAL_MOST = 4;

const STYLE = `
  :host { display: block; }
  ha-card { padding: 8px 16px; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { padding: 6px 0; line-height: 1.35; overflow-wrap: anywhere; }
  li + li { border-top: 1px solid var(--divider-color); }
  .empty { color: var(--secondary-text-color); padding: 8px 0; }
`;

/** The card `custom:digital-twin-together`; it reads once, for it tells of days that are over. */
export class TogetherCard extends FollowingCard {
  constructor() {
    super();
    /** @type {Record<string, any>} */ this._config = {};
  }

  /** @param {Record<string, any>} config - the `person`, of whom `most` sentences are shown */
  setConfig(config) {
    const { most = USUAL_MOST, person } = config;
    if (!Number.isInteger(most) || most < 1 || most > 10) {
      throw new Error("most: a whole number from 1 to 10 is expected");
    }
    if (typeof person !== "string" || !person) {
      throw new Error("person: the id of a person is expected");
    }
    this._config = { ...config, most };
  }

  getCardSize() {
    return 2;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  /** @override */
  get styles() {
    return STYLE;
  }

  /** @override */
  async read() {
    const hass = this._hass;
    if (!hass) {
      return;
    }
    const { person, most } = this._config;
    try {
      const { correlations, nothing } = /** @type {Answer} */ (
        await hass.callWS({ type: `${DOMAIN}/correlations`, person })
      );
      const list = document.createElement("ul");
      for (const { text } of correlations.slice(0, most)) {
        const line = document.createElement("li");
        line.textContent = text;
        list.append(line);
      }
      this.replace(nothing === null ? list : emptyText(nothing));
    } catch (error) {
      const { message } = /** @type {{message?: string}} */ (error);
      this.replace(emptyText(message ?? textsOf(hass.language).not_loaded));
    }
  }
}
