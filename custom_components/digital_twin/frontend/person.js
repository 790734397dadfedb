/** What the dashboard shows of a person. */

import {
  emptyState,
  INTEGRATION,
  OWN_NAME,
  plain,
  section,
  stacked,
  text,
  tile,
  whileState,
} from "./cards.js";
import { goalTiles } from "./goals.js";
import { filled } from "./texts.js";
import { entitiesOf, entityOf } from "./twins.js";

/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./twins.js").Known<import("./twins.js").PersonFacts>} Person */
/** @typedef {import("./twins.js").Known<import("./twins.js").GoalFacts>} Goal */

// Sensors of a person that are no metrics.
const OTHERS = new Set([
  "age",
  "bmi",
  "bmr",
  "daily_energy_need",
  "goals_progress",
  "next_step",
  "readiness",
]);

const WITHOUT_LINE = new Set(["height", "metric_level", "metric_trend"]);
const MOST_GRAPHS = 4;
const SHOWN_DAYS = 90;
// Where two columns fit beside another one.
const WIDE = "(min-width: 1100px)";

/**
 * Return the sections of a person.
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {Person} person
 * @param {Goal[]} goals - of anybody
 * @param {boolean} [isAlone] - whether they become one section of somebody's own dashboard
 * @returns {Card[]}
 */
export function personSections(hass, texts, person, goals, isAlone = false) {
  const own = goals.filter((goal) => goal.person_id === person.id && !goal.completed_on);
  return [
    unusual(hass, texts, person),
    stacked(
      today(texts, person, own),
      quickEntries(texts, person),
      section(texts.own_goals, "mdi:flag-checkered", goalTiles(own)),
    ),
    health(hass, texts, person, isAlone),
    checklists(texts, own),
    // Of each statistic there are enough days.
    person.statistics.length > 1
      ? section(texts.together, "mdi:vector-link", [
          { type: "custom:digital-twin-together", person: person.id },
        ])
      : undefined,
    trends(hass, texts, person),
    person.statistics.length
      ? section(
          texts.last_weeks,
          "mdi:calendar-week",
          [{ type: "custom:digital-twin-weeks", person: person.id, metrics: true }],
          { column_span: 4 },
        )
      : undefined,
  ].filter((one) => one !== undefined);
}

/** @param {Texts} texts @param {Person} person @param {Goal[]} own */
function today(texts, person, own) {
  const step = entityOf(person.twin, "sensor", "next_step");
  const whole = { grid_options: { columns: "full" } };
  const list = entityOf(person.twin, "todo", "today");
  const hasItems = own.some((goal) => entitiesOf(goal.twin, "todo").length);
  return section(texts.today, "mdi:calendar-today", [
    tile(entityOf(person.twin, "sensor", "readiness"), {
      ...whole,
      name: OWN_NAME,
      color: "teal",
      features: [{ type: "bar-gauge", min: 0, max: 100 }],
    }),
    tile(entityOf(person.twin, "sensor", "goals_progress"), {
      ...whole,
      name: OWN_NAME,
      features: [{ type: "bar-gauge", min: 0, max: 100 }],
    }),
    tile(entityOf(person.twin, "select", "person_context"), { ...whole, name: OWN_NAME }),
    step
      ? text(`**${texts.next_step}:** {{ states('${step}') | e }}`, {
          visibility: [{ condition: "state", entity: step, state_not: ["unknown", "unavailable"] }],
        })
      : undefined,
    list && hasItems ? { type: "todo-list", entity: list, ...whole } : undefined,
  ]);
}

/** @param {Hass} hass @param {Texts} texts @param {Person} person */
function unusual(hass, texts, person) {
  const entity = entityOf(person.twin, "binary_sensor", "unusual_health_value");
  const arrows = { high: "mdi:arrow-up-bold", low: "mdi:arrow-down-bold" };
  const lines = entitiesOf(person.twin, "sensor", isMetric).flatMap((metric) => {
    const key = hass.entities[metric].translation_key;
    const isLevel = key === "metric_level";
    const value = isLevel ? "state_translated" : "states";
    const options = isLevel ? "" : ", with_unit=True";
    return Object.entries(arrows).map(
      ([direction, icon]) =>
        `{% if ${isLevel ? `is_state('${metric}', '${direction}')` : `('${key}', '${direction}') in found`} %}` +
        `- <ha-icon icon="${icon}"></ha-icon> ` +
        `${ownName(hass, metric)}: {{ ${value}('${metric}'${options}) | e }}\n{% endif %}`,
    );
  });
  const found =
    `{% set ns = namespace(found=[]) %}{% for one in state_attr('${entity}', 'metrics') or [] %}` +
    "{% set ns.found = ns.found + [(one.metric, one.direction)] %}{% endfor %}{% set found = ns.found %}";
  return section(
    texts.unusual,
    "mdi:heart-pulse",
    entity
      ? [text(`<ha-alert alert-type="warning">\n\n${found}${lines.join("")}\n</ha-alert>`)]
      : [],
    { visibility: whileState(entity, ["on"]) },
  );
}

/** @param {Texts} texts @param {Person} person */
function quickEntries(texts, person) {
  const buttons = entitiesOf(person.twin, "button", (key) => key === "quick_entry");
  return section(
    texts.quick_entries,
    "mdi:gesture-tap-button",
    buttons.map((entity) =>
      tile(entity, {
        name: OWN_NAME,
        hide_state: true,
        tap_action: {
          action: "perform-action",
          perform_action: "button.press",
          target: { entity_id: entity },
        },
        icon_tap_action: {
          action: "perform-action",
          perform_action: "button.press",
          target: { entity_id: entity },
        },
      }),
    ),
  );
}

/**
 * Return the metrics: two columns wide where there is place, else one below the other.
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {Person} person
 * @param {boolean} isAlone - whether this is a part of one section
 */
function health(hass, texts, person, isAlone) {
  const metrics = entitiesOf(person.twin, "sensor", isMetric);
  if (!metrics.length) {
    return section(texts.health, "mdi:heart", [
      emptyState(texts.health, texts.no_health, [
        { text: texts.set_up, path: INTEGRATION, icon: "mdi:link-variant" },
      ]),
    ]);
  }
  // Both forms at once, one of them hidden, would read every history twice.
  const isWide = !isAlone && window.matchMedia(WIDE).matches;
  const layout = isWide
    ? { grid_options: { columns: 8 } }
    : { grid_options: { columns: "full" }, features_position: "inline" };
  // What does not change, or is no number, has no line and comes last.
  const isFixed = (/** @type {string} */ entity) =>
    WITHOUT_LINE.has(hass.entities[entity].translation_key ?? "");
  const ordered = [...metrics].sort((one, other) => Number(isFixed(one)) - Number(isFixed(other)));
  const features = [{ type: "trend-graph", hours_to_show: 24 * 14 }];
  return section(
    texts.health,
    "mdi:heart",
    [
      text(silentTemplate(hass, texts, metrics), { show_empty: false }),
      ...ordered.map((entity) =>
        tile(entity, { name: OWN_NAME, ...layout, ...(isFixed(entity) ? {} : { features }) }),
      ),
    ],
    isWide ? { column_span: 2 } : {},
  );
}

/**
 * A template that names the metrics without new values, with the age of the last one.
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {string[]} metrics
 */
function silentTemplate(hass, texts, metrics) {
  const lines = metrics.map(
    (entity) =>
      `{% if state_attr('${entity}', 'fresh') is false and state_attr('${entity}', 'measured_at') %}` +
      `{% set days = (now() - as_datetime(state_attr('${entity}', 'measured_at'))).days %}` +
      `{% if days %}- <ha-icon icon="mdi:clock-alert-outline"></ha-icon> ${ownName(hass, entity)}: ` +
      `{{ days }} {{ '${texts.day}' if days == 1 else '${texts.days}' }} ${texts.without_value}\n{% endif %}{% endif %}`,
  );
  return lines.join("");
}

/** @param {Hass} hass @param {string} entity */
function ownName(hass, entity) {
  return plain(hass.formatEntityName(hass.states[entity], OWN_NAME));
}

/** @param {Hass} hass @param {Texts} texts @param {Person} person */
function trends(hass, texts, person) {
  const graphs = person.statistics.slice(0, MOST_GRAPHS).map((id) => {
    const key = id.slice(id.indexOf("_", id.indexOf(":")) + 1);
    const path = `component.digital_twin.entity.sensor.${key}.name`;
    return {
      type: "statistics-graph",
      title: hass.localize(path) || key,
      entities: [id],
      days_to_show: SHOWN_DAYS,
      period: "day",
      stat_types: ["mean"],
      hide_legend: true,
      grid_options: { columns: 12 },
    };
  });
  return section(filled(texts.last_days, { count: SHOWN_DAYS }), "mdi:chart-line", graphs, {
    column_span: 4,
  });
}

/** @param {string} key */
function isMetric(key) {
  return !OTHERS.has(key);
}

/**
 * Return the ways to the whole list of each goal: what is to do now is in that of today.
 * @param {Texts} texts
 * @param {Goal[]} goals
 */
function checklists(texts, goals) {
  const lists = goals.flatMap((goal) =>
    entitiesOf(goal.twin, "todo").map((entity) => {
      const open = { action: "navigate", navigation_path: `/todo?entity_id=${entity}` };
      return tile(entity, {
        name: goal.name,
        grid_options: { columns: "full" },
        tap_action: open,
        icon_tap_action: open,
      });
    }),
  );
  return section(texts.checklists, "mdi:clipboard-check-outline", lists);
}
