/** Draws what rests on what, as a tree in which each thing leads to itself. */

import { element } from "./goal-map-shapes.js";
import { filled } from "./texts.js";
import { DOMAIN, entityOf, twinsById } from "./twins.js";

/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./texts.js").Texts} Texts */

/**
 * @typedef {{kind: "device" | "entity" | "metric" | "key_result" | "goal", id: string,
 *   name: string | null, of: string | null, through: string | null, since: string | null}} Link
 * @typedef {{key: string, name: string}} Part
 */

const ICONS = {
  device: "mdi:devices",
  entity: "mdi:eye-outline",
  metric: "mdi:heart-pulse",
  key_result: "mdi:target",
  goal: "mdi:flag-outline",
};

export const LINEAGE_STYLE = `
  .lineage ul { list-style: none; margin: 0; padding-inline-start: 20px; }
  .lineage > ul { padding: 0; }
  .lineage li { --mdc-icon-size: 18px; overflow-wrap: anywhere; }
  .lineage ha-icon { margin-inline-end: 6px; color: var(--secondary-text-color); vertical-align: text-bottom; }
  .lineage a, .lineage .link { display: inline; border: none; border-radius: 0; padding: 4px 0; margin: 0; cursor: pointer; font: inherit;
    text-align: start; text-decoration: underline; text-underline-offset: 2px; color: var(--primary-text-color); background: none; }
  .lineage small { color: var(--warning-color); }
`;

/**
 * The tree of links below those that are tied to `roots`; undefined where there are none.
 * @param {Link[]} links
 * @param {Part[]} roots - key results, or what has no line of its own: an empty name
 * @param {Tree} tree
 * @returns {Element | undefined}
 */
export function lineageTree(links, roots, tree) {
  /** @type {Set<Link>} */ const drawn = new Set();
  const list = element("ul");
  for (const { key, name } of roots) {
    const below = tree.branch(links, key, drawn);
    if (name && below) {
      const entry = tree.line("key_result", name);
      entry.append(below);
      list.append(entry);
    } else if (below) {
      list.append(...below.children);
    }
  }
  const box = element("div", { class: "lineage" });
  box.append(list);
  return list.children.length ? box : undefined;
}

/** Draws links, and leads to what they are. */
export class Tree {
  /**
   * @param {Hass} hass @param {Texts} texts
   * @param {(entityId: string) => void} open - show an entity
   * @param {(goalId: string) => boolean} choose - show a goal; false where that is not possible
   */
  constructor(hass, texts, open, choose) {
    this._hass = hass;
    this._texts = texts;
    this._open = open;
    this._choose = choose;
    this._twins = twinsById(hass);
  }

  /**
   * What is tied to something, each once.
   * @param {Link[]} links @param {string} id @param {Set<Link>} drawn
   * @returns {Element | undefined}
   */
  branch(links, id, drawn) {
    const list = element("ul");
    for (const link of links.filter((one) => one.through === id && !drawn.has(one))) {
      drawn.add(link);
      const entry = this.line(link.kind, this._name(link), this._act(link), link.since);
      const below = this.branch(links, link.id, drawn);
      if (below) {
        entry.append(below);
      }
      list.append(entry);
    }
    return list.children.length ? list : undefined;
  }

  /**
   * @param {Link["kind"]} kind @param {string} name
   * @param {string | (() => void)} [act] - where it leads to
   * @param {string | null} [since] - the day of the last value of what is silent
   */
  line(kind, name, act, since) {
    const entry = element("li");
    entry.append(element("ha-icon", { icon: ICONS[kind] }));
    if (typeof act === "string") {
      entry.append(element("a", { href: act }, name));
    } else if (act) {
      const button = element("button", { type: "button", class: "link" }, name);
      button.addEventListener("click", act);
      entry.append(button);
    } else {
      entry.append(name);
    }
    if (since) {
      const day = new Date(`${since}T12:00`).toLocaleDateString(this._hass.locale.language, {
        day: "numeric",
        month: "long",
      });
      entry.append(element("small", {}, ` · ${filled(this._texts.no_value_since, { day })}`));
    }
    return entry;
  }

  /** @param {Link} link */
  _name({ kind, id, name }) {
    const known =
      kind === "metric" && this._hass.localize(`component.${DOMAIN}.entity.sensor.${id}.name`);
    return name || known || id.replace(/_/g, " ");
  }

  /** @param {Link} link @returns {string | (() => void) | undefined} */
  _act({ kind, id, of }) {
    if (kind === "device") {
      // Only administrators have pages of devices.
      return this._hass.user?.is_admin ? `/config/devices/device/${id}` : undefined;
    }
    const entityId =
      kind === "entity"
        ? id
        : kind === "metric"
          ? this._entity(of, id)
          : kind === "goal"
            ? this._entity(id, "progress")
            : undefined;
    const open = entityId && entityId in this._hass.states && (() => this._open(entityId));
    if (kind !== "goal") {
      return open || undefined;
    }
    return () => this._choose(id) || (open && open());
  }

  /** @param {string | null} twinId @param {string} key */
  _entity(twinId, key) {
    const twin = this._twins.get(twinId ?? "");
    return twin && entityOf(twin, "sensor", key);
  }
}
