/** What the dashboard shows of a home. */

import {
  LONG_DAY,
  OWN_NAME,
  plain,
  section,
  stacked,
  subtitle,
  text,
  tile,
  whileAbove,
  whileState,
} from "./cards.js";
import { entitiesOf, entityOf } from "./twins.js";

/** @typedef {import("./cards.js").Card} Card */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./twins.js").Hass} Hass */
/** @typedef {import("./twins.js").Known<import("./twins.js").HomeFacts>} Home */

// What the rooms of a house are compared by.
const CLIMATE = ["temperature", "humidity", "carbon_dioxide", "pm25", "power"];
// Milliseconds.

/** By status: how its reasons are shown. */
const ALERTS = { alert: "error", degraded: "warning" };

/**
 * Return the sections of a home; its troubles first and large, what is well small.
 * @param {Hass} hass
 * @param {Texts} texts
 * @param {Home} home
 * @returns {Card[]}
 */
export function homeSections(hass, texts, home) {
  return [
    stacked(status(texts, home), presence(hass, texts, home)),
    climate(hass, texts, home),
    devices(hass, texts, home),
    changes(texts, home),
  ].filter((one) => one !== undefined);
}

/** @param {Texts} texts @param {Home} home */
function status(texts, home) {
  const state = entityOf(home.twin, "sensor", "operational_status");
  const why = entityOf(home.twin, "sensor", "operational_why");
  const colors = { optimal: "green", degraded: "amber", alert: "red" };
  const tiles = Object.entries(colors).map(([name, color]) =>
    tile(state, {
      name: home.name,
      color,
      visibility: whileState(state, [name]),
      grid_options: { columns: "full" },
    }),
  );
  const reasons = Object.entries(ALERTS).map(([name, level]) =>
    text(reasonsTemplate(why, level), { visibility: whileState(state, [name]) }),
  );
  const unreliable = {
    type: "custom:digital-twin-lineage",
    home: home.id,
    visibility: whileState(state, Object.keys(ALERTS)),
    grid_options: { columns: "full" },
  };
  const shown = why ? [...reasons, ...tiles] : tiles;
  return section(texts.status, "mdi:home-heart", [...shown, unreliable]);
}

/**
 * A template that lists the causes, which the state separates by points, each in a line.
 * @param {string | undefined} entity
 * @param {string} level - of Home Assistant's alert
 */
function reasonsTemplate(entity, level) {
  return (
    `<ha-alert alert-type="${level}">` +
    `{% for why in states('${entity}').split(' · ') %}{{ why | e }}{% if not loop.last %}<br>{% endif %}{% endfor %}` +
    "</ha-alert>"
  );
}

/** @param {Hass} hass @param {Texts} texts @param {Home} home */
function presence(hass, texts, home) {
  const people = home.people.filter((entity) => entity in hass.states);
  return section(texts.who_is_there, "mdi:home-account", [
    ...["occupancy_status", "occupancy_why"].map((key) =>
      tile(entityOf(home.twin, "sensor", key), {
        name: OWN_NAME,
        grid_options: { columns: "full" },
      }),
    ),
    ...people.map((entity) => tile(entity, { show_entity_picture: true })),
    tile(entityOf(home.twin, "select", "home_context"), {
      name: OWN_NAME,
      grid_options: { columns: "full" },
    }),
  ]);
}

/** @param {Hass} hass @param {Texts} texts @param {Home} home */
function climate(hass, texts, home) {
  const trend = { name: OWN_NAME, features: [{ type: "trend-graph", hours_to_show: 24 }] };
  const whole = CLIMATE.flatMap((key) => entitiesOf(home.twin, "sensor", (one) => one === key)).map(
    (entity) => tile(entity, trend),
  );
  const floors = Object.values(hass.floors).sort(
    (one, other) => (one.level ?? 0) - (other.level ?? 0),
  );
  const places = [...floors.map((floor) => floor.floor_id), undefined].flatMap((floorId) => {
    const rooms = Object.values(hass.areas)
      .filter((area) => (area.floor_id ?? undefined) === floorId)
      .filter((area) => hasClimate(hass, area.area_id))
      .map((area) => ({
        type: "area",
        area: area.area_id,
        display_type: "compact",
        sensor_classes: ["temperature", "humidity"],
      }));
    const heading = floorId
      ? subtitle(hass.floors[floorId].name, floorIcon(hass.floors[floorId]))
      : subtitle(texts.elsewhere, "mdi:home-outline");
    return rooms.length && floors.length ? [heading, ...rooms] : rooms;
  });
  return section(texts.climate, "mdi:thermometer", [...whole, ...places], { column_span: 2 });
}

/** @param {import("./twins.js").Floor} floor */
function floorIcon({ icon, level }) {
  const known = level !== null && level !== undefined && level >= 0 && level <= 3;
  return icon ?? (known ? `mdi:home-floor-${level}` : "mdi:home-floor-negative-1");
}

/** @param {Hass} hass @param {string} areaId */
function hasClimate(hass, areaId) {
  return Object.values(hass.entities).some((entity) => {
    const area = entity.area_id ?? hass.devices[entity.device_id ?? ""]?.area_id;
    const state = hass.states[entity.entity_id];
    return area === areaId && ["temperature", "humidity"].includes(state?.attributes.device_class);
  });
}

/** @param {Hass} hass @param {Texts} texts @param {Home} home */
function devices(hass, texts, home) {
  const offline = entityOf(home.twin, "sensor", "offline_devices");
  const list = `{% for one in state_attr('${offline}', 'devices') or [] %}- {{ one.name | e }}{% if one.area %} · {{ one.area | e }}{% endif %}\n{% endfor %}`;
  const batteries = home.batteries.map((battery) => batteryLine(hass, battery));
  return section(texts.devices, "mdi:devices", [
    tile(offline, {
      name: OWN_NAME,
      color: "red",
      visibility: whileAbove(offline, 0),
      grid_options: { columns: "full" },
    }),
    text(list, { visibility: whileAbove(offline, 0) }),
    tile(entityOf(home.twin, "sensor", "low_batteries"), {
      name: OWN_NAME,
      grid_options: { columns: "full" },
    }),
    batteries.length ? subtitle(texts.batteries, "mdi:battery-clock") : undefined,
    batteries.length ? text(batteries.join("\n")) : undefined,
  ]);
}

/** @param {Hass} hass @param {Home["batteries"][0]} battery */
function batteryLine(hass, battery) {
  const facts = [plain(battery.name), `${Math.round(battery.level)}%`];
  if (battery.bounds) {
    facts.push(batteryDay(hass, battery.bounds));
  }
  return `- ${facts.join(" · ")}`;
}

/**
 * Return when a battery runs out: the month where nobody can say better, else between which days.
 * @param {Hass} hass
 * @param {NonNullable<Home["batteries"][0]["bounds"]>} bounds
 */
function batteryDay(hass, { runs_out, early, late, wide }) {
  const { language } = hass.locale;
  if (wide || !late) {
    return `≈ ${noonOf(runs_out).toLocaleDateString(language, { month: "long", year: "numeric" })}`;
  }
  const range = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
  return `${longDay(hass, runs_out)} (${range.formatRange(noonOf(early), noonOf(late))})`;
}

/** @param {Texts} texts @param {Home} home */
function changes(texts, home) {
  const told = ["operational_status", "occupancy_status"].flatMap(
    (key) => entityOf(home.twin, "sensor", key) ?? [],
  );
  const shown = [
    { type: "custom:digital-twin-changes", grid_options: { columns: "full" } },
    {
      type: "logbook",
      target: { entity_id: told },
      hours_to_show: 24,
      grid_options: { columns: "full", rows: 5 },
    },
  ];
  return section(texts.changed_today, "mdi:history", shown, { column_span: 2 });
}

/** @param {Hass} hass @param {string} day */
function longDay(hass, day) {
  return noonOf(day).toLocaleDateString(hass.locale.language, LONG_DAY);
}

/** @param {string} day */
function noonOf(day) {
  return new Date(`${day}T12:00`);
}
