/** What the map of goals says in words: of one goal, and of the critical path. */

import { element } from "./goal-map-shapes.js";
import { lineageTree } from "./lineage.js";
import { filled } from "./texts.js";

/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./goal-map-shapes.js").GoalMap} GoalMap */
/** @typedef {import("./goal-map-shapes.js").MapGoal} MapGoal */
/**
 * @typedef {import("./lineage.js").Link} Link
 * @typedef {{rests_on: Link[], affects: Link[],
 *   progress_metrics: import("./lineage.js").Part[]}} Lineage
 */

// The status of goals that nothing moves any more.
const DONE = ["completed", "archived"];

/**
 * What is known of a goal.
 * @param {MapGoal} goal @param {GoalMap} map @param {Texts} texts
 * @param {string | undefined} language - of days
 * @param {{open: (entityId: string) => void, whatIf: () => void, lineage?: Lineage,
 *   tree?: import("./lineage.js").Tree}} acts - show an entity, ask what would be different, and
 *   what is above and below the goal, once it is known
 */
export function goalFacts(goal, map, texts, language, acts) {
  const facts = element("section", { class: "facts", "aria-live": "polite" });
  facts.append(element("h3", {}, named(goal)));
  for (const sentence of [goal.why, ...slipSentences(goal, map, texts, language)]) {
    if (sentence) {
      facts.append(element("div", {}, sentence));
    }
  }
  const list = element("dl");
  const late = daysLate(goal);
  const waits = map.edges
    .filter((edge) => edge.target === goal.goal_id)
    .map((edge) => map.goals.find((one) => one.goal_id === edge.source)?.name)
    .join(", ");
  // Of an end that may still be in time no days are claimed.
  const early = waits ? null : goal.slip?.early;
  const isSure = !early || !goal.target_date || early > goal.target_date;
  const finish = [
    dayText(goal.finish, language),
    late > 0 && isSure ? filled(texts.days_late, { days: late }) : "",
  ];
  for (const [label, value] of [
    [texts.owner, goal.owner],
    [texts.target, dayText(goal.target_date, language)],
    [texts.finish, finish.filter(Boolean).join(", ")],
    [texts.expected_end, (waits || !isSure) && expectedEnd(goal, texts, language)],
    [
      texts.milestone,
      goal.next_milestone &&
        `${goal.next_milestone.name}, ${dayText(goal.next_milestone.date, language)}`,
    ],
    [texts.waits_for, waits],
  ]) {
    if (label && value) {
      list.append(element("dt", {}, label), element("dd", {}, value));
    }
  }
  facts.append(list, ...lineage(goal, texts, acts));
  const buttons = element("div", { class: "buttons" });
  const entityId = goal.entity_id;
  if (entityId) {
    buttons.append(button(texts.open, () => acts.open(entityId)));
  }
  if (!DONE.includes(goal.status)) {
    buttons.append(button(texts.what_if, acts.whatIf));
  }
  facts.append(buttons);
  return facts;
}

/**
 * What a goal rests on, and what rests on it.
 * @param {MapGoal} goal @param {Texts} texts @param {Parameters<typeof goalFacts>[4]} acts
 */
function lineage(goal, texts, { lineage: found, tree }) {
  if (!found || !tree) {
    return [];
  }
  const own = [{ key: goal.goal_id, name: "" }];
  return [
    {
      label: texts.rests_on,
      shown: lineageTree(found.rests_on, [...found.progress_metrics, ...own], tree),
    },
    { label: texts.affects, shown: lineageTree(found.affects, own, tree) },
  ].flatMap(({ label, shown }) => (shown ? [element("h4", {}, label), shown] : []));
}

/**
 * Names the goals of the critical path, beside a sample of its line.
 * @param {GoalMap} map @param {Texts} texts
 * @returns {Element[]} nothing where no goal waits for another
 */
export function legend(map, texts) {
  if (map.critical_path.length < 2) {
    return [];
  }
  const names = map.critical_path.map((id) => goalOf(map, id)?.name ?? "").join(" → ");
  const row = element("div", { class: "legend" });
  row.append(element("span"), element("div", {}, `${texts.critical_path}: ${names}`));
  return [row];
}

/**
 * Says which goals make a goal late, or that nobody knows when it ends.
 *
 * Where the end of the other goal is less certain than the days late, no number is claimed: it
 * would contradict a goal that is on its plan.
 * @param {MapGoal} goal @param {GoalMap} map @param {Texts} texts
 * @param {string | undefined} language - of days
 */
export function slipSentences(goal, map, texts, language) {
  const { late_because_of: causes = [], unknown_because_of: unknown } = goal.slip ?? {};
  const sentences = causes.map(({ goal_id: id, days }) => {
    const other = goalOf(map, id);
    const [early, late] = [other?.slip?.early, other?.slip?.late];
    const values = { days, goal: named(other), early: dayText(early, language) };
    if (!late || daysBetween(early, late) > days) {
      const text = late ? texts.maybe_late_because : texts.maybe_late_after;
      return filled(early ? text : texts.maybe_late, { ...values, late: dayText(late, language) });
    }
    return filled(days === 1 ? texts.day_late_because : texts.late_because, values);
  });
  if (unknown && unknown !== goal.goal_id) {
    sentences.push(filled(texts.end_unknown, { goal: named(goalOf(map, unknown)) }));
  }
  return sentences;
}

/** @param {MapGoal} goal @param {Texts} texts @param {string | undefined} language */
function expectedEnd(goal, texts, language) {
  const [day, early, late] = [goal.slip?.finish, goal.slip?.early, goal.slip?.late].map((one) =>
    dayText(one, language),
  );
  return early && late && early !== late ? filled(texts.between, { day, early, late }) : day;
}

/** A day in words. @param {string | null | undefined} day @param {string | undefined} language */
export function dayText(day, language) {
  return day
    ? new Date(`${day}T12:00`).toLocaleDateString(language, {
        day: "numeric",
        month: "long",
        year: "numeric",
      })
    : "";
}

/** @param {string} text @param {() => void} act */
function button(text, act) {
  const made = element("button", { type: "button" }, text);
  made.addEventListener("click", act);
  return made;
}

/** The code and name of a goal. @param {MapGoal | undefined} goal */
export function named(goal) {
  return goal ? `${goal.goal_code} ${goal.name}` : "?";
}

/** @param {GoalMap} map @param {string} goalId */
function goalOf(map, goalId) {
  return map.goals.find((goal) => goal.goal_id === goalId);
}

/** @param {MapGoal} goal */
function daysLate(goal) {
  return daysBetween(goal.target_date, goal.finish);
}

/** @param {string | null | undefined} from @param {string | null | undefined} to */
function daysBetween(from, to) {
  return from && to ? Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) : 0;
}
