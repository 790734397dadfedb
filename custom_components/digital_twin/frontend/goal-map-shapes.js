/** What the map of goals is drawn of. */

/** @typedef {import("./texts.js").Texts} Texts */

/**
 * @typedef {{start: string | null, finish: string | null, early: string | null,
 *   late: string | null, days: number, late_because_of: {goal_id: string, days: number}[],
 *   unknown_because_of: string | null}} Slip
 * @typedef {{goal_id: string, goal_code: string, name: string, column: number, row: number,
 *   owner: string | null, owner_id: string | null, status: string, pace: string | null, progress: number | null,
 *   why: string | null, target_date: string | null, finish: string | null, slip: Slip | null,
 *   next_milestone: {name: string, date: string} | null, entity_id: string | null}} MapGoal
 * @typedef {{source: string, target: string, passes: [number, number][], in_cycle: boolean}} MapEdge
 * @typedef {{goal_ids: string[], column: number, row: number}} MapGroup
 * @typedef {{columns: number, rows: number, goals: MapGoal[], edges: MapEdge[], groups: MapGroup[],
 *   critical_path: string[]}} GoalMap
 */

// Sizes in pixels of the drawing: a place of one goal, and the goal in it.
const COLUMN = 254;
const ROW = 74;
const WIDTH = 210;
const HEIGHT = 54;
const MARGIN = 24;
const RING = 17;
const NAME_CHARACTERS = 24;

/** By pace: its color, and the sign that tells it without colors. */
const PACES = {
  achieved: ["--success-color", "★"],
  ahead: ["--success-color", "▲"],
  on_track: ["--success-color", "●"],
  behind: ["--warning-color", "▼"],
  at_risk: ["--error-color", "◆"],
  stalled: ["--error-color", "■"],
  unreliable: ["--warning-color", "◌"],
  overdue: ["--error-color", "✖"],
  blocked: ["--disabled-color", "⊘"],
  paused: ["--disabled-color", "Ⅱ"],
  not_started: ["--disabled-color", "○"],
};
/** @type {[string, string]} */
const UNKNOWN = ["--disabled-color", "?"];

/** What is shown in the card picker. @type {GoalMap} */
export const SAMPLE = {
  columns: 3,
  rows: 2,
  goals: [
    sample("a", "G01", 0, 0, 100, "achieved"),
    sample("b", "G02", 0, 1, 60, "on_track"),
    sample("c", "G03", 1, 0.5, 35, "behind"),
    sample("d", "G04", 2, 0.5, 0, "blocked"),
  ],
  edges: ["ac", "bc", "cd"].map(([source, target]) => ({
    source,
    target,
    passes: [],
    in_cycle: false,
  })),
  groups: [],
  critical_path: ["b", "c", "d"],
};

/**
 * @param {string} id @param {string} code @param {number} column @param {number} row
 * @param {number} progress @param {string} pace
 * @returns {MapGoal}
 */
function sample(id, code, column, row, progress, pace) {
  return {
    ...{ goal_id: id, goal_code: code, name: code, column, row, progress, pace, status: "active" },
    ...{
      owner: null,
      owner_id: null,
      why: null,
      target_date: null,
      finish: null,
      slip: null,
      next_milestone: null,
      entity_id: null,
    },
  };
}

/**
 * Draw a goal: its progress as a ring, its pace by color and by a sign.
 * @param {MapGoal} goal
 * @param {string} pace - in words
 */
export function goalShape(goal, pace) {
  const [color, sign] = paceOf(goal);
  const percent = goal.progress === null ? "" : `${Math.round(goal.progress)}%`;
  const node = shape("g", {
    class: "goal",
    transform: `translate(${MARGIN + goal.column * COLUMN} ${MARGIN + goal.row * ROW})`,
    tabindex: "0",
    role: "button",
    "aria-label": [goal.goal_code, goal.name, percent, pace].filter(Boolean).join(", "),
    "data-goal": goal.goal_id,
  });
  const around = 2 * Math.PI * RING;
  const share = Math.min(1, Math.max(0, (goal.progress ?? 0) / 100));
  const ring = { cx: 28, cy: HEIGHT / 2, r: RING };
  node.append(
    shape("rect", { width: WIDTH, height: HEIGHT, rx: 12 }),
    shape("circle", { class: "track", ...ring }),
    shape("circle", {
      class: "ring",
      ...ring,
      style: `stroke: var(${color})`,
      "stroke-dasharray": around,
      "stroke-dashoffset": around * (1 - share),
      transform: `rotate(-90 28 ${HEIGHT / 2})`,
      visibility: share ? "visible" : "hidden",
    }),
    shape("text", { class: "percent", x: 28, y: HEIGHT / 2 }, percent),
    shape("text", { class: "name", x: 54, y: 23 }, shortened(goal.name)),
    shape("text", { class: "detail", x: 54, y: 41 }, `${goal.goal_code} · ${sign} ${pace}`),
    shape("title", {}, goal.name),
  );
  return node;
}

/**
 * Return width and height of a map in pixels of the drawing.
 * @param {GoalMap} map
 * @returns {[number, number]}
 */
export function mapSize(map) {
  return [
    2 * MARGIN + (map.columns - 1) * COLUMN + WIDTH,
    2 * MARGIN + (map.rows - 1) * ROW + HEIGHT,
  ];
}

/** @param {MapGoal} goal @returns {[string, string]} */
function paceOf(goal) {
  return (
    /** @type {Record<string, [string, string]>} */ (/** @type {unknown} */ (PACES))[
      goal.pace ?? ""
    ] ?? UNKNOWN
  );
}

/** @param {string} name */
function shortened(name) {
  return name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;
}

/** @param {MapGroup} group @param {Texts} texts */
export function groupShape(group, texts) {
  const frame = shape("rect", {
    class: "group",
    x: MARGIN + group.column * COLUMN - 10,
    y: MARGIN + group.row * ROW - 10,
    width: WIDTH + 20,
    height: (group.goal_ids.length - 1) * ROW + HEIGHT + 20,
    rx: 16,
  });
  frame.append(shape("title", {}, texts.in_circle));
  return frame;
}

/**
 * Draw a line from a goal to one that waits for it.
 * @param {MapEdge} edge @param {Map<string, MapGoal>} goals
 * @param {boolean} isCritical - whether it is a part of the critical path
 */
export function edgeShape(edge, goals, isCritical) {
  const [source, target] = [goals.get(edge.source), goals.get(edge.target)];
  if (!source || !target) {
    return shape("path");
  }
  const middle = HEIGHT / 2;
  const begin = [MARGIN + source.column * COLUMN + WIDTH, MARGIN + source.row * ROW + middle];
  const end = [MARGIN + target.column * COLUMN - 4, MARGIN + target.row * ROW + middle];
  let path;
  if (edge.in_cycle) {
    const x = begin[0];
    path = `M ${x} ${begin[1]} C ${x + 42} ${begin[1]} ${x + 42} ${end[1]} ${x + 4} ${end[1]}`;
  } else {
    path = `M ${begin[0]} ${begin[1]}`;
    let [x, y] = begin;
    for (const [column, row] of [...edge.passes, undefined].map((one) => one ?? [NaN, NaN])) {
      const last = Number.isNaN(column);
      const [toX, toY] = last ? end : [MARGIN + column * COLUMN, MARGIN + row * ROW + middle];
      const bend = (toX - x) / 2;
      path += ` C ${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
      [x, y] = [toX, toY];
      if (!last) {
        x += WIDTH;
        path += ` L ${x} ${y}`;
      }
    }
  }
  return shape("path", {
    class: `edge${edge.in_cycle ? " circle" : ""}${isCritical ? " critical" : ""}`,
    d: path,
    "marker-end": "url(#arrow)",
  });
}

export function arrowHead() {
  const definitions = shape("defs");
  const marker = shape("marker", {
    ...{ id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4 },
    // The same on thick lines.
    ...{ markerUnits: "userSpaceOnUse", markerWidth: 12, markerHeight: 12 },
    orient: "auto-start-reverse",
  });
  marker.append(
    shape("path", { d: "M 0 0 L 8 4 L 0 8 z", style: "fill: var(--secondary-text-color)" }),
  );
  definitions.append(marker);
  return definitions;
}

/** @param {string} name @param {Record<string, string | number>} [attributes] @param {string} [content] */
export function shape(name, attributes = {}, content) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  return dressed(made, attributes, content);
}

/** @param {string} name @param {Record<string, string | number>} [attributes] @param {string} [content] */
export function element(name, attributes = {}, content) {
  return dressed(document.createElement(name), attributes, content);
}

/**
 * @template {Element} T
 * @param {T} made @param {Record<string, string | number>} attributes @param {string} [content]
 */
function dressed(made, attributes, content) {
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  if (content !== undefined) {
    made.textContent = content;
  }
  return made;
}
