/** Offers the dashboard, its sections and the cards of Digital Twin to Home Assistant. */

import { ChangesCard } from "./changes-card.js";
import { DashboardStrategy } from "./dashboard.js";
import { GoalMapCard } from "./goal-map-card.js";
import { LineageCard } from "./lineage-card.js";
import { GoalsSection, HomeSection, PersonSection } from "./sections.js";
import { textsOf } from "./texts.js";
import { TogetherCard } from "./together-card.js";
import { WeeksCard } from "./weeks-card.js";

// Before that, Home Assistant replaces the registry of elements, and what was defined is lost.
await customElements.whenDefined("home-assistant");

const ELEMENTS = {
  "ll-strategy-dashboard-digital-twin": DashboardStrategy,
  "ll-strategy-section-digital-twin-home": HomeSection,
  "ll-strategy-section-digital-twin-person": PersonSection,
  "ll-strategy-section-digital-twin-goals": GoalsSection,
  "digital-twin-goal-map": GoalMapCard,
  "digital-twin-weeks": WeeksCard,
  "digital-twin-changes": ChangesCard,
  "digital-twin-together": TogetherCard,
  "digital-twin-lineage": LineageCard,
};
for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) {
    customElements.define(name, element);
  }
}

const language = document.documentElement.lang || navigator.language;
const texts = textsOf(language);
const documentationURL =
  "https://github.com/digital-twin-home/digital-twin/blob/main/docs/dashboard.md";

// What Home Assistant offers in its dialogs.
const offered = /** @type {{customStrategies?: object[], customCards?: object[]}} */ (window);

offered.customStrategies ??= [];
offered.customStrategies.push({
  type: "digital-twin",
  strategyType: "dashboard",
  name: "Digital Twin",
  description: texts.dashboard_description,
  documentationURL,
});
for (const [type, name, description] of [
  ["digital-twin-home", texts.home, texts.home_section],
  ["digital-twin-person", texts.person, texts.person_section],
  ["digital-twin-goals", texts.goals, texts.goals_section],
]) {
  offered.customStrategies.push({
    type,
    strategyType: "section",
    name: `Digital Twin: ${name}`,
    description,
    documentationURL,
  });
}

offered.customCards ??= [];
offered.customCards.push(
  {
    type: "digital-twin-goal-map",
    name: texts.goal_map,
    description: texts.goal_map_description,
    preview: true,
    documentationURL,
    getEntitySuggestion: GoalMapCard.suggestionFor,
  },
  {
    type: "digital-twin-weeks",
    name: texts.weeks,
    description: texts.weeks_description,
    preview: true,
    documentationURL,
    getEntitySuggestion: WeeksCard.suggestionFor,
  },
  {
    type: "digital-twin-changes",
    name: texts.changed_today,
    description: texts.changes_description,
    preview: true,
    documentationURL,
  },
);
