/** Texts of the dashboard that no entity of Home Assistant has. */

/** @typedef {typeof ENGLISH} Texts */

const ENGLISH = {
  dashboard_description: "Your homes, people and goals, made by itself and always up to date.",
  home: "Home",
  person: "Person",
  goals: "Goals",
  home_section: "Status of a home, what is wrong, climate, devices and batteries.",
  person_section: "Readiness, health, quick entries and goals of a person.",
  goals_section: "Goals by pace, with progress and what is needed.",
  goal_map: "Goal map",
  goal_map_description: "Which goal waits for which, with progress and pace.",
  weeks: "Progress by week",
  weeks_description: "What each goal gained in the last weeks, or how a metric went.",
  status: "Status",
  who_is_there: "Who is there",
  climate: "Climate",
  devices: "Devices",
  offline: "Not responding",
  batteries: "Batteries by the day on which they run out",
  changed_today: "What changed today",
  today: "Today",
  unusual: "Unusual values",
  health: "Health",
  quick_entries: "Quick entries",
  own_goals: "Goals",
  checklists: "To do",
  next_step: "Next step",
  need_attention: "Need attention",
  as_planned: "As planned",
  waiting: "Waiting or not started",
  achieved: "Achieved",
  calendar: "Calendar",
  map: "What waits for what",
  last_weeks: "The last weeks",
  last_days: "The last {count} days",
  timeline: "Achievements",
  target: "Target",
  finish: "Forecast",
  milestone: "Next milestone",
  owner: "Owner",
  done: "done",
  gained: "gained",
  week_of: "Week of {day}",
  and_more: "and {count} more",
  no_goals:
    "There are no goals yet. A goal begins with a name and a date, or in a folder of notes.",
  no_home: "There is no home yet.",
  no_health:
    "There are no health values yet. Link a sensor, import a file, or record the first one.",
  no_weeks: "Nothing has been measured in these weeks.",
  add_goal: "Add a goal",
  add_person: "Add a person",
  set_up: "Set up Digital Twin",
  first_steps: "First steps",
  step_home: "Your home is there: sensors, devices and who is in are found by themselves.",
  step_person: "Add the people who live there.",
  step_goal: "Add a goal, or read a folder of notes.",
  not_loaded: "Digital Twin is not running.",
  zoom_in: "Zoom in",
  zoom_out: "Zoom out",
  fit: "Show all",
  open: "Open",
  days_late: "{days} days late",
  in_circle: "depend on each other",
  waits_for: "waits for",
  unknown: "unknown",
};

/** @type {Texts} */
const POLISH = {
  dashboard_description: "Twoje domy, osoby i cele: tworzy się sam i zawsze jest aktualny.",
  home: "Dom",
  person: "Osoba",
  goals: "Cele",
  home_section: "Stan domu, usterki, klimat, urządzenia i baterie.",
  person_section: "Gotowość, zdrowie, szybkie wpisy i cele osoby.",
  goals_section: "Cele według realizacji planu, z postępem i tym, czego potrzeba.",
  goal_map: "Mapa celów",
  goal_map_description: "Który cel czeka na który, z postępem i realizacją planu.",
  weeks: "Postęp tydzień po tygodniu",
  weeks_description: "Ile zyskał każdy cel w ostatnich tygodniach albo jak zmieniał się parametr.",
  status: "Stan",
  who_is_there: "Kto jest w domu",
  climate: "Klimat",
  devices: "Urządzenia",
  offline: "Nie odpowiadają",
  batteries: "Baterie według dnia, w którym się wyczerpią",
  changed_today: "Co się dziś zmieniło",
  today: "Dzisiaj",
  unusual: "Nietypowe wartości",
  health: "Zdrowie",
  quick_entries: "Szybkie wpisy",
  own_goals: "Cele",
  checklists: "Do zrobienia",
  next_step: "Następny krok",
  need_attention: "Wymagają uwagi",
  as_planned: "Zgodnie z planem",
  waiting: "Czekają lub nierozpoczęte",
  achieved: "Osiągnięte",
  calendar: "Kalendarz",
  map: "Co na co czeka",
  last_weeks: "Ostatnie tygodnie",
  last_days: "Ostatnie {count} dni",
  timeline: "Osiągnięcia",
  target: "Termin",
  finish: "Prognoza",
  milestone: "Następny kamień milowy",
  owner: "Właściciel",
  done: "gotowe",
  gained: "postęp",
  week_of: "Tydzień od {day}",
  and_more: "i jeszcze {count}",
  no_goals: "Nie ma jeszcze celów. Cel zaczyna się od nazwy i terminu albo w folderze z notatkami.",
  no_home: "Nie ma jeszcze domu.",
  no_health:
    "Nie ma jeszcze wartości. Powiąż czujnik, zaimportuj plik albo zapisz pierwszy odczyt.",
  no_weeks: "W tych tygodniach niczego nie zmierzono.",
  add_goal: "Dodaj cel",
  add_person: "Dodaj osobę",
  set_up: "Skonfiguruj Digital Twin",
  first_steps: "Pierwsze kroki",
  step_home: "Twój dom już jest: czujniki, urządzenia i obecność znajdują się same.",
  step_person: "Dodaj osoby, które w nim mieszkają.",
  step_goal: "Dodaj cel albo wczytaj folder z notatkami.",
  not_loaded: "Digital Twin nie działa.",
  zoom_in: "Przybliż",
  zoom_out: "Oddal",
  fit: "Pokaż wszystko",
  open: "Otwórz",
  days_late: "opóźnienie (dni): {days}",
  in_circle: "zależą od siebie nawzajem",
  waits_for: "czeka na",
  unknown: "brak danych",
};

/**
 * Return the texts in a language; English where there is none.
 * @param {string | undefined} language - such as `pl` or `pl-PL`
 * @returns {Texts}
 */
export function textsOf(language) {
  return language?.toLowerCase().startsWith("pl") ? POLISH : ENGLISH;
}

/**
 * Fill the places of a text, such as `{day}`.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}
