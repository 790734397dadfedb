/** A card that says which goals the faults of a home make unreliable. */

import { emptyText, FollowingCard } from "./following-card.js";
import { element } from "./goal-map-shapes.js";
import { LINEAGE_STYLE, lineageTree, Tree } from "./lineage.js";
import { filled, textsOf } from "./texts.js";
import { DOMAIN } from "./twins.js";

/** @typedef {import("./lineage.js").Link} Link */
/** @typedef {import("./texts.js").Texts} Texts */
/**
 * @typedef {{name: string, affects: unknown[], metrics: Link[], goals: Link[],
 *   unreliable: boolean, chain: string | null}} Cause
 */

const STYLE = `
  :host { display: block; }
  :host(.empty) ha-card { display: none; }
  ha-card { padding: 4px 16px; }
  summary { padding: 8px 0; cursor: pointer; line-height: 1.4; overflow-wrap: anywhere; }
  p { margin: 0 0 8px; color: var(--secondary-text-color); line-height: 1.4; }
  .lineage { padding-bottom: 8px; line-height: 1.6; }
  .empty { padding: 8px 0; color: var(--secondary-text-color); }
  ${LINEAGE_STYLE}
`;

/** The card `custom:digital-twin-lineage`. */
export class LineageCard extends FollowingCard {
  constructor() {
    super();
    /** @type {string | undefined} */ this._home = undefined;
    this._drawn = "";
  }

  /** @param {{home?: unknown}} config - `home` is the id of a home */
  setConfig({ home }) {
    if (typeof home !== "string") {
      throw new Error("home: the id of a home is expected");
    }
    this._home = home;
  }

  getCardSize() {
    return 1;
  }

  getGridOptions() {
    return { columns: "full", min_columns: 6 };
  }

  /** @override */
  get followed() {
    return [
      { kind: "home", fields: ["operational"] },
      { kind: "goal", fields: ["pace", "name", "goal_code", "dependencies"] },
    ];
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
    try {
      const message = { type: `${DOMAIN}/get`, kind: "home", twin: this._home };
      const { operational } = /** @type {{operational?: {causes: Cause[]}}} */ (
        await this._hass.callWS(message)
      );
      const causes = operational?.causes.filter((one) => one.chain) ?? [];
      const drawn = JSON.stringify([this._hass.language, causes]);
      // What somebody has opened stays open while nothing is new.
      if (drawn !== this._drawn) {
        this._drawn = drawn;
        this._draw(causes, texts);
      }
    } catch (error) {
      this._drawn = "";
      this.replace(
        emptyText(/** @type {{message?: string}} */ (error).message ?? texts.not_loaded),
      );
      this.classList.remove("empty");
    }
  }

  /** @param {Cause[]} causes @param {Texts} texts */
  _draw(causes, texts) {
    const list = element("div");
    const tree =
      this._hass &&
      new Tree(
        this._hass,
        texts,
        (one) => this._open(one),
        () => false,
      );
    for (const { name, affects, metrics, goals, unreliable, chain } of causes) {
      const entry = element("details");
      const [one, several] = unreliable
        ? [texts.makes_unreliable_one, texts.makes_unreliable]
        : [texts.makes_unheard_one, texts.makes_unheard];
      const said = goals.length === 1 ? one : several;
      const values = { name: name || filled(texts.some_devices, { count: affects.length }) };
      entry.append(
        element(
          "summary",
          {},
          goals.length
            ? filled(said, { ...values, count: goals.length })
            : filled(texts.makes_stale, values),
        ),
        element("p", {}, chain ?? ""),
      );
      const flat = [...metrics, ...goals].map((one) => ({ ...one, through: "" }));
      const shown = tree && lineageTree(flat, [{ key: "", name: "" }], tree);
      if (shown) {
        entry.append(shown);
      }
      list.append(entry);
    }
    this.replace(list);
    // An element that is hidden is taken out of the page, and would follow nothing any more.
    this.classList.toggle("empty", !causes.length);
  }

  /** @param {string} entityId */
  _open(entityId) {
    this.dispatchEvent(
      new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }),
    );
  }
}
