/** What the dashboard shows of goals. */

import {
  emptyState,
  INTEGRATION,
  LONG_DAY,
  plain,
  section,
  text,
  tile,
  whileAbove,
  whileState,
} from "./cards.js";
import { entityOf } from "./twins.js";

/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./twins.js").Known<import("./twins.js").GoalFacts>} Goal */

/** By the paces that go together: how they are shown, and the paces of each color. */
const GROUPS = [
  {
    key: "need_attention",
    icon: "mdi:alert",
    colors: { red: ["overdue", "at_risk"], amber: ["stalled", "behind", "unreliable"] },
  },
  {
    key: "as_planned",
    icon: "mdi:check-circle",
    colors: { green: ["ahead", "on_track", "achieved"] },
  },
  {
    key: "waiting",
    icon: "mdi:pause-circle",
    colors: { grey: ["blocked", "paused", "not_started", "unknown", "unavailable"] },
  },
];

/**
 * Return the sections of goals: by pace, then by date, and what shows all of them.
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {Goal[]} goals - in the order in which they are due
 * @returns {Card[]}
 */
export function goalsSections(hass, texts, goals) {
  if (!goals.length) {
    return [
      /** @type {Card} */ ({
        type: "grid",
        cards: [
          emptyState(texts.goals, texts.no_goals, [
            { text: texts.add_goal, path: INTEGRATION, icon: "mdi:plus" },
          ]),
        ],
      }),
    ];
  }
  const open = goals.filter((goal) => !goal.completed_on);
  const whole = { column_span: 4 };
  const calendar = Object.values(hass.entities).find(
    (entity) => entity.platform === "digital_twin" && entity.entity_id.startsWith("calendar."),
  );
  return [
    ...GROUPS.map((group) => paceSection(texts, open, group)),
    section(texts.map, "mdi:graph", [{ type: "custom:digital-twin-goal-map" }], whole),
    section(texts.last_weeks, "mdi:calendar-week", [{ type: "custom:digital-twin-weeks" }], whole),
    section(
      texts.calendar,
      "mdi:calendar",
      calendar
        ? [
            {
              type: "calendar",
              entities: [calendar.entity_id],
              initial_view: "listWeek",
              grid_options: { columns: "full" },
            },
          ]
        : [],
      { column_span: 2 },
    ),
    timeline(hass, texts, goals),
  ].filter((one) => one !== undefined);
}

/** @param {Texts} texts @param {Goal[]} goals @param {typeof GROUPS[0]} group */
function paceSection(texts, goals, group) {
  const paces = goals
    .map((goal) => entityOf(goal.twin, "sensor", "pace"))
    .filter((one) => one !== undefined);
  const heading = texts[/** @type {keyof Texts} */ (group.key)];
  const tiles = goals.flatMap((goal) => {
    const pace = entityOf(goal.twin, "sensor", "pace");
    return Object.entries(group.colors).flatMap(([color, shown]) =>
      goalTiles([goal], { color, visibility: whileState(pace, shown) }),
    );
  });
  const shown = Object.values(group.colors).flat();
  return section(heading, group.icon, tiles, {
    visibility: [{ condition: "or", conditions: paces.flatMap((pace) => whileState(pace, shown)) }],
  });
}

/**
 * Reasons name goals by their codes.
 * @param {Goal} goal
 */
function fullName(goal) {
  return `${goal.code} ${goal.name}`;
}

/**
 * Return a tile for each goal with its progress as a bar, and the reason of its pace below it;
 * while nothing is measured only the reason.
 * @param {Goal[]} goals
 * @param {Card} [more]
 * @returns {Card[]}
 */
export function goalTiles(goals, more = {}) {
  return goals.flatMap((goal) => {
    const progress = entityOf(goal.twin, "sensor", "progress");
    const why = entityOf(goal.twin, "sensor", "pace_reason");
    const given = more.visibility ?? [];
    const measured = { visibility: [...given, ...whileAbove(progress, -1)] };
    const unmeasured = { visibility: [...given, ...whileState(progress, ["unknown"])] };
    const shown = {
      ...more,
      name: fullName(goal),
      icon: "mdi:flag-outline",
      grid_options: { columns: "full" },
    };
    return [
      tile(progress, {
        ...shown,
        ...measured,
        features: [{ type: "bar-gauge", min: 0, max: 100 }],
      }),
      why ? text(`<small>{{ states('${why}') | e }}</small>`, measured) : undefined,
      tile(why, { ...shown, ...unmeasured }),
    ].filter((one) => one !== undefined);
  });
}

/** @param {Hass} hass @param {Texts} texts @param {Goal[]} goals */
function timeline(hass, texts, goals) {
  const lines = goals
    .filter((goal) => goal.completed_on)
    .sort((one, other) => String(other.completed_on).localeCompare(String(one.completed_on)))
    .map((goal) => {
      const day = new Date(`${goal.completed_on}T12:00`);
      const link = `/config/devices/device/${goal.twin.deviceId}`;
      const name = hass.user?.is_admin
        ? `[${plain(fullName(goal))}](${link})`
        : plain(fullName(goal));
      return `- **${day.toLocaleDateString(hass.locale.language, LONG_DAY)}** · ${name}`;
    });
  return section(texts.timeline, "mdi:trophy", lines.length ? [text(lines.join("\n"))] : []);
}
