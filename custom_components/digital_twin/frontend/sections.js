/** Sections that can be put into any dashboard. */

import { goalsSections } from "./goals.js";
import { homeSections } from "./home.js";
import { personSections } from "./person.js";
import { textsOf } from "./texts.js";
import { household } from "./twins.js";

/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./twins.js").Hass} Hass */

/**
 * Join the cards of several sections into one.
 * @param {Card[]} sections
 * @returns {Card}
 */
function joined(sections) {
  const cards = sections.flatMap((section) =>
    section.cards.map((/** @type {Card} */ card) =>
      section.visibility
        ? { ...card, visibility: [...section.visibility, ...(card.visibility ?? [])] }
        : card,
    ),
  );
  return { type: "grid", cards };
}

/**
 * Return the twin with an id or a name, or the first.
 * @template {{id: string, name: string}} T
 * @param {T[]} twins
 * @param {string | undefined} wanted
 */
function chosen(twins, wanted) {
  return wanted ? twins.find((twin) => twin.id === wanted || twin.name === wanted) : twins[0];
}

class TwinSection extends HTMLElement {
  static noEditor = true;
  static registryDependencies = ["entities", "devices", "areas", "floors"];
}

/** A home: `{strategy: {type: "custom:digital-twin-home", home: <name>}}`. */
export class HomeSection extends TwinSection {
  /** @param {Card} config @param {Hass} hass @returns {Promise<Card>} */
  static async generate(config, hass) {
    const found = await household(hass);
    const home = chosen(found.homes, config.home);
    return joined(home ? homeSections(hass, textsOf(hass.language), home) : []);
  }
}

/** A person: `{strategy: {type: "custom:digital-twin-person", person: <name>}}`. */
export class PersonSection extends TwinSection {
  /** @param {Card} config @param {Hass} hass @returns {Promise<Card>} */
  static async generate(config, hass) {
    const found = await household(hass);
    const person = chosen(found.people, config.person);
    return joined(
      person ? personSections(hass, textsOf(hass.language), person, found.goals, true) : [],
    );
  }
}

/** All goals: `{strategy: {type: "custom:digital-twin-goals"}}`. */
export class GoalsSection extends TwinSection {
  /** @param {Card} _config @param {Hass} hass @returns {Promise<Card>} */
  static async generate(_config, hass) {
    const found = await household(hass);
    return joined(goalsSections(hass, textsOf(hass.language), found.goals));
  }
}
