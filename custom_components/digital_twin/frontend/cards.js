/** Cards and sections of Home Assistant that the views are made of. */

/** @typedef {Record<string, any>} Card */

/**
 * A section with a heading; undefined without cards.
 * @param {string} heading
 * @param {string} icon
 * @param {(Card | undefined)[]} cards
 * @param {Card} [more] - such as `column_span` or `visibility`
 * @returns {Card | undefined}
 */
export function section(heading, icon, cards, more = {}) {
  const present = cards.filter(Boolean);
  if (!present.length) {
    return undefined;
  }
  return {
    type: "grid",
    cards: [{ type: "heading", heading, icon, heading_style: "title" }, ...present],
    ...more,
  };
}

/**
 * Put sections below each other, so that short ones leave no gap beside long ones.
 * @param {(Card | undefined)[]} sections
 * @returns {Card | undefined}
 */
export function stacked(...sections) {
  const present = sections.filter((one) => one !== undefined);
  const [first] = present;
  return first && { ...first, cards: present.flatMap((one) => one.cards) };
}

/**
 * @param {string} heading
 * @param {string} [icon]
 * @returns {Card}
 */
export function subtitle(heading, icon) {
  return { type: "heading", heading, icon, heading_style: "subtitle" };
}

/**
 * A tile; undefined without an entity.
 * @param {string | undefined} entity
 * @param {Card} [more]
 * @returns {Card | undefined}
 */
export function tile(entity, more = {}) {
  return entity ? { type: "tile", entity, ...more } : undefined;
}

/**
 * A text over the whole width of its section.
 * @param {string} content
 * @param {Card} [more]
 * @returns {Card}
 */
export function text(content, more = {}) {
  return { type: "markdown", content, text_only: true, grid_options: { columns: "full" }, ...more };
}

/**
 * Show a card while an entity has one of some states.
 * @param {string | undefined} entity
 * @param {string[]} states
 */
export function whileState(entity, states) {
  return [{ condition: "state", entity, state: states }];
}

/**
 * Show a card while a number is above a limit.
 * @param {string | undefined} entity
 * @param {number} above
 */
export function whileAbove(entity, above) {
  return [{ condition: "numeric_state", entity, above }];
}

/**
 * A card that says what to do where there is nothing yet.
 * @param {string} title
 * @param {string} content
 * @param {{text: string, path: string, icon: string}[]} buttons
 * @returns {Card}
 */
export function emptyState(title, content, buttons) {
  return {
    type: "empty_state",
    ...(title ? { title, icon: "mdi:home-heart" } : {}),
    ...(content ? { content } : {}),
    content_only: true,
    grid_options: { columns: "full" },
    buttons: buttons.map(({ text: label, path, icon }) => ({
      text: label,
      icon,
      tap_action: { action: "navigate", navigation_path: path },
    })),
  };
}

/** The name of an entity without that of its device. */
export const OWN_NAME = { type: "entity" };

/** @type {Intl.DateTimeFormatOptions} */
export const LONG_DAY = { day: "numeric", month: "long", year: "numeric" };

/**
 * Return a text in which nothing means anything in Markdown, HTML or a template.
 * @param {string} value
 */
export function plain(value) {
  return String(value).replace(/[\\`*_{}[\]()#+\-.!|<>&~%]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export const INTEGRATION = "/config/integrations/integration/digital_twin";
