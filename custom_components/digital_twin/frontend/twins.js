/** Finds the twins and their entities in what Home Assistant tells the browser. */

export const DOMAIN = "digital_twin";

/**
 * What the modules use of Home Assistant's object.
 * @typedef {object} Hass
 * @property {Record<string, State>} states
 * @property {Record<string, Entity>} entities
 * @property {Record<string, Device>} devices
 * @property {Record<string, Area>} areas
 * @property {Record<string, Floor>} floors
 * @property {{language: string}} locale
 * @property {string} language
 * @property {{is_admin: boolean}} [user]
 * @property {(key: string, ...values: unknown[]) => string} localize
 * @property {(state: State) => string} formatEntityState
 * @property {(state: State, name: object) => string} formatEntityName
 * @property {<T>(message: object) => Promise<T>} callWS
 * @property {{subscribeMessage: <T>(listener: (event: T) => void, message: object) => Promise<() => void>}} connection
 */

/**
 * @typedef {{entity_id: string, state: string, attributes: Record<string, any>}} State
 * @typedef {{entity_id: string, device_id?: string, area_id?: string, platform?: string,
 *   translation_key?: string, hidden?: boolean, entity_category?: string}} Entity
 * @typedef {{id: string, name: string | null, name_by_user?: string | null, area_id?: string | null,
 *   identifiers: [string, string][]}} Device
 * @typedef {{area_id: string, name: string, floor_id?: string | null}} Area
 * @typedef {{floor_id: string, name: string, level?: number | null, icon?: string | null}} Floor
 */

/**
 * The device of a twin and its entities.
 * @typedef {object} Twin
 * @property {string} deviceId
 * @property {Entity[]} entities
 */

/**
 * Return the devices and entities of all twins by the id of the twin.
 * @param {Hass} hass
 * @returns {Map<string, Twin>}
 */
export function twinsById(hass) {
  const byDevice = entitiesByDevice(hass);
  const found = new Map();
  for (const device of Object.values(hass.devices)) {
    const own = device.identifiers.find(([domain]) => domain === DOMAIN);
    if (own) {
      found.set(own[1], { deviceId: device.id, entities: byDevice.get(device.id) ?? [] });
    }
  }
  return found;
}

/**
 * @param {Hass} hass
 * @returns {Map<string, Entity[]>}
 */
function entitiesByDevice(hass) {
  const found = new Map();
  for (const entity of Object.values(hass.entities)) {
    if (entity.platform === DOMAIN && entity.device_id && !entity.hidden) {
      const known = found.get(entity.device_id);
      if (known) {
        known.push(entity);
      } else {
        found.set(entity.device_id, [entity]);
      }
    }
  }
  return found;
}

/**
 * Return the id of the entity of a twin with a translation key; undefined where there is none.
 * @param {Twin} twin
 * @param {string} domain
 * @param {string} key
 */
export function entityOf(twin, domain, key) {
  return entitiesOf(twin, domain, (one) => one === key)[0];
}

/**
 * Return the ids of the entities of a twin in a domain whose translation key is wanted.
 * @param {Twin} twin
 * @param {string} domain
 * @param {(key: string) => boolean} [isWanted]
 */
export function entitiesOf(twin, domain, isWanted = () => true) {
  return twin.entities
    .filter(
      (entity) =>
        entity.entity_id.startsWith(`${domain}.`) && isWanted(entity.translation_key ?? ""),
    )
    .map((entity) => entity.entity_id);
}

/**
 * What the views are made of, as far as the user may see it.
 * @typedef {{runs_out: string, early: string, late: string | null, wide: boolean}} BatteryBounds
 * @typedef {{name: string, level: number, days_left: number | null,
 *   bounds: BatteryBounds | null}} BatteryFacts
 * @typedef {{id: string, name: string, people: string[], batteries: BatteryFacts[]}} HomeFacts
 * @typedef {{id: string, name: string, statistics: string[]}} PersonFacts
 * @typedef {{id: string, code: string, name: string, person_id: string | null,
 *   completed_on: string | null}} GoalFacts
 * @typedef {{homes: HomeFacts[], people: PersonFacts[], goals: GoalFacts[]}} Facts
 */

/**
 * @template T
 * @typedef {T & {twin: Twin}} Known
 */

/**
 * @typedef {object} Household
 * @property {Known<HomeFacts>[]} homes
 * @property {Known<PersonFacts>[]} people
 * @property {Known<GoalFacts>[]} goals - in the order in which they are due
 */

/**
 * Read the twins that the user may see, each with its device; none while nothing is loaded.
 * @param {Hass} hass
 * @returns {Promise<Household>}
 */
export async function household(hass) {
  /** @type {Facts} */
  let facts;
  try {
    facts = await hass.callWS({ type: `${DOMAIN}/dashboard` });
  } catch {
    facts = { homes: [], people: [], goals: [] };
  }
  const twins = twinsById(hass);
  return {
    homes: known(facts.homes, twins),
    people: known(facts.people, twins),
    goals: known(facts.goals, twins),
  };
}

/**
 * Keep what has a device.
 * @template {{id: string}} T
 * @param {T[]} facts
 * @param {Map<string, Twin>} twins
 * @returns {Known<T>[]}
 */
function known(facts, twins) {
  return facts.flatMap((one) => {
    const twin = twins.get(one.id);
    return twin ? [{ ...one, twin }] : [];
  });
}
