/** A card whose answer of the integration follows what happens to twins. */

import { DOMAIN } from "./twins.js";

/** @typedef {import("./twins.js").Hass} Hass */

// Milliseconds in which changes are collected before the answer is read again.
const CALM = 1000;

/** Reads when it is shown, and again whenever a followed field of a twin has changed. */
export class FollowingCard extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    /** @type {Hass | undefined} */ this._hass = undefined;
    /** @type {(() => void)[]} */ this._ends = [];
    this._isFollowing = false;
    this._timer = 0;
  }

  /** @returns {{kind: string, fields: string[]}[]} what is followed */
  get followed() {
    return [];
  }

  /** Read the answer and draw it. */
  async read() {}

  /** The style sheet of the card. */
  get styles() {
    return "";
  }

  /** @param {Hass} hass */
  set hass(hass) {
    this._hass = hass;
    if (this.isConnected) {
      this._follow();
    }
  }

  connectedCallback() {
    this._follow();
  }

  disconnectedCallback() {
    this._ends.forEach((end) => end());
    this._ends = [];
    this._isFollowing = false;
    clearTimeout(this._timer);
  }

  /**
   * Draw the card anew.
   * @param {Element} content
   */
  replace(content) {
    const style = document.createElement("style");
    style.textContent = this.styles;
    const card = document.createElement("ha-card");
    card.append(content);
    this.shadowRoot?.replaceChildren(style, card);
  }

  async _follow() {
    if (this._isFollowing || !this._hass) {
      return;
    }
    this._isFollowing = true;
    await this.read();
    for (const one of this.followed) {
      try {
        const end = await this._hass.connection.subscribeMessage(() => this._readSoon(), {
          type: `${DOMAIN}/subscribe`,
          ...one,
        });
        if (this._isFollowing) {
          this._ends.push(end);
        } else {
          end();
        }
      } catch {
        // The integration is not loaded; what is drawn stays.
      }
    }
  }

  _readSoon() {
    clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this.read(), CALM);
  }
}

/**
 * Return a text that stands where there is nothing to draw.
 * @param {string} content
 */
export function emptyText(content) {
  const made = document.createElement("div");
  made.className = "empty";
  made.textContent = content;
  return made;
}
