/** The dashboard: one view for each home and person, and one for all goals. */

import { INTEGRATION, section, text } from "./cards.js";
import { goalsSections } from "./goals.js";
import { homeSections } from "./home.js";
import { personSections } from "./person.js";
import { textsOf } from "./texts.js";
import { household } from "./twins.js";

/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./twins.js").Hass} Hass */

/** The strategy that makes the dashboard. */
export class DashboardStrategy extends HTMLElement {
  static noEditor = true;
  static registryDependencies = ["entities", "devices", "areas", "floors"];

  /** @param {Hass} hass */
  static getCreateSuggestions(hass) {
    return {
      title: "Digital Twin",
      icon: "mdi:home-heart",
      description: textsOf(hass.language).dashboard_description,
    };
  }

  /**
   * @param {Card} _config
   * @param {Hass} hass
   * @returns {Promise<Card>}
   */
  static async generate(_config, hass) {
    const texts = textsOf(hass.language);
    const found = await household(hass);
    const steps = firstSteps(texts, found);
    if (!found.homes.length && !found.people.length && !found.goals.length) {
      return { title: "Digital Twin", views: [view(texts.home, "home", "mdi:home", steps)] };
    }
    const views = [
      ...found.homes.map((home) =>
        view(home.name, `home-${home.id}`, "mdi:home", [
          ...(hass.user?.is_admin ? steps : []),
          ...homeSections(hass, texts, home),
        ]),
      ),
      ...found.people.map((person) =>
        view(
          person.name,
          `person-${person.id}`,
          "mdi:account",
          personSections(hass, texts, person, found.goals),
        ),
      ),
      view(texts.goals, "goals", "mdi:flag-checkered", goalsSections(hass, texts, found.goals)),
    ];
    return { title: "Digital Twin", views };
  }
}

/**
 * What a new household can do next; nothing where there are people and goals.
 * @param {import("./texts.js").Texts} texts
 * @param {import("./twins.js").Household} found
 * @returns {Card[]}
 */
function firstSteps(texts, found) {
  if (found.people.length && found.goals.length) {
    return [];
  }
  const steps = [
    { done: found.homes.length > 0 && found.people.length > 0, text: texts.step_home },
    { done: found.goals.length > 0, text: texts.step_goal },
    { done: true, text: texts.step_dashboard },
  ];
  const buttons = [
    { done: found.homes.length > 0, text: texts.set_up, icon: "mdi:home-plus" },
    { done: found.people.length > 0, text: texts.add_person, icon: "mdi:account-plus" },
    { done: found.goals.length > 0, text: texts.add_goal, icon: "mdi:flag-plus" },
  ];
  // Nothing can be added to an integration that is not there.
  const possible = found.homes.length ? buttons.filter((one) => !one.done) : buttons.slice(0, 1);
  const icons = { true: "mdi:check-circle-outline", false: "mdi:circle-outline" };
  const content = steps.map(
    (step) => `<ha-icon icon="${icons[step.done ? "true" : "false"]}"></ha-icon> ${step.text}`,
  );
  const cards = [
    text(content.join("\n\n")),
    ...possible.map(({ text: name, icon }) => ({
      type: "button",
      name,
      icon,
      tap_action: { action: "navigate", navigation_path: INTEGRATION },
      grid_options: { columns: 6, rows: 2 },
    })),
  ];
  const made = section(texts.first_steps, "mdi:stairs-up", cards);
  return made ? [made] : [];
}

/**
 * @param {string} title
 * @param {string} path
 * @param {string} icon
 * @param {Card[]} sections
 * @returns {Card}
 */
function view(title, path, icon, sections) {
  return {
    type: "sections",
    title,
    path,
    icon,
    show_icon_and_title: true,
    max_columns: 4,
    dense_section_placement: true,
    sections,
  };
}
